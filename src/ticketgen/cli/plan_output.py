"""Print findings together with the plans of consequences behind them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ticketgen.cli.displayed_paths import display_path
from ticketgen.cli.output import format_findings, print_findings, write_result
from ticketgen.cli.session import print_info
from ticketgen.escaping import as_json
from ticketgen.findings import Finding
from ticketgen.reports import ReportFormat

if TYPE_CHECKING:
    from ticketgen.consequences.stack_plan import StackPlan

__all__ = ["print_plans", "report_with_plans"]


def report_with_plans(
    findings: Iterable[Finding],
    plans: Mapping[str, StackPlan],
    format: ReportFormat,
    output: Path | None = None,
    *,
    root: Path | None = None,
    document: Mapping[str, object] | None = None,
    detailed: bool | None = True,
) -> None:
    """Print findings, and plans of consequences if the format can show them.

    Args:
        findings: the findings of the command.
        plans: the plans by folder or file.
        format: the format of the report.
        output: the file to write the report to; None for standard output.
        root: the folder that all names are relative to; None for the current folder.
        document: the report as JSON; None to make it from the findings and plans.
        detailed: whether a text report has a line for each instance; None to omit plans from it.
    """
    found = tuple(findings)
    if format is ReportFormat.JSON:
        write_result(f"{as_json(document or _document(found, plans, root))}\n", output)
        return
    if format is ReportFormat.MARKDOWN:
        write_result(_markdown(found, plans, root), output)
        return
    if format is ReportFormat.TEXT and detailed is not None:
        print_plans(plans, root, detailed=detailed)
    print_findings(found, format, root=root, output=output)


def print_plans(plans: Mapping[str, StackPlan], root: Path | None, *, detailed: bool) -> None:
    """Print what happens to the resources of each stack: the counts, or a line for each instance.

    Args:
        plans: the plans by folder or file.
        root: the folder that the names are relative to; None for the current folder.
        detailed: whether to print a line for each instance.
    """
    from ticketgen.consequences.plan_report import plan_lines, plan_summary

    for name, plan in plans.items():
        place = display_path(name if root is None else root / name)
        print_info("\n".join(plan_lines(place, plan)) if detailed else f"{place}: {plan_summary(plan)}")


def _markdown(findings: Iterable[Finding], plans: Mapping[str, StackPlan], root: Path | None) -> str:
    """Findings and plans as a comment for a pull request."""
    from ticketgen.consequences.plan_report import as_comment, plan_markdown

    text = format_findings(findings, ReportFormat.MARKDOWN, root=root)
    return as_comment([text, "", *plan_markdown(plans)])


def _document(
    findings: Iterable[Finding], plans: Mapping[str, StackPlan], root: Path | None
) -> Mapping[str, object]:
    from ticketgen.consequences.plan_report import plan_rows

    document: dict[str, object] = json.loads(format_findings(findings, ReportFormat.JSON, root=root))
    document["consequences"] = plan_rows(plans)
    return document
