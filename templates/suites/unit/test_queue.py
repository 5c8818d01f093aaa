"""The queue of an event: places and tickets, and what holds and purchases make of them."""

from __future__ import annotations

import time
from typing import Any
from unittest.mock import patch

import demands
import pytest
from botocore.exceptions import ConnectTimeoutError

from support.cloud import Answer, Call, Cloud, Function, refusal

HOME = demands.PRIMARY
VALID = demands.TICKET_SECONDS or 0
IDENTIFIED = "cognito" if demands.AUTH == "none" else demands.AUTH
BODY = {"event_id": "gala", "seats": ["A-1"]}


class Shop:
    """An event with a queue, its functions and a clock."""

    def __init__(self, cloud: Cloud, auth: str = IDENTIFIED, **event: Any) -> None:
        self.cloud, self.auth = cloud, auth
        self.key("aaaaaaaa")
        self.opens = int(time.time()) - 60
        closes = self.opens + 2 * VALID + 3600
        sale = {"admitted_per_minute": 60, "opens_at": self.opens, "closes_at": closes}
        cloud.event("gala", *demands.REGIONS, **{**sale, **event})
        self.queue = self.started("admission_queue")
        self.seller = self.started("ticket_purchase")

    def started(self, name: str, region: str = HOME) -> Function:
        return self.cloud.function(name, region, AUTH=self.auth)

    def key(self, key_id: str, signs_from: int = 1) -> None:
        item = {"event_id": "control#admission", "item": f"key#{key_id}", "secret": key_id * 8}
        self.cloud.put(
            "events", {**item, "signs_from": signs_from, "created_at": signs_from * 1000}, *demands.REGIONS
        )

    def ask(self, ticket: str | None = None, queue: Function | None = None, **more: Any) -> Answer:
        body = {"event_id": "gala"} if ticket is None else {"event_id": "gala", "queue_ticket": ticket}
        return self.cloud.ask(queue or self.queue, "POST /queue", body, **more)

    def place(self, **more: Any) -> str:
        """The ticket of a buyer whose turn it is."""
        answer = self.ask(**more)
        assert answer.status == 202, answer
        if answer.body["ask_in"]:
            self.wait_for(answer)
        return str(answer.body["queue_ticket"])

    def wait_for(self, answer: Answer) -> None:
        """Let the time pass until a ticket is admitted."""
        self.sleep(answer.body["admits_at"] - time.time() + 0.01)

    def sleep(self, seconds: float) -> None:
        """Move the clock on, and start the functions anew."""
        wall = time.time
        patch("time.time", lambda: wall() + seconds).start()
        self.queue, self.seller = self.started("admission_queue"), self.started("ticket_purchase")

    def hold(self, ticket: str | None, key: str = "", seat: str = "A-1", **more: Any) -> Answer:
        body: dict[str, Any] = {"event_id": "gala", "seats": [seat]}
        if ticket is not None:
            body["queue_ticket"] = ticket
        return self.cloud.ask(more.pop("seller", self.seller), "POST /holds", body, key=key, **more)

    def buy(
        self, ticket: str | None, key: str = "key-00001", hold: Answer | None = None, **more: Any
    ) -> Answer:
        body: dict[str, Any] = dict(BODY)
        if ticket is not None:
            body["queue_ticket"] = ticket
        if hold is not None:
            body["hold_id"] = hold.body["hold_id"]
        return self.cloud.ask(more.pop("seller", self.seller), "POST /tickets", body, key=key, **more)


@pytest.fixture(autouse=True)
def clock() -> Any:
    yield
    patch.stopall()


@pytest.fixture
def shop(cloud: Cloud) -> Shop:
    return Shop(cloud)


def assert_refused(answer: Answer, status: int, reason: str = "queue") -> None:
    assert (answer.status, answer.body.get("reason")) == (status, reason), answer


def test_a_buyer_queues_holds_and_buys(shop: Shop) -> None:
    ticket = shop.place()
    assert len(ticket) <= 128, "API Gateway refuses longer ones"
    held = shop.hold(ticket)
    assert held.status == 201
    assert shop.buy(None, hold=held).status == 201, "whoever holds seats was admitted"


def test_a_purchase_without_a_hold_needs_a_ticket(shop: Shop) -> None:
    assert_refused(shop.buy(None), 429)
    assert shop.buy(shop.place()).status == 201


@pytest.mark.parametrize(
    "ticket", [None, "", "1", "1.aaaaaaaa.p.1000000000000000.AAAAAAAAAAAAAAAAAAAAAA", 7, ["x"], {"a": 1}]
)
def test_without_a_ticket_nothing_is_sold_and_nothing_is_called(shop: Shop, ticket: Any) -> None:
    shop.hold(None)  # reads the event and the keys
    shop.cloud.calls.clear()
    assert_refused(shop.hold(ticket, key="k" * 32), 429)
    answer = shop.buy(ticket)
    assert_refused(answer, 429)
    assert answer.body["queue"] == "POST /queue"
    assert shop.cloud.calls == []


