"""What the billed units and a season cost, as titled tables."""

from __future__ import annotations

from ticketgen.capacity.billed_units import SALES, Usage
from ticketgen.capacity.environment_report import Report
from ticketgen.capacity.price_book import Cost, Origin, PriceBook
from ticketgen.capacity.report_table import Row, Section, changed, format_short
from ticketgen.capacity.season import Season, SeasonPhase
from ticketgen.wording import counted

__all__ = ["BASES", "amounts", "costs", "price_notes", "season_by_service", "season_phases", "season_units"]

BASES = (f"{SALES:,} sales", "an idle hour", "+ an hour of a sold-out event")

_IN_TABLES = (
    SeasonPhase.IDLE_HOUR,
    SeasonPhase.IDLE_MONTH,
    SeasonPhase.ON_SALE_HOUR,
    SeasonPhase.AFTERCARE,
    SeasonPhase.SEASON,
)
_Line = tuple[Usage, tuple[float, ...]]
_HEADERS = ("an idle hour", "an idle month", "an hour on sale", "aftercare", "the season")


def amounts(usage: Usage) -> tuple[float, float, float]:
    """The units for each of `BASES`."""
    return usage.sales, usage.idle_hour, usage.event_hour


def costs(report: Report, prices: PriceBook) -> Section:
    """What each service costs, for each of `BASES`."""
    table: list[_Line] = [(usage, amounts(usage)) for usage in report.usage]
    rows, missing = _by_service(table, prices)
    notes = (*price_notes(report, prices), *_missing_note(missing))
    return Section(f"Costs in {prices.currency}", ("service", *BASES), rows, notes)


def season_phases(report: Report, prices: PriceBook | None) -> Section:
    """The phases of a season with their formulas, their costs, and the origins of the prices."""
    before = report.before.season if report.before else None
    headers: tuple[str, ...] = ()
    cells: tuple[str, ...]
    if prices is not None:
        headers = (f"{prices.currency} before", "after") if before else (prices.currency,)
    rows = []
    for phase, about in report.season.phases.items():
        cells, origins = (), ""
        if prices is not None:
            cost = _phase_cost(report.season, phase, prices)
            cells, origins = (_total(cost),), _origins(cost)
            if before:
                was = _total(_phase_cost(before, phase, prices))
                cells = (was, changed(was, _total(cost)))
        rows.append(Row((about.title, *cells), (about.formula, about.source, origins)))
    plan = report.season.plan
    notes = [
        f"A season of {counted(plan.events, 'events')}, all sold out, in {counted(plan.days, 'days')}. An event is "
        f"sold out for {counted(plan.sold_out_days, 'days')}, then closed, and archived "
        f"{counted(plan.archive_days, 'days')} later. Change this with --season NAME=NUMBER."
    ]
    if prices is None:
        notes.append("The shipped prices do not apply here: name a file of your own with --prices.")
    return Section(
        "A season", ("phase", *headers), tuple(rows), tuple(notes), details=("formula", "source", "prices")
    )


def season_units(report: Report) -> Section:
    """The units of each phase of a season."""
    billed = {usage.key for usage in report.usage}
    rows = tuple(
        Row((each.usage.key, *(_units(each.units.get(phase, 0)) for phase in _IN_TABLES), each.usage.unit))
        for each in report.season.usage
        if any(each.units.get(phase) for phase in _IN_TABLES)
    )
    notes = tuple(
        f"{each.usage.key}: {format_short(each.usage.sales)} {each.usage.unit}, {each.usage.formula} "
        f"({each.usage.source})."
        for each in report.season.usage
        if each.usage.key not in billed
    )
    return Section("Units of a season", ("unit", *_HEADERS, "of"), rows, notes, text=frozenset({"of"}))


