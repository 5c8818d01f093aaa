"""The rows of `make bench-scale`, each with its objective, and how those are found that no clock measures."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median

from bench_functions import OBJECTIVES
from bench_seat_map import WRITES
from hottest_partition import busiest
from sold_out_event import NEW, SEATS
from stacks import SHAPES, sized
from verification_at_scale import mixed_events, simulated_hour

from ticketgen.aws import limits
from ticketgen.capacity.environment_report import report
from ticketgen.capacity.price_book import PriceBook, shipped_prices
from ticketgen.capacity.verification_rhythm import (
    HOURS_PER_DAY,
    EventLife,
    EventUnits,
    verifications_per_hour,
)
from ticketgen.figures import assumptions as assumed
from ticketgen.sizing.hot_partitions import overload_probability, partitions
from ticketgen.stack.operations import stack_facts
from ticketgen.wording import counted

__all__ = ["COUNTS", "ROWS", "SECTIONS", "Measured", "costs", "hot_keys", "opening", "runs"]

ENVIRONMENT = SHAPES["prod"]()
SIZING = sized(ENVIRONMENT)
COUNTS = (1, 9, 20, 100, 1000)
SECTIONS = (20, 1000)
DEALS = 20_000
MOST_GETS, MOST_PERIODS, MARGIN = 3, 2, 2
_WAITS = float(str(stack_facts(ENVIRONMENT, SIZING)["quiet_seconds"]))
_PHASES: Mapping[str, float] = {
    "selling": HOURS_PER_DAY * verifications_per_hour(EventLife.SELLING, ENVIRONMENT),
    "sold out or quiet": HOURS_PER_DAY * verifications_per_hour(EventLife.SOLD_OUT, ENVIRONMENT),
    "closed this week": HOURS_PER_DAY * verifications_per_hour(EventLife.CLOSED, ENVIRONMENT),
    "closed earlier": 1,
}
_OPENING = {
    name: SIZING[figure] for name, figure in (
        ("ticket_purchase", "purchase_concurrency"), ("seat_availability", "availability_concurrency"),
    )
}  # fmt: skip


def _needed(name: str) -> float:
    figure = _OPENING[name]
    assert figure.headroom is not None
    return float(figure.value) / figure.headroom


ROWS: Mapping[str, str] = {
    "lock of 8 seats, p99": f"{OBJECTIVES.lock_ms} ms",
    "correction of 100 seats": f"{OBJECTIVES.correction_s} s",
    "stop of sales by a move": f"{MARGIN * _WAITS:.0f} s",
    "load of a seat map": f"{OBJECTIVES.cache_load_s} s",
    "load of a seat map, processor": f"{OBJECTIVES.cache_load_s / MARGIN:g} s",
    **{
        f"read of the {what}, {sections:,} sections": f"{MOST_GETS} GETs"
        for sections in SECTIONS
        for what in ("overview", "section")
    },
    "verification of a full event": f"{OBJECTIVES.verification_s} s",
    "verification of a full event, processor": f"{OBJECTIVES.verification_s / MARGIN:g} s",
    **{f"longest run with {counted(count, 'events')}": f"{OBJECTIVES.verification_s} s" for count in COUNTS},
    **{f"longest wait with {counted(count, 'events')}": f"{MOST_PERIODS} periods" for count in COUNTS},
    **{f"verification of an event {phase}, a day": "" for phase in _PHASES},
    "deals that overload a partition": f"{assumed.OVERLOAD_RISK:.2%}",
    **{f"opening: {name}": f"≥ {_needed(name):,.0f} executions" for name in _OPENING},
}
"""The objective of each row; "" if there is none."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure: the name of its row, its value with the unit, and what was measured."""

    name: str
    value: str
    load: str


def runs(listing: Mapping[int, float], full_seconds: float, quiet_seconds: float) -> Iterator[Measured]:
    """An hour of runs with each number of events, from the measured seconds of a listing and of verifications."""
    for count in COUNTS:
        now = time.time()
        events, selling = mixed_events(count, now)
        hour = simulated_hour(events, selling, now, listing[count], full_seconds, quiet_seconds)
        name = counted(count, "events")
        yield Measured(
            f"longest run with {name}",
            f"{max(hour.runs):.1f} s",
            f"{counted(len(hour.runs), 'runs')}, each until the last of {counted(len(selling), 'selling events')} was "
            f"verified; all that are due: {max(hour.whole):.1f} s. Listing takes {listing[count]:.1f} s, a quiet event "
            f"{quiet_seconds:.1f} s",
        )
        yield Measured(
            f"longest wait with {name}",
            f"{hour.waited:.1f} periods",
            f"of the event that waited longest; {counted(len(hour.overdue), 'events')} overdue",
        )


def costs() -> Iterator[Measured]:
    """What the verification of an event costs a day, in each part of its life, with the shipped prices."""
    units = EventUnits(ENVIRONMENT, SIZING).verification
    prices = PriceBook(snapshot=shipped_prices())
    usage = report(ENVIRONMENT, SIZING).usage
    for phase, times in _PHASES.items():
        cost = prices.total((each, times * units.get(each.key, 0)) for each in usage)
        assert not cost.missing, cost
        reads = times * units["dynamodb.read_request_units"]
        yield Measured(
            f"verification of an event {phase}, a day",
            f"{cost.amount:.4f} {prices.currency}",
            f"{counted(round(times), 'verifications')}, {counted(round(reads), 'read units')}; by the formulas",
        )


def hot_keys() -> Iterator[Measured]:
    """How often dealing the keys of a hot event by chance overloads a partition."""
    keys, writes = int(SIZING["event_shards"].value), int(SIZING["inventory_write_units"].value)
    bins, chance = partitions(writes), random.Random(1)
    loads = [busiest(keys, bins, chance) * writes / keys for _ in range(DEALS)]
    most = limits.DYNAMODB_PARTITION_WRITE_UNITS.value
    yield Measured(
        "deals that overload a partition",
        f"{sum(load > most for load in loads) / DEALS:.2%}",
        f"of {DEALS:,}, {keys} keys on {bins} partitions; {overload_probability(keys, writes):.2%} by the formula; the "
        f"hottest takes {median(loads):,.0f} of {most:,} write units/s in half of them, {max(loads):,.0f} at most",
    )


def opening() -> Iterator[Measured]:
    """The executions that are reserved for the opening, some of which start cold."""
    for name, figure in _OPENING.items():
        yield Measured(
            f"opening: {name}", f"{figure.value:,} executions", f"{figure.formula}; by the formula"
        )


assert WRITES * OBJECTIVES.verification_interval_s == NEW, "another rate was measured"
assert ENVIRONMENT.event_scale.seats_per_event == SEATS, "another event was measured"
