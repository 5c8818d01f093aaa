"""The demand: orders, seats, write and read units, and the shards that carry them."""

from __future__ import annotations

from math import ceil

from ticketgen.aws import limits
from ticketgen.sizing import assumptions as assumed
from ticketgen.sizing.figures import Figure, Scope, counted, figure, said
from ticketgen.spec.model import EventScale, Objectives

__all__ = [
    "event_read_units",
    "event_shards",
    "inventory_read_units",
    "inventory_stream_shards",
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
    "seats_per_second",
]

_UNITS = limits.DYNAMODB_TRANSACTION_UNITS
_READ = limits.DYNAMODB_READ_UNIT_BYTES


def orders_per_second(scale: EventScale) -> Figure[int]:
    """Orders per second, from purchases per minute; at least one."""
    return figure(
        "orders_per_second",
        max(1, ceil(scale.purchases_per_minute / 60)),
        "orders/s",
        f"{counted(scale.purchases_per_minute, 'purchases/min')} / 60, at least 1",
        "event_scale.purchases_per_minute",
        scope=Scope.ENVIRONMENT,
        purchases_per_minute=scale.purchases_per_minute,
    )


def seats_per_second(orders: int, seats_per_order: int) -> Figure[int]:
    """Seats in those orders, if every order has the most seats allowed."""
    return figure(
        "seats_per_second",
        orders * seats_per_order,
        "seats/s",
        f"{counted(orders, 'orders/s')} × {counted(seats_per_order, 'seats')}",
        "event_scale.seats_per_order",
        scope=Scope.ENVIRONMENT,
        orders_per_second=orders,
        seats_per_order=seats_per_order,
    )


def ledger_write_units(seats: int) -> Figure[int]:
    """Write units of the ledger: one entry of at most 1 KiB per seat, in a transaction."""
    return _one_item_a_seat("ledger_write_units", seats)


def inventory_write_units(seats: int) -> Figure[int]:
    """Write units of the inventory: one item of at most 1 KiB per seat, in a transaction."""
    return _one_item_a_seat("inventory_write_units", seats)


def _one_item_a_seat(name: str, seats: int) -> Figure[int]:
    return figure(
        name,
        seats * _UNITS.value,
        "write units/s",
        f"{counted(seats, 'seats/s')} × {_UNITS.value} units per item in a transaction",
        _UNITS.source,
        seats_per_second=seats,
    )


def lock_write_units(orders: int, seats_per_order: int) -> Figure[int]:
    """Write units of the locks.

    A hold writes one lock per seat and the hold itself; a release deletes them; a purchase deletes them and writes
    the idempotency record.
    """
    releases = assumed.HOLDS_PER_ORDER - 1
    items = (assumed.HOLDS_PER_ORDER + releases) * (seats_per_order + 1) + seats_per_order + 2
    return figure(
        "lock_write_units",
        ceil(orders * items * _UNITS.value),
        "write units/s",
        f"{counted(orders, 'orders/s')} × {said(items)} items ({said(assumed.HOLDS_PER_ORDER)} holds and "
        f"{said(releases)} releases of {seats_per_order + 1} items, one purchase of {seats_per_order + 2}) × "
        f"{_UNITS.value} units",
        f"{_UNITS.source}; {assumed.SOURCE}",
        orders_per_second=orders,
        seats_per_order=seats_per_order,
    )


def map_read_units(scale: EventScale) -> float:
    """Read units to read the inventory of one sold-out event once."""
    return scale.seats_per_event * assumed.item_bytes(scale.seats_per_order) / _READ.value


def _verified_units(scale: EventScale, objectives: Objectives, verifier_memory_mib: int) -> float:
    """Read units/s of a running verification in one table, bounded by the items sold and by the parsing speed."""
    seconds = objectives.verification_s * assumed.VERIFICATION_READING_SHARE
    every_item = scale.seats_per_event * scale.concurrent_events / seconds
    processors = min(1.0, verifier_memory_mib / limits.LAMBDA_MEMORY_PER_VCPU.value)
    parsed = processors / assumed.CPU_SECONDS_PER_VERIFIED_ITEM / 2  # the other half is in the other table
    return min(every_item, parsed) * assumed.item_bytes(scale.seats_per_order) / _READ.value