def season_by_service(report: Report, prices: PriceBook) -> Section:
    """What a season costs, by service."""
    table = [
        (each.usage, tuple(each.units.get(phase, 0.0) for phase in _IN_TABLES))
        for each in report.season.usage
        if any(each.units.get(phase) for phase in _IN_TABLES)
    ]
    rows, missing = _by_service(table, prices)
    return Section(
        f"A season by service, in {prices.currency}", ("service", *_HEADERS), rows, _missing_note(missing)
    )


def price_notes(report: Report, prices: PriceBook) -> tuple[str, ...]:
    """Where the prices come from, and how old they are."""
    found = [prices.find(each.usage) for each in report.season.usage]
    own = sum(1 for each in found if each and each[1] is Origin.FILE)
    shipped = [each[0] for each in found if each and each[1] is Origin.SNAPSHOT]
    notes = []
    if prices.file is not None:
        notes.append(f"{counted(own, 'prices')} from the price file.")
    snapshot = prices.snapshot
    if snapshot is not None and not prices.is_snapshot_used:
        notes.append(
            f"The snapshot of AWS's list prices is in {snapshot.currency} and was not used: the price file is in "
            f"{prices.currency}."
        )
    elif snapshot is not None and shipped:
        dated = [each.date for each in shipped if each.date]
        oldest = f", whose oldest source here is of {min(dated)}" if dated else ""
        notes.append(
            f"{counted(len(shipped), 'prices')} from the snapshot of {snapshot.date} for {snapshot.region}{oldest}: "
            "on demand, the first tier that is charged, without free tier and discounts. Other Regions differ, mostly "
            "upwards. It is an estimate: `ticketgen help sizing` has every source, and --prices replaces prices."
        )
    if prices.is_snapshot_old:
        notes.append("The snapshot is older than a year: check its prices, or use a newer ticketgen.")
    return tuple(notes)


def _phase_cost(season: Season, phase: SeasonPhase, prices: PriceBook) -> Cost:
    return prices.total((each.usage, each.units.get(phase, 0.0)) for each in season.usage)


def _total(cost: Cost) -> str:
    """A sum; without a price for some units it is a lower bound."""
    return f"≥ {cost.amount:,.2f}" if cost.missing else f"{cost.amount:,.2f}"


def _origins(cost: Cost) -> str:
    """Where the prices of a sum come from, and which are missing."""
    named = {"the price file": cost.keys(Origin.FILE), "the snapshot": cost.keys(Origin.SNAPSHOT)}
    used = {name: keys for name, keys in named.items() if keys}
    if len(used) > 1:
        parts = [f"prices from {name}: {', '.join(keys)}" for name, keys in used.items()]
    else:
        parts = [f"all prices from {name}" for name in used]
    if cost.missing:
        parts.append(f"without a price, and not in the sum: {', '.join(cost.missing)}")
    return "; ".join(parts)


def _by_service(table: list[_Line], prices: PriceBook) -> tuple[tuple[Row, ...], tuple[str, ...]]:
    """A row per service and one of totals, and the keys without a price."""
    services: dict[str, list[_Line]] = {}
    for usage, units in table:
        services.setdefault(usage.service, []).append((usage, units))
    columns = range(len(table[0][1]))

    def row(name: str, lines: list[_Line]) -> Row:
        sums = (prices.total((usage, units[column]) for usage, units in lines) for column in columns)
        return Row((name, *(_money(each) for each in sums)))

    missing = tuple(usage.key for usage, _ in table if prices.find(usage) is None)
    rows = [row(service, lines) for service, lines in services.items() if _has_price(lines, prices)]
    return (*rows, row("total", table)), missing


def _has_price(lines: list[_Line], prices: PriceBook) -> bool:
    return any(prices.find(usage) for usage, _ in lines)


def _missing_note(missing: tuple[str, ...]) -> tuple[str, ...]:
    return (f"Without a price, and not in the sums: {', '.join(missing)}.",) if missing else ()


def _money(cost: Cost) -> str:
    return f"≥ {cost.amount:,.4f}" if cost.missing else f"{cost.amount:,.4f}"


def _units(units: float) -> str:
    return format_short(units) if units else ""
