"""What the seat page asks of its API, its visitors and its browser: little."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import Chromium
from small_event import refusal
from small_shop import Shop, open_section

pytestmark = pytest.mark.browser


@pytest.fixture
def shop(browser: Chromium, tmp_path: Path) -> Iterator[Shop]:
    """A shop with a small event."""
    with Shop.running(browser, tmp_path) as shop:
        yield shop


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
