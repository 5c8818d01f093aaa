"""``ticketgen size``."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ticketgen.cli.exit_codes import exit_code
from ticketgen.cli.options import ReportFormat, Spec
from ticketgen.cli.output import finish, show_findings

__all__ = ["size"]


class SizeFormat(StrEnum):
    """How capacities are printed."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


def size(
    spec: Spec = Path("ticketgen.yaml"),
    env: Annotated[
        list[str] | None,
        typer.Option("--env", metavar="NAME", help="Only this environment; may be given several times."),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="PATH=VALUE",
            help="What if: a value that the spec does not have; may be given several times. Shows before and after.",
        ),
    ] = None,
    prices: Annotated[
        Path | None,
        typer.Option("--prices", metavar="FILE", help="What one unit costs; docs/sizing.md has the format."),
    ] = None,
    format: Annotated[
        SizeFormat, typer.Option("--format", help="json for machines, markdown for a review.")
    ] = SizeFormat.TEXT,
) -> None:
    """Say how big the stacks are, which quotas they meet and what is billed, each figure with its formula.

    The figures are those that `render` renders. Nothing is written.

    Examples:
      ticketgen size --env prod
      ticketgen size --env prod --set event_scale.purchases_per_minute=90000
      ticketgen size --format markdown --prices prices.yaml > capacity.md
    """
    from ticketgen import pipeline
    from ticketgen.capacity import json as for_programs
    from ticketgen.capacity import markdown, text
    from ticketgen.capacity.prices import read_prices
    from ticketgen.capacity.report import report

    known = read_prices(prices) if prices else None
    after = pipeline.size_project(spec, env or (), set_ or ())
    # What is wrong with the spec itself is reported as such, and not as of what was set.
    before = pipeline.size_project(spec, env or ()) if set_ else None
    found = before if before is not None and before.value is None else after
    findings = (known.findings if known else ()) + found.findings
    if found.value is None or (known is not None and known.value is None):
        show_findings(findings, ReportFormat.JSON if format is SizeFormat.JSON else ReportFormat.TEXT)
        finish(findings)
    earlier = {each.name: report(each, sizing) for each, sizing in (before.value or () if before else ())}
    reports = tuple(report(each, sizing, earlier.get(each.name)) for each, sizing in found.value)
    money = known.value if known else None
    if format is SizeFormat.JSON:
        from ticketgen.reports import report as findings_report

        shown = json.loads(findings_report(findings, "json", {}))
        typer.echo(json.dumps(for_programs.document(reports, money) | shown, indent=2, ensure_ascii=False))
    else:
        typer.echo((text if format is SizeFormat.TEXT else markdown).render(reports, money))
        show_findings(findings, ReportFormat.TEXT)
    raise typer.Exit(exit_code(findings))
