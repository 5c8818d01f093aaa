"""The demand: orders, seats, write and read units, and their shards."""

from __future__ import annotations

from math import ceil

from ticketgen.aws import limits
from ticketgen.figures import assumptions as assumed
from ticketgen.figures.model import Amount, AttributePlace, DeploymentScope, Intermediate, OutputPlace, figure
from ticketgen.wording import counted, format_number

__all__ = [
    "buyer_items",
    "event_read_units",
    "inventory_read_units",
    "inventory_write_units",
    "kinesis_batch_size",
    "kinesis_parallelization_factor",
    "kinesis_shards",
    "ledger_read_units",
    "ledger_write_units",
    "lock_read_units",
    "lock_write_units",
    "map_read_units",
    "orders_per_second",
    "queue_joins_per_second",
    "record_bytes",
    "seats_per_second",
]

_UNITS = limits.DYNAMODB_TRANSACTION_UNITS
_CHECKS = "https://martinhicks.dev/articles/what-a-conditional-dynamodb-transaction-costs"
_READ = limits.DYNAMODB_READ_UNIT_BYTES
_KINESIS = "modules/analytics/kinesis.tf"
_CONSUMER = "aws_lambda_event_source_mapping.sales"


@figure(
    unit="orders/s",
    source="event_scale.purchases_per_minute",
    scope=DeploymentScope.ENVIRONMENT,
    place=OutputPlace(),
)
def orders_per_second(purchases_per_minute: int) -> Amount[int]:
    """Orders per second, from purchases per minute; at least one."""
    return Amount(
        max(1, ceil(purchases_per_minute / 60)),
        f"{counted(purchases_per_minute, 'purchases/min')} / 60, at least 1",
    )


@figure(
    unit="seats/s",
    source="event_scale.seats_per_order",
    scope=DeploymentScope.ENVIRONMENT,
    place=OutputPlace(),
)
def seats_per_second(orders_per_second: int, seats_per_order: int) -> Amount[int]:
    """Seats in those orders, if every order has the most seats allowed."""
    return Amount(
        orders_per_second * seats_per_order,
        f"{counted(orders_per_second, 'orders/s')} × {counted(seats_per_order, 'seats')}",
    )


@figure(unit="write units/s", source=_UNITS.source, place=OutputPlace())
def ledger_write_units(seats_per_second: int) -> Amount[int]:
    """Write units of the ledger: one entry of at most 1 KiB per seat, in a transaction."""
    return Amount(
        seats_per_second * _UNITS.value,
        f"{counted(seats_per_second, 'seats/s')} × {_UNITS.value} units per item in a transaction",
    )


@figure(unit="write units/s", source=f"{_UNITS.source}; {_CHECKS}; {assumed.SOURCE}", place=OutputPlace())
def inventory_write_units(seats_per_second: int) -> Amount[int]:
    """Write units of the inventory: a purchase writes one item per seat, and a hold checks that there is none.

    AWS's documents do not say what a condition check of a transaction is billed as. It was measured on AWS as a write:
    two units, as the write of an item of at most 1 KiB.
    """
    each = 1 + assumed.HOLDS_PER_ORDER
    return Amount(
        ceil(seats_per_second * each * _UNITS.value),
        f"{counted(seats_per_second, 'seats/s')} × ({format_number(assumed.HOLDS_PER_ORDER)} checks of holds and 1 "
        f"write) × {_UNITS.value} units per item in a transaction",
    )


