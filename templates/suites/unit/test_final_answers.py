"""Every answer to a buyer stays true, whenever a call is executed that the function has given up."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import demands
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from support.cloud import Answer, Call, Cloud, Function, refusal
from support.sales import void_of

HOME = demands.PRIMARY
SEATS = ["A-1", "A-2"][: demands.SEATS_PER_ORDER]
ORDER = {"event_id": "gala", "seats": SEATS}
IDENTIFIED = "cognito" if demands.AUTH == "none" else demands.AUTH
KEY = "key-00001"


def seller(cloud: Cloud, **environment: str) -> Function:
    function = cloud.function(
        "ticket_purchase", **{"AUTH": IDENTIFIED, "SEATS_PER_ORDER": "32", **environment}
    )
    function.module.ATTEMPTS.budget = 0.2
    return function


def buy(cloud: Cloud, body: Any = ORDER, key: str = KEY, **more: Any) -> Answer:
    return cloud.ask(seller(cloud), "POST /tickets", body, key=key, **more)


def hold(cloud: Cloud, body: Any = ORDER, key: str = "", **more: Any) -> Answer:
    return cloud.ask(seller(cloud), "POST /holds", body, key=key, **more)


def give_up(cloud: Cloud, times: int = 10**9) -> Callable[[], bool]:
    """Let the next transactions get no answer, as if they waited in the network.

    Returns:
        A function that executes the first of them, and tells whether it was committed.
    """
    late: list[Call] = []

    def lose(call: Call) -> None:
        if call.operation == "TransactWriteItems" and len(late) < times:
            late.append(call)
            raise ReadTimeoutError(endpoint_url="https://dynamodb")

    def land() -> bool:
        try:
            cloud.dynamodb(late[0].region).call(late[0].operation, late[0].parameters)
        except ClientError:
            return False
        return True

    cloud.before = lose
    return land


def heal(cloud: Cloud) -> None:
    cloud.before = lambda call: None


def sold(cloud: Cloud) -> set[str]:
    return {entry["buyer"].rpartition("/")[2] for entry in cloud.items("ticket_sales")}


# --- purchases -------------------------------------------------------------------------------------------------------


def block_by_hold(cloud: Cloud) -> Callable[[], None]:
    """Bob holds the seats, and lets them go later."""
    held = hold(cloud, buyer="bob")
    assert held.status == 201
    path = {"pathParameters": {"id": held.body["hold_id"]}}

    def release() -> None:
        assert cloud.ask(seller(cloud), "DELETE /holds/{id}", buyer="bob", **path).status == 204

    return release


def block_by_withholding(cloud: Cloud) -> Callable[[], None]:
    """The seats are withheld, and released later."""
    from support.sales import shard_of

    keys = [{"event_shard": shard_of(seat), "seat_id": seat} for seat in SEATS]
    for key in keys:
        cloud.put("ticket_inventory", {**key, "kind": "withheld", "version": 1})
    return lambda: [cloud.delete("ticket_inventory", **key) for key in keys] and None


def block_by_closing(cloud: Cloud) -> Callable[[], None]:
    """The event is closed, and opened again later."""
    cloud.event(state="closed")
    return lambda: cloud.event() and None


def block_by_conflicts(cloud: Cloud) -> Callable[[], None]:
    """Other buyers write the same seats all the time."""
    conflict = refusal("TransactionCanceledException", "TransactionConflict")

    def fail(call: Call) -> None:
        if call.operation == "TransactWriteItems" and len(call.parameters["TransactItems"]) > 1:
            raise conflict

    cloud.before = fail
    return lambda: heal(cloud)


BLOCKED = {
    "held": block_by_hold,
    "sold": block_by_withholding,
    "closed": block_by_closing,
    "busy": block_by_conflicts,
}


@pytest.mark.parametrize("reason", BLOCKED)
def test_a_purchase_that_was_refused_is_not_carried_out_later(cloud: Cloud, reason: str) -> None:
    cloud.event()
    land = give_up(cloud)
    assert buy(cloud).status == 503  # it says that the outcome is unknown
    heal(cloud)
    unblock = BLOCKED[reason](cloud)
    refused = buy(cloud)  # the same request again, as the first answer says
    assert (refused.status, refused.body["reason"]) == (409, reason)
    unblock()
    assert not land(), "the buyer was told that the seats are not theirs, and owns them"
    assert "alice" not in sold(cloud)
    later = time.time() + 10
    with patch("time.time", lambda: later):
        assert buy(cloud).status == 201  # the key is as good as before


@pytest.mark.parametrize("reason", ["held", "sold"])
@pytest.mark.parametrize("keyed", [True, False], ids=["key", "no key"])
def test_a_hold_that_was_refused_is_not_carried_out_later(cloud: Cloud, reason: str, keyed: bool) -> None:
    cloud.event()
    unblock = BLOCKED[reason](cloud)
    refuse, land = cloud.before, give_up(cloud, times=1)
    lose = cloud.before

    def both(call: Call) -> None:
        lose(call)
        refuse(call)

    cloud.before = both
    refused = hold(cloud, key=KEY if keyed else "")  # its second attempt is refused
    assert (refused.status, refused.body["reason"]) == (409, reason)
    heal(cloud)
    unblock()
    assert not land(), "the seats are held for somebody who does not know it"
    assert hold(cloud, buyer="carol").status == 201


def test_a_purchase_that_was_carried_out_late_is_answered_with_its_sale(cloud: Cloud) -> None:
    cloud.event()
    land = give_up(cloud)
    assert buy(cloud).status == 503
    heal(cloud)
    assert land()
    cloud.event(state="closed")
    answer = buy(cloud)
    assert answer.status == 201
    assert {seat["seat_id"] for seat in answer.body["seats"]} == set(SEATS)


def test_a_refusal_that_cannot_be_recorded_is_unknown(cloud: Cloud) -> None:
    cloud.event()
    block_by_hold(cloud)

    def lose(call: Call) -> None:
        if call.operation == "TransactWriteItems" and len(call.parameters["TransactItems"]) == 1:
            raise ReadTimeoutError(endpoint_url="https://dynamodb")

    cloud.before = lose
    answer = buy(cloud)
    assert (answer.status, answer.body["reason"]) == (503, "unavailable")
    assert "Idempotency-Key" in answer.body["message"]


def test_a_request_that_its_buyer_has_given_up_does_not_outlive_a_later_refusal(cloud: Cloud) -> None:
    """The first request is slow; its buyer repeats it, and is refused; then the seats become free."""
    cloud.event()
    release = block_by_hold(cloud)
    refused: list[Answer] = []

    def repeat(call: Call) -> None:
        if call.operation == "TransactWriteItems" and not refused:
            refused.append(Answer(0, None, {}))
            refused.append(buy(cloud))
            release()

    cloud.before = repeat
    first = buy(cloud)
    assert (refused[1].status, refused[1].body["reason"]) == (409, "held")
    assert (first.status, first.body["reason"]) == (409, "repeated")
    assert sold(cloud) == set()


# --- holds -----------------------------------------------------------------------------------------------------------


def test_a_hold_whose_answer_was_lost_is_found_by_its_key(cloud: Cloud) -> None:
    cloud.event()
    land = give_up(cloud)
    assert hold(cloud, key=KEY).status == 503
    heal(cloud)
    assert land()
    held = hold(cloud, key=KEY)
    assert held.status == 201
    assert held == hold(cloud, key=KEY)
    assert buy(cloud, {**ORDER, "hold_id": held.body["hold_id"]}).status == 201


def test_a_holds_key_is_for_one_buyer_and_for_the_same_seats(cloud: Cloud) -> None:
    cloud.event()
    held = hold(cloud, key=KEY)
    other = hold(cloud, {"event_id": "gala", "seats": ["B-1"]}, key=KEY)
    assert (other.status, other.body["reason"]) == (422, "key-reused")
    bobs = hold(cloud, {"event_id": "gala", "seats": ["B-1"]}, key=KEY, buyer="bob")
    assert bobs.status == 201
    assert bobs.body["hold_id"] != held.body["hold_id"]
    # A purchase has keys of its own.
    assert buy(cloud, {**ORDER, "hold_id": held.body["hold_id"]}, key=KEY).status == 201


@pytest.mark.parametrize("how", ["bought", "released", "expired"])
def test_a_key_whose_hold_has_ended_holds_nothing_again(cloud: Cloud, how: str) -> None:
    cloud.event()
    hold_id = hold(cloud, key=KEY).body["hold_id"]
    later = time.time()
    if how == "bought":
        assert buy(cloud, {**ORDER, "hold_id": hold_id}).status == 201
    elif how == "released":
        assert cloud.ask(seller(cloud), "DELETE /holds/{id}", pathParameters={"id": hold_id}).status == 204
    else:
        later += demands.HOLD_SECONDS + 10
    with patch("time.time", lambda: later):
        again = hold(cloud, key=KEY)
    assert (again.status, again.body["reason"]) == (409, "hold-ended")


def test_without_sign_in_a_holds_key_must_be_a_secret(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud, AUTH="none")
    for key, status in (("", 201), ("short-key", 400), ("0b0e3c4e-5d5c-4a4e-9d0c-6f2f3b8f1a11", 201)):
        body = {"event_id": "gala", "seats": [f"A-{len(key) + 1}"]}
        assert cloud.ask(function, "POST /holds", body, key=key).status == status


@pytest.mark.parametrize("skew", [-2, -1, 0, 1, 2])
def test_a_hold_lasts_until_the_end_that_its_holder_was_told_by_any_clock(cloud: Cloud, skew: int) -> None:
    """Two machines' clocks differ by up to two seconds."""
    cloud.event(closes_at=int(time.time()) + 10**6)
    held = hold(cloud)
    end = held.body["expires_at"]
    with patch("time.time", lambda: end + skew - 0.1):
        taken = hold(cloud, buyer="bob")
        assert (taken.status, taken.body["reason"]) == (409, "held")
    with patch("time.time", lambda: end + skew - 0.1):
        assert buy(cloud, {**ORDER, "hold_id": held.body["hold_id"]}).status == 201


