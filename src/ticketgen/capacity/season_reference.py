"""The parts of ``docs/sizing.md`` about a season and the shipped prices."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.capacity import verification_rhythm as rhythm
from ticketgen.capacity.cost_sections import season_by_service, season_phases, season_units
from ticketgen.capacity.environment_report import Report
from ticketgen.capacity.markdown_report import table
from ticketgen.capacity.price_book import PriceBook, shipped_prices
from ticketgen.capacity.report_table import Section
from ticketgen.capacity.verification_rhythm import EventLife, EventUnits, verifications_per_hour
from ticketgen.wording import format_number

__all__ = ["season_pages", "snapshot_pages"]


def season_pages(example: Report) -> Iterator[str]:
    """The season of an environment, with the shipped prices."""
    snapshot = shipped_prices()
    prices = PriceBook(snapshot=snapshot, today=snapshot.date)
    yield "## What a season costs\n"
    yield (
        "The demo's season, with the shipped prices. Every sum is linear in the billed units, so you can "
        "recompute it by hand. `≥` marks a sum in which units without a price are missing.\n"
    )
    yield from _section(season_phases(example, prices))
    yield from _section(season_by_service(example, prices))
    yield "### How often an event is verified\n"
    environment = example.environment
    whens = {
        EventLife.SELLING: "open and selling",
        EventLife.SOLD_OUT: "open, sold out or quiet",
        EventLife.CLOSED: f"closed for less than {rhythm.AFTERCARE_DAYS} days; later once a day, until it is archived",
    }
    yield from table(
        ("an event that is", "verifications per hour"),
        (
            (when, format_number(round(verifications_per_hour(life, environment), 2)))
            for life, when in whens.items()
        ),
    )
    yield f"One verification of a sold-out event of the demo: {EventUnits(environment, example.sizing).formula}.\n"
    yield from _section(season_units(example))


def _section(section: Section) -> Iterator[str]:
    yield f"### {section.title}\n"
    yield from table(
        (*section.headers, *section.details), ((*row.cells, *row.details) for row in section.rows)
    )
    for note in section.notes:
        yield f"{note}\n"


def snapshot_pages() -> Iterator[str]:
    """The shipped prices with their sources."""
    snapshot = shipped_prices()
    yield "## The shipped prices\n"
    yield (
        f"A snapshot of {snapshot.date}, in {snapshot.currency}, for {snapshot.region} unless a price says otherwise: "
        "on demand, the first tier that is charged, without the free tier and without discounts. Prices a month are "
        "divided by 730 hours. Each price has the date of its source; for a copy of AWS's price list, this is the date "
        "of the offer. Prices in other Regions differ, and most are higher. China and GovCloud have price lists of "
        "their own, so the snapshot does not apply to them. Check the prices that you plan with, and replace them with "
        "`--prices`.\n"
    )
    rows = (
        (f"`{key}`", f"{price.amount:f}", price.region, str(price.date), price.source, price.note)
        for key, price in sorted(snapshot.by_key.items())
    )
    yield from table(("key", "price of a unit", "Region", "date", "source", "note"), rows)
