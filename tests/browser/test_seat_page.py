"""A buyer on the seat page, in a real browser, against an API whose answers the test decides."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import Chromium
from shop import Answer, Asked, lost
from small_event import refusal
from small_shop import Shop, hold, open_section

pytestmark = pytest.mark.browser


@pytest.fixture
def shop(browser: Chromium, tmp_path: Path) -> Iterator[Shop]:
    """A shop with a small event."""
    with Shop.running(browser, tmp_path) as shop:
        yield shop


def checkbox(shop: Shop, number: int) -> str:
    """The name of a seat of section A."""
    return f"{number} (taken)" if f"A-{number}" in shop.event.taken else str(number)


def test_seats_are_chosen_held_and_bought(shop: Shop) -> None:
    visitor = shop.visitor()
    visitor.sees("10,007 seats are free.")
    open_section(visitor, "A")
    assert visitor.has("heading", "Seats of section A").get("focused")
    disabled = [n for n in range(101, 111) if visitor.has("checkbox", checkbox(shop, n)).get("disabled")]
    assert disabled == [101, 102, 108]
    assert visitor.has("button", "Hold seats").get("disabled")
    visitor.click("checkbox", "103")
    visitor.click("checkbox", "104")
    assert visitor.text("#chosen").split() == ["A-103", "A-104"]
    assert visitor.text("#total") == "Total: $200.00"
    visitor.click("button", "Hold 2 seats")
    visitor.sees("The seats are held for you")
    assert visitor.wait("document.querySelector('#time').textContent").split(":")[0] in ("4", "5")
    visitor.click("button", "Buy")
    visitor.sees("The seats are yours. Your order is order-")
    assert visitor.text("#total") == "Paid: $200.00"
    visitor.click("button", "Choose more seats")
    visitor.sees("10,005 seats are free.")
    assert visitor.has("checkbox", "103 (taken)")["disabled"]
    (held,), (bought,) = shop.api.sent("POST", "/live/holds"), shop.api.sent("POST", "/live/tickets")
    assert min(len(held.key), len(bought.key)) == 36
    assert held.key != bought.key
    assert visitor.troubles() == []


def test_the_keyboard_alone_buys(shop: Shop) -> None:
    visitor = shop.chooser()
    visitor.press("Tab")  # from the heading, which has the focus, to the first free seat
    visitor.press(" ")
    assert visitor.text("#chosen") == "A-103"
    visitor.evaluate("document.querySelector('#hold').focus()")
    visitor.press("Enter")
    visitor.sees("The seats are held for you")
    visitor.wait("document.activeElement.id === 'buy'")
    visitor.press("Enter")
    visitor.sees("The seats are yours")
    assert shop.event.taken >= {"A-103"}


def test_a_large_section_is_shown_in_parts(shop: Shop) -> None:
    shop.event.taken = {"B-1", "B-8", "B-9", "B-10000"}
    visitor = shop.visitor()
    open_section(visitor, "B")
    assert visitor.text("#range") == "Seats 1 to 100 of 1 to 10000"
    taken = "[...document.querySelectorAll('#boxes input:disabled')].map((box) => box.name)"
    assert visitor.evaluate(taken) == ["B-1", "B-8", "B-9"]
    visitor.click("checkbox", "100")
    visitor.click("button", "Next")
    assert visitor.text("#range") == "Seats 101 to 200 of 1 to 10000"
    visitor.click("checkbox", "101")
    assert visitor.text("#chosen").split() == ["B-100", "B-101"]


def test_an_order_has_a_limit_of_seats(shop: Shop) -> None:
    visitor = shop.chooser("103", "104", "105", seatsPerOrder=2)
    visitor.sees("An order has at most 2 seats.")
    assert visitor.text("#chosen").split() == ["A-103", "A-104"]
    assert not visitor.evaluate("document.querySelector('[name=A-105]').checked")


@pytest.mark.parametrize(
    ("answer", "told", "kept"),
    [
        (refusal(409, "sold", seats=["A-104"]), "Somebody has bought A-104. Choose other seats.", "A-103"),
        (refusal(409, "held", seats=["A-103"]), "Another buyer holds A-103. Choose other seats", "A-104"),
        (
            refusal(409, "buyer-limit", limit=4, left=1),
            "can hold and buy 4 seats of this event in total. You have 1 left",
            "",
        ),
        (refusal(409, "not-open", opens_at=1_900_000_000), "It opens on March 17, 2030 at 5:46", ""),
        (refusal(409, "closed"), "The sale is closed.", ""),
        (refusal(418, "teapot"), "The ticket service says: this is teapot.", ""),
        (refusal(400, "constructor"), "The ticket service says: this is constructor.", ""),
    ],
)
def test_a_refused_hold_is_explained_and_ends(shop: Shop, answer: Answer, told: str, kept: str) -> None:
    visitor = shop.chooser("103", "104")
    shop.api.then("POST", "/live/holds", answer)
    hold(visitor)
    visitor.sees(told)
    visitor.wait("!document.querySelector('#hold').hidden")
    assert visitor.evaluate("sessionStorage.length") == 0
    if kept:
        assert visitor.text("#chosen") == kept
    hold(visitor)
    visitor.sees("The seats are held for you")
    first, second = shop.api.sent("POST", "/live/holds")
    assert first.key != second.key, "a refused request has had its answer"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            refusal(429, "throttled", 1),
            "Many people are using the ticket service right now. We will ask again in",
        ),
        (refusal(503, "moving", 1), "The sale is moving to another data centre"),
        (refusal(503, "unavailable", 1), "is having problems"),
        (refusal(409, "busy", 1), "Other buyers want the same seats"),
        (refusal(502, "DEFAULT_5XX"), "The ticket service says: this is DEFAULT_5XX."),
        (Answer(0), "The ticket service cannot be reached from this page."),
    ],
)
def test_a_request_without_a_last_word_is_repeated_with_its_key(
    shop: Shop, answer: Answer, told: str
) -> None:
    visitor = shop.chooser("103")
    shop.api.then("POST", "/live/holds", answer, answer)
    hold(visitor)
    visitor.sees(told)
    visitor.sees("The seats are held for you")
    asked = shop.api.sent("POST", "/live/holds")
    assert len(asked) == 3
    assert len({each.key for each in asked}) == len({each.body for each in asked}) == 1


def test_the_page_waits_as_long_as_the_answer_asks_for(shop: Shop) -> None:
    visitor = shop.chooser("103")
    times: list[float] = []

    def throttled(asked: Asked) -> Answer:
        times.append(time.monotonic())
        return refusal(429, "throttled", 3) if len(times) == 1 else shop.event.answer(asked)

    shop.api.then("POST", "/live/holds", throttled, throttled)
    hold(visitor)
    visitor.sees("We will ask again in 3 s")
    visitor.sees("The seats are held for you")
    assert 3 <= times[1] - times[0] < 6


def test_the_lost_answer_of_a_purchase_is_asked_for_again(shop: Shop) -> None:
    visitor = shop.holder("103")
    shop.api.then("POST", "/live/tickets", lost(shop.event.answer))
    visitor.click("button", "Buy")
    visitor.sees("The seats are yours")
    assert len({each.key for each in shop.api.sent("POST", "/live/tickets")}) == 1


def test_a_reload_repeats_the_request_and_keeps_the_hold(shop: Shop) -> None:
    visitor = shop.chooser("103", "104")
    shop.api.then("POST", "/live/holds", refusal(503, "unavailable", 60))
    hold(visitor)
    visitor.sees("We will ask again in")
    visitor.reload()
    visitor.sees("The seats are held for you")
    asked = shop.api.sent("POST", "/live/holds")
    assert len({each.key for each in asked}) == len({each.body for each in asked}) == 1
    visitor.reload()
    visitor.sees("The seats are held for you")
    assert visitor.text("#chosen").split() == ["A-103", "A-104"]
    assert visitor.text("#total") == "Total: $200.00"
    open_section(visitor, "A")
    checked = "[...document.querySelectorAll('#boxes :checked')].map((box) => box.name)"
    assert visitor.evaluate(checked) == ["A-103", "A-104"]
    assert len(shop.api.sent("POST", "/live/holds")) == len(asked)
    shop.api.then("POST", "/live/tickets", lost(shop.event.answer), refusal(503, "unavailable", 60))
    visitor.click("button", "Buy")
    visitor.sees("is having problems")
    visitor.reload()
    visitor.sees("The seats are yours")
    assert len({each.key for each in shop.api.sent("POST", "/live/tickets")}) == 1
    visitor.reload()
    visitor.sees("The seats are yours")
    assert visitor.troubles() == []


def test_a_buyer_who_has_to_sign_in_goes_on_with_the_same_request(shop: Shop) -> None:
    token = '() => Promise.resolve("first")'
    visitor = shop.chooser("103", accessToken=token)
    shop.api.then("POST", "/live/holds", refusal(401, "UNAUTHORIZED"))
    hold(visitor)
    visitor.sees("Please sign in, then ask again.")
    visitor.click("button", "Ask again")
    visitor.sees("The seats are held for you")
    first, second = shop.api.sent("POST", "/live/holds")
    assert (first.key, first.headers["authorization"]) == (second.key, "Bearer first")


def test_a_hold_is_released(shop: Shop) -> None:
    visitor = shop.holder("103")
    (name,) = shop.event.holds
    visitor.click("button", "Release")
    visitor.sees("The seats are released.")
    assert shop.event.holds == {}
    assert shop.api.sent("DELETE")[0].path == f"/live/holds/{name}"


def test_a_hold_ends_by_itself_whatever_the_clock_of_the_buyer_says(shop: Shop) -> None:
    shop.event.hold_seconds = -3600  # the buyer's clock is an hour fast
    visitor = shop.holder("103", holdSeconds=3)
    visitor.sees("The hold has ended. The seats are free again", 6)
    assert visitor.text("#chosen") == "A-103", "to hold it again"
    assert visitor.has("button", "Hold 1 seat")


def test_a_seat_that_is_sold_meanwhile_is_chosen_no_more(shop: Shop) -> None:
    visitor = shop.chooser("103", "104")
    shop.event.taken.add("A-103")
    visitor.sees("Somebody has bought A-103. Choose other seats.")
    assert visitor.text("#chosen") == "A-104"


def test_the_page_says_that_all_is_sold(shop: Shop) -> None:
    del shop.event.sections["B"]
    shop.event.taken = {f"A-{number}" for number in range(101, 111)}
    shop.visitor().sees("Sold out.")
