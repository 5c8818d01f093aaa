"""The purchase function, run from the HCL: each seat is sold once, whatever buyers, networks and clocks do."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import demands
import pytest
from botocore.exceptions import ReadTimeoutError

from support.cloud import Answer, Call, Cloud, Function, refusal

HOME = demands.PRIMARY
FAR = demands.REGIONS[-1] if demands.REGIONS[-1] != HOME else demands.REGIONS[0]
far_away = pytest.mark.skipif(len(demands.REGIONS) == 1, reason="the stack has one Region")
SEATS = ["A-1", "A-2"][: demands.SEATS_PER_ORDER]
ORDER = {"event_id": "gala", "seats": SEATS}
# Without sign-in, the hold identifies the buyer, so every order begins with a hold.
IDENTIFIED = "cognito" if demands.AUTH == "none" else demands.AUTH


def seller(cloud: Cloud, region: str = HOME, **environment: str) -> Function:
    return cloud.function(
        "ticket_purchase", region, **{"AUTH": IDENTIFIED, "SEATS_PER_ORDER": "32", **environment}
    )


def buy(cloud: Cloud, function: Function, body: Any = ORDER, key: str = "key-00001", **more: Any) -> Answer:
    return cloud.ask(function, "POST /tickets", body, key=key, **more)


def hold(cloud: Cloud, function: Function, body: Any = ORDER, **more: Any) -> Answer:
    return cloud.ask(function, "POST /holds", body, **more)


def locks(cloud: Cloud, region: str = HOME) -> list[str]:
    """The locks of seats, and the holds that have not ended."""
    found = [
        item for item in cloud.items("distributed_locks", region) if not item.keys() & {"ended_at", "refused"}
    ]
    return [item["lock_key"] for item in found if not item["lock_key"].startswith("idem#")]


def fail_transactions(
    cloud: Cloud, error: Exception, times: int = 10**9, *, sales_only: bool = False
) -> None:
    """Fail the next transactions, or only those with more than the record of a refusal."""
    left = [times]

    def fail(call: Call) -> None:
        if call.operation != "TransactWriteItems" or left[0] == 0:
            return
        if not sales_only or len(call.parameters["TransactItems"]) > 1:
            left[0] -= 1
            raise error

    cloud.before = fail


# --- health ----------------------------------------------------------------------------------------------------------


def test_a_region_whose_table_answers_is_healthy(cloud: Cloud) -> None:
    assert cloud.ask(seller(cloud), "GET /health", None).status == 200


def test_a_region_whose_table_does_not_answer_is_not_healthy(cloud: Cloud) -> None:
    def fail(call: Call) -> None:
        raise ReadTimeoutError(endpoint_url="https://dynamodb")

    cloud.before = fail
    assert cloud.ask(seller(cloud), "GET /health", None).status == 503


# --- what a sale writes -------------------------------------------------------------------------------------------


def test_a_purchase_writes_a_ledger_entry_and_an_inventory_item_for_each_seat(cloud: Cloud) -> None:
    cloud.event()
    answer = buy(cloud, seller(cloud))
    assert answer.status == 201
    sales, seats = cloud.items("ticket_sales"), cloud.items("ticket_inventory")
    fields = {"order_id", "event_id", "seats", "total", "currency", "sold_at"}
    assert answer.body.keys() == fields, "the answer is the buyer's receipt"
    assert {tuple(sorted(seat)) for seat in answer.body["seats"]} == {("price", "sale_id", "seat_id")}
    assert sorted(sale["seat_id"] for sale in sales) == SEATS
    assert {sale["seat_id"]: sale["sale_id"] for sale in sales} == {
        seat["seat_id"]: seat["sale_id"] for seat in seats
    }
    assert {sale["sale_id"] for sale in sales} == {seat["sale_id"] for seat in answer.body["seats"]}
    for item in (*sales, *seats):
        assert (item["epoch"], item["home_region"], item["seats"], item["event_id"]) == (
            1,
            HOME,
            SEATS,
            "gala",
        )
        assert item["idempotency_key"] == "key-00001"
    assert {item["kind"] for item in sales} == {"sale"}
    assert {item["kind"] for item in seats} == {"sold"}


def test_the_event_sets_the_price_and_not_the_buyer(cloud: Cloud) -> None:
    cloud.event()
    answer = buy(cloud, seller(cloud), {"event_id": "gala", "seats": ["A-50", "B-1"], "price": 1, "total": 1})
    assert answer.body["total"] == 14000
    assert answer.body["currency"] == "USD"
    assert [seat["price"] for seat in answer.body["seats"]] == [10000, 4000]
    assert {sale["seat_id"]: sale["price"] for sale in cloud.items("ticket_sales")} == {
        "A-50": 10000,
        "B-1": 4000,
    }


def test_a_seat_and_its_sale_are_on_the_same_shard_of_the_event(cloud: Cloud) -> None:
    cloud.event(shards=7)
    buy(cloud, seller(cloud), {"event_id": "gala", "seats": [f"A-{n}" for n in range(1, 31)]})
    shards = {item["seat_id"]: item["event_shard"] for item in cloud.items("ticket_inventory")}
    assert shards == {item["seat_id"]: item["event_shard"] for item in cloud.items("ticket_sales")}
    # Otherwise one partition key would take all writes.
    assert set(shards.values()) == {f"gala#{number}" for number in range(7)}


def test_ids_of_sales_sort_by_time_and_do_not_repeat(cloud: Cloud) -> None:
    cloud.event()
    before = int(time.time() * 1000)
    answers = [
        buy(cloud, seller(cloud), {"event_id": "gala", "seats": [f"A-{n}"]}, key=f"key-0000{n}").body
        for n in (1, 2, 3)
    ]
    orders = [answer["order_id"] for answer in answers]
    assert orders == sorted(set(orders))
    assert before <= int(orders[0][:13]) <= time.time() * 1000
    assert all(answer["seats"][0]["sale_id"].startswith(answer["order_id"]) for answer in answers)
    assert len({len(order) for order in orders}) == 1
    assert len(orders[0]) >= 13 + 16  # with fewer than 64 random bits, two Regions could create the same id


@far_away
def test_a_far_region_sells_in_the_home_region(cloud: Cloud) -> None:
    cloud.event("gala", HOME, FAR)
    assert buy(cloud, seller(cloud, FAR)).status == 201
    assert len(cloud.items("ticket_sales", HOME)) == len(SEATS)
    assert cloud.items("ticket_sales", FAR) == []
    assert cloud.items("distributed_locks", FAR) == []


def test_an_order_gets_all_its_seats_or_none(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud)
    assert buy(cloud, function, {"event_id": "gala", "seats": ["A-2"]}).status == 201
    refused = buy(
        cloud, function, {"event_id": "gala", "seats": ["A-1", "A-2", "A-3"]}, key="key-00002", buyer="bob"
    )
    assert (refused.status, refused.body["reason"], refused.body["seats"]) == (409, "sold", ["A-2"])
    assert len(cloud.items("ticket_sales")) == 1
    assert len(cloud.items("ticket_inventory")) == 1
    assert locks(cloud) == []


def test_the_largest_order_is_one_transaction(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud)
    seats = [f"A-{number}" for number in range(1, 33)]
    assert buy(cloud, function, {"event_id": "gala", "seats": seats}).status == 201
    (bought,) = (call for call in cloud.calls if call.operation == "TransactWriteItems")
    # DynamoDB takes 100; a hold and the buyer's seats are one each.
    assert len(bought.parameters["TransactItems"]) == 97


def test_the_largest_order_with_a_hold_is_one_transaction(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud)
    seats = [f"A-{number}" for number in range(1, 33)]
    held = hold(cloud, function, {"event_id": "gala", "seats": seats})
    assert held.status == 201
    assert (
        buy(cloud, function, {"event_id": "gala", "seats": seats, "hold_id": held.body["hold_id"]}).status
        == 201
    )
    too_many = hold(
        cloud,
        function,
        {
            "event_id": "gala",
            "seats": [f"B-{number}" for number in range(1, 21)] + [f"A-{number}" for number in range(33, 46)],
        },
    )
    assert (too_many.status, too_many.body["reason"]) == (400, "too-many-seats")


def test_an_order_has_no_more_seats_than_the_spec_allows(cloud: Cloud) -> None:
    cloud.event()
    function = cloud.function("ticket_purchase", AUTH=IDENTIFIED)
    seats = [f"A-{number}" for number in range(1, demands.SEATS_PER_ORDER + 2)]
    assert buy(cloud, function, {"event_id": "gala", "seats": seats}).body["reason"] == "too-many-seats"
    assert buy(cloud, function, {"event_id": "gala", "seats": seats[:-1]}).status == 201


def test_the_duration_of_a_sale_is_measured(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    cloud.event()
    function = seller(cloud)
    hold(cloud, function)
    buy(cloud, function, {"event_id": "gala", "seats": ["A-9"]})
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [next(iter(line.keys() - {"_aws"})) for line in lines] == ["LockMs", "PurchaseMs"]
    for line in lines:
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == f"{demands.PROJECT}-metrics-{demands.ENVIRONMENT}"
        assert directive["Metrics"][0]["Unit"] == "Milliseconds"
        assert directive["Dimensions"] == [[]]
        assert abs(line["_aws"]["Timestamp"] - time.time() * 1000) < 60_000
    assert 0.1 < lines[0]["LockMs"] < 60_000


# --- holds --------------------------------------------------------------------------------------------------------


def test_a_hold_blocks_others_and_not_its_holder(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud)
    held = hold(cloud, function)
    assert held.status == 201
    assert (held.body["event_id"], held.body["seats"]) == ("gala", SEATS)
    assert hold(cloud, function, buyer="bob").body["reason"] == "held"
    assert buy(cloud, function, buyer="bob").body["reason"] == "held"
    order = {**ORDER, "hold_id": held.body["hold_id"]}
    assert buy(cloud, function, order, buyer="bob").status == 409
    assert buy(cloud, function, order).status == 201
    assert locks(cloud) == []  # the sale removed the hold and its locks


def test_the_holder_needs_the_hold_and_not_only_the_same_identity(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud)
    hold(cloud, function)
    assert buy(cloud, function).body["reason"] == "held"  # the same buyer, on another device
    assert hold(cloud, function).body["reason"] == "held"


def test_a_refused_hold_names_the_seats_that_are_held(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud)
    hold(cloud, function, {"event_id": "gala", "seats": ["A-2"]})
    refused = hold(cloud, function, {"event_id": "gala", "seats": ["A-1", "A-2"]}, buyer="bob")
    assert (refused.status, refused.body["seats"]) == (409, ["A-2"])


def test_a_hold_lasts_as_long_as_the_spec_says(cloud: Cloud) -> None:
    cloud.event()
    before = time.time()
    answer = hold(cloud, cloud.function("ticket_purchase", AUTH=IDENTIFIED))
    assert (
        0 <= answer.body["expires_at"] - before - demands.HOLD_SECONDS < 30
        or abs(answer.body["expires_at"] - before - demands.HOLD_SECONDS) < 2
    )
    expiry = cloud.table("distributed_locks").get("ttl.attribute_name")
    assert {item[expiry] for item in cloud.items("distributed_locks")} == {answer.body["expires_at"]}


def test_a_hold_covers_exactly_its_own_seats(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud)
    held = hold(cloud, function, {"event_id": "gala", "seats": ["A-1", "A-2"]})
    order = {"event_id": "gala", "seats": ["A-1"], "hold_id": held.body["hold_id"]}
    assert buy(cloud, function, order).body["reason"] == "hold-ended"


def test_a_hold_of_another_buyer_is_useless(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud)
    order = {**ORDER, "hold_id": hold(cloud, function).body["hold_id"]}
    answer = buy(cloud, function, order, buyer="mallory")
    assert answer.status == 409
    assert cloud.items("ticket_sales") == []


def test_a_hold_expires_whether_or_not_ttl_has_removed_it(cloud: Cloud) -> None:
    cloud.event()
    past = hold(cloud, seller(cloud, HOLD_SECONDS="-10"))
    function = seller(cloud)
    assert len(locks(cloud)) == len(SEATS) + 1  # TTL has not removed them yet
    assert buy(cloud, function, {**ORDER, "hold_id": past.body["hold_id"]}).body["reason"] == "hold-ended"
    assert buy(cloud, function, buyer="bob").status == 201


def test_an_expired_hold_can_be_taken_over(cloud: Cloud) -> None:
    cloud.event()
    hold(cloud, seller(cloud, HOLD_SECONDS="-10"))
    assert hold(cloud, seller(cloud), buyer="bob").status == 201


def test_a_sold_seat_cannot_be_held(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud)
    buy(cloud, function)
    refused = hold(cloud, function, buyer="bob")
    assert (refused.status, refused.body["reason"]) == (409, "sold")
    assert locks(cloud) == []


@far_away
def test_holds_end_with_a_move_of_home(cloud: Cloud) -> None:
    event = cloud.event("gala", HOME, FAR)
    held = hold(cloud, seller(cloud))
    cloud.put("events", {**event, "home_region": FAR, "epoch": 2}, HOME, FAR)
    order = {**ORDER, "hold_id": held.body["hold_id"]}
    assert buy(cloud, seller(cloud, FAR), order).body["reason"] == "hold-ended"
    # If the event moves back, its old locks are of an older epoch and void.
    cloud.put("events", {**event, "epoch": 3}, HOME, FAR)
    assert buy(cloud, seller(cloud), order).body["reason"] == "hold-ended"
    assert buy(cloud, seller(cloud), buyer="bob").status == 201


def test_only_its_holder_releases_a_hold(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud)
    path: Any = {"pathParameters": {"id": hold(cloud, function).body["hold_id"]}}
    assert cloud.ask(function, "DELETE /holds/{id}", buyer="bob", **path).status == 404
    assert len(locks(cloud)) == len(SEATS) + 1
    assert cloud.ask(function, "DELETE /holds/{id}", **path).status == 204
    assert locks(cloud) == []
    assert cloud.ask(function, "DELETE /holds/{id}", **path).status == 404


def test_releasing_an_ended_hold_leaves_the_next_holders_locks(cloud: Cloud) -> None:
    cloud.event()
    past = hold(cloud, seller(cloud, HOLD_SECONDS="-10"), {"event_id": "gala", "seats": ["A-1", "A-2"]})
    function = seller(cloud)
    assert hold(cloud, function, {"event_id": "gala", "seats": ["A-2"]}, buyer="bob").status == 201
    path: Any = {"pathParameters": {"id": past.body["hold_id"]}}
    assert cloud.ask(function, "DELETE /holds/{id}", **path).status == 204
    assert [key for key in locks(cloud) if key.startswith("seat#")] == ["seat#gala#A-2"]


@pytest.mark.parametrize(
    "hold_id",
    [None, "", "gala", "../gala", "gala." + "0" * 31, "nope." + "0" * 32],
    ids=["none", "empty", "cut", "path", "short", "no event"],
)
def test_a_malformed_hold_is_not_released(cloud: Cloud, hold_id: str | None) -> None:
    cloud.event()
    path: Any = {"pathParameters": None if hold_id is None else {"id": hold_id}}
    answer = cloud.ask(seller(cloud), "DELETE /holds/{id}", **path)
    assert (answer.status, answer.body["reason"]) == (404, "no-such-hold")


def test_a_hold_that_is_bought_during_its_release_stays_bought(cloud: Cloud) -> None:
    cloud.event()
    function, other = seller(cloud), seller(cloud)
    held = hold(cloud, function).body["hold_id"]

    def buy_first(call: Call) -> None:
        if call.operation == "TransactWriteItems":
            cloud.before = lambda call: None
            assert buy(cloud, other, {**ORDER, "hold_id": held}).status == 201

    cloud.before = buy_first
    path: Any = {"pathParameters": {"id": held}}
    assert cloud.ask(function, "DELETE /holds/{id}", **path).status == 404
    assert len(cloud.items("ticket_sales")) == len(SEATS)


def test_a_holds_id_names_the_event_and_cannot_be_guessed(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud)
    ids = [hold(cloud, function, {"event_id": "gala", "seats": [f"A-{n}"]}).body["hold_id"] for n in (1, 2)]
    assert all(hold_id.startswith("gala.") and len(hold_id) == len("gala.") + 32 for hold_id in ids)
    assert ids[0] != ids[1]


# --- retries ------------------------------------------------------------------------------------------------------


def test_the_same_key_gets_the_same_sale_and_answer(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud)
    order = {**ORDER, "hold_id": hold(cloud, function).body["hold_id"]}
    first = buy(cloud, function, order)
    again = buy(cloud, function, {**order, "seats": SEATS[::-1], "price": 1})
    assert again == first
    assert len(cloud.items("ticket_sales")) == len(SEATS)


def test_a_key_is_for_one_order_of_one_buyer(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud)
    buy(cloud, function)
    other = buy(cloud, function, {"event_id": "gala", "seats": ["A-3"]})
    assert (other.status, other.body["reason"]) == (422, "key-reused")
    assert buy(cloud, function, {"event_id": "gala", "seats": ["A-3"]}, buyer="bob").status == 201


def test_an_answer_is_kept_for_a_day(cloud: Cloud) -> None:
    cloud.event()
    buy(cloud, seller(cloud))
    (record,) = cloud.items("distributed_locks")
    assert record["lock_key"].startswith("idem#")
    expiry = cloud.table("distributed_locks").get("ttl.attribute_name")
    assert abs(record[expiry] - time.time() - 86_400) < 60


def test_a_retry_after_a_lost_answer_gets_the_same_sale(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud)

    def lose(call: Call) -> None:
        if call.operation == "TransactWriteItems":
            cloud.after = lambda call: None
            raise ReadTimeoutError(endpoint_url="https://dynamodb")

    cloud.after = lose
    answer = buy(cloud, function)  # the function's second attempt finds the result of the first
    assert answer.status == 201
    assert len(cloud.items("ticket_sales")) == len(SEATS)
    tokens = {
        call.parameters["ClientRequestToken"]
        for call in cloud.calls
        if call.operation == "TransactWriteItems"
    }
    assert len(tokens) == 1


def test_a_hold_whose_answer_was_lost_is_found_after_the_lease(cloud: Cloud) -> None:
    """After the lease, another transaction finds the first one's locks, which belong to the same hold."""
    cloud.event()
    function = seller(cloud, LEASE_SECONDS="0.1")

    def lose(call: Call) -> None:
        if call.operation == "TransactWriteItems":
            cloud.after = lambda call: None
            time.sleep(0.11)
            raise ReadTimeoutError(endpoint_url="https://dynamodb")

    cloud.after = lose
    held = hold(cloud, function)
    assert held.status == 201
    assert len(locks(cloud)) == len(SEATS) + 1
    order = {**ORDER, "hold_id": held.body["hold_id"]}
    assert buy(cloud, seller(cloud), order).status == 201


