"""A rule: its metadata, and the function that finds the places that break it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ticketgen.findings import Location, RuleInfo, Severity
from ticketgen.rules.subject import Subject

__all__ = ["Problem", "Rule"]


@dataclass(frozen=True, slots=True)
class Problem:
    """A place that breaks a rule, before it becomes a finding.

    Attributes:
        message: what is wrong, with the offending value, as one sentence without a full stop.
        place: where it is.
        help: the fix for this place; "" for the rule's own fix.
        severity: of this place; None for the rule's own.
    """

    message: str
    place: Location
    help: str = ""
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        id: in kebab case.
        severity: an error if AWS rejects it, if it cannot work, or if the stack lacks one of its guards.
        summary: what must hold, as one sentence without a full stop.
        why: what happens in production otherwise, as full sentences.
        fix: what to do, as an imperative without a full stop.
        check: finds the places that break the rule.
        sources: where the facts behind the rule are documented.
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
        """The metadata without the function."""
        return RuleInfo(self.id, self.severity, self.summary, self.why, self.fix, self.sources)
