"""``ticketgen size``."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ticketgen.cli.displayed_paths import resolve_argument
from ticketgen.cli.options import Environments, OutputOption, Spec
from ticketgen.cli.output import exit_with_findings, format_findings, print_findings, value_of, write_result
from ticketgen.cli.spec_file import require_spec
from ticketgen.escaping import as_json
from ticketgen.reports import ReportFormat

__all__ = ["size"]


class _SizeFormat(StrEnum):
    """The format of the capacities."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


def size(
    spec: Spec = None,
    env: Environments = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="PATH=VALUE",
            help="What if: use this value instead of the spec's, and show before and after; can be repeated.",
        ),
    ] = None,
    prices: Annotated[
        Path | None,
        typer.Option(
            "--prices",
            metavar="FILE",
            parser=resolve_argument,
            help="A file with unit prices, which replace those of the shipped snapshot; `ticketgen help sizing` "
            "describes it.",
        ),
    ] = None,
    season: Annotated[
        list[str] | None,
        typer.Option(
            "--season",
            metavar="NAME=NUMBER",
            help="The season whose costs are printed: events, days, sold_out_days or archive_days; can be repeated.",
        ),
    ] = None,
    format: Annotated[
        _SizeFormat, typer.Option("--format", help="json is for programs, markdown for a review.")
    ] = _SizeFormat.TEXT,
    output: OutputOption = None,
) -> None:
    """Print the capacity of the stacks, the quotas they need and what a season costs, each with its formula.

    The figures are those that `ticketgen render` writes into the Terraform.

    Examples:
      ticketgen size --env prod
      ticketgen size --env prod --set event_scale.purchases_per_minute=90000
      ticketgen size --season events=40 --season days=90
      ticketgen size --format markdown --prices prices.yaml --output capacity.md
    """
    from datetime import UTC, datetime

    from ticketgen import pipeline
    from ticketgen.capacity import json as json_report
    from ticketgen.capacity import markdown_report, text
    from ticketgen.capacity.environment_report import report
    from ticketgen.capacity.price_book import PriceBook, shipped_prices
    from ticketgen.capacity.prices import read_prices
    from ticketgen.capacity.season_plan import read_season

    findings_format = ReportFormat.JSON if format is _SizeFormat.JSON else ReportFormat.TEXT
    path = require_spec(spec, findings_format)
    own_prices = value_of(read_prices(prices), findings_format) if prices else None
    book = PriceBook(own_prices, shipped_prices(), datetime.now(UTC).date())
    wishes = value_of(read_season(season or ()), findings_format)
    after = pipeline.size_project(path, env or (), set_ or ())
    # Errors of the spec itself are reported as such, and not as errors of --set.
    before = pipeline.size_project(path, env or ()) if set_ else None
    found = before if before is not None and before.value is None else after
    if found.value is None:
        print_findings(found.findings, findings_format)
        exit_with_findings(found.findings)
    earlier = {
        each.name: report(each, sizing, wishes=wishes)
        for each, sizing in (before.value or () if before else ())
    }
    reports = tuple(report(each, sizing, earlier.get(each.name), wishes) for each, sizing in found.value)
    if format is _SizeFormat.JSON:
        shown = json.loads(format_findings(found.findings, ReportFormat.JSON))
        document = json_report.document(reports, book) | shown
        write_result(f"{as_json(document)}\n", output)
    else:
        write_result(
            (text if format is _SizeFormat.TEXT else markdown_report).render(reports, book) + "\n", output
        )
        print_findings(found.findings, ReportFormat.TEXT)
    exit_with_findings(found.findings)
