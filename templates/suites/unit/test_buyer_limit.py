"""The limit of seats per buyer: held and bought seats count together, whatever a buyer does at the same time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import demands
import pytest
from botocore.exceptions import ReadTimeoutError

from support.cloud import Answer, Call, Cloud, Function

HOME = demands.PRIMARY
LIMIT = 4
# Without sign-in, nobody knows a buyer's orders.
IDENTIFIED = "cognito" if demands.AUTH == "none" else demands.AUTH


def seats(first: int, last: int) -> list[str]:
    return [f"A-{number}" for number in range(first, last + 1)]


class Shop:
    """A limited event, and the function that sells it."""

    def __init__(self, cloud: Cloud, **event: Any) -> None:
        cloud.event(**{"seats_per_buyer": LIMIT, **event})
        self.cloud = cloud
        self.function: Function
        self.restarted()

    def restarted(self, **environment: str) -> Shop:
        """Start the function again, with another environment."""
        settings = {"AUTH": IDENTIFIED, "SEATS_PER_ORDER": "32", **environment}
        self.function = self.cloud.function("ticket_purchase", **settings)
        return self

    def hold(self, first: int, last: int, key: str = "", **more: Any) -> Answer:
        body = {"event_id": "gala", "seats": seats(first, last)}
        return self.cloud.ask(self.function, "POST /holds", body, key=key, **more)

    def buy(self, first: int, last: int, key: str, hold: Answer | None = None, **more: Any) -> Answer:
        body = {"event_id": "gala", "seats": seats(first, last)}
        if hold is not None:
            body["hold_id"] = hold.body["hold_id"]
        return self.cloud.ask(self.function, "POST /tickets", body, key=key, **more)

    def release(self, hold: Answer) -> Answer:
        return self.cloud.ask(
            self.function, "DELETE /holds/{id}", pathParameters={"id": hold.body["hold_id"]}
        )

    def item(self, buyer: str = "alice") -> dict[str, Any]:
        """The item that counts a buyer's seats."""
        (found,) = (
            item
            for item in self.cloud.items("distributed_locks")
            if item["lock_key"].startswith("buyer#gala#") and item["lock_key"].endswith(buyer)
        )
        return found


@pytest.fixture
def shop(cloud: Cloud) -> Shop:
    return Shop(cloud)


def assert_over(answer: Answer, left: int) -> None:
    assert (answer.status, answer.body.get("reason")) == (409, "buyer-limit"), answer
    assert (answer.body["limit"], answer.body["left"]) == (LIMIT, left), answer


def meanwhile(cloud: Cloud, work: Callable[[], Any]) -> None:
    """Do something once, after the next transaction was built and before it is made."""
    done: list[Any] = []

    def before(call: Call) -> None:
        if call.operation == "TransactWriteItems" and not done:
            done.append("begun")
            work()

    cloud.before = before


def test_held_and_bought_seats_count_together(shop: Shop) -> None:
    assert shop.buy(1, 2, "key-00001").status == 201
    assert shop.hold(3, 3).status == 201
    assert_over(shop.hold(4, 5), left=1)
    assert_over(shop.buy(4, 5, "key-00002"), left=1)
    assert shop.buy(4, 4, "key-00003").status == 201
    assert_over(shop.hold(5, 5), left=0)
    assert (shop.item()["bought"], [hold[0] for hold in shop.item()["held"].values()]) == (3, [1])


def test_another_buyer_and_another_event_count_apart(shop: Shop) -> None:
    shop.cloud.event(event_id="ball", seats_per_buyer=LIMIT)
    assert shop.buy(1, 4, "key-00001").status == 201
    assert shop.buy(5, 8, "key-00001", buyer="bob").status == 201
    body = {"event_id": "ball", "seats": seats(1, 4)}
    assert shop.cloud.ask(shop.function, "POST /tickets", body, key="key-00002").status == 201


def test_held_seats_are_bought_although_the_limit_is_reached(shop: Shop) -> None:
    held = shop.hold(1, 4)
    assert shop.buy(1, 4, "key-00001", held).status == 201
    assert (shop.item()["bought"], shop.item()["held"]) == (4, {})


def test_a_released_hold_counts_no_more(shop: Shop) -> None:
    held = shop.hold(1, 4)
    assert_over(shop.hold(5, 5), left=0)
    assert shop.release(held).status == 204
    assert shop.hold(5, 8).status == 201


def test_an_expired_hold_counts_no_more_and_cannot_be_bought(shop: Shop) -> None:
    held = shop.restarted(HOLD_SECONDS="-10").hold(1, 4)
    refused = shop.buy(1, 4, "key-00001", held)
    assert (refused.status, refused.body["reason"]) == (409, "hold-ended")
    assert shop.restarted().hold(5, 8).status == 201
    assert_over(shop.buy(1, 4, "key-00002", held), left=0)


def test_a_repeated_request_is_counted_once(shop: Shop) -> None:
    first = shop.hold(1, 4, key="hold-key-0000001")
    assert shop.hold(1, 4, key="hold-key-0000001") == first
    bought = shop.buy(1, 4, "key-00001", first)
    assert shop.buy(1, 4, "key-00001", first) == bought
    assert shop.item()["bought"] == 4


