"""Sell seats: `POST /holds`, `DELETE /holds/{id}` and `POST /tickets`. Tell if the Region can: `GET /health`.

Whichever Region receives a request, the event's home Region decides it, in one DynamoDB transaction. This module has
the order of the steps: parse, look the event up, try the transaction, answer. `sale` has the conditions.

    POST /holds    {"event_id", "seats": [..]}                -> 201 {"hold_id", "seats", "expires_at"}
    POST /tickets  {"event_id", "seats": [..], "hold_id"?}    -> 201 {"order_id", "seats", "total", ..}
                   with an Idempotency-Key header: a repeated key is the same sale and gets its first answer
    DELETE /holds/{id}                                        -> 204, or 404: no such hold, or another buyer's
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

import api
import dynamo
import ledger
import metrics
import sale
from api import Refusal
from dynamo import Item, Step
from events import Event, EventCache

__all__ = ["handler"]

AUTH = os.environ["AUTH"]
HOLD_SECONDS = int(os.environ["HOLD_SECONDS"])
SEATS_PER_ORDER = int(os.environ["SEATS_PER_ORDER"])
METRICS_NAMESPACE = os.environ["METRICS_NAMESPACE"]
TABLES = ledger.Tables(os.environ["INVENTORY_TABLE"], os.environ["SALES_TABLE"], os.environ["LOCKS_TABLE"])
EVENTS = EventCache(
    dynamo.client(os.environ["AWS_REGION"]), os.environ["EVENTS_TABLE"], float(os.environ["LEASE_SECONDS"])
)
BUDGET_SECONDS = 3.0  # the window in which attempts may start; the last one may take 2 s more


def handler(request: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answer one API request."""
    routes: dict[tuple[str, str], Callable[[Mapping[str, Any]], dict[str, Any]]] = {
        ("POST", "/holds"): _hold,
        ("POST", "/tickets"): _purchase,
        ("DELETE", "/holds/{id}"): _release,
        ("GET", "/health"): _health,
    }
    route = routes.get((request["httpMethod"], request["resource"]))
    try:
        if route is None:
            raise Refusal(404, "no-such-route", "the API has no such route")
        return route(request)
    except Refusal as refusal:
        return api.answer(refusal.status, refusal.body, refusal.headers)
    except dynamo.Busy:
        return api.answer(
            409,
            {"reason": "busy", "message": "other buyers are requesting the same seats: try again"},
            {"Retry-After": "1"},
        )
    except Exception as error:
        # Report errors that a retry may fix as such; any other error is a bug and must show as one.
        if not isinstance(error, dynamo.Unreachable) and not dynamo.unreachable(error):
            raise
        return api.answer(
            503,
            {"reason": "unavailable", "message": "the event's home Region does not answer: try again"},
            {"Retry-After": "2"},
        )


def _health(request: Mapping[str, Any]) -> dict[str, Any]:
    EVENTS.get(
        "health"
    )  # no event has to have this id: the answer matters, and its absence is cached like any other
    return api.answer(200, {"healthy": True})


def _hold(request: Mapping[str, Any]) -> dict[str, Any]:
    body = api.body_of(request)
    event_id = api.event_id_in(body)
    seats = api.seats_in(body, min(SEATS_PER_ORDER, sale.MOST_HELD))
    hold_id = f"{event_id}.{secrets.token_hex(16)}"  # starts with the event's id, which leads to its home
    buyer = api.buyer_of(request, AUTH, hold_id)
    started = time.monotonic()
    expires = 0

    def steps(event: Event) -> list[Step]:
        nonlocal expires
        _must_be_on_sale(event, seats)
        now = int(time.time())
        expires = now + HOLD_SECONDS
        return sale.hold_steps(TABLES, event, seats, hold_id, buyer, now, HOLD_SECONDS)

    try:
        _commit(event_id, steps)
    except dynamo.Refused as refused:
        raise _taken(refused) from None
    metrics.emit(METRICS_NAMESPACE, LockMs=(time.monotonic() - started) * 1000)
    return api.answer(201, {"hold_id": hold_id, "event_id": event_id, "seats": seats, "expires_at": expires})


def _purchase(request: Mapping[str, Any]) -> dict[str, Any]:
    body = api.body_of(request)
    event_id = api.event_id_in(body)
    hold_id = api.hold_id_in(body, event_id)
    seats = api.seats_in(body, min(SEATS_PER_ORDER, sale.MOST_HELD if hold_id else sale.MOST_BOUGHT))
    key = api.key_of(request)
    buyer = api.buyer_of(request, AUTH, hold_id)
    # Hash only what defines the order: a price or a buyer added to the body does not make it a different order.
    body_hash = hashlib.sha256(json.dumps([event_id, seats, hold_id]).encode()).hexdigest()[:32]
    started = time.monotonic()
    answer = ""

    def steps(event: Event) -> list[Step]:
        nonlocal answer
        _must_be_on_sale(event, seats)
        now = time.time()
        entries = sale.ledger_entries(event, seats, ledger.new_order_id(now), buyer, key, body_hash)
        answer = json.dumps(ledger.receipt(entries))
        return sale.purchase_steps(TABLES, event, entries, hold_id, answer, int(now))

    try:
        _commit(event_id, steps)
    except Refusal as refusal:
        # The sale may have closed after this purchase: a retry must still get its answer.
        known = None if refusal.status == 503 else EVENTS.get(event_id)
        if known is None:
            raise
        answer = _told_before(known, seats, buyer, key, body_hash)
        if not answer:
            raise
    except dynamo.Refused as refused:
        known = EVENTS.get(event_id)
        answer = _replay(known, refused, buyer, key, body_hash) if known else ""
        if not answer:
            raise _taken(refused) from None
    metrics.emit(METRICS_NAMESPACE, PurchaseMs=(time.monotonic() - started) * 1000)
    return api.answer(201, answer)