def test_a_silent_home_is_503_and_sells_later(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud)
    function.module.ATTEMPTS.budget = 0.05
    fail_transactions(cloud, ReadTimeoutError(endpoint_url="https://dynamodb"))
    answer = buy(cloud, function)
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0
    cloud.before = lambda call: None
    assert buy(cloud, function).status == 201


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "ProvisionedThroughputExceededException", "InternalServerError"]
)
def test_transient_errors_are_retried_and_end_in_503(cloud: Cloud, code: str) -> None:
    cloud.event()
    function = seller(cloud)
    fail_transactions(cloud, refusal(code), times=2)
    assert buy(cloud, function).status == 201
    function.module.ATTEMPTS.budget = 0.05
    fail_transactions(cloud, refusal(code))
    assert buy(cloud, function, {"event_id": "gala", "seats": ["A-9"]}, key="key-00002").status == 503


def test_conflicts_are_retried_and_end_in_409(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud)
    conflict = refusal("TransactionCanceledException", "TransactionConflict", "None")
    fail_transactions(cloud, conflict, times=3)
    assert buy(cloud, function).status == 201
    function.module.ATTEMPTS.budget = 0.05
    fail_transactions(cloud, conflict, sales_only=True)
    answer = buy(cloud, function, {"event_id": "gala", "seats": ["A-9"]}, key="key-00002")
    assert (answer.status, answer.body["reason"]) == (409, "busy")
    fail_transactions(cloud, conflict)  # so the refusal is not recorded either
    answer = buy(cloud, function, {"event_id": "gala", "seats": ["A-9"]}, key="key-00003")
    assert (answer.status, answer.body["reason"]) == (503, "unavailable")