def test_a_hold_that_nobody_uses_ends(cloud: Cloud) -> None:
    cloud.event(closes_at=int(time.time()) + 10**6)
    end = hold(cloud).body["expires_at"]
    with patch("time.time", lambda: end + 5):
        assert hold(cloud, buyer="bob").status == 201


# --- keys and refunds ------------------------------------------------------------------------------------------------


def test_a_key_is_one_for_each_event(cloud: Cloud) -> None:
    cloud.event()
    cloud.event("other")
    first, second = buy(cloud), buy(cloud, {**ORDER, "event_id": "other"})
    assert (first.status, second.status) == (201, 201)
    assert first.body["order_id"] != second.body["order_id"]


def test_a_retry_is_told_which_seats_were_refunded(cloud: Cloud) -> None:
    cloud.event()
    seats = ["A-1", "A-2", "B-1"]
    order = {"event_id": "gala", "seats": seats}
    first = buy(cloud, order)
    assert first.body["total"] == 24_000
    entries = {entry["seat_id"]: entry for entry in cloud.items("ticket_sales")}
    cloud.put("ticket_sales", void_of(entries["A-2"]))
    again = buy(cloud, order)
    assert again.status == 201
    assert [seat["seat_id"] for seat in again.body["seats"]] == ["A-1", "B-1"]
    assert (again.body["total"], again.body["refunded_seats"]) == (14_000, ["A-2"])
    for seat in ("A-1", "B-1"):
        cloud.put("ticket_sales", void_of(entries[seat]))
    gone = buy(cloud, order)
    assert (gone.status, gone.body["reason"], gone.body["total"]) == (409, "refunded", 0)
    assert gone.body["refunded_seats"] == seats
