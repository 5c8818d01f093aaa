"""How much comes in: orders, seats, write units, and the shards that carry them."""

from __future__ import annotations

from math import ceil

from ticketgen.aws import limits
from ticketgen.sizing import assumptions as assumed
from ticketgen.sizing.figures import Figure, figure, said
from ticketgen.spec.model import EventScale

__all__ = [
    "event_shards",
    "inventory_write_units",
    "kinesis_batch_size",
    "kinesis_parallelization_factor",
    "kinesis_shards",
    "ledger_write_units",
    "lock_write_units",
    "orders_per_second",
    "seats_per_second",
]

_UNITS = limits.DYNAMODB_TRANSACTION_UNITS


def orders_per_second(scale: EventScale) -> Figure[int]:
    """Purchases a minute, as orders a second; at least one."""
    return figure(
        "orders_per_second",
        max(1, ceil(scale.purchases_per_minute / 60)),
        "orders/s",
        f"{said(scale.purchases_per_minute)} purchases/min / 60, at least 1",
        "event_scale.purchases_per_minute",
        purchases_per_minute=scale.purchases_per_minute,
    )


def seats_per_second(orders: int, seats_per_order: int) -> Figure[int]:
    """The seats in those orders, if every order is as large as it may be."""
    return figure(
        "seats_per_second",
        orders * seats_per_order,
        "seats/s",
        f"{said(orders)} orders/s × {said(seats_per_order)} seats",
        "event_scale.seats_per_order",
        orders_per_second=orders,
        seats_per_order=seats_per_order,
    )


def ledger_write_units(seats: int) -> Figure[int]:
    """Write units of the ledger: one entry of at most 1 KiB a seat, in a transaction."""
    return _one_item_a_seat("ledger_write_units", seats)


def inventory_write_units(seats: int) -> Figure[int]:
    """Write units of the inventory: one item of at most 1 KiB a seat, in a transaction."""
    return _one_item_a_seat("inventory_write_units", seats)


def _one_item_a_seat(name: str, seats: int) -> Figure[int]:
    return figure(
        name,
        seats * _UNITS.value,
        "write units/s",
        f"{said(seats)} seats/s × {_UNITS.value} units for an item in a transaction",
        _UNITS.source,
        seats_per_second=seats,
    )


def lock_write_units(orders: int, seats_per_order: int) -> Figure[int]:
    """Write units of the locks.

    A hold puts a lock a seat and the hold; a release deletes them again; a purchase deletes them and puts the
    idempotency record.
    """
    releases = assumed.HOLDS_PER_ORDER - 1
    items = (assumed.HOLDS_PER_ORDER + releases) * (seats_per_order + 1) + seats_per_order + 2
    return figure(
        "lock_write_units",
        ceil(orders * items * _UNITS.value),
        "write units/s",
        f"{said(orders)} orders/s × {said(items)} items ({said(assumed.HOLDS_PER_ORDER)} holds and "
        f"{said(releases)} releases of {seats_per_order + 1} items, a purchase of {seats_per_order + 2}) × "
        f"{_UNITS.value} units",
        f"{_UNITS.source}; {assumed.SOURCE}",
        orders_per_second=orders,
        seats_per_order=seats_per_order,
    )


def event_shards(write_units: int) -> Figure[int]:
    """Partition keys for one event's seats: one event may take all writes, and a key takes 1,000 units/s."""
    key = limits.DYNAMODB_PARTITION_WRITE_UNITS
    return figure(
        "event_shards",
        max(1, ceil(write_units * assumed.HEADROOM / key.value)),
        "partition keys an event",
        f"{said(write_units)} write units/s × {said(assumed.HEADROOM)} headroom / {said(key.value)} a "
        "partition key",
        f"{key.source}; {assumed.SOURCE}",
        inventory_write_units=write_units,
    )


def kinesis_shards(seats: int) -> Figure[int]:
    """Shards for a record a seat, by bytes or by number, whichever needs more."""
    by_bytes = seats * assumed.RECORD_BYTES / limits.KINESIS_SHARD_BYTES.value
    by_number = seats / limits.KINESIS_SHARD_RECORDS.value
    return figure(
        "kinesis_shards",
        max(1, ceil(max(by_bytes, by_number) * assumed.HEADROOM)),
        "shards",
        f"{said(seats)} records/s × {said(assumed.RECORD_BYTES)} bytes / 1 MiB/s a shard "
        f"× {said(assumed.HEADROOM)} headroom",
        f"{limits.KINESIS_SHARD_BYTES.source}; {assumed.SOURCE}",
        seats_per_second=seats,
        record_bytes=assumed.RECORD_BYTES,
    )


def kinesis_batch_size(seats: int) -> Figure[int]:
    """Records in a batch: what a second brings, within what one call of the Data API takes."""
    return figure(
        "kinesis_batch_size",
        min(assumed.PROCESSOR_BATCH, max(10, seats)),
        "records",
        f"a second's {said(seats)} records, at least 10 and at most {said(assumed.PROCESSOR_BATCH)}",
        assumed.SOURCE,
        seats_per_second=seats,
    )


def kinesis_parallelization_factor(seats: int, batch_size: int) -> Figure[int]:
    """Batches of one shard at once, so that a full shard is drained as fast as it fills."""
    shard_most = limits.KINESIS_SHARD_BYTES.value // assumed.RECORD_BYTES
    busiest = min(seats, shard_most)
    at_once = busiest / batch_size * assumed.PROCESSOR_BATCH_SECONDS * assumed.HEADROOM
    return figure(
        "kinesis_parallelization_factor",
        min(limits.LAMBDA_PARALLELIZATION.value, max(1, ceil(at_once))),
        "batches at once",
        f"{said(busiest)} records/s in the fullest shard / {said(batch_size)} a batch × "
        f"{said(assumed.PROCESSOR_BATCH_SECONDS)} s × {said(assumed.HEADROOM)} headroom",
        f"{limits.LAMBDA_PARALLELIZATION.source}; {assumed.SOURCE}",
        seats_per_second=seats,
        kinesis_batch_size=batch_size,
    )