def test_retries_wait_for_random_times(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud)
    pauses: list[float] = []
    fail_transactions(cloud, refusal("TransactionCanceledException", "TransactionConflict"), times=6)
    with patch("time.sleep", pauses.append):
        assert buy(cloud, function).status == 201
    assert len(pauses) == 6
    assert len(set(pauses)) == 6, "buyers who collided once would collide again and again"
    assert all(0 <= pause < 1 for pause in pauses), "the buyer is waiting"


def test_a_lease_that_always_expires_is_503(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud, LEASE_SECONDS="0")  # as if every read took longer than the lease
    function.module.ATTEMPTS.budget = 0.05
    assert buy(cloud, function).status == 503
    assert cloud.items("ticket_sales") == []


def test_a_bug_raises_an_error(cloud: Cloud) -> None:
    cloud.event()
    fail_transactions(cloud, refusal("ValidationException"))
    with pytest.raises(Exception, match="ValidationException"):
        buy(cloud, seller(cloud))


@far_away
def test_a_retry_after_a_move_finds_the_sale_in_the_ledger(cloud: Cloud) -> None:
    event = cloud.event()
    first = buy(cloud, seller(cloud))
    for table in ("ticket_inventory", "ticket_sales"):
        cloud.replicate(table, HOME, FAR)
    cloud.put("events", {**event, "home_region": FAR, "epoch": 2}, HOME, FAR)
    moved = seller(cloud, FAR)
    assert buy(cloud, moved) == first
    assert (
        buy(cloud, moved, {"event_id": "gala", "seats": ["A-1"], "hold_id": "gala." + "0" * 32}).status == 422
    )
    assert buy(cloud, moved, buyer="bob").status == 409


