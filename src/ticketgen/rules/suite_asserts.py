"""Failure 5: placeholder tests."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Location, Severity
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject
from ticketgen.rules.suites import suites

__all__ = ["RULE"]


def _check(subject: Subject) -> Iterator[Problem]:
    for path, suite in suites(subject):
        for test in suite.hollow_tests:
            yield Problem(f"{test.name} {test.reason}", Location(path, test.line, test.column))


RULE = Rule(
    id="suite-asserts",
    severity=Severity.ERROR,
    certain=True,
    summary="Every test that comes with a stack can fail",
    why="A test that cannot fail is worse than no test: people count it and trust it.",
    fix="assert a property of the stack, and see the test fail once",
    check=_check,
)
