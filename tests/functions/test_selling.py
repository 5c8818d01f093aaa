"""Holding and buying, one buyer at a time and many at once."""

from __future__ import annotations

import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from functions_cloud import HOME, Answer, Call, Cloud

ORDER = {"event_id": "gala", "seats": ["A-1", "A-2"]}


def buy(cloud: Cloud, function: Any, body: Any = ORDER, key: str = "key-00001", **more: Any) -> Answer:
    return cloud.ask(function, "POST /tickets", body, key=key, **more)


def hold(cloud: Cloud, function: Any, body: Any = ORDER, **more: Any) -> Answer:
    return cloud.ask(function, "POST /holds", body, **more)


def locks(cloud: Cloud, region: str = HOME) -> list[str]:
    return [
        item["lock_key"] for item in cloud.items("locks", region) if not item["lock_key"].startswith("idem#")
    ]


def conflict(call: Call) -> ClientError:
    reasons = [{"Code": "TransactionConflict"}] + [{"Code": "None"}] * (
        len(call.parameters["TransactItems"]) - 1
    )
    error = {"Code": "TransactionCanceledException", "Message": "conflict"}
    return ClientError({"Error": error, "CancellationReasons": reasons}, call.operation)


def test_a_purchase_writes_one_ledger_entry_and_one_inventory_item_a_seat(cloud: Cloud) -> None:
    cloud.event()
    answer = buy(cloud, cloud.function("ticket_purchase"))
    assert answer.status == 201
    assert answer.body["total"] == 20000
    assert [seat["seat_id"] for seat in answer.body["seats"]] == ["A-1", "A-2"]
    sales, inventory = cloud.items("sales"), cloud.items("inventory")
    assert {sale["seat_id"]: sale["sale_id"] for sale in sales} == {
        item["seat_id"]: item["sale_id"] for item in inventory
    }
    assert {sale["sale_id"] for sale in sales} == {seat["sale_id"] for seat in answer.body["seats"]}
    for item in (*sales, *inventory):
        assert (item["epoch"], item["home_region"], item["seats"]) == (1, HOME, ["A-1", "A-2"])
        assert item["buyer"] == "arn:aws:sts::1:assumed-role/buyer/alice"


def test_a_far_region_sells_in_the_home_region(cloud: Cloud) -> None:
    cloud.event()
    assert buy(cloud, cloud.function("ticket_purchase", "eu-west-1")).status == 201
    assert len(cloud.items("sales", HOME)) == 2
    assert cloud.items("sales", "eu-west-1") == []


def test_a_hold_stops_others_and_not_its_holder(cloud: Cloud) -> None:
    cloud.event()
    function = cloud.function("ticket_purchase")
    held = hold(cloud, function)
    assert held.status == 201
    assert held.body["hold_id"].startswith("gala.")
    assert hold(cloud, function, buyer="bob").body["reason"] == "held"
    assert buy(cloud, function, buyer="bob").body == {
        "reason": "held",
        "message": "another buyer holds some of the seats",
        "seats": ["A-1", "A-2"],
    }
    order = {**ORDER, "hold_id": held.body["hold_id"]}
    assert buy(cloud, function, order, buyer="bob").status == 409
    assert buy(cloud, function, order).status == 201
    assert locks(cloud) == []


def test_a_hold_is_used_for_the_seats_it_was_taken_for(cloud: Cloud) -> None:
    cloud.event()
    function = cloud.function("ticket_purchase")
    order = {"event_id": "gala", "seats": ["A-1"], "hold_id": hold(cloud, function).body["hold_id"]}
    assert buy(cloud, function, order).body["reason"] == "hold-ended"


