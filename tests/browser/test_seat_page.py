"""The seat page in a real browser, against an API whose answers the test decides."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from chromium import Chromium
from shop import Answer, Api, Asked, copied_page, lost, page_served
from small_event import SmallEvent, refusal
from visitor import Visitor

pytestmark = pytest.mark.browser


@dataclass
class Shop:
    """The page, and the API behind it."""

    browser: Chromium
    folder: Path
    event: SmallEvent
    api: Api
    opened: ExitStack

    def visitor(self, width: int = 1000, **settings: Any) -> Visitor:
        """A visitor of a page with these settings, who sees the sections."""
        settings = {"refreshSeconds": "0.3", **settings}
        folder = copied_page(
            self.folder / f"page-{time.monotonic_ns()}", self.api.origin, "/live", **settings
        )
        port = self.opened.enter_context(page_served(folder))
        self.event.origin = f"http://localhost:{port}"
        return Visitor(self.browser, self.event.origin, width)

    def chooser(self, *seats: str, **settings: Any) -> Visitor:
        """A visitor who has chosen seats of section A."""
        visitor = self.visitor(**settings)
        open_section(visitor, "A")
        for seat in seats:
            visitor.click("checkbox", seat)
        return visitor

    def holder(self, *seats: str, **settings: Any) -> Visitor:
        """A visitor who holds seats of section A."""
        visitor = self.chooser(*seats, **settings)
        hold(visitor)
        visitor.sees("The seats are held for you")
        return visitor


@pytest.fixture
def shop(browser: Chromium, tmp_path: Path) -> Iterator[Shop]:
    """A shop with a small event."""
    event = SmallEvent("")
    with Api.running(event.answer) as api, ExitStack() as opened:
        yield Shop(browser, tmp_path, event, api, opened)


def open_section(visitor: Visitor, name: str) -> None:
    visitor.sees(f"Section {name}")
    labels = visitor.evaluate("[...document.querySelectorAll('#sections button')].map((b) => b.textContent)")
    (label,) = (each for each in labels if each.startswith(f"Section {name} "))
    visitor.click("button", label)
    visitor.sees(f"Seats of section {name}")


def hold(visitor: Visitor) -> None:
    visitor.click("button", visitor.text("#hold"))


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
            "can hold and buy 4 seats of this event. You have 1 left",
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
        (refusal(429, "throttled", 1), "Many people are asking at this moment. We ask again in"),
        (refusal(429, "queue", 1), "The ticket service says: this is queue. We ask again in"),
        (refusal(503, "moving", 1), "The sale is moving to another data centre"),
        (refusal(503, "unavailable", 1), "does not answer reliably"),
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
    visitor.sees("We ask again in 3 s")
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
    visitor.sees("We ask again in")
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
    visitor.sees("does not answer reliably")
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


def test_unchanged_seats_are_not_sent_again_and_nobody_asks_for_a_hidden_page(shop: Shop) -> None:
    visitor = shop.chooser()
    shop.api.asked.clear()
    visitor.evaluate("new Promise((resolve) => setTimeout(resolve, 3000))")
    assert {status for _, status in shop.api.asked} == {304}
    assert 3 <= len(shop.api.asked) <= 20
    visitor.evaluate(
        "Object.defineProperty(document, 'hidden', { configurable: true, value: true });"
        "document.dispatchEvent(new Event('visibilitychange')); new Promise((go) => setTimeout(go, 300))"
    )
    shop.api.asked.clear()
    visitor.evaluate("new Promise((resolve) => setTimeout(resolve, 2000))")
    assert shop.api.asked == []
    visitor.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    visitor.evaluate("new Promise((resolve) => setTimeout(resolve, 1000))")
    assert shop.api.asked != []


def test_the_page_asks_more_rarely_while_the_map_fails(shop: Shop) -> None:
    visitor = shop.chooser()
    shop.api.then("GET", "/live/events", *[refusal(503, "unavailable", 2)] * 100)
    shop.api.asked.clear()
    visitor.sees("The seats that you see may be old.")
    visitor.evaluate("new Promise((resolve) => setTimeout(resolve, 2000))")
    assert len(shop.api.asked) <= 6
    shop.api.next.clear()
    visitor.sees("10,007 seats are free.")


def test_a_narrow_window_needs_no_scrolling_to_the_side(shop: Shop) -> None:
    visitor = shop.visitor(width=320)
    open_section(visitor, "A")
    visitor.click("checkbox", "103")
    assert visitor.evaluate("document.documentElement.scrollWidth") <= 320
    sizes = visitor.evaluate(
        "[...document.querySelectorAll('button, #boxes label')].filter((e) => e.offsetParent)"
        ".map((e) => Math.min(e.offsetWidth, e.offsetHeight))"
    )
    assert min(sizes) >= 44, "a finger needs as much"


def test_every_text_has_enough_contrast(shop: Shop) -> None:
    visitor = shop.chooser("103")
    colors = visitor.evaluate(
        "[...document.querySelectorAll('h1, h2, p, li, button, label, span')].filter((e) => e.offsetParent"
        " && e.textContent.trim()).map((e) => { let b = e; while (b.parentElement &&"
        " getComputedStyle(b).backgroundColor === 'rgba(0, 0, 0, 0)') b = b.parentElement;"
        " return [getComputedStyle(e).color, getComputedStyle(b).backgroundColor, e.textContent] })"
    )
    assert len(colors) > 10
    for ink, paper, text in colors:
        assert contrast(ink, paper) >= 4.5, (ink, paper, text)


def contrast(ink: str, paper: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""
    dark, light = sorted(luminance(color) for color in (ink, paper))
    return (light + 0.05) / (dark + 0.05)


def luminance(color: str) -> float:
    parts = [int(part) / 255 for part in color[color.index("(") + 1 : -1].split(",")[:3]]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_policy_lets_the_page_reach_its_api_and_nothing_else(shop: Shop) -> None:
    visitor = shop.visitor()
    visitor.sees("10,007 seats are free.")
    assert visitor.troubles() == []
    other = f"http://localhost:{shop.api.server_port}/live/health"
    assert visitor.evaluate(f"fetch({json.dumps(other)}).then(() => 'reached', () => 'refused')") == "refused"
    assert (
        visitor.evaluate("try { document.body.innerHTML = '<b>'; 'written' } catch { 'refused' }")
        == "refused"
    )
    script = "const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s)"
    visitor.evaluate(f"try {{ {script} }} catch {{}}")
    assert visitor.evaluate("window.ran") is None
    assert len(visitor.troubles()) >= 2
