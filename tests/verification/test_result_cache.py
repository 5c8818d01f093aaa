"""A result is reused for exactly the same directory only, and never loses a finding."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ticketgen import caching
from ticketgen.findings import Location, Severity
from ticketgen.findings.verification import NO_TERRAFORM
from ticketgen.verification import result_cache
from ticketgen.verification.called_folders import Neighbours
from ticketgen.verification.result_cache import verify_cached
from ticketgen.verification.verify import Verified, verify_within

FILES = {"main.tf": "locals {\n  a = 1\n}\n"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TICKETGEN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv(caching.NO_CACHE, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "cache"


class Runs:
    """Counts how often it is really verified."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self._real = verify_within
        monkeypatch.setattr(result_cache, "verify_within", self)

    def __call__(self, *arguments: object, **named: object) -> Verified:
        self.count += 1
        return self._real(*arguments, **named)  # type: ignore[arg-type]


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    return Runs(monkeypatch)


def test_the_same_directory_is_verified_once(folder: Path, runs: Runs) -> None:
    first = verify_cached(FILES, rendered=False)
    assert [finding.rule for finding in first] == ["unused-declaration"]
    assert verify_cached(dict(FILES), rendered=False) == first
    assert runs.count == 1


def test_a_result_from_the_cache_loses_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = NO_TERRAFORM.found("it has no .tf file", at=Location("main.tf", 2, 3), severity=Severity.WARNING)
    monkeypatch.setattr(result_cache, "verify_within", lambda *_, **__: Verified((found,), cacheable=True))
    assert verify_cached(FILES, rendered=False) == (found,)
    monkeypatch.delattr(result_cache, "verify_within")
    assert verify_cached(FILES, rendered=False) == (found,)


@pytest.mark.parametrize(
    ("files", "ours", "paths"),
    [
        ({"main.tf": "locals {\n  a = 2\n}\n"}, False, None),
        ({"other.tf": FILES["main.tf"]}, False, None),
        ({**FILES, "b.tf": ""}, False, None),
        (FILES, True, None),
        (FILES, False, frozenset()),
        (FILES, False, frozenset({"a.txt"})),
    ],
)
def test_any_change_is_verified_again(
    files: dict[str, str], ours: bool, paths: frozenset[str] | None, folder: Path, runs: Runs
) -> None:
    verify_cached(FILES, rendered=False)
    verify_cached(files, rendered=ours, paths=paths)
    assert runs.count == 2


def test_cache_keys_are_unambiguous() -> None:
    """What separates paths and texts cannot be written into them."""
    one = {"a.tf": "x", "b.tf": "y"}
    other = {"a.tf": "x\0fb.tf\0001\0y"}
    assert result_cache.cache_key(
        one, rendered=False, paths=None, left_out=frozenset(), budget=1, round_trips=False
    ) != result_cache.cache_key(
        other, rendered=False, paths=None, left_out=frozenset(), budget=1, round_trips=False
    )


def test_another_ticketgen_verifies_again(folder: Path, runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    verify_cached(FILES, rendered=False)
    own = caching.fingerprint("hcl2", "lark", "pygohcl")
    assert all(name in own for name in ("verify.py", "dynamodb.json.gz", "hcl2.lark", "lark.py"))
    monkeypatch.setattr(result_cache, "fingerprint", lambda *packages: f"{own} and a file more")
    verify_cached(FILES, rendered=False)
    assert runs.count == 2


@pytest.mark.parametrize("broken", ["", "[]", f"{'0' * 32}[]"])
def test_a_corrupt_result_is_a_cache_miss(broken: str, folder: Path, runs: Runs) -> None:
    first = verify_cached(FILES, rendered=False)
    (kept,) = folder.glob("verified-*")
    kept.write_text(broken)
    assert verify_cached(FILES, rendered=False) == first
    assert runs.count == 2


def test_a_result_without_its_findings_is_a_cache_miss(folder: Path, runs: Runs) -> None:
    first = verify_cached(FILES, rendered=False)
    (kept,) = folder.glob("verified-*")
    kept.write_bytes(kept.read_bytes()[:32] + b"[]")
    assert verify_cached(FILES, rendered=False) == first
    good = {"main.tf": "locals {}\n"}
    assert verify_cached(good, rendered=False) == ()
    passed = next(path for path in folder.glob("verified-*") if path != kept)
    kept.write_bytes(passed.read_bytes())  # the result of another directory under this one's name
    assert verify_cached(FILES, rendered=False) == first


def test_results_of_other_users_are_not_trusted(
    folder: Path, tmp_path: Path, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "other"))
    with monkeypatch.context() as context:
        context.setattr(result_cache, "verify_within", lambda *_, **__: Verified((), cacheable=True))
        assert verify_cached(FILES, rendered=False) == ()
    assert verify_cached(FILES, rendered=False) == ()  # the other user's own
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert [finding.rule for finding in verify_cached(FILES, rendered=False)] == ["unused-declaration"]
    assert runs.count == 1


def test_without_a_writable_folder_nothing_is_stored(
    tmp_path: Path, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TICKETGEN_CACHE_DIR", str(tmp_path / "file" / "cache"))
    assert caching.cache_folder() is None
    for _ in range(2):
        verify_cached(FILES, rendered=False)
    assert runs.count == 2


@pytest.mark.skipif(sys.platform == "win32", reason="no such modes")
def test_a_folder_writable_by_others_is_not_trusted(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o777)
    assert caching.cache_folder() is None


def test_the_number_of_results_is_limited(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(result_cache, "_MAX_KEPT", 3)
    for number in range(6):
        verify_cached({"main.tf": f"# {number}\n"}, rendered=False)
    assert len(list(folder.glob("verified-*"))) == 3


def test_parallel_runs_agree(folder: Path, tmp_path: Path) -> None:
    stack = tmp_path / "stack"
    stack.mkdir()
    (stack / "main.tf").write_text(FILES["main.tf"])
    command = [sys.executable, "-m", "ticketgen", "validate", "--format", "json", str(stack)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ) for _ in range(4)]
    outputs = {process.communicate(timeout=120)[0] for process in processes}
    assert len(outputs) == 1
    assert b"unused-declaration" in outputs.pop()


def test_a_changed_template_is_verified_again(folder: Path, runs: Runs) -> None:
    files = {"main.tf": 'output "a" {\n  value = templatefile("a.tftpl", {})\n}\n'}
    paths = frozenset({"main.tf", "a.tftpl"})
    for text, count in (("${a}", 1), ("${a}", 1), ("a", 0), (None, 0)):
        around = Neighbours(read={"a.tftpl": text}.get)
        assert len(verify_cached(files, rendered=False, paths=paths, around=around)) == count
    assert runs.count == 3
