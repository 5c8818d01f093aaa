"""The transactions that hold, sell or release seats, with their conditions.

Each function returns the steps of one transaction in the event's home Region. Each seat has a lock
`seat#<event>#<seat>`; a hold adds `hold#<id>`, a purchase `idem#<buyer>#<key>`. A lock binds until its
`expiry_time` and only in its own epoch. The conditions test both, because DynamoDB's TTL deletes items days late.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ledger
from dynamo import Item, Step, pack
from events import Event
from ledger import Tables

__all__ = [
    "MOST_BOUGHT", "MOST_HELD", "hold_key", "hold_steps", "idempotency_key", "ledger_entries",
    "purchase_steps", "release_steps",
]  # fmt: skip

# A transaction has at most 100 actions. A sold seat takes three, the idempotency record one, and an ending hold one:
# so an order of 33 seats can be bought directly, but not after a hold.
MOST_BOUGHT, MOST_HELD = 33, 32

REMEMBERED_SECONDS = 86_400  # answers are kept for a day

# The lock no longer binds, or is ours.
_FREE = (
    "attribute_not_exists(lock_key) OR expiry_time < :now OR epoch < :epoch"
    " OR (holder = :hold AND buyer = :buyer)"
)


def hold_key(hold_id: str) -> Item:
    """The key of a hold."""
    return {"lock_key": f"hold#{hold_id}"}


def idempotency_key(buyer: str, key: str) -> Item:
    """The key of a purchase's idempotency record."""
    return {"lock_key": f"idem#{buyer}#{key}"}


def _lock_key(event: Event, seat_id: str) -> Item:
    return {"lock_key": f"seat#{event.event_id}#{seat_id}"}


def _inventory_key(event: Event, seat_id: str) -> Item:
    return {"event_shard": event.shard_of(seat_id), "seat_id": seat_id}


def _action(
    kind: str, table: str, subject: Item, condition: str, values: Item | None = None
) -> dict[str, Any]:
    action = {
        "TableName": table,
        "Item" if kind == "Put" else "Key": pack(subject)["M"],
        "ConditionExpression": condition,
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    if values:
        action["ExpressionAttributeValues"] = pack(values)["M"]
    return {kind: action}


def hold_steps(
    tables: Tables, event: Event, seats: Sequence[str], hold_id: str, buyer: str, now: int, seconds: int
) -> list[Step]:
    """Lock all seats until `now` + `seconds`.

    The conditions: each seat is unsold and not locked by anyone else.
    """
    values = {":now": now, ":epoch": event.epoch, ":hold": hold_id, ":buyer": buyer}
    mark = {"event_id": event.event_id, "buyer": buyer, "epoch": event.epoch, "expiry_time": now + seconds}
    steps = []
    for seat in seats:
        lock = {**_lock_key(event, seat), "holder": hold_id, **mark}
        unsold = _action(
            "ConditionCheck", tables.inventory, _inventory_key(event, seat), "attribute_not_exists(seat_id)"
        )
        steps += [
            Step("lock", _action("Put", tables.locks, lock, _FREE, values), seat),
            Step("inventory", unsold, seat),
        ]
    # Nobody else has this id, but an earlier attempt of ours may have committed without our knowing.
    hold = {**hold_key(hold_id), "seats": list(seats), **mark}
    ours = "attribute_not_exists(lock_key) OR buyer = :buyer"
    return [*steps, Step("hold", _action("Put", tables.locks, hold, ours, {":buyer": buyer}))]


def ledger_entries(
    event: Event, seats: Sequence[str], order_id: str, buyer: str, key: str, body_hash: str
) -> list[Item]:
    """The ledger entries of an order, with the event's prices. All seats must exist."""
    ids = ledger.sale_ids(order_id, seats)
    sections = {seat: event.section_of(seat) for seat in seats}
    return [
        {
            "event_shard": event.shard_of(seat),
            "sale_id": ids[seat],
            "kind": "sale",
            "event_id": event.event_id,
            "seat_id": seat,
            "order_id": order_id,
            "seats": list(seats),
            "buyer": buyer,
            "price": section.price,
            "currency": event.currency,
            "epoch": event.epoch,
            "home_region": event.home_region,
            "sold_at": ledger.minted_at(order_id),
            "idempotency_key": key,
            "body_hash": body_hash,
        }
        for seat, section in sections.items()
        if section is not None
    ]


def purchase_steps(
    tables: Tables, event: Event, entries: Sequence[Item], hold_id: str, answer: str, now: int
) -> list[Step]:
    """Sell all seats.

    The conditions: each seat is unsold and not locked by anyone else, the key is new, and the hold, if any, is valid.

    The same transaction deletes the locks and the hold, so that none is left behind.
    """
    first = entries[0]
    buyer, key = first["buyer"], first["idempotency_key"]
    # No hold has an empty id, so a purchase without one owns no lock.
    values = {":now": now, ":epoch": event.epoch, ":hold": hold_id, ":buyer": buyer}
    steps = []
    for entry in entries:
        seat = entry["seat_id"]
        item = ledger.inventory_item(entry, ledger.minted_at(entry["sale_id"]))
        steps += [
            Step("lock", _action("Delete", tables.locks, _lock_key(event, seat), _FREE, values), seat),
            Step("inventory", _action("Put", tables.inventory, item, "attribute_not_exists(seat_id)"), seat),
            Step("ledger", _action("Put", tables.sales, entry, "attribute_not_exists(sale_id)"), seat),
        ]
    record = {
        **idempotency_key(buyer, key),
        "body_hash": first["body_hash"],
        "answer": answer,
        "expiry_time": now + REMEMBERED_SECONDS,
    }
    new = "attribute_not_exists(lock_key) OR expiry_time < :now"
    steps.append(Step("idempotency", _action("Put", tables.locks, record, new, {":now": now})))
    if hold_id:
        # The expiry is tested here too, so that an expired hold is refused whether or not TTL has deleted it.
        ours = "buyer = :buyer AND seats = :seats AND epoch = :epoch AND expiry_time >= :now"
        values = {":buyer": buyer, ":seats": first["seats"], ":epoch": event.epoch, ":now": now}
        steps.append(Step("hold", _action("Delete", tables.locks, hold_key(hold_id), ours, values)))
    return steps


def release_steps(tables: Tables, event: Event, hold: Item, hold_id: str, seats: Sequence[str]) -> list[Step]:
    """Delete a hold and its locks.

    The conditions: the hold is its buyer's, and the locks are the hold's.
    """
    owner = {":buyer": hold["buyer"]}
    return [
        Step("hold", _action("Delete", tables.locks, hold_key(hold_id), "buyer = :buyer", owner)),
        *(
            Step(
                "lock",
                _action("Delete", tables.locks, _lock_key(event, seat), "holder = :hold", {":hold": hold_id}),
                seat,
            )
            for seat in seats
        ),
    ]
