"""Estimate the scale of an on-sale from limits, capacities and settings of a stack."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import floor
from typing import Final

from ticketgen.adopt.found_values import FoundValue, LeftOut
from ticketgen.adopt.stack_view import NamedValue, StackView
from ticketgen.escaping import quoted
from ticketgen.figures import assumptions as assumed
from ticketgen.findings import Location
from ticketgen.wording import counted, format_number

__all__ = ["find_scale"]

_PER_MINUTE: Final = {"second": 60.0, "sec": 60.0, "minute": 1.0, "min": 1.0, "hour": 1 / 60}
_RATE_NAME: Final = re.compile(
    r"(?:[a-z0-9]+_)*(?:purchases|orders|sales|transactions|bookings|checkouts|tickets)_per_(second|sec|minute|min|hour)"
)
# The key of event_scale → the names of settings for it, and the factor to seconds or units.
_SETTINGS: Final[tuple[tuple[str, re.Pattern[str], float], ...]] = (
    (
        "hold_seconds",
        re.compile(
            r"(?:[a-z0-9]+_)*(?:hold|lock|reservation|cart)_(?:ttl|timeout|duration|expiry|expiration|time)?_?(?:seconds|secs|sec|s|ttl)"
        ),
        1,
    ),
    (
        "hold_seconds",
        re.compile(
            r"(?:[a-z0-9]+_)*(?:hold|lock|reservation|cart)_(?:ttl|timeout|duration|expiry|expiration|time)?_?(?:minutes|mins|min)"
        ),
        60,
    ),
    (
        "seats_per_event",
        re.compile(
            r"(?:[a-z0-9]+_)*(?:seats|tickets|capacity)_per_(?:event|venue)|(?:venue|event|arena)_(?:capacity|seats)|(?:max|total)_seats"
        ),
        1,
    ),
    (
        "seats_per_order",
        re.compile(r"(?:max_)?(?:seats|tickets)_per_(?:order|purchase|transaction|request|cart)"),
        1,
    ),
    ("concurrent_events", re.compile(r"(?:max_)?concurrent_events"), 1),
    ("seats_per_buyer", re.compile(r"(?:max_)?(?:seats|tickets)_per_(?:buyer|user|customer|person)"), 1),
)

_MAX_DIGITS: Final = 10
_MAX_NUMBER: Final = 10**9
_MAX_SHOWN: Final = 40
_PURCHASE: Final = re.compile(r"purchase|order|checkout|book|buy|sell|reserve", re.IGNORECASE)


def find_scale(view: StackView) -> Iterator[FoundValue | LeftOut]:
    """Yield the scale, best source first; each estimate states its basis."""
    yield from _named_rates(view)
    for estimate in (_throttling, _concurrency):
        yield from estimate(view)
    for key, pattern, factor in _SETTINGS:
        for each in view.named_values():
            if not pattern.fullmatch(each.name):
                continue
            number = _number(each.value)
            if number is None or number * factor < 1:
                yield from _unusable(each)
                continue
            unit = f"{each.written} × 60 s" if factor == 60 else each.written
            yield FoundValue(("event_scale", key), round(number * factor), unit, each.location)


def _unusable(named: NamedValue) -> Iterator[LeftOut]:
    """Yield a setting whose value cannot be part of a scale; an unset setting is skipped."""
    value = named.value
    if value is None or isinstance(value, list | dict):
        return
    if not isinstance(value, str | int | float):
        reason = "its value is not known from the code: pass it with --var, or set it in `event_scale`"
        yield LeftOut(named.written, reason, named.location)
        return
    text = str(value) if isinstance(value, str) or abs(value) < 10**_MAX_DIGITS else "a larger number"
    shown = quoted(text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…")
    reason = f"it is not a number from 1 to {_MAX_NUMBER - 1:,}: set it in `event_scale`"
    yield LeftOut(f"{named.written} = {shown}", reason, named.location)


def _number(value: object) -> float | None:
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < _MAX_DIGITS:
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _MAX_NUMBER:
        return None
    return float(value)


def _found(rate: float, basis: str, location: Location) -> Iterator[FoundValue]:
    """Yield the rate of orders, rounded."""
    if rate >= 1:
        digits = len(str(floor(rate))) - 2
        rounded = floor(rate) if digits <= 0 else floor(rate) // 10**digits * 10**digits
        yield FoundValue(("event_scale", "purchases_per_minute"), rounded, basis, location)


def _named_rates(view: StackView) -> Iterator[FoundValue | LeftOut]:
    for each in view.named_values():
        match = _RATE_NAME.fullmatch(each.name)
        if not match:
            continue
        rate = (_number(each.value) or 0) * _PER_MINUTE[match[1]]
        if rate < 1:
            yield from _unusable(each)
            continue
        yield FoundValue(("event_scale", "purchases_per_minute"), round(rate), each.written, each.location)


def _throttling(view: StackView) -> Iterator[FoundValue]:
    """Estimate orders from the API's throttling in requests/s, if one Region takes all orders."""
    per_order = assumed.sales_requests_per_second(1) + assumed.reads_per_second(1)
    for type, block_type, attribute in (
        ("aws_api_gateway_method_settings", "settings", "throttling_rate_limit"),
        ("aws_apigatewayv2_stage", "default_route_settings", "throttling_rate_limit"),
        ("aws_api_gateway_usage_plan", "throttle_settings", "rate_limit"),
    ):
        best = _largest(view, type, block_type, attribute)
        if best:
            rate, address, location = best
            basis = (
                f"estimate: {counted(rate, 'requests/s')} of {address} / ({format_number(per_order)} requests an order "
                f"× {format_number(assumed.HEADROOM)} headroom)"
            )
            yield from _found(rate / (per_order * assumed.HEADROOM) * 60, basis, location)


def _largest(
    view: StackView, type: str, block_type: str, attribute: str
) -> tuple[float, str, Location] | None:
    found: list[tuple[float, str, Location]] = []
    for each in view.resources(type):
        for block in each.blocks(block_type) if block_type else [each]:
            number = _number(block.value(attribute))
            if number is not None:
                found.append((number, each.address, block.at(attribute)))
    return max(found, key=lambda each: each[0], default=None)


def _concurrency(view: StackView) -> Iterator[FoundValue]:
    for each in view.resources("aws_lambda_function"):
        number = _number(each.value("reserved_concurrent_executions"))
        name = f"{each.declared.name} {each.text('function_name')}"
        if number is not None and _PURCHASE.search(name):
            requests = assumed.sales_requests_per_second(1)
            basis = (
                f"estimate: {counted(number, 'concurrent executions')} of {each.address} / "
                f"({format_number(assumed.PURCHASE_SECONDS)} s × {format_number(requests)} requests per order × "
                f"{format_number(assumed.HEADROOM)} headroom)"
            )
            rate = number / (assumed.PURCHASE_SECONDS * requests * assumed.HEADROOM) * 60
            yield from _found(rate, basis, each.at("reserved_concurrent_executions"))
            return