def test_a_hold_ends_by_its_own_time_and_not_by_ttl(cloud: Cloud) -> None:
    cloud.event()
    past = hold(cloud, cloud.function("ticket_purchase", HOLD_SECONDS="-10"))
    function = cloud.function("ticket_purchase")
    assert len(locks(cloud)) == 3  # nothing has removed them
    assert buy(cloud, function, {**ORDER, "hold_id": past.body["hold_id"]}).body["reason"] == "hold-ended"
    assert buy(cloud, function, buyer="bob").status == 201
    assert hold(cloud, function).body["reason"] == "sold"


def test_holds_end_with_a_move_of_home(cloud: Cloud) -> None:
    event = cloud.event()
    held = hold(cloud, cloud.function("ticket_purchase"))
    cloud.put("events", {**event, "home_region": "us-west-2", "epoch": 2})
    order = {**ORDER, "hold_id": held.body["hold_id"]}
    assert buy(cloud, cloud.function("ticket_purchase"), order).body["reason"] == "hold-ended"
    # If the event moves back, the leftover locks bind nobody.
    cloud.put("events", {**event, "epoch": 3})
    assert buy(cloud, cloud.function("ticket_purchase"), buyer="bob").status == 201


def test_only_its_holder_releases_a_hold(cloud: Cloud) -> None:
    cloud.event()
    function = cloud.function("ticket_purchase")
    path: Any = {"pathParameters": {"id": hold(cloud, function).body["hold_id"]}}
    assert cloud.ask(function, "DELETE /holds/{id}", buyer="bob", **path).status == 404
    assert len(locks(cloud)) == 3
    assert cloud.ask(function, "DELETE /holds/{id}", **path).status == 204
    assert locks(cloud) == []
    assert cloud.ask(function, "DELETE /holds/{id}", **path).status == 404
    assert cloud.ask(function, "DELETE /holds/{id}", pathParameters={"id": "../gala"}).status == 404


def test_releasing_an_ended_hold_leaves_the_next_holders_locks(cloud: Cloud) -> None:
    cloud.event()
    past = hold(cloud, cloud.function("ticket_purchase", HOLD_SECONDS="-10"))
    function = cloud.function("ticket_purchase")
    assert hold(cloud, function, {"event_id": "gala", "seats": ["A-2"]}, buyer="bob").status == 201
    path: Any = {"pathParameters": {"id": past.body["hold_id"]}}
    assert cloud.ask(function, "DELETE /holds/{id}", **path).status == 204
    assert [key for key in locks(cloud) if key.startswith("seat#")] == ["seat#gala#A-2"]


def test_all_seats_or_none(cloud: Cloud) -> None:
    cloud.event()
    function = cloud.function("ticket_purchase")
    assert buy(cloud, function, {"event_id": "gala", "seats": ["A-2"]}).status == 201
    refused = buy(cloud, function, {"event_id": "gala", "seats": ["A-1", "A-2", "A-3"]}, buyer="bob")
    assert (refused.status, refused.body["reason"], refused.body["seats"]) == (409, "sold", ["A-2"])
    assert len(cloud.items("sales")) == 1
    assert len(cloud.items("locks")) == 1  # the idempotency record of the sale


def test_33_seats_fit_a_transaction_and_32_with_a_hold(cloud: Cloud) -> None:
    cloud.event()
    function = cloud.function("ticket_purchase")
    seats = [f"A-{number}" for number in range(1, 34)]
    assert hold(cloud, function, {"event_id": "gala", "seats": seats}).body["reason"] == "too-many-seats"
    assert buy(cloud, function, {"event_id": "gala", "seats": seats}).status == 201
    seats = [f"A-{number}" for number in range(34, 51)] + [f"B-{number}" for number in range(1, 16)]
    held = hold(cloud, function, {"event_id": "gala", "seats": seats})
    order = {"event_id": "gala", "seats": seats, "hold_id": held.body["hold_id"]}
    assert buy(cloud, function, order, key="key-00002").status == 201
    assert max(len(call.parameters.get("TransactItems", ())) for call in cloud.calls) == 100


