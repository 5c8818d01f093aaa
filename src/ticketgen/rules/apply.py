"""Run all rules over a configuration."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Finding, Stage
from ticketgen.hcl.configuration import Configuration
from ticketgen.rules.registry import RULES
from ticketgen.rules.subject import Subject

__all__ = ["apply_rules"]


def apply_rules(configuration: Configuration) -> Iterator[Finding]:
    """Yield a finding for each place that breaks a rule, once, even if several calls of a module share the place."""
    subject = Subject(configuration)
    for rule in RULES:
        seen = set()
        for problem in rule.check(subject):
            if (problem.place, problem.message) not in seen:
                seen.add((problem.place, problem.message))
                yield Finding(
                    rule.id,
                    problem.message,
                    Stage.VERIFY,
                    problem.place,
                    problem.severity or rule.severity,
                    problem.help or rule.fix,
                )
