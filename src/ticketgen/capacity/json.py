"""A report for programs.

A document with two keys: ``environments``, a list, and ``findings``, as in every command. An environment has its
``name``; ``regions``, each with its ``role``, its ``figures`` by name, and its ``quotas``; ``figures``, each once, with
``value`` (and ``before``, if a value was set), ``unit``, ``formula``, ``inputs``, ``headroom``, ``source``, ``scope``
and ``rendered_as``; and ``usage`` (with ``before``). With a price file, it has ``costs``. A quota has the ``default``
of a new account, the value ``in_spec`` or null, and the one of them that is ``allowed``. Keys may be added, but are
never removed.
"""

from __future__ import annotations

from ticketgen.capacity.billed_units import SALES, Usage
from ticketgen.capacity.environment_report import Report
from ticketgen.capacity.prices import Prices
from ticketgen.figures.model import DeploymentScope
from ticketgen.sizing.quota_needs import Need

__all__ = ["document"]


def document(reports: tuple[Report, ...], prices: Prices | None) -> dict[str, object]:
    """The document without its findings."""
    return {"environments": [_environment(report, prices) for report in reports]}


def _environment(report: Report, prices: Prices | None) -> dict[str, object]:
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
    }
    if prices is not None:
        found["costs"] = {
            "currency": prices.currency,
            "by_key": {
                usage.key: {
                    basis: _money(prices, usage.key, amount) for basis, amount in _amounts(usage).items()
                }
                for usage in report.usage
            },
        }
    return found


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


def _money(prices: Prices, key: str, amount: float) -> str | None:
    money = prices.cost(key, amount)
    return None if money is None else f"{money:.10f}"
