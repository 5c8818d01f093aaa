"""Read a seat map for buyers: two ranges of strings, whatever the number of seats and sections.

A read costs Redis about as much as a GET of as many bytes, so that a node serves many buyers while it takes the writes.
It works on a replica, too. The event's description is kept in memory; each read checks that its head is still the same.
"""

from __future__ import annotations

import base64
from typing import Any

from recent import Recent
from redis_client import Redis
from seat_layout import HEAD, Layout

__all__ = ["FORMAT", "NoSuchSection", "absent", "read"]

FORMAT = 1
"""The number of the answer's format. A change that a reader of the answer could misunderstand raises it."""

_LAYOUTS: Recent[Layout] = Recent(entries=256, characters=4_000_000)


class NoSuchSection(Exception):
    """The event has no section of this name."""


def read(redis: Redis, event_id: str, section: str = "") -> dict[str, Any] | None:
    """The event's sections with their numbers of taken and available seats, or one of them with its bitmap, too.

    `exact` is false if the map may be wrong. The result is None without a map, or if a version of the writer that does
    not know this format was the last to describe the event: it leaves the map as it was.

    Raises:
        NoSuchSection: the event has no such section.
    """
    about, seats = f"{{{event_id}}}:about", f"{{{event_id}}}:map"
    layout = _LAYOUTS.get(event_id)
    for _ in range(2):
        if layout is None:
            text = redis.call("GET", about)
            if text is None or not text.startswith(b'{"map": 1, '):
                return None
            layout = Layout(text)
            _LAYOUTS.put(event_id, layout, len(text))
        span = layout.span(section)
        start, length = span or (0, 1)
        commands: list[list[str | int]] = [
            ["GETRANGE", about, 0, HEAD - 1],
            ["GETRANGE", seats, start, start + length - 1],
        ]
        head, found = redis.calls(commands)
        if head == layout.head:
            if span is None:
                raise NoSuchSection(section)
            return _answer(layout, section, found) if len(found) == length else None
        layout = None
    return None


def _answer(layout: Layout, section: str, found: bytes) -> dict[str, Any]:
    if not section:
        return {"format": FORMAT, **layout.numbers(found)}
    answer, bitmap = layout.details(section, found)
    answer["sections"][0]["taken_seats"] = base64.b64encode(bitmap).decode()
    return {"format": FORMAT, **answer}


def absent(redis: Redis, event_id: str) -> bool:
    """Whether the event does not exist, as opposed to having no map yet."""
    exists, known = redis.calls([["EXISTS", "events"], ["SISMEMBER", "events", event_id]])
    return bool(exists) and not known