@far_away
def test_a_retry_whose_sale_is_not_replicated_yet_is_503(cloud: Cloud) -> None:
    """The ledger of the lost home has not arrived yet; a buyer would take a refusal as final."""
    event = cloud.event()
    buy(cloud, seller(cloud))
    cloud.replicate("ticket_inventory", HOME, FAR)
    cloud.put("events", {**event, "home_region": FAR, "epoch": 2}, HOME, FAR)
    assert buy(cloud, seller(cloud, FAR)).status == 503


@pytest.mark.parametrize("record", ["gone", "expired"])
def test_a_retry_without_its_idempotency_record_finds_the_sale_in_the_ledger(
    cloud: Cloud, record: str
) -> None:
    event = cloud.event()
    first = buy(cloud, seller(cloud))
    (kept,) = cloud.items("distributed_locks")
    if record == "gone":
        cloud.delete("distributed_locks", lock_key=kept["lock_key"])
    else:
        cloud.put("distributed_locks", {**kept, "expiry_time": 1, "answer": "{}"})
    cloud.put("events", {**event, "state": "closed"})
    assert buy(cloud, seller(cloud)) == first
    assert buy(cloud, seller(cloud), key="key-00002").body["reason"] == "closed"
    assert buy(cloud, seller(cloud), buyer="bob").body["reason"] == "closed"


