"""A report as titled tables, for the formats that people read."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ticketgen.aws.quotas import QUOTAS
from ticketgen.capacity.billed_units import NOT_COUNTED
from ticketgen.capacity.cost_sections import (
    BASES,
    amounts,
    costs,
    season_by_service,
    season_phases,
    season_units,
)
from ticketgen.capacity.environment_report import Report
from ticketgen.capacity.price_book import PriceBook
from ticketgen.capacity.report_table import Row, Section, changed, format_short
from ticketgen.figures.model import AnyFigure, DeploymentScope
from ticketgen.sizing.quota_needs import Need
from ticketgen.wording import counted, format_number, singular

__all__ = ["sections"]


def sections(report: Report, prices: PriceBook | None) -> Iterator[Section]:
    """All sections of a report, in reading order."""
    prices = prices.within(report.environment) if prices else None
    yield from _capacities(report)
    yield _quotas(report)
    yield _billed(report)
    if prices is not None:
        yield costs(report, prices)
    yield season_phases(report, prices)
    yield season_units(report)
    if prices is not None:
        yield season_by_service(report, prices)


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
        (_value(figure),) if before is None else (_value(before), changed(_value(before), _value(figure)))
    )
    details = (figure.formula, _inputs(figure), figure.source, str(figure.rendered_as))
    unit = singular(figure.unit) if figure.value == 1 else figure.unit
    return Row((figure.name, *values, unit, _headroom(figure)), details)


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
            numbers = (was, changed(was, format_number(need.needed)))
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


def _billed(report: Report) -> Section:
    before = {usage.key: usage for usage in report.before.usage} if report.before else {}
    rows = []
    for usage in report.usage:
        cells = tuple(format_short(amount) if amount else "" for amount in amounts(usage))
        if report.before:
            old = before.get(usage.key)
            was = [format_short(amount) if amount else "" for amount in (amounts(old) if old else (0, 0, 0))]
            cells = tuple(
                now if then == now else f"{then or '0'} → {now or '0'}"
                for then, now in zip(was, cells, strict=True)
            )
        rows.append(Row((usage.key, *cells, usage.unit), (usage.formula, usage.source)))
    notes = (
        "A sale is one seat. Units are for all Regions together, at peak. In an idle hour nothing is on sale. A "
        "sold-out event is verified every 5 minutes, and its map is kept until it is closed.",
        f"Not counted: {'; '.join(NOT_COUNTED)}.",
    )
    return Section(
        "Billed units",
        ("unit", *BASES, "of"),
        tuple(rows),
        notes,
        text=frozenset({"of"}),
        details=("formula", "source"),
    )
