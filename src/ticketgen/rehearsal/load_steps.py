"""A load that rises in steps until the machine takes no more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ticketgen.rehearsal.sale import OrderAttempt
from ticketgen.rehearsal.scoreboard import Percentiles, percentiles

__all__ = ["FACTOR", "FIRST_RATE", "LoadStep", "measured", "rates", "why_not_taken"]

FIRST_RATE, FACTOR = 2.0, 1.5
"""The orders per second of the first step, and what each step multiplies them with."""

_REACHED, _ERRORS, _SLOWER, _LEAST_MS = 0.9, 0.02, 4.0, 1000.0

_AS_IT_SHOULD = {
    "busy", "buyer-limit", "held", "hold-ended", "repeated", "sold", "sold-to-others",
}  # fmt: skip
"""Outcomes of orders that were answered as they should: sold, or refused for their seats."""


@dataclass(frozen=True, slots=True)
class LoadStep:
    """What was measured at one rate. Rates are orders per second.

    Attributes:
        offered: the rate at which buyers came.
        reached: the rate of orders that were answered, sold or refused for their seats.
        failed: the share of orders without such an answer: throttled, unavailable, no answer.
        orders_ms: from an order's first request to its last answer.
        reads: seat maps read per second.
        reads_ms: the time of a read.
        in_flight: orders that waited for an answer, on average.
    """

    offered: float
    seconds: float
    reached: float
    failed: float
    orders_ms: Percentiles
    reads: float
    reads_ms: Percentiles
    in_flight: float = 0.0


def measured(
    rate: float,
    window: tuple[float, float],
    attempts: Sequence[OrderAttempt],
    reads: Sequence[tuple[float, float]],
) -> LoadStep:
    """What was measured in a window of time.

    Args:
        rate: at which buyers came.
        window: its begin and end.
        attempts: orders, with their begin in the time of the window.
        reads: the begin and the duration of each read of a seat map.
    """
    first, last = window
    seconds = last - first
    ended = [each for each in attempts if first <= each.at + each.seconds < last]
    read = [took for at, took in reads if first <= at + took < last]
    answered = sum(each.outcome in _AS_IT_SHOULD for each in ended)
    waited = sum(max(0.0, min(last, each.at + each.seconds) - max(first, each.at)) for each in attempts)
    return LoadStep(
        offered=round(rate, 2),
        seconds=round(seconds, 1),
        reached=round(answered / seconds, 2),
        failed=round(1 - answered / len(ended), 4) if ended else 0.0,
        orders_ms=percentiles([1000 * each.seconds for each in ended]),
        reads=round(len(read) / seconds, 1),
        reads_ms=percentiles([1000 * took for took in read]),
        in_flight=round(waited / seconds, 2),
    )


def rates(most: float) -> Iterator[float]:
    """The rates to try, one after the other; the last one is the rate of the spec."""
    rate = min(FIRST_RATE, most)
    while rate < most:
        yield rate
        rate *= FACTOR
    yield most


def why_not_taken(step: LoadStep, first: LoadStep) -> str:
    """Why the machine did not take a step, compared with the first one; "" if it did."""
    if step.failed > _ERRORS:
        return f"{step.failed:.1%} of the orders failed"
    if step.reached < _REACHED * step.offered:
        return f"{step.reached:.1f} of {step.offered:.1f} orders/s were reached"
    slow = max(_LEAST_MS, _SLOWER * first.orders_ms.p95)
    if step.orders_ms.p95 > slow:
        return (
            f"orders took {step.orders_ms.p95:,.0f} ms (p95), {first.orders_ms.p95:,.0f} ms in the first step"
        )
    return ""
