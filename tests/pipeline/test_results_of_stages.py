"""A chain of stages ends at the first error and keeps all earlier findings."""

from __future__ import annotations

import pytest

from ticketgen.findings import Checked, Finding, Severity, Stage, gather

ERROR = Finding("broken", "for a test", Stage.LOAD)
NOTE = Finding("odd", "for a test", Stage.LOAD, severity=Severity.NOTE)


def twice(number: int) -> Checked[int]:
    return Checked(2 * number, (NOTE,))


def never(number: int) -> Checked[int]:
    raise AssertionError(number)


def test_a_stage_takes_the_value_of_the_stage_before_it() -> None:
    assert Checked(4, (NOTE,)).then(twice).then(twice) == Checked(16, (NOTE, NOTE, NOTE))


UNFIT: list[Checked[int]] = [Checked(None, (NOTE, ERROR)), Checked(4, (NOTE, ERROR)), Checked(None)]


@pytest.mark.parametrize("before", UNFIT)
def test_no_stage_runs_after_an_error_or_without_a_value(before: Checked[int]) -> None:
    assert before.then(never) == Checked(None, before.findings)


def test_many_results_are_one() -> None:
    assert gather([twice(1), twice(2)]) == Checked((2, 4), (NOTE, NOTE))
    assert gather([twice(1), Checked(None, (ERROR,)), twice(2)]) == Checked(None, (NOTE, ERROR, NOTE))
    assert gather([Checked(1, (ERROR,))]) == Checked(None, (ERROR,))
    assert gather([]) == Checked(())
