"""A buyer on the seat page of an event with a queue, in a real browser."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from chromium import Chromium
from shop import Answer
from small_event import refusal
from small_shop import Shop, hold, open_section

pytestmark = pytest.mark.browser


@pytest.fixture
def shop(browser: Chromium, tmp_path: Path) -> Iterator[Shop]:
    """A shop with a small event."""
    with Shop.running(browser, tmp_path) as shop:
        yield shop


def tickets(shop: Shop, path: str = "/live/holds") -> list[str | None]:
    """The tickets of the requests of a kind."""
    return [json.loads(each.body).get("queue_ticket") for each in shop.api.sent("POST", path)]


def line(shop: Shop, *states: str, ask_in: int = 1) -> None:
    """Give those who come a new ticket, which goes through the states and is admitted at the end."""
    numbers = count(1)
    stands: dict[str, Iterator[str]] = {}

    def queue(given: str) -> Answer:
        ticket = given or f"ticket-{next(numbers)}"
        state = next(stands.setdefault(ticket, iter(states)), "admitted")
        if state != "drawn":
            shop.event.admitted.add(ticket)
        return shop.event.place(ticket, state, 0 if state == "admitted" else ask_in)

    shop.event.queue = queue


def test_a_visitor_takes_a_place_and_holds_when_it_is_time(shop: Shop) -> None:
    line(shop, "drawn", "waiting", ask_in=3)
    visitor = shop.chooser("103", queue="true")
    visitor.sees("You are in the draw for places in the queue.")
    assert visitor.has("button", "Hold 1 seat")["disabled"]
    visitor.sees("You are in the queue. It is your turn at ")
    assert visitor.has("button", "Hold 1 seat")["disabled"]
    visitor.sees("It is your turn until ")
    assert visitor.evaluate("document.title") == "Your turn: Gala"
    assert tickets(shop, "/live/queue") == [None, "ticket-1"], "nobody has to ask again before the turn"
    hold(visitor)
    visitor.sees("The seats are held for you")
    assert tickets(shop) == ["ticket-1"]
    assert visitor.troubles() == []


def test_a_reload_and_a_second_tab_keep_the_place(shop: Shop) -> None:
    line(shop, "waiting", "waiting", "waiting", ask_in=60)
    visitor = shop.visitor(queue="true")
    visitor.sees("You are in the queue.")
    visitor.reload()
    visitor.sees("You are in the queue.")
    visitor.evaluate("open(location.href) !== null")
    deadline = time.monotonic() + 40
    while len(tickets(shop, "/live/queue")) < 3 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert tickets(shop, "/live/queue") == [None, "ticket-1", "ticket-1"]


def test_a_page_that_knows_of_no_queue_is_sent_to_it(shop: Shop) -> None:
    line(shop, "waiting", ask_in=2)
    visitor = shop.chooser("103")
    hold(visitor)
    visitor.sees("We will ask for your seats as soon as it is your turn.")
    visitor.sees("The seats are held for you")
    assert tickets(shop) == [None, "ticket-1"]
    assert len({each.key for each in shop.api.sent("POST", "/live/holds")}) == 1


def test_a_ticket_that_has_expired_is_replaced_and_the_request_keeps_its_key(shop: Shop) -> None:
    line(shop)
    visitor = shop.chooser("103", queue="true")
    visitor.sees("It is your turn until ")
    shop.api.then("POST", "/live/holds", refusal(403, "queue"))
    hold(visitor)
    visitor.sees("The seats are held for you")
    assert tickets(shop) == ["ticket-1", "ticket-2"]
    assert len({each.key for each in shop.api.sent("POST", "/live/holds")}) == 1


def test_a_hold_a_moment_too_early_waits_and_keeps_its_place(shop: Shop) -> None:
    line(shop)
    visitor = shop.chooser("103", queue="true")
    visitor.sees("It is your turn until ")
    shop.api.then("POST", "/live/holds", refusal(429, "queue", 1))
    hold(visitor)
    visitor.sees("The seats are held for you")
    assert tickets(shop) == ["ticket-1", "ticket-1"]


def test_a_ticket_of_somebody_else_is_dropped(shop: Shop) -> None:
    line(shop)
    visitor = shop.visitor(queue="true")
    visitor.sees("It is your turn until ")
    shop.api.then("POST", "/live/queue", refusal(400, "bad-ticket"))
    visitor.reload()
    visitor.sees("It is your turn until ")
    assert tickets(shop, "/live/queue") == [None, "ticket-1", None]


@pytest.mark.parametrize("answer", [Answer(0), refusal(503, "unavailable", 1), refusal(429, "throttled", 1)])
def test_a_place_is_asked_for_until_there_is_one(shop: Shop, answer: Answer) -> None:
    line(shop)
    shop.api.then("POST", "/live/queue", answer, answer)
    visitor = shop.visitor(queue="true")
    visitor.sees("We will ask for your place again at ")
    visitor.sees("It is your turn until ")


def test_the_page_of_an_event_without_a_queue_needs_no_ticket(shop: Shop) -> None:
    visitor = shop.holder("103", queue="true")
    assert visitor.text("#queue") == ""
    assert tickets(shop) == [None]


def test_the_queue_of_a_closed_event_says_so(shop: Shop) -> None:
    shop.event.queue = lambda ticket: refusal(409, "closed")
    visitor = shop.chooser("103", queue="true")
    visitor.sees("The sale is closed.")
    shop.api.then("POST", "/live/holds", refusal(409, "closed"))
    hold(visitor)
    visitor.wait("document.querySelector('#status').textContent === 'The sale is closed.'")
    open_section(visitor, "A")
