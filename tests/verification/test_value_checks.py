"""The checks of values find the same in a second process, whose crash changes nothing."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ticketgen.findings import Finding
from ticketgen.hcl.second_process import ONE_PROCESS, SecondProcess
from ticketgen.verification import verify as verification
from ticketgen.verification.value_checks import SecondValueChecks
from ticketgen.verification.verify import verify

QUEUE = 'resource "aws_sqs_queue" "q" {\n  name = "q"\n  visibility_timeout_seconds = 99999\n}\n'
ROLE = (
    'data "aws_iam_policy_document" "d" {\n  statement {\n    actions = ["sqs:SendMesage"]\n'
    '    resources = ["*"]\n  }\n}\n'
)
TEXTS = {
    "main.tf": f'{QUEUE}module "m" {{\n  source = "./m"\n  delay = 901\n}}\n',
    "main_override.tf": 'resource "aws_sqs_queue" "q" {\n  delay_seconds = 1000\n}\n',
    "n/main.tf": ROLE,
    "m/main.tf": 'variable "delay" {\n  type = number\n}\nresource "aws_sqs_queue" "q" {\n'
    "  # ticketgen:ignore rejected-value it is a test\n  max_message_size = 1\n  delay_seconds = var.delay\n}\n",
}
BROKEN = {**TEXTS, "broken.tf": "locals {\n  a = = 1\n}\n"}
SHALLOW = {**TEXTS, "deep.tf": "locals {\n  a = " + "[" * 150 + "]" * 150 + "\n}\n"}


def by_place(findings: tuple[Finding, ...]) -> list[Finding]:
    return sorted(findings, key=repr)


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> list[SecondProcess]:
    """The second processes of verifications, which start for any text."""
    made: list[SecondProcess] = []
    make = SecondValueChecks.__init__

    def note(self: SecondValueChecks, *arguments: Any) -> None:
        make(self, *arguments)
        made.append(self.process)

    monkeypatch.setattr(SecondValueChecks, "__init__", note)
    monkeypatch.delenv(ONE_PROCESS, raising=False)
    monkeypatch.setattr(verification, "should_spawn", lambda texts, least: True)
    return made


@pytest.mark.parametrize(("texts", "answers"), [(TEXTS, 1), (BROKEN, 0), (SHALLOW, 0)])
def test_both_processes_together_find_what_one_finds(
    texts: Mapping[str, str], answers: int, processes: list[SecondProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    both = verify(texts, rendered=False)
    (second,) = processes
    assert len(second.answers()) == answers
    monkeypatch.setattr(verification, "should_spawn", lambda texts, least: False)
    assert by_place(both) == by_place(verify(texts, rendered=False))
    assert {"rejected-value", "iam-unknown-action"} <= {each.rule for each in both}
    rejected = {
        (each.location.file, each.location.line)
        for each in both
        if each.location and each.rule == "rejected-value"
    }
    assert rejected == {("main.tf", 3), ("main_override.tf", 2), ("m/main.tf", 7)}


@pytest.mark.parametrize(
    "program",
    [
        "#!/bin/sh\nkill -9 $$\n",
        "#!/bin/sh\ncat >/dev/null\necho nonsense\n",
        "#!/bin/sh\ncat >/dev/null\nexit 1\n",
    ],
)
def test_without_an_answer_the_first_process_makes_the_checks(
    program: str, processes: list[SecondProcess], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    python.write_text(program)
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    found = verify(TEXTS, rendered=False)
    assert len(processes) == 1
    monkeypatch.setattr(verification, "should_spawn", lambda texts, least: False)
    assert by_place(found) == by_place(verify(TEXTS, rendered=False))


@pytest.mark.parametrize(("name", "is_seen"), [('"q"', True), ('yamldecode("a: q").a', False)])
def test_code_that_the_rules_do_not_see_there_makes_the_result_partial(
    name: str, is_seen: bool, processes: list[SecondProcess]
) -> None:
    queue = f'resource "aws_sqs_queue" "q" {{\n  name = {name}\n}}\n'
    found = verify({"main.tf": f"# ticketgen:ignore name-limit no reason\n{queue}"}, rendered=False)
    (answer,) = processes[0].answers()
    assert answer["partial"] is not is_seen
    # A comment without a finding is unused only if everything was checked.
    assert ("ignore-unused" in {each.rule for each in found}) is is_seen
