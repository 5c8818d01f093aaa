"""Verification of many events: those that sell in every run and in time, and no event waits for ever."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from bench_functions import OBJECTIVES
from verification_at_scale import (
    HOUR,
    INTERVAL,
    LANES,
    ON_SALE,
    listing_seconds,
    mixed_events,
    simulated_hour,
)

# More than `make bench-scale` measures for the verification of a full event that sells, and of one that is quiet.
FULL_SECONDS, QUIET_SECONDS = 6.0, 4.0


@pytest.mark.parametrize("count", [1, 9, 20, 100, 1000])
def test_events_that_sell_are_verified_in_every_run_and_none_waits_for_ever(count: int) -> None:
    now = time.time()
    events, selling = mixed_events(count, now)
    hour = simulated_hour(events, selling, now, 1.0, FULL_SECONDS, QUIET_SECONDS)
    assert len(hour.runs) == HOUR // INTERVAL
    assert max(hour.runs) < OBJECTIVES.verification_s
    assert not hour.overdue
    assert hour.waited < 2, "an event waited for more than twice its period"
    assert len(selling) == min(count, ON_SALE)
    assert all(hour.verified[event_id] == HOUR // INTERVAL for event_id in selling)


def test_more_events_than_the_spec_has_are_all_verified_later() -> None:
    """The alarm on the objective tells; no event is left out."""
    now = time.time()
    events, _ = mixed_events(ON_SALE, now)
    crowd = [replace(event, event_id=f"{event.event_id}-{number}") for number in range(3) for event in events]
    hour = simulated_hour(crowd, {event.event_id for event in crowd}, now, 1.0, FULL_SECONDS, QUIET_SECONDS)
    assert LANES < len(crowd) == 3 * ON_SALE
    assert min(hour.verified.values()) == max(hour.verified.values())
    assert max(hour.runs) > OBJECTIVES.verification_s


@pytest.mark.slow
@pytest.mark.parametrize("count", [20, 1000])
def test_listing_takes_a_small_part_of_the_objective(
    count: int, dynamodb_port: int | None, tmp_path: Path
) -> None:
    if dynamodb_port is None:
        pytest.skip("DynamoDB Local is not there: `make dynamodb` fetches it, with Java and Maven")
    assert listing_seconds(dynamodb_port, tmp_path, count) < OBJECTIVES.verification_s / 2
