"""The checks that evaluate most: the values of arguments against the provider, and the rules.

They are half of the work on a large directory, and no other check needs their findings. So a second process makes them
while the first one makes the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import Any, Final, NamedTuple, TypedDict

from ticketgen.findings import Finding
from ticketgen.hcl.budget import Budget
from ticketgen.hcl.configuration import Configuration
from ticketgen.hcl.second_process import SecondProcess, serve

__all__ = ["MIN_CHARACTERS", "SecondValueChecks", "ValueCheckRequest", "ValueFindings", "check_all_values"]

MIN_CHARACTERS: Final = 300_000
"""Fewer are checked faster than the second process starts and parses them."""
_TIME_SHARE: Final = 0.5


class ValueCheckRequest(TypedDict):
    """What the checks depend on.

    Attributes:
        files: the texts to parse, by path.
        first_lines: the numbers of their first lines, by path, unless it is 1.
        texts: every text, by path.
        paths: every path; None if they are unknown.
        unread: the files that could not be read.
        budget: the multiple of the default budget.
        rendered: whether ticketgen rendered the files.
    """

    files: Mapping[str, str]
    first_lines: Mapping[str, int]
    texts: Mapping[str, str]
    paths: list[str] | None
    unread: list[str]
    budget: int
    rendered: bool


class ValueFindings(NamedTuple):
    """The findings: those about values that the provider rejects, and those of the rules."""

    rejected: tuple[Finding, ...]
    of_rules: tuple[Finding, ...]


def check_all_values(configuration: Configuration, *, rendered: bool) -> ValueFindings:
    """Make the checks, with steps of their own from the budget.

    Args:
        configuration: the directory.
        rendered: whether ticketgen rendered the files.
    """
    from ticketgen.guesses import Guesses
    from ticketgen.rules.apply import apply_rules
    from ticketgen.verification.accepted_versions import accepted_versions
    from ticketgen.verification.provider_values import check_values

    configuration.budget.renew_steps()
    versions = accepted_versions(configuration.modules.values())
    rejected = tuple(check_values(configuration, versions, Guesses()))
    return ValueFindings(rejected, tuple(apply_rules(configuration, rendered=rendered)))


class SecondValueChecks:
    """The checks in a second process, which starts immediately.

    Args:
        request: what they depend on.
        budget: the budget of the directory.

    Attributes:
        process: the second process.
    """

    def __init__(self, request: ValueCheckRequest, budget: Budget) -> None:
        self.process = SecondProcess(__name__, request, budget, _TIME_SHARE)
        self._unread = frozenset(request["unread"])

    def findings(self, unread: Set[str], budget: Budget) -> ValueFindings | None:
        """Wait for the findings; None if the checks must be made here.

        Args:
            unread: the files that could not be read, which is known now.
            budget: is told whether a rule reached its limit.
        """
        if unread != self._unread:
            return None
        from ticketgen.verification.finding_rows import from_row

        for answer in self.process.answers():
            budget.partial |= answer["partial"]
            return ValueFindings(*(tuple(map(from_row, rows)) for rows in answer["findings"]))
        return None


def _answers(request: ValueCheckRequest) -> Iterator[Mapping[str, Any]]:
    from ticketgen.hcl.guards import refusal
    from ticketgen.hcl.override_files import merge_overrides
    from ticketgen.hcl.parse import parse
    from ticketgen.hcl.tokenizer import Unreadable
    from ticketgen.verification.finding_rows import to_row

    files = []
    for path, text in request["files"].items():
        file = None if refusal(text) else parse(path, text, request["first_lines"].get(path, 1))
        if file is None or isinstance(file, Unreadable):
            return  # the first process reports it, and checks the other files
        files.append(file)
    budget = Budget(request["budget"])
    configuration = Configuration(
        merge_overrides(files), request["texts"], request["paths"], request["unread"], budget
    )
    found = check_all_values(configuration, rendered=request["rendered"])
    if not budget.shortages:  # here it also pays for the scopes, which the first process has paid for
        yield {"findings": [list(map(to_row, each)) for each in found], "partial": budget.partial}


if __name__ == "__main__":
    serve(_answers)