def test_the_same_key_is_the_same_sale_and_answer(cloud: Cloud) -> None:
    cloud.event()
    function = cloud.function("ticket_purchase")
    held = hold(cloud, function).body["hold_id"]
    first = buy(cloud, function, {**ORDER, "hold_id": held})
    again = buy(
        cloud,
        function,
        {"seats": ["A-2", "A-1"], "price": 1, "buyer": "bob", "event_id": "gala", "hold_id": held},
    )
    assert again == first
    assert len(cloud.items("sales")) == 2
    other = buy(cloud, function, {"event_id": "gala", "seats": ["A-3"]})
    assert (other.status, other.body["reason"]) == (422, "key-reused")
    assert buy(cloud, function, {"event_id": "gala", "seats": ["A-3"]}, buyer="bob").status == 201


def test_a_lost_answer_is_the_same_sale_on_retry(cloud: Cloud) -> None:
    cloud.event()
    function = cloud.function("ticket_purchase")

    left = Counter({"TransactWriteItems": 1})

    def lose(call: Call) -> None:
        if left[call.operation] > 0:
            left[call.operation] -= 1
            raise ReadTimeoutError(endpoint_url="https://dynamodb")

    cloud.after = lose
    answer = buy(cloud, function)  # its own second attempt finds the result of the first
    assert answer.status == 201
    cloud.after = lambda call: None
    assert buy(cloud, function) == answer
    assert len(cloud.items("sales")) == 2


def test_a_home_that_never_answers_is_503_and_the_sale_is_found_later(cloud: Cloud) -> None:
    cloud.event()
    function = cloud.function("ticket_purchase")
    function.BUDGET_SECONDS = 0.05

    def cut(call: Call) -> None:
        if call.operation == "TransactWriteItems":
            raise ReadTimeoutError(endpoint_url="https://dynamodb")

    cloud.before = cut
    answer = buy(cloud, function)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    cloud.before = lambda call: None
    assert buy(cloud, function).status == 201


def test_a_retry_after_a_move_is_told_of_the_sale_by_the_ledger(cloud: Cloud) -> None:
    event = cloud.event()
    first = buy(cloud, cloud.function("ticket_purchase"))
    cloud.replicate("inventory")
    cloud.replicate("sales")
    cloud.put("events", {**event, "home_region": "us-west-2", "epoch": 2})
    moved = cloud.function("ticket_purchase", "eu-west-1")
    assert buy(cloud, moved) == first
    assert buy(cloud, moved, {"event_id": "gala", "seats": ["A-1"]}).status == 422
    assert buy(cloud, moved, buyer="bob").status == 409


@pytest.mark.parametrize("change", [{"state": "closed"}, {"closes_at": 1}, {"sections": []}])
def test_a_retry_after_the_sale_has_ended_is_told_of_the_sale(cloud: Cloud, change: dict[str, Any]) -> None:
    event = cloud.event()
    first = buy(cloud, cloud.function("ticket_purchase"))
    cloud.put("events", {**event, **change})
    function = cloud.function("ticket_purchase")
    assert buy(cloud, function) == first
    assert buy(cloud, function, buyer="bob").status in (400, 409)


def test_conflicts_are_retried_and_end_in_409(cloud: Cloud) -> None:
    cloud.event()
    function = cloud.function("ticket_purchase")
    left = Counter({"TransactWriteItems": 3})

    def collide(call: Call) -> None:
        if left[call.operation] > 0:
            left[call.operation] -= 1
            raise conflict(call)

    cloud.before = collide
    assert buy(cloud, function).status == 201
    left["TransactWriteItems"] = 10**9
    function.BUDGET_SECONDS = 0.05
    answer = buy(cloud, function, {"event_id": "gala", "seats": ["A-9"]}, key="key-00002")
    assert (answer.status, answer.body["reason"], answer.headers["Retry-After"]) == (409, "busy", "1")


