"""Findings as annotations of a GitHub workflow.

Source: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions. GitHub accepts ten
annotations of each kind from a step, a title of 255 characters and a message of 64 KB
(https://docs.github.com/en/rest/checks/runs#create-a-check-run). Errors come first; findings beyond the limit are
printed as plain lines, so that the log has them all.
"""

from __future__ import annotations

from collections.abc import Mapping

from ticketgen.escaping import visible, without_ci_commands
from ticketgen.findings import Finding, FindingKind, Severity
from ticketgen.reports.report import Style

__all__ = ["MAX_ANNOTATIONS", "render"]

MAX_ANNOTATIONS = 10
_MAX_TITLE = 255
_MAX_MESSAGE = 16_000  # characters, of up to four bytes each

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(
    findings: tuple[Finding, ...], sources: Mapping[str, str], kinds: Mapping[str, FindingKind], style: Style
) -> str:
    """A workflow command for each finding within GitHub's limit, then plain lines."""
    lines = []
    left = dict.fromkeys(Severity, MAX_ANNOTATIONS)
    for finding in findings:
        left[finding.severity] -= 1
        lines.append(_command(finding) if left[finding.severity] >= 0 else _plain(finding))
    return "\n".join(lines)


def _command(finding: Finding) -> str:
    properties = {"title": f"ticketgen {finding.rule}"[:_MAX_TITLE]}
    if finding.location:
        place = finding.location
        properties = {
            "file": visible(place.file),
            "line": str(place.line),
            "col": str(place.column),
            **properties,
        }
    parameters = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    message = f"{finding.message}: {finding.help}" if finding.help else finding.message
    return f"::{_COMMANDS[finding.severity]} {parameters}::{_data(message[:_MAX_MESSAGE])}"


def _plain(finding: Finding) -> str:
    place = f"{visible(str(finding.location))}: " if finding.location else ""
    # Begins with a word: a line that begins with :: would be a command.
    return without_ci_commands(
        f"{finding.severity.value}: {place}{' '.join(finding.message.split())} [{finding.rule}]"
    )


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