@pytest.mark.parametrize(
    "change",
    [{"state": "closed"}, {"closes_at": 1}, {"state": "archived"}],
    ids=["closed", "over", "archived"],
)
def test_a_retry_after_the_end_of_the_sale_gets_its_answer(cloud: Cloud, change: dict[str, Any]) -> None:
    event = cloud.event()
    first = buy(cloud, seller(cloud))
    cloud.put("events", {**event, **change})
    assert buy(cloud, seller(cloud)) == first
    assert buy(cloud, seller(cloud), buyer="bob").status in (400, 409)


@far_away
def test_no_transaction_starts_after_the_lease(cloud: Cloud) -> None:
    event = cloud.event("gala", HOME)
    function = seller(cloud, LEASE_SECONDS="0.2")
    seen: list[str] = []

    def move(call: Call) -> None:
        if call.operation == "TransactWriteItems":
            seen.append(call.region)
            if len(seen) == 1:
                cloud.put("events", {**event, "home_region": FAR, "epoch": 2})
                time.sleep(0.25)
                raise refusal("TransactionCanceledException", "TransactionConflict")

    cloud.before = move
    assert buy(cloud, function).status == 201
    assert seen == [HOME, FAR]
    assert {sale["epoch"] for sale in cloud.items("ticket_sales", FAR)} == {2}