def test_a_purchase_without_an_answer_is_counted_once(shop: Shop) -> None:
    lost: list[Call] = []

    def after(call: Call) -> None:
        if call.operation == "TransactWriteItems" and not lost:
            lost.append(call)
            raise ReadTimeoutError(endpoint_url="https://dynamodb")

    shop.cloud.after = after
    assert shop.buy(1, 3, "key-00001").status == 201
    assert lost
    assert shop.item()["bought"] == 3


@pytest.mark.parametrize("held", [False, True], ids=["two purchases", "a hold before a purchase"])
def test_two_orders_at_once_do_not_both_pass(shop: Shop, held: bool) -> None:
    """Each alone would be allowed: the second one is built before the first one is made."""
    first: list[Answer] = []
    meanwhile(
        shop.cloud,
        lambda: first.append(shop.hold(1, 3) if held else shop.buy(1, 3, "key-00001")),
    )
    assert_over(shop.buy(4, 6, "key-00002"), left=1)
    assert first[0].status == 201


def test_two_orders_at_once_that_fit_are_both_made(shop: Shop) -> None:
    meanwhile(shop.cloud, lambda: shop.buy(1, 2, "key-00001"))
    assert shop.buy(3, 4, "key-00002").status == 201
    assert shop.item()["bought"] == 4


def test_a_hold_released_at_once_with_a_purchase_is_subtracted_once(shop: Shop) -> None:
    held = shop.hold(1, 2)
    meanwhile(shop.cloud, lambda: shop.buy(3, 3, "key-00001"))
    assert shop.release(held).status == 204
    assert (shop.item()["bought"], shop.item()["held"]) == (1, {})


def test_a_hold_that_a_faster_clock_left_out_has_to_fit_in_again(shop: Shop) -> None:
    """It ended by one clock, whose order took its place, and by another clock it could still be bought."""
    held = shop.restarted(HOLD_SECONDS="1").hold(1, 4)
    wall = time.time

    def order() -> None:
        with patch("time.time", lambda: wall() + 4):  # the lease of what is known about the event is 5 s
            assert shop.restarted().hold(5, 8).status == 201

    meanwhile(shop.cloud, order)
    assert_over(shop.buy(1, 4, "key-00001", held), left=0)
    assert shop.cloud.items("ticket_sales") == []


def test_a_refusal_is_final(shop: Shop) -> None:
    """The same key is refused even after the buyer's seats are released, unless it is asked again."""
    held = shop.hold(1, 4)
    assert_over(shop.buy(5, 5, "key-00001"), left=0)
    record = [item for item in shop.cloud.items("distributed_locks") if item["lock_key"].startswith("idem#")]
    assert record == [] or "refused" in record[0]
    assert shop.release(held).status == 204
    assert shop.buy(5, 5, "key-00002").status == 201


def test_holds_end_with_a_move_and_bought_seats_do_not(shop: Shop) -> None:
    assert shop.buy(1, 1, "key-00001").status == 201
    assert shop.hold(2, 4).status == 201
    shop.cloud.event(seats_per_buyer=LIMIT, epoch=2)
    assert_over(shop.restarted().hold(5, 8), left=3)
    assert shop.hold(5, 7).status == 201


def test_an_item_is_deleted_only_when_it_counts_nothing(shop: Shop) -> None:
    held = shop.hold(1, 2)
    assert shop.item()["expiry_time"] > held.body["expires_at"] + 60
    assert shop.buy(3, 3, "key-00001").status == 201
    closes = shop.cloud.items("events")[-1].get("closes_at", 0)
    assert shop.item()["expiry_time"] >= closes + 300 * 86_400, "a sale may be extended"


def test_every_write_has_another_version(shop: Shop) -> None:
    """DynamoDB's TTL deletes items: a number that begins again would let a late call of before match."""
    versions = set()
    for number in range(1, 4):
        shop.buy(number, number, f"key-0000{number}")
        versions.add(shop.item()["version"])
    assert len(versions) == 3
    assert all(isinstance(version, str) and len(version) >= 16 for version in versions)


def test_without_a_limit_nothing_is_counted(cloud: Cloud) -> None:
    cloud.event()
    function = cloud.function("ticket_purchase", AUTH=IDENTIFIED, SEATS_PER_ORDER="32")
    body = {"event_id": "gala", "seats": seats(1, 32)}
    assert cloud.ask(function, "POST /tickets", body, key="key-00001").status == 201
    assert not any(item["lock_key"].startswith("buyer#") for item in cloud.items("distributed_locks"))


def test_the_largest_order_of_a_limited_event_is_one_transaction(cloud: Cloud) -> None:
    shop = Shop(cloud, seats_per_buyer=32)
    held = shop.hold(1, 32)
    assert shop.buy(1, 32, "key-00001", held).status == 201
    sizes = [
        len(call.parameters["TransactItems"])
        for call in cloud.calls
        if call.operation == "TransactWriteItems"
    ]
    assert sizes == [66, 99], "DynamoDB takes 100"
