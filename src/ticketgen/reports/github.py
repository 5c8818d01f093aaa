"""Findings as annotations of a GitHub workflow.

Source: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions. GitHub shows ten
annotations of each kind a step; errors come first, so that those are the ones it shows.
"""

from __future__ import annotations

from collections.abc import Mapping

from ticketgen.findings import Finding, Severity

__all__ = ["render"]

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(findings: tuple[Finding, ...], sources: Mapping[str, str]) -> str:
    """One workflow command a finding."""
    return "\n".join(_command(finding) for finding in findings)


def _command(finding: Finding) -> str:
    properties = {"title": f"ticketgen {finding.rule}"}
    if finding.location:
        place = finding.location
        properties = {"file": place.file, "line": str(place.line), "col": str(place.column), **properties}
    told = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    message = f"{finding.message}: {finding.help}" if finding.help else finding.message
    return f"::{_COMMANDS[finding.severity]} {told}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