@pytest.mark.parametrize(
    ("wall", "steady", "fresh"),
    [(0, 0, True), (4, 4, True), (5, 5, False), (5, 0, False), (0, 5, False), (-1, 0, False)],
    ids=["at once", "within", "at the end", "wall clock ahead", "steady clock ahead", "wall clock set back"],
)
def test_the_lease_ends_by_whichever_clock_is_ahead(
    cloud: Cloud, wall: float, steady: float, fresh: bool
) -> None:
    cloud.event()
    now = {"wall": 1_000.0, "steady": 50.0}
    with patch("time.time", lambda: now["wall"]), patch("time.monotonic", lambda: now["steady"]):
        events = seller(cloud, LEASE_SECONDS="5").module.EVENTS
        event = events.get("gala")
        now = {"wall": 1_000.0 + wall, "steady": 50.0 + steady}
        assert events.fresh(event) is fresh
        reads = len(cloud.calls)
        events.get("gala")
        assert (len(cloud.calls) == reads) is fresh


@pytest.mark.parametrize(
    ("now", "status"),
    [(999, 409), (1_000, 201), (1_999, 201), (2_000, 409)],
    ids=["before", "first second", "last second", "after"],
)
def test_the_sale_includes_its_opening_second_and_excludes_its_closing_second(
    cloud: Cloud, now: int, status: int
) -> None:
    cloud.event(opens_at=1_000, closes_at=2_000)
    with patch("time.time", lambda: float(now)):
        assert buy(cloud, seller(cloud)).status == status


def test_within_the_lease_the_event_is_read_once(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud)
    for number in (1, 2, 3):
        buy(cloud, function, {"event_id": "gala", "seats": [f"A-{number}"]}, key=f"key-0000{number}")
    reads = [call for call in cloud.calls if call.operation == "Query"]
    assert len(reads) == 1
    assert reads[0].parameters["ConsistentRead"] is True


def test_unknown_events_do_not_fill_the_memory(cloud: Cloud) -> None:
    function = seller(cloud)
    for number in range(1010):
        assert buy(cloud, function, {"event_id": f"no-{number}", "seats": ["A-1"]}).status == 404
    assert len(function.module.EVENTS._known) <= 1001


def test_a_call_takes_at_most_two_seconds(cloud: Cloud) -> None:
    cloud.event()
    buy(cloud, seller(cloud))
    writer = cloud.clients[-1]
    assert writer.config.connect_timeout + writer.config.read_timeout <= 2
    assert writer.config.retries["total_max_attempts"] == 1  # a retry by botocore would ignore the lease


# --- who may buy what, and when -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "status", "reason"),
    [
        ({"moving_to": FAR}, 503, "moving"),
        ({"state": "draft"}, 409, "not-open"),
        ({"state": "closed"}, 409, "closed"),
        ({"state": "archived"}, 409, "closed"),
        ({"closes_at": 10}, 409, "closed"),
        ({"opens_at": 10**11, "closes_at": 10**12}, 409, "not-open"),
    ],
    ids=["moving", "draft", "closed", "archived", "over", "early"],
)
def test_an_event_that_is_not_on_sale_sells_no_seats(
    cloud: Cloud, change: dict[str, Any], status: int, reason: str
) -> None:
    cloud.event(**change)
    function = seller(cloud)
    for answer in (buy(cloud, function), hold(cloud, function)):
        assert (answer.status, answer.body["reason"]) == (status, reason)
        assert ("Retry-After" in answer.headers) == (status == 503)
    assert cloud.items("ticket_sales") == []
    assert locks(cloud) == []


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
        ({"event_id": "gala", "seats": ["A-51"]}, 400, "no-such-seat"),
        ({"event_id": "gala", "seats": ["C-1"]}, 400, "no-such-seat"),
        ({"event_id": "gala", "seats": ["A-1"], "hold_id": "gala.x"}, 400, "bad-hold-id"),
        ({"event_id": "gala", "seats": ["A-1"], "hold_id": "other." + "0" * 32}, 400, "bad-hold-id"),
    ],
    ids=[
        "nothing", "cut off", "deep", "a list", "too long", "no event", "event is a number", "control item", "newline",
        "unknown event", "no seats", "empty seats", "seats are text", "seat is a number", "leading zero",
        "Arabic digit",
        "seat twice", "beyond the last", "unknown section", "bad hold", "another event's hold",
    ],
)  # fmt: skip
def test_a_bad_order_is_refused_with_a_reason(cloud: Cloud, body: Any, status: int, reason: str) -> None:
    cloud.event()
    answer = buy(cloud, seller(cloud), body)
    assert (answer.status, answer.body["reason"]) == (status, reason)
    assert cloud.items("distributed_locks") == []
    assert cloud.items("ticket_sales") == []


FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "another layout": ("layout", {"shards": 3}),
    "shards as text": ("layout", {"shards": "2"}),
    "shards with a fraction": ("layout", {"shards": Decimal("2.5")}),
    "sections as a set": ("layout", {"sections": {"A", "B"}}),
    "a section without seats": ("layout", {"sections": [{"name": "A"}]}),
    "no sections": ("layout", {"sections": []}),
    "another currency": ("layout", {"currency": "EUR"}),
    "an unknown state": ("epoch", {"state": "on sale"}),
    "a window as text": ("epoch", {"closes_at": "tomorrow"}),
    "no home": ("epoch", {"home_region": None}),
    "a home that is no Region": ("epoch", {"home_region": "here"}),
    "an unknown item": ("more", {}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_malformed_event_is_not_sold_and_is_503(
    cloud: Cloud, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    what, change = FAULTS[fault]
    cloud.event()
    for item in cloud.items("events"):
        if item["item"].startswith(what):
            cloud.put("events", {**item, **change})
    if what == "more":
        cloud.put("events", {"event_id": "gala", "item": what})
    cloud.event("other")
    function = seller(cloud)
    for answer in (buy(cloud, function), hold(cloud, function)):
        assert (answer.status, answer.body["reason"]) == (503, "malformed-event")
    # Once a lease, and not for each buyer.
    assert capsys.readouterr().out.count("event gala is malformed") == 1
    assert buy(cloud, function, {"event_id": "other", "seats": ["A-1"]}, key="key-00002").status == 201
    assert {sale["event_id"] for sale in cloud.items("ticket_sales")} == {"other"}


def test_an_event_whose_items_are_still_replicating_does_not_exist_yet(cloud: Cloud) -> None:
    cloud.event()
    layout, epoch = sorted(cloud.items("events"), key=lambda item: item["item"] != "layout")
    for item in (layout, epoch):
        cloud.delete("events", event_id="gala", item=epoch["item"])
        cloud.delete("events", event_id="gala", item="layout")
        cloud.put("events", {**item, "created_at": int(time.time() * 1000)})
        assert buy(cloud, seller(cloud)).body["reason"] == "no-such-event"
        cloud.put("events", item)  # an old one: the other is lost
        assert buy(cloud, seller(cloud)).body["reason"] == "malformed-event"


def test_a_refusal_names_the_seats_that_do_not_exist(cloud: Cloud) -> None:
    cloud.event()
    answer = buy(
        cloud, seller(cloud), {"event_id": "gala", "seats": ["A-1", "A-51"][-demands.SEATS_PER_ORDER :]}
    )
    assert answer.body["seats"] == ["A-51"]


def test_a_body_in_base64_is_read_like_any_other(cloud: Cloud) -> None:
    """API Gateway encodes bodies of media types that are declared as binary."""
    cloud.event()
    function = seller(cloud)
    encoded = base64.b64encode(json.dumps(ORDER).encode()).decode()
    assert buy(cloud, function, encoded, isBase64Encoded=True).status == 201
    for body in ("!" + encoded, base64.b64encode(b"\xff").decode()):
        refused = buy(cloud, function, body, isBase64Encoded=True)
        assert (refused.status, refused.body["reason"]) == (400, "not-json")


@pytest.mark.parametrize(
    "key", ["", "short", "x" * 129, "key with space"], ids=["none", "short", "too long", "space"]
)
def test_a_purchase_needs_a_key(cloud: Cloud, key: str) -> None:
    cloud.event()
    answer = buy(cloud, seller(cloud), key=key)
    assert (answer.status, answer.body["reason"]) == (400, "bad-key")
    assert cloud.items("ticket_sales") == []


def test_a_caller_without_identity_cannot_buy(cloud: Cloud) -> None:
    cloud.event()
    empty = {"identity": {"userArn": ""}, "authorizer": {"claims": {"sub": ""}}}
    for auth in ("iam", "cognito"):
        for context in ({}, empty):
            assert buy(cloud, seller(cloud, AUTH=auth), requestContext=context).status == 401
    assert cloud.items("ticket_sales") == []


@pytest.mark.parametrize(
    ("auth", "context", "buyer"),
    [
        (
            "iam",
            {"identity": {"userArn": "arn:aws:sts::1:assumed-role/buyer/alice"}},
            "arn:aws:sts::1:assumed-role/buyer/alice",
        ),
        (
            "iam",
            {"identity": {"userArn": "arn:role/pool", "cognitoIdentityId": "pool:1"}},
            "arn:role/pool/pool:1",
        ),
        ("cognito", {"authorizer": {"claims": {"sub": "7c1"}}}, "7c1"),
    ],
    ids=["IAM", "identity pool", "Cognito"],
)
def test_the_buyer_is_the_authenticated_caller(cloud: Cloud, auth: str, context: Any, buyer: str) -> None:
    cloud.event()
    assert (
        buy(cloud, seller(cloud, AUTH=auth), {**ORDER, "buyer": "mallory"}, requestContext=context).status
        == 201
    )
    assert {sale["buyer"] for sale in cloud.items("ticket_sales")} == {buyer}


def test_without_sign_in_the_hold_identifies_the_buyer_and_stays_secret(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud, AUTH="none")
    assert buy(cloud, function).body["reason"] == "no-hold"
    order = {**ORDER, "hold_id": hold(cloud, function).body["hold_id"]}
    first = buy(cloud, function, order)
    assert first.status == 201
    assert buy(cloud, function, order) == first  # the hold is gone, and the buyer is still the same
    other = {"event_id": "gala", "seats": ["A-9"]}
    other["hold_id"] = hold(cloud, function, other).body["hold_id"]
    assert buy(cloud, function, other).status == 201  # the same key from another buyer
    buyers = {sale["order_id"]: sale["buyer"] for sale in cloud.items("ticket_sales")}
    assert len(set(buyers.values())) == 2
    assert all(isinstance(buyer, str) and len(buyer) >= 32 for buyer in buyers.values())
    assert order["hold_id"] not in json.dumps(cloud.items("ticket_sales") + cloud.items("ticket_inventory"))


def test_the_stack_as_it_is_configured_sells(cloud: Cloud) -> None:
    cloud.event()
    function = cloud.function("ticket_purchase")
    order = {**ORDER, "hold_id": hold(cloud, function).body["hold_id"]}
    assert buy(cloud, function, order).status == 201


def test_an_unknown_route_is_404(cloud: Cloud) -> None:
    assert cloud.ask(seller(cloud), "PUT /tickets").status == 404


def test_racing_buyers_get_each_seat_once(cloud: Cloud) -> None:
    regions = demands.REGIONS[:3]
    cloud.event("gala", *{HOME, *regions})
    functions = [seller(cloud, region) for region in regions]
    start = threading.Barrier(6)

    def race(number: int) -> list[str]:
        start.wait()
        sold = []
        for turn in range(4):
            first = (number + turn) % 6 + 1
            order: dict[str, Any] = {
                "event_id": "gala",
                "seats": [f"A-{first}", f"A-{first % 6 + 1}"][: 1 + turn % 2],
            }
            function, buyer = functions[number % len(functions)], f"buyer-{number}"
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

    with ThreadPoolExecutor(6) as pool:
        confirmed = [sale_id for sold in pool.map(race, range(6)) for sale_id in sold]
    sales = cloud.items("ticket_sales")
    assert sales
    assert sorted(confirmed) == sorted(sale["sale_id"] for sale in sales)
    assert max(Counter(sale["seat_id"] for sale in sales).values()) == 1
    seats = {(item["seat_id"], item["sale_id"]) for item in cloud.items("ticket_inventory")}
    assert seats == {(sale["seat_id"], sale["sale_id"]) for sale in sales}


READY = {"AWS_LAMBDA_INITIALIZATION_TYPE": "provisioned-concurrency"}


def test_an_execution_that_is_started_ahead_opens_its_connection_ahead(cloud: Cloud) -> None:
    cloud.function("ticket_purchase")
    assert cloud.calls == [], "a cold start must not wait for a call that its first request makes anyway"
    cloud.function("ticket_purchase", **READY)
    assert [(call.region, call.operation) for call in cloud.calls] == [(demands.PRIMARY, "Query")], (
        "the first buyer would wait for a connection"
    )


def test_an_execution_is_started_ahead_while_dynamodb_does_not_answer(cloud: Cloud) -> None:
    def fail(call: Call) -> None:
        raise refusal("ServiceUnavailable", status=503)

    cloud.before = fail
    function = cloud.function("ticket_purchase", **READY)
    cloud.before = lambda call: None
    cloud.event()
    assert cloud.ask(function, "POST /holds", {"event_id": "gala", "seats": ["A-1"]}).status == 201
