"""A report as titled tables, for the formats that people read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from ticketgen.aws.quotas import QUOTAS
from ticketgen.capacity.billed_units import NOT_COUNTED, SALES, Usage
from ticketgen.capacity.environment_report import Report
from ticketgen.capacity.prices import Prices
from ticketgen.figures.model import AnyFigure, DeploymentScope
from ticketgen.sizing.quota_needs import Need
from ticketgen.wording import counted, format_number, singular

__all__ = ["Row", "Section", "format_short", "sections"]


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its cells, and longer details about it."""

    cells: tuple[str, ...]
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A titled table.

    Attributes:
        title: one line.
        headers: of the cells; the first column is text, the others are aligned right unless they are in `text`.
        rows: below the headers.
        notes: sentences below the rows.
        commands: shell commands below the notes.
        text: the headers of further text columns.
        details: the headers of the rows' details.
    """

    title: str
    headers: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    text: frozenset[str] = frozenset()
    details: tuple[str, ...] = ()


def sections(report: Report, prices: Prices | None) -> Iterator[Section]:
    """All sections of a report, in reading order."""
    yield from _capacities(report)
    yield _quotas(report)
    yield _billed(report)
    if prices is not None:
        yield _money(report, prices)


def format_short(number: float) -> str:
    """A number with about four digits: ``0.002146``, ``12.5``, ``1,320``."""
    if number == 0 or abs(number) >= 1000 or number == int(number):
        return f"{round(number):,}"
    return f"{float(f'{number:.4g}'):,.10f}".rstrip("0").rstrip(".")


def _value(figure: AnyFigure) -> str:
    return figure.value if isinstance(figure.value, str) else format_number(figure.value)


def _headroom(figure: AnyFigure) -> str:
    """How many times the demand fits; above a hundred the number does not matter."""
    if figure.headroom is None:
        return ""
    return f"{figure.headroom:.2f}×" if figure.headroom < 100 else "> 100×"


def _inputs(figure: AnyFigure) -> str:
    return ", ".join(
        f"{name} = {value if isinstance(value, str) else format_number(value)}"
        for name, value in figure.inputs
    )


def _capacities(report: Report) -> Iterator[Section]:
    count = len(report.environment.regions)
    titles = {
        DeploymentScope.ENVIRONMENT: "Capacity over all Regions",
        DeploymentScope.REGION: f"Capacity in each of {count} Regions, because one may have to take the whole demand"
        if count > 1
        else "Capacity in the Region",
        DeploymentScope.HUB: f"Capacity for analytics and verification, in {' and '.join(report.hubs)}",
    }
    before = {figure.name: figure for figure in report.before.sizing} if report.before else {}
    for scope, title in titles.items():
        figures = [figure for figure in report.sizing if figure.scope is scope]
        rows = tuple(_figure_row(figure, before.get(figure.name)) for figure in figures)
        middle = ("before", "after") if report.before else ("value",)
        headers = ("figure", *middle, "unit", "headroom")
        details = ("formula", "inputs", "source", "rendered as")
        yield Section(title, headers, rows, text=frozenset({"unit"}), details=details)


def _figure_row(figure: AnyFigure, before: AnyFigure | None) -> Row:
    values = (
        (_value(figure),)
        if before is None
        else (_value(before), _marked_change(_value(before), _value(figure)))
    )
    details = (figure.formula, _inputs(figure), figure.source, str(figure.rendered_as))
    unit = singular(figure.unit) if figure.value == 1 else figure.unit
    return Row((figure.name, *values, unit, _headroom(figure)), details)


def _marked_change(before: str, after: str) -> str:
    """The new value, marked if it differs from the old one."""
    return after if after == before else f"→ {after}"


def _quotas(report: Report) -> Section:
    before = {_key(need): need for need in report.before.needs} if report.before else {}
    met = [
        need
        for need in report.needs
        if need.is_met or need.spec_value is not None or (_key(need) in before and before[_key(need)].is_met)
    ]
    set_in_spec = any(need.spec_value is not None for need in met)
    rows = []
    for group in _group_by(
        met, lambda need: (need.quota.key, need.what, need.needed, need.default, need.spec_value)
    ):
        need = group[0]
        numbers: tuple[str, ...] = (format_number(need.needed),)
        if report.before:
            old = before.get(_key(need))
            was = format_number(old.needed) if old else ""
            numbers = (was, _marked_change(was, format_number(need.needed)))
        cells = (
            need.quota.name,
            need.quota.id,
            format_number(need.default),
            *(("" if need.spec_value is None else format_number(need.spec_value),) if set_in_spec else ()),
            *numbers,
            _raisable(need),
        )
        where = _region_text([each.region for each in group], report)
        unverified = f"unverified: {need.quota.unverified_note}" if need.quota.unverified_note else ""
        rows.append(Row(cells, (f"{need.what}, in {where}", need.formula, need.quota.source, unverified)))
    others = len({need.quota.key for need in report.needs} - {need.quota.key for need in met})
    notes = (
        f"{counted(others, 'other quotas')} {'is' if others == 1 else 'are'} sufficient. The default is the value of a "
        "new account. This environment is counted alone: add the needs of other workloads in the account.",
        "Once AWS has raised a quota, write its value into the spec: quotas, by code.",
    )
    commands = tuple(_commands(report.needs))
    needed = ("needed before", "needed after") if report.before else ("needed",)
    return Section(
        "Quotas that are used up, exceeded or set in the spec" if rows else "Quotas: all are sufficient",
        ("quota", "code", "default", *(("in the spec",) if set_in_spec else ()), *needed, "can be raised"),
        tuple(rows),
        notes,
        commands,
        frozenset({"code", "can be raised"}),
        ("needed by", "formula", "source", "unverified"),
    )


def _key(need: Need) -> tuple[str, str, str]:
    return need.quota.key, need.region, need.what


def _raisable(need: Need) -> str:
    if need.quota.follows:
        return f'along with "{QUOTAS[need.quota.follows].name}"'
    return "yes" if need.quota.raisable else "no"


def _commands(needs: tuple[Need, ...]) -> Iterator[str]:
    """The commands that request each exceeded quota, one per quota and value."""
    exceeded = [need for need in needs if need.is_exceeded and need.command]
    # Two tables share one quota: request the larger value.
    largest = [
        max(group, key=lambda need: need.needed)
        for group in _group_by(exceeded, lambda need: (need.quota.key, need.region))
    ]
    for group in _group_by(largest, lambda need: (need.quota.key, need.needed)):
        regions = [need.region for need in group]
        line = group[0].command
        if len(regions) > 1:
            line = line.replace(f"--region {regions[0]}", '--region "$region"')
            line = f"for region in {' '.join(regions)}; do {line}; done"
        yield line


def _region_text(regions: list[str], report: Report) -> str:
    if len(regions) == len(report.environment.regions) > 3:
        return f"all {len(regions)} Regions"
    return ", ".join(regions)


def _group_by(needs: list[Need], key: Callable[[Need], object]) -> list[list[Need]]:
    groups: dict[object, list[Need]] = {}
    for need in needs:
        groups.setdefault(key(need), []).append(need)
    return list(groups.values())


_BASES = (f"{SALES:,} sales", "an idle hour", "+ an hour of a sold-out event")


def _amounts(usage: Usage) -> tuple[float, float, float]:
    return usage.sales, usage.idle_hour, usage.event_hour


def _billed(report: Report) -> Section:
    before = {usage.key: usage for usage in report.before.usage} if report.before else {}
    rows = []
    for usage in report.usage:
        cells = tuple(format_short(amount) if amount else "" for amount in _amounts(usage))
        if report.before:
            old = before.get(usage.key)
            was = [format_short(amount) if amount else "" for amount in (_amounts(old) if old else (0, 0, 0))]
            cells = tuple(
                now if then == now else f"{then or '0'} → {now or '0'}"
                for then, now in zip(was, cells, strict=True)
            )
        rows.append(Row((usage.key, *cells, usage.unit), (usage.formula, usage.source)))
    notes = (
        "A sale is one seat. Units are for all Regions together, at peak. In an idle hour nothing is on sale. A "
        "sold-out event is verified for a week after its sale, and its map is kept until it is closed.",
        f"Not counted: {'; '.join(NOT_COUNTED)}.",
    )
    return Section(
        "Billed units",
        ("unit", *_BASES, "of"),
        tuple(rows),
        notes,
        text=frozenset({"of"}),
        details=("formula", "source"),
    )


def _money(report: Report, prices: Prices) -> Section:
    services: dict[str, list[Decimal]] = {}
    unpriced = []
    for usage in report.usage:
        if usage.key not in prices.by_key:
            unpriced.append(usage.key)
            continue
        sums = services.setdefault(usage.service, [Decimal(0)] * 3)
        for number, amount in enumerate(_amounts(usage)):
            sums[number] += prices.cost(usage.key, amount) or Decimal(0)
    totals = [sum((sums[number] for sums in services.values()), Decimal(0)) for number in range(3)]
    rows = [Row((service, *(_format_money(money) for money in sums))) for service, sums in services.items()]
    rows.append(Row(("total", *(_format_money(money) for money in totals))))
    notes = (f"Without a price: {', '.join(unpriced)}.",) if unpriced else ()
    return Section(
        f"Costs in {prices.currency}, from the price file", ("service", *_BASES), tuple(rows), notes
    )


def _format_money(money: Decimal) -> str:
    return f"{money:,.4f}"
