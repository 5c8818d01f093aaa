"""Findings for programs.

A document with two keys: ``findings``, a list of objects with ``rule``, ``severity``, ``message``, ``help``, ``stage``,
``file``, ``line`` and ``column`` (the last three null if the finding is about no file), and ``counts``, from severity
to number. New versions may add keys and never remove any.
"""

from __future__ import annotations

from collections.abc import Mapping

from ticketgen.escaping import as_json
from ticketgen.findings import Finding, FindingKind, Severity
from ticketgen.reports.report import Style

__all__ = ["render"]


def render(
    findings: tuple[Finding, ...], sources: Mapping[str, str], kinds: Mapping[str, FindingKind], style: Style
) -> str:
    """The document, indented; its list is empty if there are no findings."""
    counts = {severity.value: sum(f.severity is severity for f in findings) for severity in Severity}
    return as_json({"findings": [_row(finding) for finding in findings], "counts": counts})


def _row(finding: Finding) -> dict[str, object]:
    place = finding.location
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": finding.message,
        "help": finding.help,
        "stage": finding.stage.value,
        "file": place.file if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "edits": [
            {
                "file": edit.at.file,
                "line": edit.at.line,
                "column": edit.at.column,
                "old": edit.old,
                "new": edit.new,
            }
            for edit in finding.edits
        ],
    }
