"""The purchase function, run out of the HCL: one seat is sold once, whatever buyers, networks and clocks do."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
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
# Without sign-in, a buyer is whoever holds the seats: every order begins with a hold.
IDENTIFIED = "cognito" if demands.AUTH == "none" else demands.AUTH


def seller(cloud: Cloud, region: str = HOME, **environment: str) -> Function:
    return cloud.function(
        "ticket_purchase", region, **{"AUTH": IDENTIFIED, "SEATS_PER_ORDER": "33", **environment}
    )


def buy(cloud: Cloud, function: Function, body: Any = ORDER, key: str = "key-00001", **more: Any) -> Answer:
    return cloud.ask(function, "POST /tickets", body, key=key, **more)


def hold(cloud: Cloud, function: Function, body: Any = ORDER, **more: Any) -> Answer:
    return cloud.ask(function, "POST /holds", body, **more)


def locks(cloud: Cloud, region: str = HOME) -> list[str]:
    found = [item["lock_key"] for item in cloud.items("distributed_locks", region)]
    return [key for key in found if not key.startswith("idem#")]


def fail_transactions(cloud: Cloud, error: Exception, times: int = 10**9) -> None:
    left = [times]

    def fail(call: Call) -> None:
        if call.operation == "TransactWriteItems" and left[0] > 0:
            left[0] -= 1
            raise error

    cloud.before = fail


# --- what a sale writes -------------------------------------------------------------------------------------------


def test_a_purchase_writes_a_ledger_entry_and_an_inventory_item_a_seat(cloud: Cloud) -> None:
    cloud.event()
    answer = buy(cloud, seller(cloud))
    assert answer.status == 201
    sales, seats = cloud.items("ticket_sales"), cloud.items("ticket_inventory")
    told = {"order_id", "event_id", "seats", "total", "currency", "sold_at"}
    assert answer.body.keys() == told, "it is the buyer's receipt"
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


def test_the_price_is_the_events_and_not_the_buyers(cloud: Cloud) -> None:
    cloud.event()
    answer = buy(cloud, seller(cloud), {"event_id": "gala", "seats": ["A-50", "B-1"], "price": 1, "total": 1})
    assert answer.body["total"] == 14000
    assert answer.body["currency"] == "USD"
    assert [seat["price"] for seat in answer.body["seats"]] == [10000, 4000]
    assert {sale["seat_id"]: sale["price"] for sale in cloud.items("ticket_sales")} == {
        "A-50": 10000,
        "B-1": 4000,
    }


def test_seat_and_sale_lie_on_one_shard_of_the_event(cloud: Cloud) -> None:
    cloud.event(shards=7)
    buy(cloud, seller(cloud), {"event_id": "gala", "seats": [f"A-{n}" for n in range(1, 31)]})
    shards = {item["seat_id"]: item["event_shard"] for item in cloud.items("ticket_inventory")}
    assert shards == {item["seat_id"]: item["event_shard"] for item in cloud.items("ticket_sales")}
    assert set(shards.values()) == {
        f"gala#{number}" for number in range(7)
    }  # spread, or one key takes it all


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
    assert len(orders[0]) >= 13 + 16  # 64 random bits, or two Regions mint the same id


@far_away
def test_a_far_region_sells_in_the_home_region(cloud: Cloud) -> None:
    cloud.event("gala", HOME, FAR)
    assert buy(cloud, seller(cloud, FAR)).status == 201
    assert len(cloud.items("ticket_sales", HOME)) == len(SEATS)
    assert cloud.items("ticket_sales", FAR) == []
    assert cloud.items("distributed_locks", FAR) == []


def test_all_seats_or_none(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud)
    assert buy(cloud, function, {"event_id": "gala", "seats": ["A-2"]}).status == 201
    refused = buy(
        cloud, function, {"event_id": "gala", "seats": ["A-1", "A-2", "A-3"]}, key="key-00002", buyer="bob"
    )
    assert (refused.status, refused.body["reason"], refused.body["seats"]) == (409, "sold", ["A-2"])
    assert len(cloud.items("ticket_sales")) == 1
    assert len(cloud.items("ticket_inventory")) == 1
    assert len(cloud.items("distributed_locks")) == 1  # the record of the sale


def test_the_largest_order_is_one_transaction(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud)
    seats = [f"A-{number}" for number in range(1, 34)]
    assert buy(cloud, function, {"event_id": "gala", "seats": seats}).status == 201
    (bought,) = (call for call in cloud.calls if call.operation == "TransactWriteItems")
    assert len(bought.parameters["TransactItems"]) == 100


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


def test_a_sale_says_how_long_it_took(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
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


def test_a_hold_stops_others_and_not_its_holder(cloud: Cloud) -> None:
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
    assert locks(cloud) == []  # the hold and its locks went with the sale


def test_the_holder_is_the_buyer_and_the_hold(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud)
    hold(cloud, function)
    assert buy(cloud, function).body["reason"] == "held"  # the same buyer, on another device
    assert hold(cloud, function).body["reason"] == "held"


def test_who_is_held_off_is_told_by_which_seats(cloud: Cloud) -> None:
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


def test_a_hold_is_for_the_seats_it_was_taken_for(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud)
    held = hold(cloud, function, {"event_id": "gala", "seats": ["A-1", "A-2"]})
    order = {"event_id": "gala", "seats": ["A-1"], "hold_id": held.body["hold_id"]}
    assert buy(cloud, function, order).body["reason"] == "hold-ended"


def test_a_hold_of_another_buyer_buys_nothing(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud)
    order = {**ORDER, "hold_id": hold(cloud, function).body["hold_id"]}
    answer = buy(cloud, function, order, buyer="mallory")
    assert answer.status == 409
    assert cloud.items("ticket_sales") == []


def test_a_hold_ends_by_its_own_time_whether_or_not_ttl_has_swept(cloud: Cloud) -> None:
    cloud.event()
    past = hold(cloud, seller(cloud, HOLD_SECONDS="-10"))
    function = seller(cloud)
    assert len(locks(cloud)) == len(SEATS) + 1  # nothing has removed them
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
    event = cloud.event()
    held = hold(cloud, seller(cloud))
    cloud.put("events", {**event, "epoch": 2})
    order = {**ORDER, "hold_id": held.body["hold_id"]}
    assert buy(cloud, seller(cloud), order).body["reason"] == "hold-ended"
    # The locks of an older epoch bind nobody.
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
    [None, "", "gala", "gala." + "0" * 31, "nope." + "0" * 32],
    ids=["none", "empty", "cut", "short", "no event"],
)
def test_what_is_no_hold_is_not_released(cloud: Cloud, hold_id: str | None) -> None:
    cloud.event()
    path: Any = {"pathParameters": None if hold_id is None else {"id": hold_id}}
    answer = cloud.ask(seller(cloud), "DELETE /holds/{id}", **path)
    assert (answer.status, answer.body["reason"]) == (404, "no-such-hold")


def test_a_hold_that_is_bought_while_it_is_released_stays_bought(cloud: Cloud) -> None:
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


def test_a_holds_id_leads_home_and_cannot_be_guessed(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud)
    ids = [hold(cloud, function, {"event_id": "gala", "seats": [f"A-{n}"]}).body["hold_id"] for n in (1, 2)]
    assert all(hold_id.startswith("gala.") and len(hold_id) == len("gala.") + 32 for hold_id in ids)
    assert ids[0] != ids[1]


# --- retries ------------------------------------------------------------------------------------------------------


def test_the_same_key_is_the_same_sale_and_answer(cloud: Cloud) -> None:
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


def test_a_lost_answer_is_the_same_sale_on_retry(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud)

    def lose(call: Call) -> None:
        if call.operation == "TransactWriteItems":
            cloud.after = lambda call: None
            raise ReadTimeoutError(endpoint_url="https://dynamodb")

    cloud.after = lose
    answer = buy(cloud, function)  # its own second attempt finds what the first has done
    assert answer.status == 201
    assert len(cloud.items("ticket_sales")) == len(SEATS)
    tokens = {
        call.parameters["ClientRequestToken"]
        for call in cloud.calls
        if call.operation == "TransactWriteItems"
    }
    assert len(tokens) == 1


def test_a_hold_whose_answer_was_lost_is_that_hold_when_the_event_is_read_again(cloud: Cloud) -> None:
    """After the lease it is another transaction: it finds the locks of the first, and they are its own."""
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


def test_a_home_that_does_not_answer_is_503_and_sells_later(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud)
    function.module.BUDGET_SECONDS = 0.05
    fail_transactions(cloud, ReadTimeoutError(endpoint_url="https://dynamodb"))
    answer = buy(cloud, function)
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0
    cloud.before = lambda call: None
    assert buy(cloud, function).status == 201


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "ProvisionedThroughputExceededException", "InternalServerError"]
)
def test_what_a_moment_mends_is_503_and_tried_again(cloud: Cloud, code: str) -> None:
    cloud.event()
    function = seller(cloud)
    fail_transactions(cloud, refusal(code), times=2)
    assert buy(cloud, function).status == 201
    function.module.BUDGET_SECONDS = 0.05
    fail_transactions(cloud, refusal(code))
    assert buy(cloud, function, {"event_id": "gala", "seats": ["A-9"]}, key="key-00002").status == 503


def test_conflicts_are_tried_again_and_end_in_409(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud)
    conflict = refusal("TransactionCanceledException", "TransactionConflict", "None")
    fail_transactions(cloud, conflict, times=3)
    assert buy(cloud, function).status == 201
    function.module.BUDGET_SECONDS = 0.05
    fail_transactions(cloud, conflict)
    answer = buy(cloud, function, {"event_id": "gala", "seats": ["A-9"]}, key="key-00002")
    assert (answer.status, answer.body["reason"]) == (409, "busy")


def test_a_crowd_does_not_try_again_at_once_nor_all_together(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud)
    pauses: list[float] = []
    fail_transactions(cloud, refusal("TransactionCanceledException", "TransactionConflict"), times=6)
    with patch("time.sleep", pauses.append):
        assert buy(cloud, function).status == 201
    assert len(pauses) == 6
    assert len(set(pauses)) == 6, "buyers who collided once would collide for ever"
    assert all(0 <= pause < 1 for pause in pauses), "a buyer waits"


def test_who_never_knows_the_event_well_enough_is_told_to_come_again(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud, LEASE_SECONDS="0")  # a Region whose every reading takes longer than the lease
    function.module.BUDGET_SECONDS = 0.05
    assert buy(cloud, function).status == 503
    assert cloud.items("ticket_sales") == []


def test_a_bug_is_seen_as_one(cloud: Cloud) -> None:
    cloud.event()
    fail_transactions(cloud, refusal("ValidationException"))
    with pytest.raises(Exception, match="ValidationException"):
        buy(cloud, seller(cloud))


@far_away
def test_a_retry_after_a_move_is_told_of_the_sale_by_the_ledger(cloud: Cloud) -> None:
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
def test_a_retry_whose_sale_is_still_on_the_way_is_told_to_come_again(cloud: Cloud) -> None:
    """The inventory of a lost home has arrived, its ledger has not: a refusal would be for ever."""
    event = cloud.event()
    buy(cloud, seller(cloud))
    cloud.replicate("ticket_inventory", HOME, FAR)
    cloud.put("events", {**event, "home_region": FAR, "epoch": 2}, HOME, FAR)
    assert buy(cloud, seller(cloud, FAR)).status == 503


@pytest.mark.parametrize("record", ["gone", "expired"])
def test_long_after_the_sale_a_retry_is_told_by_the_ledger(cloud: Cloud, record: str) -> None:
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
    "change", [{"state": "closed"}, {"closes_at": 1}, {"sections": []}], ids=["closed", "over", "rebuilt"]
)
def test_a_retry_after_the_sale_has_ended_is_told_of_the_sale(cloud: Cloud, change: dict[str, Any]) -> None:
    event = cloud.event()
    first = buy(cloud, seller(cloud))
    cloud.put("events", {**event, **change})
    assert buy(cloud, seller(cloud)) == first
    assert buy(cloud, seller(cloud), buyer="bob").status in (400, 409)


@far_away
def test_no_transaction_starts_on_knowledge_older_than_the_lease(cloud: Cloud) -> None:
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
    ids=["at once", "within", "at the end", "after a freeze", "clock stood still", "clock was set back"],
)
def test_knowledge_is_as_old_as_the_more_pessimistic_clock_says(
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
def test_the_sale_begins_with_its_first_second_and_ends_before_its_last(
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
    reads = [
        call
        for call in cloud.calls
        if call.operation == "GetItem" and call.parameters["Key"] == {"event_id": {"S": "gala"}}
    ]
    assert len(reads) == 1
    assert reads[0].parameters["ConsistentRead"] is True


def test_made_up_events_do_not_fill_the_memory(cloud: Cloud) -> None:
    function = seller(cloud)
    for number in range(1010):
        assert buy(cloud, function, {"event_id": f"no-{number}", "seats": ["A-1"]}).status == 404
    assert len(function.module.EVENTS._known) <= 1001


def test_a_call_answers_or_is_given_up_within_two_seconds(cloud: Cloud) -> None:
    cloud.event()
    buy(cloud, seller(cloud))
    writer = cloud.clients[-1]
    assert writer.config.connect_timeout + writer.config.read_timeout <= 2
    assert writer.config.retries["total_max_attempts"] == 1  # botocore would repeat a call on old knowledge


# --- who may buy what, and when -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "status", "reason"),
    [
        ({"state": "moving"}, 503, "moving"),
        ({"state": "closed"}, 409, "closed"),
        ({"closes_at": 10}, 409, "closed"),
        ({"opens_at": 10**11, "closes_at": 10**12}, 409, "not-open"),
    ],
    ids=["moving", "closed", "over", "early"],
)
def test_an_event_that_is_not_on_sale_sells_nothing(
    cloud: Cloud, change: dict[str, Any], status: int, reason: str
) -> None:
    cloud.event(**change)
    function = seller(cloud)
    for answer in (buy(cloud, function), hold(cloud, function)):
        assert (answer.status, answer.body["reason"]) == (status, reason)
        assert ("Retry-After" in answer.headers) == (status == 503)
    assert cloud.items("ticket_sales") == []
    assert cloud.items("distributed_locks") == []


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
        "nothing", "cut off", "deep", "a list", "endless", "no event", "event is a number", "control item", "newline",
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


def test_who_asks_for_seats_that_do_not_exist_is_told_which(cloud: Cloud) -> None:
    cloud.event()
    answer = buy(
        cloud, seller(cloud), {"event_id": "gala", "seats": ["A-1", "A-51"][-demands.SEATS_PER_ORDER :]}
    )
    assert answer.body["seats"] == ["A-51"]


def test_a_body_in_base64_is_read_like_any_other(cloud: Cloud) -> None:
    """API Gateway sends it so where a media type is declared binary."""
    cloud.event()
    function = seller(cloud)
    encoded = base64.b64encode(json.dumps(ORDER).encode()).decode()
    assert buy(cloud, function, encoded, isBase64Encoded=True).status == 201
    for body in ("!" + encoded, base64.b64encode(b"\xff").decode()):
        refused = buy(cloud, function, body, isBase64Encoded=True)
        assert (refused.status, refused.body["reason"]) == (400, "not-json")


@pytest.mark.parametrize(
    "key", ["", "short", "x" * 129, "key with space"], ids=["none", "short", "endless", "space"]
)
def test_a_purchase_needs_a_key(cloud: Cloud, key: str) -> None:
    cloud.event()
    answer = buy(cloud, seller(cloud), key=key)
    assert (answer.status, answer.body["reason"]) == (400, "bad-key")
    assert cloud.items("ticket_sales") == []


def test_a_caller_without_identity_buys_nothing(cloud: Cloud) -> None:
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
def test_the_buyer_is_who_was_authenticated(cloud: Cloud, auth: str, context: Any, buyer: str) -> None:
    cloud.event()
    assert (
        buy(cloud, seller(cloud, AUTH=auth), {**ORDER, "buyer": "mallory"}, requestContext=context).status
        == 201
    )
    assert {sale["buyer"] for sale in cloud.items("ticket_sales")} == {buyer}


def test_without_sign_in_the_hold_is_the_buyer_and_stays_a_secret(cloud: Cloud) -> None:
    cloud.event()
    function = seller(cloud, AUTH="none")
    assert buy(cloud, function).body["reason"] == "no-hold"
    order = {**ORDER, "hold_id": hold(cloud, function).body["hold_id"]}
    first = buy(cloud, function, order)
    assert first.status == 201
    assert buy(cloud, function, order) == first  # the hold is gone, the buyer is the same
    other = {"event_id": "gala", "seats": ["A-9"]}
    other["hold_id"] = hold(cloud, function, other).body["hold_id"]
    assert buy(cloud, function, other).status == 201  # the same key, and somebody else's
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
        told = [sale_id for sold in pool.map(race, range(6)) for sale_id in sold]
    sales = cloud.items("ticket_sales")
    assert sales
    assert sorted(told) == sorted(sale["sale_id"] for sale in sales)
    assert max(Counter(sale["seat_id"] for sale in sales).values()) == 1
    seats = {(item["seat_id"], item["sale_id"]) for item in cloud.items("ticket_inventory")}
    assert seats == {(sale["seat_id"], sale["sale_id"]) for sale in sales}