def ledger_read_units(scale: EventScale, objectives: Objectives, verifier_memory_mib: int) -> Figure[int]:
    """Read units of the ledger: the reads of a running verification."""
    return figure(
        "ledger_read_units",
        max(1, ceil(_verified_units(scale, objectives, verifier_memory_mib))),
        "read units/s",
        _verification_formula(scale, objectives, verifier_memory_mib),
        f"{_READ.source}; {assumed.SOURCE}",
        seats_per_event=scale.seats_per_event,
        concurrent_events=scale.concurrent_events,
        seats_per_order=scale.seats_per_order,
        verification_s=objectives.verification_s,
        verifier_memory_mib=verifier_memory_mib,
    )


def inventory_read_units(scale: EventScale, objectives: Objectives, verifier_memory_mib: int) -> Figure[int]:
    """Read units of the inventory: one map is loaded while a verification runs."""
    loaded = map_read_units(scale) / objectives.cache_load_s
    return figure(
        "inventory_read_units",
        max(1, ceil(loaded + _verified_units(scale, objectives, verifier_memory_mib))),
        "read units/s",
        f"{counted(scale.seats_per_event, 'seats')} × {assumed.item_bytes(scale.seats_per_order)} bytes / "
        f"{said(_READ.value)} within {objectives.cache_load_s} s + "
        + _verification_formula(scale, objectives, verifier_memory_mib),
        f"{_READ.source}; {assumed.SOURCE}",
        seats_per_event=scale.seats_per_event,
        concurrent_events=scale.concurrent_events,
        seats_per_order=scale.seats_per_order,
        cache_load_s=objectives.cache_load_s,
        verification_s=objectives.verification_s,
        verifier_memory_mib=verifier_memory_mib,
    )


def _verification_formula(scale: EventScale, objectives: Objectives, memory: int) -> str:
    return (
        f"the smaller of {counted(scale.concurrent_events, 'events')} × {counted(scale.seats_per_event, 'seats')} "
        f"within {assumed.VERIFICATION_READING_SHARE:.0%} of {objectives.verification_s} s and half of the items that "
        f"{said(memory)} MiB can parse, × {assumed.item_bytes(scale.seats_per_order)} bytes / {said(_READ.value)}"
    )


def lock_read_units(orders: int) -> Figure[int]:
    """Read units of the locks: each release reads its hold."""
    releases = assumed.HOLDS_PER_ORDER - 1
    return figure(
        "lock_read_units",
        ceil(orders * releases),
        "read units/s",
        f"{counted(orders, 'orders/s')} × {said(releases)} releases",
        assumed.SOURCE,
        orders_per_second=orders,
    )


def event_read_units(orders: int) -> Figure[int]:
    """Read units of the events table: a function reads an event again when its lease has expired."""
    requests = orders * assumed.HOLDS_PER_ORDER * 2
    return figure(
        "event_read_units",
        ceil(requests),
        "read units/s",
        f"at most one read of 4 KiB per request, {said(requests)} holds, releases and purchases/s",
        f"{_READ.source}; {assumed.SOURCE}",
        orders_per_second=orders,
    )


