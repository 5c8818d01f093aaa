"""Group the findings of `ticketgen validate`: the seven usual failures first, then the other rules."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ticketgen.adopt.folder_environments import judge_names_by_folder
from ticketgen.adopt.source_stack import SourceStack
from ticketgen.findings import Finding, Location, Severity
from ticketgen.findings.verification import MODULE_NOT_CHECKED, NOT_CHECKED, VALUE_NOT_CHECKED
from ticketgen.hcl.configuration import Configuration
from ticketgen.rules.outputs_complete import TESTABLE
from ticketgen.rules.suites import TEST_FILE
from ticketgen.wording import counted

__all__ = ["BrokenRule", "FailureReport", "FailureStatus", "broken_rules", "seven_failures"]

_MAX_PLACES: Final = 5
"""Number of places that are shown for each rule."""


class FailureStatus(StrEnum):
    """The result of the check for one of the seven failures."""

    BROKEN = "broken"
    HOLDS = "holds"
    NOT_APPLICABLE = "not applicable"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class FailureReport:
    """One of the seven failures.

    Attributes:
        number: its number in the list of failures.
        title: the failure.
        rule: the rule that finds it.
        status: the result of the check.
        reason: why it is not applicable or not checked, or a limit of the check; may be empty.
        findings: the findings of the rule.
    """

    number: int
    title: str
    rule: str
    status: FailureStatus
    reason: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """A rule with the number of its findings and the first places."""

    rule: str
    severity: Severity
    count: int
    message: str
    places: tuple[Location, ...]


_LIMITS: Final = frozenset({MODULE_NOT_CHECKED.id, NOT_CHECKED.id, VALUE_NOT_CHECKED.id})
_NOTHING_WHOLE: Final = "no folder has only files that could be read"
_NO_SUITE = "the directory has no pytest suite"
_FAILURES: Final[tuple[tuple[str, str, str], ...]] = (
    ("lambda-code-inline", "Lambda code in external files or zips", "the stack has no Lambda function"),
    ("suffix-declared", "no environment suffix", "the stack has no AWS resource"),
    ("name-has-suffix", "some names lack the suffix", "the stack has no AWS resource"),
    ("outputs-complete", "no outputs to test against", "the stack has nothing that a test must find"),
    ("suite-asserts", "placeholder tests", _NO_SUITE),
    ("suite-paths", "tests name files that do not exist", _NO_SUITE),
    ("security-group-flows", "half a security group", "the stack has no security group"),
)
"""The rule of each failure, the failure, and why it may not be applicable."""

_TYPES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({
    "lambda-code-inline": ("aws_lambda_function",),
    "suffix-declared": ("aws_",),
    "name-has-suffix": ("aws_",),
    "outputs-complete": tuple(type for types in TESTABLE.values() for type in types),
    "security-group-flows": ("aws_security_group",),
})  # fmt: skip
"""Resource types, or prefixes of types, without which a failure is not applicable."""


def seven_failures(stack: SourceStack) -> tuple[FailureReport, ...]:
    """Report each of the seven failures, in order."""
    by_rule: dict[str, list[Finding]] = {}
    for finding in judge_names_by_folder(stack.findings, stack.configuration, stack.place):
        by_rule.setdefault(finding.rule, []).append(finding)
    limit = _limit_of_check(stack)
    return tuple(
        _report(number, *failure, tuple(by_rule.get(failure[0], ())), stack.configuration, limit)
        for number, failure in enumerate(_FAILURES, 1)
    )


def _report(
    number: int,
    rule: str,
    title: str,
    otherwise: str,
    findings: tuple[Finding, ...],
    configuration: Configuration,
    limit: str,
) -> FailureReport:
    if findings:
        return FailureReport(number, title, rule, FailureStatus.BROKEN, "", findings)
    if not any(module.complete for module in configuration.modules.values()):
        return FailureReport(number, title, rule, FailureStatus.NOT_CHECKED, _NOTHING_WHOLE, ())
    if not _is_applicable(rule, configuration):
        return FailureReport(number, title, rule, FailureStatus.NOT_APPLICABLE, otherwise, ())
    return FailureReport(number, title, rule, FailureStatus.HOLDS, limit, ())


def _is_applicable(rule: str, configuration: Configuration) -> bool:
    if rule not in _TYPES:
        return any(TEST_FILE.fullmatch(posixpath.basename(path)) for path in configuration.texts)
    return any(
        declared.address.kind == "resource" and declared.type.startswith(_TYPES[rule])
        for module in configuration.modules.values()
        for declared in module.resources
    )


def _limit_of_check(stack: SourceStack) -> str:
    incomplete = [
        module.folder or "." for module in stack.configuration.modules.values() if not module.complete
    ]
    if incomplete:
        return f"except in {incomplete[0]}, where not all files could be read"
    unchecked = [each for each in stack.findings if each.rule in _LIMITS]
    if unchecked:
        return f"except where it could not be checked, in {counted(len(unchecked), 'places')}"
    return ""


def broken_rules(findings: Iterable[Finding]) -> tuple[BrokenRule, ...]:
    """The other rules that are broken, errors first, with counts and the first places.

    Each reason why a file is not checked is listed by itself, because the reasons differ from file to file.
    """
    of_failures = {rule for rule, _, _ in _FAILURES}
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        if finding.rule not in of_failures:
            reason = finding.message if finding.rule == NOT_CHECKED.id else ""
            groups.setdefault((finding.rule, reason), []).append(finding)
    reports = (
        BrokenRule(
            rule,
            min((each.severity for each in group), key=lambda severity: severity.rank),
            len(group),
            group[0].message,
            tuple(each.location for each in group if each.location)[:_MAX_PLACES],
        )
        for (rule, _), group in groups.items()
    )
    return tuple(sorted(reports, key=lambda each: (each.severity.rank, -each.count, each.rule)))
