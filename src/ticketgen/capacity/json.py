"""A report for programs.

A document with two keys: ``environments``, a list, and ``findings``, as in every command. An environment has its
``name``; ``regions``, each with its ``role``, its ``figures`` by name, and its ``quotas``; ``figures``, each once, with
``value`` (and ``before``, if a value was set), ``unit``, ``formula``, ``inputs``, ``headroom``, ``source``, ``scope``
and ``rendered_as``; and ``usage`` (with ``before``). A quota has the ``default`` of a new account, the value
``in_spec`` or null, and the one of them that is ``allowed``.

``season`` has the ``plan``; ``phases`` by name (``idle_hour``, ``idle_day``, ``idle_month``, ``on_sale_hour``,
``provisioned_hour``, ``aftercare``, ``season``), each with ``title``, ``formula`` and ``source``; and ``usage``, with
the ``units`` of each phase by key. With prices, a phase has its ``cost``, the keys summed ``from`` the price file and
the snapshot, and those ``without_a_price``, which are not in the sum.

With prices, there are ``costs``: the ``currency``, the costs ``by_key``, the ``prices`` by key (``price``, ``from``,
and ``region``, ``source``, ``date`` and ``note`` or null), and the ``snapshot`` (``date``, ``region``, whether it is
``used`` and ``older_than_a_year``) or null. Money is text, so that no digit is lost. Keys may be added, but are never
removed.
"""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal

from ticketgen.capacity.billed_units import SALES, Usage
from ticketgen.capacity.environment_report import Report
from ticketgen.capacity.price_book import Origin, PriceBook
from ticketgen.capacity.season import Season
from ticketgen.figures.model import DeploymentScope
from ticketgen.sizing.quota_needs import Need

__all__ = ["document"]


def document(reports: tuple[Report, ...], prices: PriceBook | None) -> dict[str, object]:
    """The document without its findings."""
    return {"environments": [_environment(report, prices) for report in reports]}


def _environment(report: Report, prices: PriceBook | None) -> dict[str, object]:
    prices = prices.within(report.environment) if prices else None
    before = {figure.name: figure.value for figure in report.before.sizing} if report.before else {}
    billed_before = {usage.key: usage for usage in report.before.usage} if report.before else {}
    found: dict[str, object] = {
        "name": report.environment.name,
        "regions": [_region(report, name) for name in report.environment.regions],
        "figures": [
            {
                "name": figure.name,
                "value": figure.value,
                **({"before": before[figure.name]} if before else {}),
                "unit": figure.unit,
                "formula": figure.formula,
                "inputs": dict(figure.inputs),
                "headroom": figure.headroom,
                "source": figure.source,
                "scope": figure.scope.value,
                "rendered_as": str(figure.rendered_as),
            }
            for figure in report.sizing
        ],
        "usage": [
            {
                "key": usage.key,
                "unit": usage.unit,
                **_amounts(usage),
                **(
                    {"before": _amounts(billed_before[usage.key]) if usage.key in billed_before else None}
                    if report.before
                    else {}
                ),
                "formula": usage.formula,
                "source": usage.source,
            }
            for usage in report.usage
        ],
        "season": _season(report.season, prices),
    }
    if prices is not None:
        found["costs"] = {
            "currency": prices.currency,
            "by_key": {
                usage.key: {
                    basis: _money(prices.cost(usage, amount)) for basis, amount in _amounts(usage).items()
                }
                for usage in report.usage
            },
            "prices": {each.usage.key: _price(each.usage, prices) for each in report.season.usage},
            "snapshot": _snapshot(prices),
        }
    return found


def _season(season: Season, prices: PriceBook | None) -> dict[str, object]:
    phases: dict[str, object] = {}
    for phase, about in season.phases.items():
        described: dict[str, object] = {
            "title": about.title,
            "formula": about.formula,
            "source": about.source,
        }
        if prices is not None:
            cost = prices.total((each.usage, each.units.get(phase, 0.0)) for each in season.usage)
            described["cost"] = _money(cost.amount)
            described["from"] = {origin.value: list(cost.keys(origin)) for origin in Origin}
            described["without_a_price"] = list(cost.missing)
        phases[phase.value] = described
    return {
        "plan": asdict(season.plan),
        "phases": phases,
        "usage": [
            {
                "key": each.usage.key,
                "unit": each.usage.unit,
                "units": {phase.value: units for phase, units in each.units.items()},
                "formula": each.usage.formula,
                "source": each.usage.source,
            }
            for each in season.usage
        ],
    }


def _price(usage: Usage, prices: PriceBook) -> dict[str, object] | None:
    found = prices.find(usage)
    if found is None:
        return None
    price, origin = found
    return {
        "price": f"{price.amount:f}",
        "from": origin.value,
        "region": price.region or None,
        "source": price.source or None,
        "date": price.date.isoformat() if price.date else None,
        "note": price.note or None,
    }


def _snapshot(prices: PriceBook) -> dict[str, object] | None:
    snapshot = prices.snapshot
    if snapshot is None:
        return None
    return {
        "date": snapshot.date.isoformat() if snapshot.date else None,
        "region": snapshot.region,
        "used": prices.is_snapshot_used,
        "older_than_a_year": prices.is_snapshot_old,
    }


def _region(report: Report, name: str) -> dict[str, object]:
    scopes = (
        {DeploymentScope.REGION, DeploymentScope.HUB} if name in report.hubs else {DeploymentScope.REGION}
    )
    return {
        "name": name,
        "role": report.role(name) or None,
        "figures": {figure.name: figure.value for figure in report.sizing if figure.scope in scopes},
        "quotas": [_need(need) for need in report.needs if need.region == name],
    }


def _need(need: Need) -> dict[str, object]:
    quota = need.quota
    return {
        "key": quota.key,
        "service": quota.service,
        "code": quota.code or None,
        "name": quota.name,
        "what": need.what,
        "default": need.default,
        "in_spec": need.spec_value,
        "allowed": need.limit,
        "needed": need.needed,
        "unit": quota.unit,
        "met": need.is_met,
        "exceeded": need.is_exceeded,
        "raisable": quota.raisable,
        "raised_with": quota.follows or None,
        "command": (need.command or None) if need.is_exceeded else None,
        "formula": need.formula,
        "source": quota.source,
        "unverified": quota.unverified_note or None,
    }


def _amounts(usage: Usage) -> dict[str, float]:
    return {
        f"per_{SALES}_sales": usage.sales,
        "per_idle_hour": usage.idle_hour,
        "per_event_hour": usage.event_hour,
    }


def _money(money: Decimal | None) -> str | None:
    return None if money is None else f"{money:.10f}"