@figure(unit="write units/s", source=f"{_UNITS.source}; {assumed.SOURCE}", place=OutputPlace())
def lock_write_units(
    orders_per_second: int, seats_per_order: int, buyer_items: int, queue_joins_per_second: float
) -> Amount[int]:
    """Write units of the locks.

    A hold writes one lock per seat and the hold itself; a release deletes them; a purchase deletes them and writes
    the idempotency record. With a limit of seats per buyer, each of them writes the buyer's item, too. A place in a
    queue is three writes without a transaction.
    """
    releases = assumed.HOLDS_PER_ORDER - 1
    held, bought = seats_per_order + 1 + buyer_items, seats_per_order + 2 + buyer_items
    items = (assumed.HOLDS_PER_ORDER + releases) * held + bought
    places = queue_joins_per_second * assumed.QUEUE_WRITES
    queued = (
        f" + {counted(queue_joins_per_second, 'places/s')} × {assumed.QUEUE_WRITES} writes" if places else ""
    )
    return Amount(
        ceil(orders_per_second * items * _UNITS.value + places),
        f"{counted(orders_per_second, 'orders/s')} × {format_number(items)} items "
        f"({format_number(assumed.HOLDS_PER_ORDER)} holds and "
        f"{format_number(releases)} releases of {held} items, one purchase of {bought}) × "
        f"{_UNITS.value} units{queued}",
    )


@Intermediate
def buyer_items(seats_per_buyer: int | None) -> int:
    """Items that count a buyer's seats, in each hold, release and purchase: one where the spec has a limit."""
    return 0 if seats_per_buyer is None else 1


@Intermediate
def queue_joins_per_second(orders_per_second: int, admits: bool) -> float:
    """People a second who ask for a place; 0 without queues."""
    return assumed.queue_joins_per_second(orders_per_second) if admits else 0


def map_read_units(seats_per_event: int, seats_per_order: int) -> float:
    """Read units to read the inventory of one sold-out event once."""
    return seats_per_event * assumed.item_bytes(seats_per_order) / _READ.value


@figure(unit="read units/s", source=f"{_READ.source}; {assumed.SOURCE}", place=OutputPlace())
def ledger_read_units(
    seats_per_event: int,
    concurrent_events: int,
    seats_per_order: int,
    verification_s: int,
    verifier_memory_mib: int,
) -> Amount[int]:
    """Read units of the ledger: the reads of a running verification."""
    verified, formula = _verification(
        seats_per_event, concurrent_events, seats_per_order, verification_s, verifier_memory_mib
    )
    return Amount(max(1, ceil(verified)), formula)


@figure(unit="read units/s", source=f"{_READ.source}; {assumed.SOURCE}", place=OutputPlace())
def inventory_read_units(
    seats_per_event: int,
    concurrent_events: int,
    seats_per_order: int,
    cache_load_s: int,
    verification_s: int,
    verifier_memory_mib: int,
) -> Amount[int]:
    """Read units of the inventory: one map is loaded while a verification runs."""
    loaded = map_read_units(seats_per_event, seats_per_order) / cache_load_s
    verified, formula = _verification(
        seats_per_event, concurrent_events, seats_per_order, verification_s, verifier_memory_mib
    )
    return Amount(
        max(1, ceil(loaded + verified)),
        f"{counted(seats_per_event, 'seats')} × {assumed.item_bytes(seats_per_order)} bytes / "
        f"{format_number(_READ.value)} "
        f"within {cache_load_s} s + {formula}",
    )


def _verification(
    seats_per_event: int, concurrent_events: int, seats_per_order: int, verification_s: int, memory_mib: int
) -> tuple[float, str]:
    """Read units/s of a running verification in one table, and the formula.

    They are bounded by the items sold and by the parsing speed.
    """
    every_item = seats_per_event * concurrent_events / (verification_s * assumed.VERIFICATION_READING_SHARE)
    processors = min(1.0, memory_mib / limits.LAMBDA_MEMORY_PER_VCPU.value)
    parsed = processors / assumed.CPU_SECONDS_PER_VERIFIED_ITEM / 2  # the other half is in the other table
    units = min(every_item, parsed) * assumed.item_bytes(seats_per_order) / _READ.value
    return units, (
        f"the smaller of {counted(concurrent_events, 'events')} × {counted(seats_per_event, 'seats')} "
        f"within {assumed.VERIFICATION_READING_SHARE:.0%} of {verification_s} s and half of the items that "
        f"{format_number(memory_mib)} MiB can parse, × {assumed.item_bytes(seats_per_order)} bytes / "
        f"{format_number(_READ.value)}"
    )


