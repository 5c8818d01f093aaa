"""Sell seats: `POST /holds`, `DELETE /holds/{id}` and `POST /tickets`. Tell if the Region can: `GET /health`.

Whichever Region receives a request, the event's home Region decides it, in one DynamoDB transaction. This module parses
and answers. `attempts` has the order of the steps until an answer is final, and `sale` the conditions.

    POST /holds    {"event_id", "seats": [..], "queue_ticket"?}   -> 201 {"hold_id", "seats", "expires_at"}
    POST /tickets  {"event_id", "seats": [..], "hold_id"?, "queue_ticket"?}
                                                                  -> 201 {"order_id", "seats", "total", ..}
    DELETE /holds/{id}                                            -> 204, or 404: no such hold, or another buyer's

Both POST requests take an Idempotency-Key header, and a purchase needs one. A repeated key is the same hold or the same
sale: it gets the first answer, or what has become of it. After 503 the outcome is unknown, and the same request with
the same key tells it. 429 says nothing about earlier requests with the same key. Every other answer is final.

If the event has a queue (see `admission_queue`), a hold needs a ticket whose turn it is, and so does a purchase without
a hold.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import api
import buyer_seats
import dynamo
import ledger
import metrics
import sale
from admission import Admission
from admission_keys import Keys
from api import Refusal
from attempts import Attempts, Request
from dynamo import Item, Step
from events import Event, EventCache, Malformed

__all__ = ["handler"]

AUTH = os.environ["AUTH"]
REGION = os.environ["AWS_REGION"]
HOLD_SECONDS = int(os.environ["HOLD_SECONDS"])
SEATS_PER_ORDER = int(os.environ["SEATS_PER_ORDER"])
METRICS_NAMESPACE = os.environ["METRICS_NAMESPACE"]
TABLES = ledger.Tables(os.environ["INVENTORY_TABLE"], os.environ["SALES_TABLE"], os.environ["LOCKS_TABLE"])
EVENTS = EventCache(dynamo.client(REGION), os.environ["EVENTS_TABLE"], float(os.environ["LEASE_SECONDS"]))
ATTEMPTS = Attempts(EVENTS, TABLES)
ADMISSION = (
    Admission(
        Keys(dynamo.client(REGION), os.environ["EVENTS_TABLE"], float(os.environ["LEASE_SECONDS"])),
        int(os.environ["ADMISSION_SECONDS"]),
    )
    if os.environ.get("ADMISSION_SECONDS")
    else None
)

# An environment that Lambda starts ahead of the requests opens its connection ahead of them, too.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "provisioned-concurrency":
    with suppress(Exception):  # the first request will meet the same failure, and answer it
        EVENTS.get("health")


@api.readable_from(os.environ["CORS_ORIGINS"])
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
    except Malformed:  # the cache has logged it, and the verifier raises the alarm
        text = "the record of the event cannot be read: its operators have to repair it"
        return api.answer(503, {"reason": "malformed-event", "message": text}, {"Retry-After": "60"})
    except Exception as error:
        # Report errors that a retry may fix as such; any other error is a bug and must show as one.
        if not isinstance(error, dynamo.Busy | dynamo.Unreachable) and not dynamo.unreachable(error):
            raise
        text = "the outcome is unknown: repeat the request with the same Idempotency-Key"
        return api.answer(503, {"reason": "unavailable", "message": text}, {"Retry-After": "2"})


def _health(request: Mapping[str, Any]) -> dict[str, Any]:
    # No event needs to have this id: the answer matters, and absence is cached like any other.
    EVENTS.get("health")
    return api.answer(200, {"healthy": True})


def _hold(request: Mapping[str, Any]) -> dict[str, Any]:
    body = api.body_of(request)
    event_id = api.event_id_in(body)
    seats = api.seats_in(body, min(SEATS_PER_ORDER, sale.MOST_SEATS))
    key = api.key_of(request, api.SHORTEST_SECRET if AUTH == "none" else api.SHORTEST_KEY)
    signed_in = "" if AUTH == "none" else api.buyer_of(request, AUTH, "")
    # A repeated key leads to the same hold. The id starts with the event's id, which leads to its home.
    chosen = _hash(event_id, signed_in, key) if key else secrets.token_hex(16)
    hold_id = f"{event_id}.{chosen}"
    buyer = api.buyer_of(request, AUTH, hold_id)
    body_hash = _hash(event_id, seats)
    started = time.monotonic()
    held: dict[str, Any] = {}

    def steps(event: Event, refusal: str) -> list[Step]:
        _must_be_admitted(event, body, signed_in)
        _must_be_on_sale(event, seats)
        account, now = _account(event, buyer), int(time.time())
        held.update(expires_at=now + HOLD_SECONDS, home=event.home_region)
        return [
            *sale.hold_steps(TABLES, event, seats, hold_id, buyer, body_hash, refusal, now, HOLD_SECONDS),
            *_counted(event, lambda: account.hold(hold_id, len(seats), now, now + HOLD_SECONDS)),
        ]

    def replay(event: Event, record: Item) -> None:
        ended = "ended_at" in record or record["expiry_time"] < time.time() - sale.SKEW_SECONDS
        if ended or record["epoch"] < event.epoch:
            raise Refusal(
                409, "hold-ended", "the hold has ended: choose another Idempotency-Key for a new one"
            )
        held["expires_at"] = _same(record, body_hash)["expiry_time"]

    began = api.began_at(request)
    repeatable = key is not None
    ATTEMPTS.carry_out(Request(event_id, sale.hold_key(hold_id), began, steps, replay, repeatable))
    # The objective is for the Region that decides: from afar, it would measure the distance.
    if (
        held.get("home") == REGION
    ):  # no transaction was built for a hold that was made before and may not be made now
        metrics.emit(METRICS_NAMESPACE, LockMs=(time.monotonic() - started) * 1000)
    return api.answer(
        201, {"hold_id": hold_id, "event_id": event_id, "seats": seats, "expires_at": held["expires_at"]}
    )


def _purchase(request: Mapping[str, Any]) -> dict[str, Any]:
    body = api.body_of(request)
    event_id = api.event_id_in(body)
    hold_id = api.hold_id_in(body, event_id)
    seats = api.seats_in(body, min(SEATS_PER_ORDER, sale.MOST_SEATS))
    key = api.key_of(request)
    if key is None:
        raise api.bad_key()
    buyer = api.buyer_of(request, AUTH, hold_id)
    # Hash only what defines the order: a price or a buyer added to the body does not make it a different order.
    body_hash = _hash(event_id, seats, hold_id)
    started = time.monotonic()
    told: dict[str, Any] = {}

    def steps(event: Event, refusal: str) -> list[Step]:
        if not hold_id:  # whoever holds the seats was admitted
            _must_be_admitted(event, body, buyer)
        _must_be_on_sale(event, seats)
        account, now = _account(event, buyer), time.time()
        entries = sale.ledger_entries(event, seats, ledger.new_order_id(now), buyer, key, body_hash)
        told["receipt"] = ledger.receipt(entries)
        return [
            *sale.purchase_steps(TABLES, event, entries, hold_id, refusal, int(now)),
            *_counted(event, lambda: account.buy(hold_id, len(seats), int(now))),
        ]

    def replay(event: Event, record: Item) -> None:
        told["receipt"] = _receipt(event, _same(record, body_hash))

    def owned(event: Event, items: Sequence[Item] | None) -> bool:
        # A lost home took its records with it, but its ledger and inventory arrive, and name the key.
        for item in _first_item(event, seats) if items is None else items:
            if (item.get("buyer"), item.get("idempotency_key")) == (buyer, key):
                replay(event, item)
                return True
        return False

    record = sale.idempotency_key(event_id, buyer, key)
    began = api.began_at(request)
    ATTEMPTS.carry_out(Request(event_id, record, began, steps, replay, owned=owned))
    metrics.emit(METRICS_NAMESPACE, PurchaseMs=(time.monotonic() - started) * 1000)
    return api.answer(201, told["receipt"])


def _release(request: Mapping[str, Any]) -> dict[str, Any]:
    matched = api.HOLD_ID.fullmatch((request.get("pathParameters") or {}).get("id") or "")
    gone = Refusal(404, "no-such-hold", "you have no such hold")
    if matched is None:
        raise gone
    hold_id, event_id = matched[0], matched[1]
    buyer = api.buyer_of(request, AUTH, hold_id)
    event = EVENTS.get(event_id)
    found = event and dynamo.get(dynamo.client(event.home_region), TABLES.locks, sale.hold_key(hold_id))
    if not found or found.get("buyer") != buyer or "ended_at" in found:
        raise gone
    hold: Item = found
    deadline = time.monotonic() + ATTEMPTS.budget
    lost: set[str] = set()
    while True:
        event = ATTEMPTS.event(event_id)
        seats = [seat for seat in hold["seats"] if seat not in lost]
        account, now = _account(event, buyer), int(time.time())
        steps = [
            *sale.release_steps(TABLES, event, hold, hold_id, seats, now),
            *account.release(hold_id, now),
        ]
        try:
            ATTEMPTS.commit(event, steps, deadline)
            return api.answer(204)
        except dynamo.Stale:
            if time.monotonic() > deadline:
                raise dynamo.Unreachable from None
        except dynamo.Refused as refused:
            roles = {step.role for step, _ in refused.failed}
            if "hold" in roles:  # it was bought, or a duplicate of this request released it
                raise gone from None
            if roles == {"buyer"} and time.monotonic() > deadline:  # other orders of the buyer
                raise dynamo.Unreachable from None
            # Locks that expired and now belong to another buyer.
            lost |= {step.seat_id for step, _ in refused.failed if step.role == "lock"}


def _account(event: Event, buyer: str) -> buyer_seats.Account:
    """The buyer's seats; without sign-in nobody knows a buyer's orders, so they are not counted."""
    if AUTH == "none":
        event = replace(event, seats_per_buyer=0)
    return buyer_seats.read(TABLES, event, buyer)


def _counted(event: Event, count: Callable[[], list[Step]]) -> list[Step]:
    try:
        return count()
    except buyer_seats.OverLimit as over:
        text = (
            f"a buyer may hold and buy {event.seats_per_buyer} seats of this event, and {over.left} are left"
        )
        raise Refusal(409, "buyer-limit", text, limit=event.seats_per_buyer, left=over.left) from None


def _must_be_admitted(event: Event, body: Mapping[str, Any], buyer: str) -> None:
    """Refuse buyers whose turn it is not, while the event is on sale or about to be."""
    if ADMISSION and event.admitted_per_minute and event.state == "on_sale" and time.time() < event.closes_at:
        ADMISSION.check(event, body.get("queue_ticket"), buyer)


def _must_be_on_sale(event: Event, seats: list[str]) -> None:
    now = time.time()
    if event.state == "draft" or (event.state == "on_sale" and now < event.opens_at):
        # A fast clock may have opened the sale a moment earlier; before that, nothing can have been sold.
        early = event.state == "draft" or now < event.opens_at - sale.SKEW_SECONDS
        raise Refusal(409, "not-open", "the sale has not begun", opens_at=event.opens_at, final=early)
    if event.state != "on_sale" or now >= event.closes_at:
        raise Refusal(409, "closed", "the sale is closed")
    unknown = [seat for seat in seats if event.section_of(seat) is None]
    if unknown:
        raise Refusal(400, "no-such-seat", "the event has no such seats", seats=unknown)


def _hash(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _same(found: Item, body_hash: str) -> Item:
    if found["body_hash"] != body_hash:
        raise Refusal(422, "key-reused", "this Idempotency-Key was used for another request")
    return found


def _first_item(event: Event, seats: list[str]) -> list[Item]:
    """The inventory item of the first seat."""
    key = {"event_shard": event.shard_of(seats[0]), "seat_id": seats[0]}
    item = dynamo.get(dynamo.client(event.home_region), TABLES.inventory, key)
    return [] if item is None else [item]


def _receipt(event: Event, order: Item) -> dict[str, Any]:
    """What has become of an order, from the ledger; `order` has its id and its seats."""
    shards = [
        (event.shard_of(seat), sale_id)
        for seat, sale_id in ledger.sale_ids(order["order_id"], order["seats"]).items()
    ]
    keys = [
        (TABLES.sales, {"event_shard": shard, "sale_id": sale_id + end})
        for end in ("", ledger.VOID)
        for shard, sale_id in shards
    ]
    found = dynamo.snapshot(dynamo.client(event.home_region), keys)
    entries = [entry for entry in found[: len(shards)] if entry is not None]
    if len(entries) < len(shards):  # still replicating from a lost home: temporary, so not a refusal
        raise dynamo.Unreachable
    receipt = ledger.receipt(entries, {void["voids"] for void in found[len(shards) :] if void is not None})
    if not receipt["seats"]:
        raise Refusal(409, "refunded", "all seats of this order were refunded", **receipt)
    return receipt
