"""The seat page in front of a small event, with what its visitors do first."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chromium import Chromium
from shop import Api, copied_page, page_served
from small_event import SmallEvent
from visitor import Visitor

__all__ = ["Shop", "hold", "open_section"]


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

    @classmethod
    @contextmanager
    def running(cls, browser: Chromium, folder: Path) -> Iterator[Shop]:
        """A shop whose copies of the page are in a folder."""
        event = SmallEvent("")
        with Api.running(event.answer) as api, ExitStack() as opened:
            yield cls(browser, folder, event, api, opened)


def open_section(visitor: Visitor, name: str) -> None:
    """Open a section, and wait for its seats."""
    visitor.sees(f"Section {name}")
    labels = visitor.evaluate("[...document.querySelectorAll('#sections button')].map((b) => b.textContent)")
    (label,) = (each for each in labels if each.startswith(f"Section {name} "))
    visitor.click("button", label)
    visitor.sees(f"Seats of section {name}")


def hold(visitor: Visitor) -> None:
    """Hold the chosen seats."""
    visitor.click("button", visitor.text("#hold"))