@figure(unit="read units/s", source=assumed.SOURCE, place=OutputPlace())
def lock_read_units(orders_per_second: int, buyer_items: int) -> Amount[int]:
    """Read units of the locks: each release reads its hold, and with a limit each request its buyer's item."""
    releases = assumed.HOLDS_PER_ORDER - 1
    requests = buyer_items * assumed.sales_requests_per_second(1)
    limited = f" and {format_number(requests)} requests of buyers with a limit" if buyer_items else ""
    return Amount(
        ceil(orders_per_second * (releases + requests)),
        f"{counted(orders_per_second, 'orders/s')} × {format_number(releases)} releases{limited}",
    )


@figure(unit="read units/s", source=f"{_READ.source}; {assumed.SOURCE}", place=OutputPlace())
def event_read_units(orders_per_second: int) -> Amount[int]:
    """Read units of the events table: functions read an event again after its lease."""
    requests = assumed.sales_requests_per_second(orders_per_second)
    return Amount(
        ceil(requests),
        f"at most one read of 4 KiB per request, {format_number(requests)} holds, releases and purchases/s",
    )


@Intermediate
def record_bytes(seats_per_order: int) -> int:
    """Bytes of a record in Kinesis."""
    return assumed.record_bytes(seats_per_order)


@figure(
    unit="shards",
    source=f"{limits.KINESIS_SHARD_BYTES.source}; {assumed.SOURCE}",
    scope=DeploymentScope.HUB,
    place=AttributePlace(_KINESIS, "aws_kinesis_stream.sales", "shard_count"),
)
def kinesis_shards(seats_per_second: int, record_bytes: int) -> Amount[int]:
    """Shards for one record per seat: by bytes or by number, whichever is more."""
    by_bytes = seats_per_second * record_bytes / limits.KINESIS_SHARD_BYTES.value
    by_number = seats_per_second / limits.KINESIS_SHARD_RECORDS.value
    needed = max(by_bytes, by_number)
    return Amount(
        max(1, ceil(needed * assumed.HEADROOM)),
        f"{counted(seats_per_second, 'records/s')} × {format_number(record_bytes)} bytes / 1 MiB/s per shard × "
        f"{format_number(assumed.HEADROOM)} headroom",
        needed=needed,
    )


@figure(
    unit="concurrent batches",
    source=f"{limits.LAMBDA_PARALLELIZATION.source}; {assumed.SOURCE}",
    scope=DeploymentScope.HUB,
    place=AttributePlace(_KINESIS, _CONSUMER, "parallelization_factor"),
)
def kinesis_parallelization_factor(seats_per_second: int, kinesis_batch_size: int) -> Amount[int]:
    """Concurrent batches of one shard, so that a full shard drains as fast as it fills."""
    busiest = min(seats_per_second, limits.KINESIS_SHARD_RECORDS.value)
    needed = busiest / kinesis_batch_size * assumed.PROCESSOR_BATCH_SECONDS
    return Amount(
        min(limits.LAMBDA_PARALLELIZATION.value, max(1, ceil(needed * assumed.HEADROOM))),
        f"{counted(busiest, 'records/s')} in the fullest shard / {format_number(kinesis_batch_size)} per batch × "
        f"{format_number(assumed.PROCESSOR_BATCH_SECONDS)} s × {format_number(assumed.HEADROOM)} headroom",
        needed=needed,
    )


@figure(
    unit="records",
    source=assumed.SOURCE,
    scope=DeploymentScope.HUB,
    place=AttributePlace(_KINESIS, _CONSUMER, "batch_size"),
)
def kinesis_batch_size(seats_per_second: int) -> Amount[int]:
    """Records in a batch: those of one second, within the limit of one Data API call."""
    return Amount(
        min(assumed.PROCESSOR_BATCH, max(10, seats_per_second)),
        f"the records of one second, {format_number(seats_per_second)}, at least 10 and at most "
        f"{format_number(assumed.PROCESSOR_BATCH)}",
    )
