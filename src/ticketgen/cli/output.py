"""Printing: results to standard output, what is wrong to standard error, JSON alone for a machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NoReturn

import typer

from ticketgen.cli.exit_codes import exit_code
from ticketgen.cli.options import ReportFormat
from ticketgen.findings import Finding, RuleInfo

__all__ = ["finish", "show_findings"]


def show_findings(
    findings: Iterable[Finding], format: ReportFormat, sources: Mapping[str, str] | None = None
) -> None:
    """Print findings in the format that was asked for."""
    from ticketgen.reports import report

    found = tuple(findings)
    rules: Mapping[str, RuleInfo] = {}
    if format is ReportFormat.SARIF:
        from ticketgen.rules.catalogue import CATALOGUE

        rules = CATALOGUE
    text = report(found, format.value, sources or {}, rules)
    if text:
        typer.echo(text, err=format is ReportFormat.TEXT)


def finish(findings: Iterable[Finding]) -> NoReturn:
    """Exit as the findings say."""
    raise typer.Exit(exit_code(findings))