def _release(request: Mapping[str, Any]) -> dict[str, Any]:
    matched = api.HOLD_ID.fullmatch((request.get("pathParameters") or {}).get("id") or "")
    gone = Refusal(404, "no-such-hold", "you have no such hold")
    if matched is None:
        raise gone
    hold_id, event_id = matched[0], matched[1]
    buyer = api.buyer_of(request, AUTH, hold_id)
    event = EVENTS.get(event_id)
    hold = (
        dynamo.get(dynamo.client(event.home_region), TABLES.locks, sale.hold_key(hold_id)) if event else None
    )
    if hold is None or hold["buyer"] != buyer:
        raise gone
    lost: set[str] = set()

    def steps(event: Event) -> list[Step]:
        seats = [seat for seat in hold["seats"] if seat not in lost]
        return sale.release_steps(TABLES, event, hold, hold_id, seats)

    while True:
        try:
            _commit(event_id, steps)
            return api.answer(204)
        except dynamo.Refused as refused:
            failed = {step.seat_id for step, _ in refused.failed}
            if "" in failed:  # the hold itself: it was bought, or a duplicate of this request released it
                raise gone from None
            lost |= failed  # locks that expired and now belong to another buyer


def _commit(event_id: str, steps: Callable[[Event], list[Step]]) -> None:
    """Run the transaction that `steps` builds for the event.

    It is rebuilt whenever the event is read again.
    """
    deadline = time.monotonic() + BUDGET_SECONDS
    while True:
        event = EVENTS.get(event_id)
        if event is None:
            raise Refusal(404, "no-such-event", "there is no such event")
        if event.state == "moving":
            raise Refusal(
                503, "moving", "the event is moving to another home Region: try again", retry_after=5
            )
        fresh = functools.partial(EVENTS.fresh, event)
        try:
            dynamo.transact(dynamo.client(event.home_region), steps(event), fresh=fresh, deadline=deadline)
            return
        except dynamo.Stale:
            if time.monotonic() > deadline:
                raise dynamo.Unreachable from None


def _must_be_on_sale(event: Event, seats: list[str]) -> None:
    now = time.time()
    if event.state != "on_sale" or now >= event.closes_at:
        raise Refusal(409, "closed", "the sale is closed")
    if now < event.opens_at:
        raise Refusal(409, "not-open", "the sale has not begun", opens_at=event.opens_at)
    unknown = [seat for seat in seats if event.section_of(seat) is None]
    if unknown:
        raise Refusal(400, "no-such-seat", "the event has no such seats", seats=unknown)


def _taken(refused: dynamo.Refused) -> Refusal:
    """The answer for failed conditions: a sold seat takes precedence over a held one."""
    failed = {
        role: sorted(s.seat_id for s, _ in refused.failed if s.role == role) for role in ("inventory", "lock")
    }
    if failed["inventory"]:
        return Refusal(409, "sold", "some of the seats are sold", seats=failed["inventory"])
    if any(step.role == "hold" for step, _ in refused.failed):
        return Refusal(
            409, "hold-ended", "the hold has ended, belongs to another buyer, or is for other seats"
        )
    return Refusal(409, "held", "another buyer holds some of the seats", seats=failed["lock"])


def _replay(event: Event, refused: dynamo.Refused, buyer: str, key: str, body_hash: str) -> str:
    """The first answer to this key, if the key has already bought the seats, else ""."""
    for step, found in refused.failed:
        if step.role == "idempotency":
            return str(_same(found, body_hash)["answer"])
    for step, found in refused.failed:
        # A move of home leaves the idempotency records behind, but inventory and ledger move along and hold the key.
        if step.role == "inventory" and (found.get("buyer"), found.get("idempotency_key")) == (buyer, key):
            return _rebuilt(event, _same(found, body_hash))
    return ""


def _told_before(event: Event, seats: list[str], buyer: str, key: str, body_hash: str) -> str:
    """Like `_replay`, if no transaction was tried."""
    home = dynamo.client(event.home_region)
    record = dynamo.get(home, TABLES.locks, sale.idempotency_key(buyer, key))
    if record is not None and record["expiry_time"] >= time.time():
        return str(_same(record, body_hash)["answer"])
    item = dynamo.get(home, TABLES.inventory, {"event_shard": event.shard_of(seats[0]), "seat_id": seats[0]})
    if item is None or (item.get("buyer"), item.get("idempotency_key")) != (buyer, key):
        return ""
    return _rebuilt(event, _same(item, body_hash))


def _same(found: Item, body_hash: str) -> Item:
    if found["body_hash"] != body_hash:
        raise Refusal(422, "key-reused", "this Idempotency-Key was used for another order")
    return found


def _rebuilt(event: Event, item: Item) -> str:
    """Rebuild the answer to an order from the ledger, starting from one of its inventory items."""
    ids = ledger.sale_ids(item["order_id"], item["seats"])
    keys = [
        (TABLES.sales, {"event_shard": event.shard_of(seat), "sale_id": sale_id})
        for seat, sale_id in ids.items()
    ]
    entries = dynamo.snapshot(dynamo.client(event.home_region), keys)
    if None in entries:  # still replicating from a lost home: temporary, so not a refusal
        raise dynamo.Unreachable
    return json.dumps(ledger.receipt([entry for entry in entries if entry is not None]))
