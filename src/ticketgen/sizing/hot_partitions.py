"""How many partition keys an event needs, so that no partition of a table gets more writes than it takes.

DynamoDB places a partition key by a hash that nobody can choose: keys fall into partitions as balls into bins, and one
partition nearly always gets several of few keys. More keys even the load out, and so do more partitions, which a table
has after it was warmed up for more than it needs.

A partition is overloaded if more keys fall into it than it has capacity for. For one partition, their number follows
the binomial distribution; the probability that any of them is overloaded is at most the sum over all (Boole's
inequality). Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
"""

from __future__ import annotations

from functools import cache
from math import ceil, exp, lgamma, log

from ticketgen.aws import limits
from ticketgen.figures import assumptions as assumed
from ticketgen.figures.model import Amount, DeploymentScope, OutputPlace, figure
from ticketgen.sizing.demand import map_read_units
from ticketgen.wording import counted, format_number

__all__ = [
    "MAX_EVENT_SHARDS",
    "event_shards",
    "inventory_stream_shards",
    "inventory_warm_write_units",
    "keys_needed",
    "ledger_warm_write_units",
    "lock_warm_write_units",
    "overload_probability",
    "partitions",
]

_KEY = limits.DYNAMODB_PARTITION_WRITE_UNITS.value
_MAX_KEYS = 100_000
MAX_EVENT_SHARDS = 10_000
"""The most partition keys of an event; the functions refuse a layout with more (`MOST_SHARDS` in `events`)."""


def partitions(write_units: float) -> int:
    """The partitions of a table that was warmed up for its demand and the reserve.

    Warm throughput is what a table serves at once, and a partition serves 1,000 write units/s, so that it has at least
    so many.
    """
    return max(1, ceil(write_units * assumed.WARM_FACTOR / _KEY))


def overload_probability(keys: int, write_units: float) -> float:
    """A bound for the probability that a partition gets more than it takes, while one event takes all writes."""
    bins, most = partitions(write_units), int(keys * _KEY / write_units)
    return min(1.0, bins * _more_than(keys, 1 / bins, most))


@cache
def keys_needed(write_units: float) -> int:
    """The fewest keys with which `overload_probability` is small enough."""
    if write_units <= _KEY:
        return 1  # any partition takes all of it
    fewest = ceil(write_units / _KEY)
    fits = (
        keys
        for keys in range(fewest, _MAX_KEYS)
        if overload_probability(keys, write_units) <= assumed.OVERLOAD_RISK
    )
    return next(fits, _MAX_KEYS)


def _more_than(trials: int, chance: float, most: int) -> float:
    """The probability of more than `most` successes: the upper tail of the binomial distribution."""
    if chance >= 1:
        return 0.0 if most >= trials else 1.0
    total = 0.0
    for successes in range(most + 1, trials + 1):
        ways = lgamma(trials + 1) - lgamma(successes + 1) - lgamma(trials - successes + 1)
        part = exp(ways + successes * log(chance) + (trials - successes) * log(1 - chance))
        total += part
        if successes > trials * chance and part < total * 1e-12:
            break
    return total


@figure(
    unit="partition keys per event",
    source=f"{limits.DYNAMODB_PARTITION_WRITE_UNITS.source}; {assumed.SOURCE}",
    scope=DeploymentScope.ENVIRONMENT,
    place=OutputPlace(),
)
def event_shards(
    inventory_write_units: int,
    seats_per_event: int,
    seats_per_order: int,
    cache_load_s: int,
    verification_s: int,
) -> Amount[int]:
    """Partition keys for the seats of one event.

    One event may take all writes, so its keys must not overload a partition; its whole map must be read within its
    objective, from keys with 3,000 read units per second; and verification compares one key's items at a time.
    """
    read = limits.DYNAMODB_PARTITION_READ_UNITS
    loaded = map_read_units(seats_per_event, seats_per_order) / cache_load_s
    compared = 2 * seats_per_event * assumed.CPU_SECONDS_PER_VERIFIED_ITEM
    spread = keys_needed(inventory_write_units)
    needed = max(
        spread,
        ceil(loaded / read.value * assumed.HEADROOM),
        ceil(compared / (verification_s * assumed.SLICE_SHARE)),
    )
    most = format_number(MAX_EVENT_SHARDS)
    capped = f"; but the functions read at most {most}" if needed > MAX_EVENT_SHARDS else ""
    return Amount(
        min(needed, MAX_EVENT_SHARDS),
        f"the largest of {format_number(spread)}, with which none of "
        f"{counted(partitions(inventory_write_units), 'warm partitions')} has to take more than {format_number(_KEY)} "
        f"of {counted(inventory_write_units, 'write units/s')}, with a probability of "
        f"{1 - assumed.OVERLOAD_RISK:.1%}; to load a map within {cache_load_s} s, "
        f"{counted(ceil(loaded), 'read units/s')} / {format_number(read.value)} per key × "
        f"{format_number(assumed.HEADROOM)} headroom; and, so that comparing the seats of one key takes at most "
        f"{assumed.SLICE_SHARE:.0%} of {verification_s} s, {compared:.2g} s of CPU time for those of all keys{capped}",
        needed=needed if capped else 0,
    )


_WARM = figure(
    unit="write units/s",
    source=f"{limits.DYNAMODB_COLD_WRITE_UNITS.source}; {assumed.SOURCE}",
    place=OutputPlace(),
)


@_WARM
def inventory_warm_write_units(inventory_write_units: int) -> Amount[int]:
    """Write units/s that the inventory is warmed up for, so that the keys of one event spread over its partitions."""
    return _warmed_up(inventory_write_units)


@_WARM
def ledger_warm_write_units(ledger_write_units: int) -> Amount[int]:
    """Write units/s that the ledger is warmed up for."""
    return _warmed_up(ledger_write_units)


@_WARM
def lock_warm_write_units(lock_write_units: int) -> Amount[int]:
    """Write units/s that the lock tables are warmed up for: each seat has a key of its own, so they spread evenly."""
    return _warmed_up(lock_write_units, assumed.HEADROOM)


def _warmed_up(write_units: int, factor: float = assumed.WARM_FACTOR) -> Amount[int]:
    return Amount(
        ceil(write_units * factor),
        f"{counted(write_units, 'write units/s')} × {format_number(factor)}",
        needed=write_units,
    )


@figure(
    unit="stream shards",
    source=f"{limits.DYNAMODB_COLD_WRITE_UNITS.source}; {limits.DYNAMODB_PARTITION_WRITE_UNITS.source}",
    place=OutputPlace(),
)
def inventory_stream_shards(inventory_write_units: int) -> Amount[int]:
    """Shards of the inventory's DynamoDB stream: one per partition of the table when it is warm, at least four."""
    cold, key = limits.DYNAMODB_COLD_WRITE_UNITS, limits.DYNAMODB_PARTITION_WRITE_UNITS
    return Amount(
        max(cold.value // key.value, partitions(inventory_write_units)),
        f"{counted(inventory_write_units, 'write units/s')} × {assumed.WARM_FACTOR}, for which the table is warmed up, "
        f"/ {format_number(key.value)} per partition, at least the {cold.value // key.value} of a new table",
        needed=inventory_write_units / key.value,
    )
