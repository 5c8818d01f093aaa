"""Findings as JUnit's XML, which CI servers show as tests.

Each file is a suite and each finding a test case. Errors are failures; warnings and notes are cases that passed, with
their message as output. Source of the elements: https://github.com/testmoapp/junitxml.
"""

from __future__ import annotations

from collections.abc import Mapping

from ticketgen.escaping import as_markup
from ticketgen.findings import Finding, FindingKind, Severity
from ticketgen.reports.report import Style

__all__ = ["render"]

_WITHOUT_FILE = "ticketgen"


def render(
    findings: tuple[Finding, ...], sources: Mapping[str, str], kinds: Mapping[str, FindingKind], style: Style
) -> str:
    """The document; without findings, one passed case shows that the check has run."""
    by_file: dict[str, list[Finding]] = {}
    for finding in findings:
        by_file.setdefault(finding.location.file if finding.location else _WITHOUT_FILE, []).append(finding)
    suites = [line for file, found in sorted(by_file.items()) for line in _suite(file, found)]
    if not suites:
        suites = [
            f'  <testsuite name="{_WITHOUT_FILE}" tests="1" failures="0">',
            f'    <testcase name="no findings" classname="{_WITHOUT_FILE}"/>',
            "  </testsuite>",
        ]
    total, failures = max(1, len(findings)), _failures(findings)
    return "\n".join([
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="ticketgen" tests="{total}" failures="{failures}">',
        *suites,
        "</testsuites>",
    ])  # fmt: skip


def _suite(file: str, findings: list[Finding]) -> list[str]:
    counts = f'tests="{len(findings)}" failures="{_failures(tuple(findings))}"'
    cases = [line for finding in findings for line in _case(file, finding)]
    return [f"  <testsuite name={_attribute(file)} {counts}>", *cases, "  </testsuite>"]


def _case(file: str, finding: Finding) -> list[str]:
    place = finding.location
    name = f"{finding.rule} at {place.line}:{place.column}" if place else finding.rule
    where = f' file={_attribute(file)} line="{place.line}"' if place else ""
    opening = f"    <testcase name={_attribute(name)} classname={_attribute(file)}{where}>"
    text = "\n".join(
        filter(None, (f"{place}: {finding.message}" if place else finding.message, finding.help))
    )
    if finding.severity is Severity.ERROR:
        attributes = f"message={_attribute(finding.message)} type={_attribute(finding.rule)}"
        inner = f"<failure {attributes}>{_text(text)}</failure>"
    else:
        inner = f"<system-out>{_text(f'{finding.severity.value}: {text}')}</system-out>"
    return [opening, f"      {inner}", "    </testcase>"]


def _failures(findings: tuple[Finding, ...]) -> int:
    return sum(finding.severity is Severity.ERROR for finding in findings)


def _attribute(text: str) -> str:
    return f'"{as_markup(text)}"'.replace("\n", "&#10;")


def _text(text: str) -> str:
    return as_markup(text, quotes=False)
