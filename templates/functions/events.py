"""Events: what is sold, where, and until when.

Each event is one item in the `events` table, cached under a lease:

event_id     letters, digits, `-` and `_`
home_region  Region where all of its locks, seats and sales are written
epoch        number that increases with every move of home
state        on_sale, moving (no sales) or closed
shards       number of partition keys over which its seats are spread
opens_at, closes_at   the sale window, in epoch seconds; the end is exclusive
currency     of all prices, ISO 4217
sections     [{name, first, last, price}]: seats `<name>-<first>` to `<name>-<last>`; each name once;
                 price in minor units
"""

from __future__ import annotations

import re
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import dynamo

__all__ = ["EVENT_ID", "SEAT_ID", "Clock", "Event", "EventCache", "Section", "every_event", "parse"]

EVENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
# Each seat has one spelling: "A-01" would otherwise be sold as a different seat than "A-1". A section's name contains
# no "-", so that the seats of a section are one range of a sorted set.
SEAT_ID = re.compile(r"([A-Za-z0-9_]{1,32})-([1-9][0-9]{0,6})")


@dataclass(frozen=True, slots=True)
class Clock:
    """A moment on both clocks of a machine.

    A frozen execution environment may stop the monotonic clock, and the wall clock may be set back, so the age is the
    greater of the two.
    """

    wall: float = field(default_factory=time.time)
    steady: float = field(default_factory=time.monotonic)

    def age(self) -> float:
        """Seconds since this moment; infinite if the wall clock went back."""
        wall = time.time() - self.wall
        return float("inf") if wall < 0 else max(wall, time.monotonic() - self.steady)


@dataclass(frozen=True, slots=True)
class Section:
    """A range of seats with one price."""

    name: str
    first: int
    last: int
    price: int


@dataclass(frozen=True, slots=True)
class Event:
    """An event, as read at the moment `read`."""

    event_id: str
    home_region: str
    epoch: int
    state: str
    shards: int
    opens_at: int
    closes_at: int
    currency: str
    sections: tuple[Section, ...]
    read: Clock = field(compare=False)

    def section_of(self, seat_id: str) -> Section | None:
        """The section of the seat, or None if the seat does not exist."""
        matched = SEAT_ID.fullmatch(seat_id)
        if matched is None:
            return None
        name, number = matched[1], int(matched[2])
        return next((s for s in self.sections if s.name == name and s.first <= number <= s.last), None)

    def shard_of(self, seat_id: str) -> str:
        """The partition key of the seat in both inventory and ledger."""
        return f"{self.event_id}#{zlib.crc32(seat_id.encode()) % self.shards}"

    def every_shard(self) -> list[str]:
        """All partition keys of the event."""
        return [f"{self.event_id}#{shard}" for shard in range(self.shards)]


def parse(item: dynamo.Item, read: Clock) -> Event:
    """Parse the item of an event.

    Raises:
        KeyError, TypeError: an attribute is missing or has the wrong type.
    """
    return Event(
        event_id=item["event_id"],
        home_region=item["home_region"],
        epoch=item["epoch"],
        state=item["state"],
        shards=item["shards"],
        opens_at=item["opens_at"],
        closes_at=item["closes_at"],
        currency=item["currency"],
        sections=tuple(Section(**section) for section in item["sections"]),
        read=read,
    )


def _parsed(item: dynamo.Item | None, read: Clock) -> Event | None:
    """Parse an item; a malformed one is logged and skipped, so that it does not hide the others."""
    try:
        return None if item is None else parse(item, read)
    except (KeyError, TypeError) as error:
        print(f"malformed event item {item}: {error!r}")
        return None


def every_event(local: Any, table: str) -> Iterator[Event]:
    """All events in the Region's replica, without control items."""
    read = Clock()
    for page in dynamo.pages(local.scan, TableName=table, ConsistentRead=True):
        for found in page["Items"]:
            item = dynamo.unpack({"M": found})
            if not EVENT_ID.fullmatch(item["event_id"]):
                continue
            event = _parsed(item, read)
            if event is not None:
                yield event


class EventCache:
    """A cache of events that are at most one lease old.

    A move of home waits until every replica shows it, and then for the lease, after which every seller knows about it.
    So the replica is read consistently, and an event's age counts from before the read.
    """

    def __init__(self, local: Any, table: str, lease_seconds: float) -> None:
        self._local = local
        self._table = table
        self._lease = lease_seconds
        self._known: dict[str, tuple[Clock, Event | None]] = {}

    def get(self, event_id: str) -> Event | None:
        """The event, or None if it does not exist.

        Absence is cached too, so that clients cannot force a read per request.
        """
        known = self._known.get(event_id)
        if known is None or known[0].age() >= self._lease:
            if len(self._known) > 1000:  # invented ids must not fill the memory
                self._known.clear()
            read = Clock()
            item = dynamo.get(self._local, self._table, {"event_id": event_id})
            known = self._known[event_id] = read, _parsed(item, read)
        return known[1]

    def fresh(self, event: Event) -> bool:
        """Whether a transaction may still start on this copy of the event."""
        return event.read.age() < self._lease
