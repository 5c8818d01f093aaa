"""The keys of an event overload no partition, more seldom than the formula says: dealt by chance, many times."""

from __future__ import annotations

import hashlib
import random
from collections import Counter

import pytest
from event_items import event_of
from hottest_partition import busiest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_regions import event_item

from events import MOST_SHARDS
from ticketgen.aws import limits
from ticketgen.figures import assumptions as assumed
from ticketgen.sizing.hot_partitions import (
    MAX_EVENT_SHARDS,
    event_shards,
    keys_needed,
    overload_probability,
    partitions,
)

LIMIT = limits.DYNAMODB_PARTITION_WRITE_UNITS.value


@pytest.mark.parametrize("write_units", [1_500, 2_700, 5_000, 12_000, 27_000, 60_000])
def test_a_partition_is_overloaded_as_seldom_as_the_formula_says(write_units: int) -> None:
    """20,000 deals: at most twenty of them may overload a partition, and with bad luck a few more."""
    keys, bins, chance = keys_needed(write_units), partitions(write_units), random.Random(write_units)
    deals = 20_000 if keys < 200 else 5_000
    overloaded = sum(busiest(keys, bins, chance) * write_units / keys > LIMIT for _ in range(deals))
    expected = deals * assumed.OVERLOAD_RISK
    assert overloaded <= expected + 5 * expected**0.5


def test_the_first_version_overloaded_one_nearly_always() -> None:
    """18 keys on 12 partitions, of which each takes one and a half."""
    chance = random.Random(1)
    overloaded = sum(busiest(18, 12, chance) * 12_000 / 18 > LIMIT for _ in range(2_000))
    assert overloaded / 2_000 > 0.99


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 200_000))
def test_the_probability_is_stated_and_no_smaller_number_of_keys_has_it(write_units: int) -> None:
    keys = keys_needed(write_units)
    if write_units <= LIMIT:
        assert keys == 1
        return
    assert overload_probability(keys, write_units) <= assumed.OVERLOAD_RISK
    assert overload_probability(keys - 1, write_units) > assumed.OVERLOAD_RISK
    assert partitions(write_units) * LIMIT >= write_units * assumed.WARM_FACTOR


@pytest.mark.parametrize("write_units", [2_700, 27_000])
def test_the_seats_of_a_layout_spread_over_its_keys_as_evenly_as_that_needs(write_units: int) -> None:
    """The keys of the real code, with all seats of an event, on partitions that a hash chooses."""
    keys, bins = keys_needed(write_units), partitions(write_units)
    sections = [{"name": f"B{number}", "first": 1, "last": 11_700, "price": 1} for number in range(20)]
    event = event_of(event_item("gala", "us-east-1", shards=keys, sections=sections))
    seats = Counter(event.shard_of(f"B{number}-{seat}") for number in range(20) for seat in range(1, 11_701))
    assert len(seats) == keys
    total, overloaded = sum(seats.values()), 0
    for name in range(500):  # other events, whose keys fall elsewhere
        load: Counter[int] = Counter()
        for shard, sold in seats.items():
            digest = hashlib.md5(f"{name}{shard}".encode(), usedforsecurity=False).digest()
            load[int.from_bytes(digest[:8]) % bins] += sold
        overloaded += max(load.values()) * write_units / total > LIMIT
    # The seats of a key are a few more or fewer, so a partition with just as many keys as it takes may have more.
    assert overloaded <= 500 * 0.05


def test_no_event_gets_more_keys_than_the_functions_read() -> None:
    """A layout with more keys is malformed: nobody could buy a seat of a new event."""
    assert MAX_EVENT_SHARDS == MOST_SHARDS
    found = event_shards.compute(
        inventory_write_units=6_000_000,
        seats_per_event=1_000_000,
        seats_per_order=8,
        cache_load_s=3,
        verification_s=8,
    )
    assert found is not None
    assert (found.value, found.needed > MOST_SHARDS) == (MOST_SHARDS, True)
