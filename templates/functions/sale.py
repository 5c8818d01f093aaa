"""The transactions that hold, sell or release seats, with their conditions.

Each function returns the steps of one transaction in the event's home Region. Each seat has a lock
`seat#<event>#<seat>`. A lock binds until its `expiry_time` and only in its own epoch. The conditions test both, because
DynamoDB's TTL deletes items days late.

Each request has a record: a hold `hold#<id>`, a purchase `idem#<event>#<buyer>#<key>`. DynamoDB may execute a call
after its caller has given it up. So a refusal is final only once the record says `refused`: every transaction of the
request that was built before then fails on the record. A later request with the same key names the refusal that it has
read, and may go on. A record that says what was done never changes back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ledger
from dynamo import Item, Step, pack
from events import Event
from ledger import Tables

__all__ = [
    "MOST_SEATS", "NEVER", "REMEMBERED_SECONDS", "SKEW_SECONDS", "hold_key", "hold_steps",
    "idempotency_key", "ledger_entries", "order_record", "purchase_steps", "refusal_steps", "release_steps",
]  # fmt: skip

# Of an order. A transaction has at most 100 actions. A sold seat takes three, and the idempotency record, an ending
# hold and the buyer's item one each.
MOST_SEATS = 32

REMEMBERED_SECONDS = 86_400  # records of requests are kept for a day
# Allowed difference between the clocks of two machines. A lock is taken over, and a hold's purchase refused, only once
# every clock has passed the end that its holder was told.
SKEW_SECONDS = 2
NEVER = "-"  # the name of no refusal

# The lock no longer binds, or is ours.
_FREE = (
    "attribute_not_exists(lock_key) OR expiry_time < :ended OR epoch < :epoch"
    " OR (holder = :hold AND buyer = :buyer)"
)
# Nothing was done for this request, and it was not refused after we began.
_UNUSED = "attribute_not_exists(lock_key) OR refused = :refusal"
# Nothing was done for this request, and it was not refused later than now: a refusal may be executed late, too.
_UNDONE = "attribute_not_exists(lock_key) OR refused_at < :at"
_OLD = " OR expiry_time < :now"  # for a purchase's record of a day ago, because TTL deletes late


def hold_key(hold_id: str) -> Item:
    """The key of a hold."""
    return {"lock_key": f"hold#{hold_id}"}


def idempotency_key(event_id: str, buyer: str, key: str) -> Item:
    """The key of a purchase's record."""
    return {"lock_key": f"idem#{event_id}#{buyer}#{key}"}


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
    tables: Tables,
    event: Event,
    seats: Sequence[str],
    hold_id: str,
    buyer: str,
    body_hash: str,
    refusal: str,
    now: int,
    seconds: int,
) -> list[Step]:
    """Lock all seats until `now` + `seconds`.

    The conditions: each seat is unsold and not locked by anyone else, and the hold is new, or has only `refusal`.
    """
    values = {":ended": now - SKEW_SECONDS, ":epoch": event.epoch, ":hold": hold_id, ":buyer": buyer}
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
    hold = {**hold_key(hold_id), "seats": list(seats), "body_hash": body_hash, **mark}
    return [*steps, Step("record", _action("Put", tables.locks, hold, _UNUSED, {":refusal": refusal}))]


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


def order_record(entry: Item) -> Item:
    """The record of a purchase, from any ledger entry of the order."""
    return {
        **idempotency_key(entry["event_id"], entry["buyer"], entry["idempotency_key"]),
        **{name: entry[name] for name in ("event_id", "body_hash", "order_id", "seats")},
        "expiry_time": ledger.minted_at(entry["order_id"]) // 1000 + REMEMBERED_SECONDS,
    }


def refusal_steps(tables: Tables, key: Item, refusal: str, now: float, after: int) -> list[Step]:
    """Make a refusal final: no earlier transaction of the request can commit any more.

    The condition: nothing was done for the request, and it has no later refusal. `after` is when it was refused before,
    in epoch milliseconds, or 0.
    """
    at = max(int(now * 1000), after + 1)
    record = {
        **key,
        "refused": refusal,
        "refused_at": at,
        "expiry_time": int(now) + REMEMBERED_SECONDS,
    }
    if key["lock_key"].startswith("hold#"):  # its end does not make the seats' holder forget it
        return [Step("record", _action("Put", tables.locks, record, _UNDONE, {":at": at}))]
    values = {":at": at, ":now": int(now)}
    return [Step("record", _action("Put", tables.locks, record, _UNDONE + _OLD, values))]


def purchase_steps(
    tables: Tables, event: Event, entries: Sequence[Item], hold_id: str, refusal: str, now: int
) -> list[Step]:
    """Sell all seats.

    The conditions: each seat is unsold and not locked by anyone else, the key is new, or has only `refusal`, and the
    hold, if any, is valid.

    The same transaction deletes the locks and ends the hold, so that none is left behind.
    """
    first = entries[0]
    buyer, ended = first["buyer"], now - SKEW_SECONDS
    # No hold has an empty id, so a purchase without one owns no lock.
    values = {":ended": ended, ":epoch": event.epoch, ":hold": hold_id, ":buyer": buyer}
    steps = []
    for entry in entries:
        seat = entry["seat_id"]
        item = ledger.inventory_item(entry, ledger.minted_at(entry["sale_id"]))
        steps += [
            Step("lock", _action("Delete", tables.locks, _lock_key(event, seat), _FREE, values), seat),
            Step("inventory", _action("Put", tables.inventory, item, "attribute_not_exists(seat_id)"), seat),
            Step("ledger", _action("Put", tables.sales, entry, "attribute_not_exists(sale_id)"), seat),
        ]
    known = {":refusal": refusal, ":now": now}
    steps.append(Step("record", _action("Put", tables.locks, order_record(first), _UNUSED + _OLD, known)))
    if hold_id:
        # The expiry is tested here too, so that an expired hold is refused whether or not TTL has deleted it.
        ours = (
            "buyer = :buyer AND seats = :seats AND epoch = :epoch AND expiry_time >= :ended"
            " AND attribute_not_exists(ended_at)"
        )
        values = {":buyer": buyer, ":seats": first["seats"], ":epoch": event.epoch, ":ended": ended}
        steps.append(Step("hold", _action("Put", tables.locks, _ended(hold_id, buyer, now), ours, values)))
    return steps


def _ended(hold_id: str, buyer: str, now: int) -> Item:
    """What is left of a hold, so that a late repetition of its request does not hold the seats again."""
    return {**hold_key(hold_id), "buyer": buyer, "ended_at": now, "expiry_time": now + REMEMBERED_SECONDS}


def release_steps(
    tables: Tables, event: Event, hold: Item, hold_id: str, seats: Sequence[str], now: int
) -> list[Step]:
    """End a hold and delete its locks.

    The conditions: the hold is its buyer's and has not ended, and the locks are the hold's.
    """
    ended = _ended(hold_id, hold["buyer"], now)
    ours = "buyer = :buyer AND attribute_not_exists(ended_at)"
    return [
        Step("hold", _action("Put", tables.locks, ended, ours, {":buyer": hold["buyer"]})),
        *(
            Step(
                "lock",
                _action("Delete", tables.locks, _lock_key(event, seat), "holder = :hold", {":hold": hold_id}),
                seat,
            )
            for seat in seats
        ),
    ]