def event_shards(write_units: int, scale: EventScale, objectives: Objectives) -> Figure[int]:
    """Partition keys for the seats of one event.

    One event may take all writes, and its whole map must be read within its objective. One key takes 1,000 write
    units and 3,000 read units per second.
    """
    key, read = limits.DYNAMODB_PARTITION_WRITE_UNITS, limits.DYNAMODB_PARTITION_READ_UNITS
    loaded = map_read_units(scale) / objectives.cache_load_s
    needed = max(write_units / key.value, loaded / read.value)
    return figure(
        "event_shards",
        max(1, ceil(needed * assumed.HEADROOM)),
        "partition keys per event",
        f"the larger of {counted(write_units, 'write units/s')} / {said(key.value)} per partition key and, to load a "
        f"map within {objectives.cache_load_s} s, {counted(ceil(loaded), 'read units/s')} / {said(read.value)} per "
        f"key, × {said(assumed.HEADROOM)} headroom",
        f"{key.source}; {assumed.SOURCE}",
        scope=Scope.ENVIRONMENT,
        needed=needed,
        inventory_write_units=write_units,
        seats_per_event=scale.seats_per_event,
        seats_per_order=scale.seats_per_order,
        cache_load_s=objectives.cache_load_s,
    )


def inventory_stream_shards(write_units: int) -> Figure[int]:
    """Shards of the inventory's DynamoDB stream: one per partition, four for a new table, more as it splits."""
    cold, key = limits.DYNAMODB_COLD_WRITE_UNITS, limits.DYNAMODB_PARTITION_WRITE_UNITS
    return figure(
        "inventory_stream_shards",
        max(cold.value // key.value, ceil(write_units / key.value)),
        "stream shards",
        f"{counted(write_units, 'write units/s')} / {said(key.value)} per partition, at least the "
        f"{cold.value // key.value} of a new table",
        f"{cold.source}; {key.source}",
        needed=write_units / key.value,
        inventory_write_units=write_units,
    )


def kinesis_shards(seats: int, seats_per_order: int) -> Figure[int]:
    """Shards for one record per seat, by bytes or by number, whichever needs more."""
    record = assumed.record_bytes(seats_per_order)
    by_bytes = seats * record / limits.KINESIS_SHARD_BYTES.value
    by_number = seats / limits.KINESIS_SHARD_RECORDS.value
    needed = max(by_bytes, by_number)
    return figure(
        "kinesis_shards",
        max(1, ceil(needed * assumed.HEADROOM)),
        "shards",
        f"{counted(seats, 'records/s')} × {said(record)} bytes / 1 MiB/s per shard × {said(assumed.HEADROOM)} headroom",
        f"{limits.KINESIS_SHARD_BYTES.source}; {assumed.SOURCE}",
        scope=Scope.HUB,
        needed=needed,
        seats_per_second=seats,
        record_bytes=record,
    )


def kinesis_batch_size(seats: int) -> Figure[int]:
    """Records in a batch: those of one second, within the limit of one Data API call."""
    return figure(
        "kinesis_batch_size",
        min(assumed.PROCESSOR_BATCH, max(10, seats)),
        "records",
        f"the records of one second, {said(seats)}, at least 10 and at most {said(assumed.PROCESSOR_BATCH)}",
        assumed.SOURCE,
        scope=Scope.HUB,
        seats_per_second=seats,
    )


def kinesis_parallelization_factor(seats: int, batch_size: int) -> Figure[int]:
    """Concurrent batches of one shard, so that a full shard drains as fast as it fills."""
    busiest = min(seats, limits.KINESIS_SHARD_RECORDS.value)
    needed = busiest / batch_size * assumed.PROCESSOR_BATCH_SECONDS
    return figure(
        "kinesis_parallelization_factor",
        min(limits.LAMBDA_PARALLELIZATION.value, max(1, ceil(needed * assumed.HEADROOM))),
        "concurrent batches",
        f"{counted(busiest, 'records/s')} in the fullest shard / {said(batch_size)} per batch × "
        f"{said(assumed.PROCESSOR_BATCH_SECONDS)} s × {said(assumed.HEADROOM)} headroom",
        f"{limits.LAMBDA_PARALLELIZATION.source}; {assumed.SOURCE}",
        scope=Scope.HUB,
        needed=needed,
        seats_per_second=seats,
        kinesis_batch_size=batch_size,
    )