def test_a_ticket_of_another_buyer_or_event_is_none(shop: Shop) -> None:
    ticket = shop.place()
    assert_refused(shop.hold(ticket, buyer="bob"), 429)
    shop.cloud.event("ball", admitted_per_minute=60)
    body = {"event_id": "ball", "seats": ["A-1"], "queue_ticket": ticket}
    assert_refused(shop.cloud.ask(shop.seller, "POST /holds", body), 429)
    assert_refused(shop.ask(ticket, buyer="bob"), 400, "bad-ticket")


def test_an_early_ticket_waits(shop: Shop) -> None:
    waiting = [shop.ask(buyer=f"buyer-{number}") for number in range(20)]
    last = max(waiting, key=lambda answer: answer.body["admits_at"])
    assert last.body["state"] == "waiting"
    assert last.headers["Retry-After"] == str(last.body["ask_in"])
    buyer = f"buyer-{waiting.index(last)}"
    answer = shop.hold(last.body["queue_ticket"], buyer=buyer)
    assert_refused(answer, 429)
    assert 0 < int(answer.headers["Retry-After"]) <= last.body["ask_in"]
    shop.wait_for(last)
    assert (
        shop.hold(last.body["queue_ticket"], buyer=buyer, seller=shop.started("ticket_purchase")).status
        == 201
    )


def test_an_expired_ticket_is_refused_and_another_one_is_given(shop: Shop) -> None:
    ticket = shop.place()
    shop.sleep(VALID + 1)
    assert shop.hold(ticket, seat="A-2").status == 201, "a slower clock told the end"
    shop.sleep(4)
    assert_refused(shop.hold(ticket), 403)
    assert_refused(shop.buy(ticket), 403)
    again = shop.ask(ticket)
    assert (again.status, again.body["queue_ticket"] != ticket) == (202, True)
    assert shop.ask().body["queue_ticket"] == again.body["queue_ticket"]


def test_a_repeated_hold_is_the_same_after_the_ticket_has_expired(cloud: Cloud) -> None:
    shop = Shop(cloud, auth=IDENTIFIED)
    ticket, key = shop.place(), "k" * 36
    held = cloud.ask(
        cloud.function("ticket_purchase", AUTH=IDENTIFIED, HOLD_SECONDS=str(VALID + 3600)),
        "POST /holds",
        {**BODY, "queue_ticket": ticket},
        key=key,
    )
    shop.sleep(VALID + 10)
    assert shop.hold(ticket, key=key) == held


def test_a_repeated_purchase_gets_its_receipt_after_the_ticket_has_expired(shop: Shop) -> None:
    ticket = shop.place()
    bought = shop.buy(ticket)
    assert bought.status == 201
    shop.sleep(VALID + 10)
    assert shop.buy(ticket) == bought
    assert_refused(shop.buy(ticket, "key-00002"), 403)
    assert_refused(shop.buy(None), 429)  # which says nothing about the first one


def test_a_refusal_for_an_expired_ticket_is_final(shop: Shop) -> None:
    """An earlier attempt that was given up must not sell after its buyer was told 403."""
    ticket = shop.place()
    shop.sleep(VALID + 10)
    assert_refused(shop.buy(ticket), 403)
    (record,) = (
        item for item in shop.cloud.items("distributed_locks") if item["lock_key"].startswith("idem#")
    )
    assert "refused" in record


def test_a_buyer_has_one_place_and_no_call_is_needed_to_keep_it(shop: Shop) -> None:
    first = shop.ask().body
    assert [shop.ask().body["admits_at"] for _ in range(3)] == [first["admits_at"]] * 3
    shop.cloud.calls.clear()
    assert shop.ask(first["queue_ticket"]).body["admits_at"] == first["admits_at"]
    assert shop.cloud.calls == []
    assert shop.ask(buyer="bob").body["queue_ticket"] != first["queue_ticket"]


def test_without_sign_in_the_ticket_is_the_identity(cloud: Cloud) -> None:
    shop = Shop(cloud, "none")
    first = shop.ask().body
    assert shop.ask(first["queue_ticket"]).body["queue_ticket"] == first["queue_ticket"]
    assert shop.ask().body["queue_ticket"] != first["queue_ticket"]
    shop.sleep(first["ask_in"])
    assert shop.hold(first["queue_ticket"], key="k" * 36).status == 201


def test_before_the_opening_a_number_is_drawn_and_decided_at_the_opening(cloud: Cloud) -> None:
    shop = Shop(cloud, opens_at=int(time.time()) + 100, admitted_per_minute=6_000)
    drawn = shop.ask()
    assert (drawn.status, drawn.body["state"], drawn.body["admits_at"]) == (202, "drawn", None)
    assert 99 <= drawn.body["ask_in"] <= 125
    assert shop.ask().body["queue_ticket"] == drawn.body["queue_ticket"]
    answer = shop.hold(drawn.body["queue_ticket"])
    assert_refused(answer, 429)
    assert int(answer.headers["Retry-After"]) >= 99
    shop.sleep(101)
    decided = shop.ask(drawn.body["queue_ticket"]).body
    assert decided["admits_at"] >= decided["opens_at"]
    assert shop.ask().body["admits_at"] == decided["admits_at"]
    shop.wait_for(shop.ask())
    assert shop.hold(decided["queue_ticket"]).status == 201


