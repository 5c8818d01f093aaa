"""A rule: its metadata, and the function that finds the places that break it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ticketgen.findings import FindingKind, Location, Severity, Stage
from ticketgen.rules.subject import Subject

__all__ = ["Problem", "Rule"]


@dataclass(frozen=True, slots=True)
class Problem:
    """A place that breaks a rule, before it becomes a finding.

    Attributes:
        message: what is wrong, with the offending value, as one sentence without a full stop.
        location: where it is.
        help: the fix for this place; "" for the rule's own fix.
        severity: of this place; None for the rule's own.
    """

    message: str
    location: Location
    help: str = ""
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Rule(FindingKind):
    """The declaration of a rule, with its function.

    Its severity is an error if AWS rejects it, if it cannot work, or if the stack lacks one of its guards.

    Attributes:
        check: finds the places that break the rule.
    """

    stage: Stage = Stage.VERIFY
    check: Callable[[Subject], Iterator[Problem]] = field(kw_only=True)
