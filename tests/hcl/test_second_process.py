"""The second process reports the same differences as the first one, and its crash changes nothing."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from ticketgen.findings import Severity
from ticketgen.hcl import second_process
from ticketgen.hcl.round_trip_process import RoundTrips
from ticketgen.hcl.roundtrip import Written
from ticketgen.hcl.second_process import ONE_PROCESS, should_spawn
from ticketgen.verification import verify as verification
from ticketgen.verification.verify import verify

TEXTS = {
    "good.tf": 'locals {\n  a = "${1}" # a comment\n}\noutput "a" {\n  value = local.a\n}\n',
    "bad.tf": "locals {\n  a = = 1\n}\n",
    "nul.tf": "a = 1\0",
}


def test_the_second_process_answers_only_for_readable_files() -> None:
    assert RoundTrips(TEXTS).differences() == {"good.tf": ""}


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ONE_PROCESS, raising=False)
    monkeypatch.setattr(verification, "should_spawn", lambda texts, least: True)


@pytest.mark.usefixtures("two")
def test_the_second_process_does_not_change_the_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    both = verify(TEXTS, rendered=True)
    monkeypatch.setattr(verification, "should_spawn", lambda texts, least: False)
    assert sorted(both, key=repr) == sorted(verify(TEXTS, rendered=True), key=repr)
    assert {finding.rule for finding in both} == {"syntax", "hidden-characters"}


@pytest.mark.usefixtures("two")
def test_a_difference_from_the_second_process_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RoundTrips, "differences", lambda self: {"good.tf": "'1' comes back as '2'"})
    (finding,) = verify({"good.tf": TEXTS["good.tf"]}, rendered=True)
    assert (finding.rule, finding.severity) == ("round-trip", Severity.ERROR)


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize(
    "program",
    [
        "",
        "#!/bin/sh\nkill -9 $$\n",
        "#!/bin/sh\ncat >/dev/null\necho '{\"good.tf\": 1}'\n",
        "#!/bin/sh\ncat >/dev/null\necho nonsense\n",
    ],
)
def test_an_unanswered_round_trip_is_made_in_the_first_process(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def differs(written: Written) -> str:
        made.append(written)
        return "it differs"

    monkeypatch.setattr(Written, "difference", differs)
    python = tmp_path / "python"
    if program:
        python.write_text(program)
        python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    # Another text for each test, because a process remembers round trips.
    text = f"{TEXTS['good.tf']}# {program!r}\n"
    (finding,) = verify({"good.tf": text}, rendered=True)
    assert (finding.rule, finding.message, len(made)) == ("round-trip", "it differs", 1)


def test_the_second_process_imports_nothing_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json", "lark", "ticketgen"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(1)\n")
    monkeypatch.chdir(tmp_path)
    assert RoundTrips(TEXTS).differences() == {"good.tf": ""}


def test_the_second_process_needs_enough_work_and_an_idle_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ONE_PROCESS, raising=False)
    much = ["#" * 200_000]
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1}, raising=False)
    monkeypatch.setattr(os, "getloadavg", lambda: (0.2, 0.0, 0.0), raising=False)
    assert should_spawn(much, 100_000)
    assert not should_spawn([""], 100_000)
    monkeypatch.setattr(os, "getloadavg", lambda: (1.9, 0.0, 0.0), raising=False)
    assert not should_spawn(much, 100_000)
    monkeypatch.setattr(os, "getloadavg", lambda: (0.2, 0.0, 0.0), raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0}, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert not should_spawn(much, 100_000)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1}, raising=False)
    monkeypatch.setenv(second_process.ONE_PROCESS, "1")
    assert not should_spawn(much, 100_000)
