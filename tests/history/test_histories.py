"""Each bad history is found for what it is, at its line, and each good one that looks suspicious is accepted.

A file in `bad/` has the ids and lines of its findings beside it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ticketgen.finding_kinds import KINDS
from ticketgen.findings import histories
from ticketgen.history.allowances import Allowances
from ticketgen.history.reading import judge

HERE = Path(__file__).parent
BAD = sorted((HERE / "bad").glob("*.jsonl"))
GOOD = sorted((HERE / "good").glob("*.jsonl"))


def found(path: Path) -> list[str]:
    """The id and the line of each finding in a history."""
    with path.open("rb") as stream:
        verdict = judge(stream, path.name, Allowances())
    return sorted(f"{each.rule} {each.location and each.location.line}" for each in verdict.findings)


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_history_is_found(path: Path) -> None:
    assert found(path) == sorted(path.with_suffix(".txt").read_text("utf-8").splitlines())


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_a_good_history_is_accepted(path: Path) -> None:
    assert found(path) == []


def test_every_kind_of_finding_has_a_bad_history() -> None:
    shown = {
        line.split()[0] for path in BAD for line in path.with_suffix(".txt").read_text("utf-8").splitlines()
    }
    declared = {each for each in vars(histories).values() if each in KINDS.values()}
    assert shown == {each.id for each in declared} - {"history-unreadable"}
