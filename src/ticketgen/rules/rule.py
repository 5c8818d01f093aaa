"""A rule: its metadata, and the function that finds violations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ticketgen.findings import FindingKind, Location, Severity, Stage
from ticketgen.rules.subject import Subject

__all__ = ["Problem", "Rule"]


@dataclass(frozen=True, slots=True)
class Problem:
    """A violation of a rule, before it becomes a finding.

    Attributes:
        message: what is wrong, with the offending value, as one sentence without a full stop.
        location: the location of the violation.
        help: the fix for this violation; "" for the rule's own fix.
        severity: the severity of this violation; None for the rule's own severity.
    """

    message: str
    location: Location
    help: str = ""
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Rule(FindingKind):
    """The declaration of a rule.

    The severity is an error if AWS rejects the violating code, if the code cannot work, or if the stack then lacks one
    of its safeguards.

    Attributes:
        check: finds the violations of the rule.
    """

    stage: Stage = Stage.VERIFY
    check: Callable[[Subject], Iterator[Problem]] = field(kw_only=True)
