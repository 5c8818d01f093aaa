"""Run all rules over a configuration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ticketgen.findings import Finding, Severity
from ticketgen.findings.verification import NOT_CHECKED, VALUE_NOT_CHECKED
from ticketgen.hcl.configuration import Configuration
from ticketgen.rules.registry import RULES
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.step_limit import StepLimitReached
from ticketgen.rules.subject import Subject

__all__ = ["apply_rules", "as_in_stack"]

_STEPS_PER_PROBLEM = 50
"""Steps that a problem counts as, because it also takes memory."""


def apply_rules(configuration: Configuration, *, rendered: bool = False) -> Iterator[Finding]:
    """Yield a finding for each violation of a rule, in all modules.

    A location that several calls of a module share gets only one finding.

    Args:
        configuration: the configuration to check.
        rendered: whether ticketgen rendered it. If so, code over a limit and findings of rules that are not certain
            are errors. Unseen code yields a note in any case, because a template of the project may need it;
            ``--strict`` makes it an error.
    """
    subject = Subject(configuration)
    severity = Severity.ERROR if rendered else Severity.NOTE
    for rule in RULES:
        last = None
        seen = subject.unseen_so_far() if rule.selective else None
        try:
            for problem in _problems(rule, subject):
                last = problem.location
                found = problem.severity or rule.severity_in(rendered=rendered, certain=problem.certain)
                yield rule.found(problem.message, problem.help or None, at=last, severity=found)
        except StepLimitReached:
            configuration.budget.partial = True
            message = f"not checked to the end: {rule.id} would take too many steps in this directory"
            yield NOT_CHECKED.found(message, "split the directory", at=last, severity=severity)
        if seen is not None:
            subject.restore_unseen(seen)
    for location, what in subject.skipped:
        configuration.budget.partial = True
        yield NOT_CHECKED.found(what, "simplify or split the code", at=location, severity=severity)
    for what, count, location in subject.unseen_parts():
        configuration.budget.partial = True
        where = f", here and in {count - 1:,} other place{'s' * (count > 2)}" if count > 1 else ""
        message = f"the rules do not see {what}{where}"
        help = "write the resulting value itself, or review it"
        yield VALUE_NOT_CHECKED.found(message, help, at=location)


def as_in_stack(finding: Finding) -> Finding:
    """A finding in Terraform that is checked as others', with its severity in a stack that ticketgen rendered."""
    rule = next((each for each in RULES if each.id == finding.rule), None)
    if rule is None or rule.graded or finding.severity is not Severity.WARNING:
        return finding
    return replace(finding, severity=rule.severity_in(rendered=True))


def _problems(rule: Rule, subject: Subject) -> Iterator[Problem]:
    seen = set()
    subject.reset_steps()
    for problem in rule.check(subject):
        subject.spend(_STEPS_PER_PROBLEM + len(problem.message) // 100)
        key = problem.location, hash(problem.message)  # the message itself may be long
        if key not in seen:
            seen.add(key)
            yield problem