def test_throttling_ends_in_503(cloud: Cloud) -> None:
    cloud.event()
    function = cloud.function("ticket_purchase")
    function.BUDGET_SECONDS = 0.05

    def throttle(call: Call) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, call.operation)

    cloud.before = throttle
    answer = buy(cloud, function)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")


def test_no_transaction_starts_on_knowledge_older_than_the_lease(cloud: Cloud) -> None:
    event = cloud.event()
    function = cloud.function("ticket_purchase", LEASE_SECONDS="0.2")
    seen: list[str] = []

    def move(call: Call) -> None:
        if call.operation == "TransactWriteItems":
            seen.append(call.region)
            if len(seen) == 1:
                cloud.put("events", {**event, "home_region": "us-west-2", "epoch": 2})
                threading.Event().wait(0.25)
                raise conflict(call)

    cloud.before = move
    assert buy(cloud, function).status == 201
    assert seen == [HOME, "us-west-2"]
    assert {sale["epoch"] for sale in cloud.items("sales", "us-west-2")} == {2}


@pytest.mark.parametrize(
    ("change", "status", "reason"),
    [
        ({"state": "moving"}, 503, "moving"),
        ({"state": "closed"}, 409, "closed"),
        ({"closes_at": 10}, 409, "closed"),
        ({"opens_at": 10**11, "closes_at": 10**12}, 409, "not-open"),
    ],
)
def test_an_event_that_is_not_on_sale_sells_nothing(
    cloud: Cloud, change: dict[str, Any], status: int, reason: str
) -> None:
    cloud.event(**change)
    function = cloud.function("ticket_purchase")
    for answer in (buy(cloud, function), hold(cloud, function)):
        assert (answer.status, answer.body["reason"]) == (status, reason)
        assert ("Retry-After" in answer.headers) == (status == 503)
    assert cloud.items("sales") == []


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (None, 400, "not-json"),
        ("{", 400, "not-json"),
        ("[" * 10_000, 400, "not-json"),
        ("[]", 400, "not-an-object"),
        (" " * 20_000, 413, "too-big"),
        ({"seats": ["A-1"]}, 400, "bad-event-id"),
        ({"event_id": 7, "seats": ["A-1"]}, 400, "bad-event-id"),
        ({"event_id": "control#active", "seats": ["A-1"]}, 400, "bad-event-id"),
        ({"event_id": "gala\n", "seats": ["A-1"]}, 400, "bad-event-id"),
        ({"event_id": "nope", "seats": ["A-1"]}, 404, "no-such-event"),
        ({"event_id": "gala"}, 400, "no-seats"),
        ({"event_id": "gala", "seats": []}, 400, "no-seats"),
        ({"event_id": "gala", "seats": "A-1"}, 400, "no-seats"),
        ({"event_id": "gala", "seats": ["A-1", 2]}, 400, "bad-seat-id"),
        ({"event_id": "gala", "seats": ["A-01"]}, 400, "bad-seat-id"),
        ({"event_id": "gala", "seats": ["A-\u0661"]}, 400, "bad-seat-id"),
        ({"event_id": "gala", "seats": ["A-1", "A-1"]}, 400, "duplicate-seats"),
        ({"event_id": "gala", "seats": [f"A-{number}" for number in range(1, 40)]}, 400, "too-many-seats"),
        ({"event_id": "gala", "seats": ["A-51"]}, 400, "no-such-seat"),
        ({"event_id": "gala", "seats": ["C-1"]}, 400, "no-such-seat"),
        ({"event_id": "gala", "seats": ["A-1"], "hold_id": "gala.x"}, 400, "bad-hold-id"),
        ({"event_id": "gala", "seats": ["A-1"], "hold_id": "other." + "0" * 32}, 400, "bad-hold-id"),
    ],
)
def test_bad_bodies_are_refused_with_a_reason(cloud: Cloud, body: Any, status: int, reason: str) -> None:
    cloud.event()
    answer = buy(cloud, cloud.function("ticket_purchase"), body)
    assert (answer.status, answer.body["reason"]) == (status, reason)
    assert cloud.items("locks") == []


