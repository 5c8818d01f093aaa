"""What a rule is: its metadata, and the function that finds where it is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ticketgen.findings import Location, RuleInfo, Severity
from ticketgen.rules.subject import Subject

__all__ = ["Problem", "Rule"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One place where a rule is broken: a finding to be.

    Attributes:
        message: what is wrong, with the offending value, as one sentence without a full stop.
        place: where.
        help: the way out of this one; "" for the rule's own.
    """

    message: str
    place: Location
    help: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        id: in kebab case.
        severity: errors are what AWS refuses, what cannot work, or a guard that the stack lacks.
        summary: what must hold, as one sentence without a full stop.
        why: what happens where it does not.
        fix: the way out, as one sentence without a full stop.
        check: finds the places where it is broken.
        sources: where the facts behind it are documented.
    """

    id: str
    severity: Severity
    summary: str
    why: str
    fix: str
    check: Callable[[Subject], Iterator[Problem]]
    sources: tuple[str, ...] = ()

    @property
    def info(self) -> RuleInfo:
        """What is to be known of it, without the function."""
        return RuleInfo(self.id, self.severity, self.summary, self.why, self.fix, self.sources)