@pytest.mark.skipif(len(demands.REGIONS) < 2, reason="the stack has one Region")
def test_a_lost_region_leaves_its_tickets_valid(shop: Shop) -> None:
    other = next(region for region in demands.REGIONS if region != HOME)
    first = shop.ask()
    away = shop.started("admission_queue", other)
    lost = shop.cloud.before

    def silent(call: Call) -> None:
        if call.region == HOME:
            raise ConnectTimeoutError(endpoint_url="https://dynamodb")
        lost(call)

    shop.cloud.before = silent
    kept = shop.ask(first.body["queue_ticket"], away)
    assert kept.body["admits_at"] == first.body["admits_at"]
    assert shop.ask(queue=away, buyer="bob").status == 202
    shop.cloud.before = lost
    shop.wait_for(first)
    assert shop.hold(kept.body["queue_ticket"], seller=shop.started("ticket_purchase", other)).status == 201


def test_a_key_is_replaced_and_the_old_one_still_verifies(shop: Shop) -> None:
    ticket = shop.place()
    shop.key("bbbbbbbb", int(time.time()))
    queue, seller = shop.started("admission_queue"), shop.started("ticket_purchase")
    again = shop.ask(ticket, queue).body["queue_ticket"]
    assert (ticket.split(".")[1], again.split(".")[1]) == ("aaaaaaaa", "bbbbbbbb")
    assert shop.hold(ticket, seat="A-2", seller=seller).status == 201
    assert shop.hold(again, seat="A-3", seller=seller).status == 201
    shop.cloud.delete("events", event_id="control#admission", item="key#aaaaaaaa")
    seller = shop.started("ticket_purchase")
    assert_refused(shop.hold(ticket, seller=seller), 429)
    assert shop.hold(again, seat="A-4", seller=seller).status == 201


def test_without_a_key_nobody_is_admitted(shop: Shop) -> None:
    ticket = shop.place()
    shop.cloud.delete("events", event_id="control#admission", item="key#aaaaaaaa")
    shop.queue, shop.seller = shop.started("admission_queue"), shop.started("ticket_purchase")
    for answer in (shop.ask(), shop.hold(ticket), shop.buy(ticket)):
        assert_refused(answer, 503, "no-admission-key")
        assert answer.headers["Retry-After"]


@pytest.mark.parametrize("error", ["throttled", "silent"])
def test_a_queue_that_cannot_write_says_when_to_ask_again_and_sales_go_on(shop: Shop, error: str) -> None:
    ticket = shop.place()

    def fail(call: Call) -> None:
        if call.function == "admission_queue" and call.operation != "Query":
            if error == "throttled":
                raise refusal("ProvisionedThroughputExceededException")
            raise ConnectTimeoutError(endpoint_url="https://dynamodb")

    shop.cloud.before = fail
    answer = shop.ask(buyer="bob")
    assert_refused(answer, 503, "unavailable")
    assert 1 <= int(answer.headers["Retry-After"]) <= 5
    assert shop.ask(ticket).status == 202
    assert shop.hold(ticket).status == 201


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [
        ({"state": "draft"}, 409, "not-open"),
        ({"state": "closed"}, 409, "closed"),
        ({"closes_at": 1_700_000_001, "opens_at": 1_700_000_000}, 409, "closed"),
        ({"admitted_per_minute": 0}, 503, "malformed-event"),
    ],
)
def test_a_queue_is_open_while_the_event_is_on_sale(
    cloud: Cloud, changes: dict[str, Any], status: int, reason: str
) -> None:
    assert_refused(Shop(cloud, **changes).ask(), status, reason)


def test_an_event_without_a_queue_needs_no_ticket(shop: Shop) -> None:
    shop.cloud.event("ball")
    assert_refused(shop.cloud.ask(shop.queue, "POST /queue", {"event_id": "ball"}), 409, "no-queue")
    body = {"event_id": "ball", "seats": ["A-1"]}
    assert shop.cloud.ask(shop.seller, "POST /holds", body).status == 201
    assert_refused(shop.cloud.ask(shop.queue, "POST /queue", {"event_id": "none"}), 404, "no-such-event")
    assert_refused(shop.cloud.ask(shop.queue, "POST /queue", "[]"), 400, "not-an-object")


def test_a_refused_ticket_does_not_hide_that_the_sale_is_closed(cloud: Cloud) -> None:
    shop = Shop(cloud, state="closed")
    assert_refused(shop.buy(None), 409, "closed")