def test_a_malformed_event_is_none(cloud: Cloud) -> None:
    cloud.event(sections=[{"name": "A"}])
    assert buy(cloud, cloud.function("ticket_purchase")).status == 404


@pytest.mark.parametrize("key", [None, "", "short", "x" * 129, "key with space"])
def test_a_purchase_needs_a_key(cloud: Cloud, key: str | None) -> None:
    cloud.event()
    answer = cloud.ask(cloud.function("ticket_purchase"), "POST /tickets", ORDER, key=key)
    assert (answer.status, answer.body["reason"]) == (400, "bad-key")


def test_the_buyer_is_who_was_authenticated(cloud: Cloud) -> None:
    cloud.event()
    assert buy(cloud, cloud.function("ticket_purchase"), requestContext={}).status == 401
    assert buy(cloud, cloud.function("ticket_purchase", AUTH="cognito"), buyer="7c1").status == 201
    assert {sale["buyer"] for sale in cloud.items("sales")} == {"7c1"}
    pool = {
        "identity": {"userArn": "arn:role/pool/CognitoIdentityCredentials", "cognitoIdentityId": "pool:1"}
    }
    function = cloud.function("ticket_purchase")
    assert buy(cloud, function, {"event_id": "gala", "seats": ["B-1"]}, requestContext=pool).status == 201
    assert "arn:role/pool/CognitoIdentityCredentials/pool:1" in {
        sale["buyer"] for sale in cloud.items("sales")
    }


def test_without_sign_in_the_hold_is_the_buyer(cloud: Cloud) -> None:
    cloud.event()
    function = cloud.function("ticket_purchase", AUTH="none")
    assert buy(cloud, function).body["reason"] == "no-hold"
    order = {**ORDER, "hold_id": hold(cloud, function).body["hold_id"]}
    first = buy(cloud, function, order)
    assert first.status == 201
    assert buy(cloud, function, order) == first  # the hold is gone, but the buyer is the same
    assert order["hold_id"] not in json.dumps(cloud.items("sales"))


def test_racing_buyers_get_each_seat_once(cloud: Cloud) -> None:
    cloud.event()
    functions = [
        cloud.function("ticket_purchase", region) for region in ("us-east-1", "us-west-2", "eu-west-1")
    ]
    start = threading.Barrier(8)

    def race(number: int) -> list[str]:
        start.wait()
        sold = []
        for turn in range(6):
            first = (number + turn) % 6 + 1
            order: dict[str, Any] = {
                "event_id": "gala",
                "seats": [f"A-{first}", f"A-{first % 6 + 1}"][: 1 + turn % 2],
            }
            function, buyer = functions[number % 3], f"buyer-{number}"
            if turn % 3 == 0:
                held = hold(cloud, function, order, buyer=buyer)
                if held.status != 201:
                    assert held.status == 409
                    continue
                order["hold_id"] = held.body["hold_id"]
            answer = buy(cloud, function, order, key=f"race-{number}-{turn}", buyer=buyer)
            assert answer.status in (201, 409)
            if answer.status == 201:
                sold += [seat["sale_id"] for seat in answer.body["seats"]]
        return sold

    with ThreadPoolExecutor(8) as pool:
        told = [sale_id for sold in pool.map(race, range(8)) for sale_id in sold]
    sales = cloud.items("sales")
    assert sorted(told) == sorted(sale["sale_id"] for sale in sales)
    assert max(Counter(sale["seat_id"] for sale in sales).values()) == 1
    assert {(item["seat_id"], item["sale_id"]) for item in cloud.items("inventory")} == {
        (sale["seat_id"], sale["sale_id"]) for sale in sales
    }
    assert sales
    assert locks(cloud) == []
