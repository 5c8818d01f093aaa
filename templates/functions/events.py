"""Events: what is sold, where, and until when.

An event is several items of the `events` table, under its `event_id`. Every item is written in a single Region for as
long as it exists, so that replication, which keeps the last write, never has two writes to choose from:

layout                   sections, currency and shards; written once, in the Region that creates the event
epoch#<number>@<Region>  the home from then on, and the state with which it begins; written once, in the Region of its
                         name, and never changed. The greatest key counts
epoch#..@../state        the state of that epoch: changed by conditional writes in the epoch's home
epoch#..@../takeover     the announcement that this epoch will follow without its predecessor's home, which is lost
deleted                  nothing else is left, and the id is not used again

    layout    sections: [{name, first, last, price}]: seats `<name>-<first>` to `<name>-<last>`; each name once;
              price in minor units. currency: of all prices, ISO 4217. shards: number of partition keys over which
              the seats are spread
    epoch     epoch: a number that grows with every move of home. home_region: Region where all of its locks, seats and
              sales are written. layout_digest: of the layout, so that a changed layout cannot sell seats again.
              state, opens_at, closes_at, seats_per_buyer, admitted_per_minute: as in `state`
    state     state: draft, on_sale, closed or archived. opens_at, closes_at: the sale window, in epoch seconds; the end
              is exclusive. changed_at: in epoch milliseconds. moving_to, move_id: an unfinished move of home; no sales.
              next: the epoch that followed. seats_per_buyer: the most seats that a buyer may hold and buy; absent
              for any number. admitted_per_minute: how many buyers its queue admits, over all Regions; absent without
              a queue
    takeover  home_region, move_id: an unfinished move of home; no sales. withdrawn: it was cancelled
"""

from __future__ import annotations

import hashlib
import json
import re
import time
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import dynamo

__all__ = [
    "ADMISSION", "DELETED", "EVENT_ID", "LAYOUT", "MOST_ADMITTED", "MOST_SHARDS", "MOVES_PER_TAKEOVER", "SEAT_ID",
    "STATES", "Clock", "Event", "EventCache", "Malformed", "Section", "digest_of", "epoch_key", "every_event", "parse",
    "read_event", "sections_in",
]  # fmt: skip

EVENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
# Each seat has one spelling: "A-01" would otherwise be sold as a different seat than "A-1". A section's name contains
# no "-", so that the seats of a section are one range of a sorted set.
SEAT_ID = re.compile(r"([A-Za-z0-9_]{1,32})-([1-9][0-9]{0,6})")
_SECTION = re.compile(r"[A-Za-z0-9_]{1,32}")
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-[0-9]{1,2}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_EPOCH = re.compile(r"epoch#([0-9]{12})@([a-z0-9-]+)(/state|/takeover)?")

LAYOUT, DELETED = "layout", "deleted"
ADMISSION = "control#admission"  # no event: the keys of queues are its items
STATES = ("draft", "on_sale", "closed", "archived")
# A takeover's epoch is the next multiple of this, so that no move within a Region that was cut off can exceed it.
MOVES_PER_TAKEOVER = 1_000_000
MOST_SHARDS = 10_000
MOST_ADMITTED = 10_000_000  # a minute
# The items of one transaction arrive separately: for this long, an event may be incomplete.
REPLICATED_SECONDS = 60
WHOLE = 2**53  # the largest whole number that every JSON reader keeps exactly


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


class Malformed(Exception):
    """The items of an event do not make an event; the text says why."""


@dataclass(frozen=True, slots=True)
class Section:
    """A range of seats with one price."""

    name: str
    first: int
    last: int
    price: int


@dataclass(frozen=True, slots=True)
class Event:
    """An event, as read at the moment `read`.

    Attributes:
        homes: the Regions that its epochs have named as its home, as far as they were read.
        epoch: the number of its newest epoch.
        decided_in: the Region in which that epoch was written.
        state: of STATES.
        moving_to, move_id: the new home and the id of an unfinished move; "" without one.
        takeovers: the keys of the takeovers that are under way, the greatest last: two, if two people take an event
            over at the same time. `moving_to` and `move_id` are those of the last one.
        changed_at: when the state was changed, in epoch milliseconds.
        saved: whether the epoch has a state of its own, other than the one with which it began.
        seats_per_buyer: the most seats that a buyer may hold and buy, together; 0 for any number.
        admitted_per_minute: how many buyers its queue admits, over all Regions; 0 without a queue.
    """

    event_id: str
    home_region: str
    homes: frozenset[str]
    epoch: int
    decided_in: str
    state: str
    opens_at: int
    closes_at: int
    changed_at: int
    moving_to: str
    move_id: str
    takeovers: tuple[str, ...]
    saved: bool
    shards: int
    currency: str
    sections: tuple[Section, ...]
    digest: str
    seats_per_buyer: int
    admitted_per_minute: int
    read: Clock = field(compare=False)

    @property
    def moving(self) -> bool:
        """Whether a move of home is under way, during which nothing is sold."""
        return bool(self.move_id)

    @property
    def key(self) -> str:
        """The key of the newest epoch."""
        return epoch_key(self.epoch, self.decided_in)

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


def epoch_key(number: int, decided_in: str) -> str:
    """The key of an epoch that is written in a Region."""
    return f"epoch#{number:012d}@{decided_in}"


def digest_of(sections: Iterable[Section], currency: str, shards: int) -> str:
    """The digest of a layout."""
    layout = [[[s.name, s.first, s.last, s.price] for s in sections], currency, shards]
    return hashlib.sha256(json.dumps(layout).encode()).hexdigest()[:32]


def _text(item: Mapping[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    value = item.get(name)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise Malformed(f"{name} is {value!r}")
    return value


def _whole(item: Mapping[str, Any], name: str, least: int = 0, most: int = WHOLE) -> int:
    value = item.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Malformed(f"{name} is {value!r}")
    return value


def sections_in(item: Mapping[str, Any]) -> tuple[Section, ...]:
    """The sections of a layout.

    Raises:
        Malformed: they cannot be read.
    """
    listed = item.get("sections")
    if not isinstance(listed, list) or not listed or not all(isinstance(part, dict) for part in listed):
        raise Malformed(f"sections is {listed!r}")
    sections = []
    for part in listed:
        first = _whole(part, "first", 1)
        last = _whole(part, "last", first, 9_999_999)  # SEAT_ID has seven digits
        sections.append(Section(_text(part, "name", _SECTION), first, last, _whole(part, "price")))
    if len({section.name for section in sections}) != len(sections):
        raise Malformed("two sections have the same name")
    return tuple(sections)


def parse(items: Iterable[dynamo.Item], read: Clock) -> Event | None:
    """Parse the items of an event; None if there is no event, or not yet, because some items are still replicating.

    Raises:
        Malformed: an item is missing or cannot be read.
    """
    found = {str(item.get("item")): item for item in items}
    epochs = {key: matched for key in found if (matched := _EPOCH.fullmatch(key))}
    begun = [key for key, matched in epochs.items() if matched[3] is None]
    strangers = found.keys() - epochs.keys() - {LAYOUT, DELETED}
    if strangers:
        raise Malformed(f"it has an item {min(strangers)!r}")
    if not begun or LAYOUT not in found:
        if DELETED in found or not found or _young(found.values()):
            return None
        raise Malformed("it has no layout" if begun else "it has no epoch")
    key, layout = max(begun), found[LAYOUT]
    epoch, state = found[key], found.get(f"{key}/state", found[key])
    number, decided_in = int(epochs[key][1]), epochs[key][2]
    sections = sections_in(layout)
    currency, shards = _text(layout, "currency", _CURRENCY), _whole(layout, "shards", 1, MOST_SHARDS)
    digest = digest_of(sections, currency, shards)
    if epoch.get("layout_digest") != digest:
        raise Malformed("its layout has changed since it was created")
    if state.get("state") not in STATES:
        raise Malformed(f"state is {state.get('state')!r}")
    takeovers = sorted(key for key in found if key.endswith("/takeover") and _ahead(found[key], key, begun))
    moving = found[takeovers[-1]] if takeovers else state if "moving_to" in state else None
    return Event(
        event_id=_text(epoch, "event_id", EVENT_ID),
        home_region=_text(epoch, "home_region", _REGION),
        homes=frozenset(_text(found[key], "home_region", _REGION) for key in begun),
        epoch=number,
        decided_in=decided_in,
        state=state["state"],
        opens_at=_whole(state, "opens_at"),
        closes_at=_whole(state, "closes_at"),
        changed_at=_whole(state, "changed_at" if state is not epoch else "created_at"),
        moving_to=""
        if moving is None
        else _text(moving, "home_region" if takeovers else "moving_to", _REGION),
        move_id="" if moving is None else _text(moving, "move_id", EVENT_ID),
        takeovers=tuple(takeovers),
        saved=state is not epoch,
        shards=shards,
        currency=currency,
        sections=sections,
        digest=digest,
        seats_per_buyer=_whole(state, "seats_per_buyer", 1) if "seats_per_buyer" in state else 0,
        admitted_per_minute=_whole(state, "admitted_per_minute", 1, MOST_ADMITTED)
        if "admitted_per_minute" in state
        else 0,
        read=read,
    )


def _ahead(takeover: dynamo.Item, key: str, begun: list[str]) -> bool:
    """Whether the takeover may still become the newest epoch."""
    return "withdrawn" not in takeover and key.removesuffix("/takeover") > max(begun)


def _young(items: Iterable[dynamo.Item]) -> bool:
    """Whether any of the items was written so recently that the others may still be replicating."""
    latest = (time.time() - REPLICATED_SECONDS) * 1000
    return any(isinstance(at := item.get("created_at"), int) and at > latest for item in items)


def read_event(client: dynamo.Client, table: str, event_id: str, *, whole: bool = False) -> Event | None:
    """Read an event from a Region, consistently; None if it does not exist there.

    The newest items come first, so that the cost does not grow with the number of epochs, unless all of them are
    wanted, for the `homes`.

    Raises:
        Malformed: an item is missing or cannot be read.
    """
    read = Clock()
    items: list[dynamo.Item] = []
    pages = dynamo.pages(
        client.query,
        TableName=table,
        KeyConditionExpression="event_id = :event",
        ExpressionAttributeValues={":event": {"S": event_id}},
        ScanIndexForward=False,
        ConsistentRead=True,
        **({} if whole else {"Limit": 8}),
    )
    for page in pages:
        items += map(_unpacked, page["Items"])
        epochs = [_EPOCH.fullmatch(str(item.get("item"))) for item in items]
        if not whole and any(matched and not matched[3] for matched in epochs):
            break
    return parse(items, read)


def _unpacked(found: dict[str, Any]) -> dynamo.Item:
    """An item in plain values.

    Raises:
        Malformed: an attribute has a type that no event has.
    """
    item = dynamo.plain(found)
    if isinstance(item, str):
        raise Malformed(f"its item {found.get('item')} has {item}")
    return item


def every_event(local: dynamo.Client, table: str) -> tuple[list[Event], dict[str, str]]:
    """All events in the Region's replica, without control items; and what is wrong with those that are malformed."""
    read = Clock()
    pages = dynamo.pages(local.scan, TableName=table, ConsistentRead=True)
    found = (item for page in pages for item in page["Items"])
    events, malformed = [], {}
    for event_id, group in groupby(found, lambda item: str(item["event_id"].get("S"))):
        items = list(group)
        if event_id.startswith("control#"):
            continue
        try:
            if not EVENT_ID.fullmatch(event_id):
                raise Malformed("its ID has the wrong format")
            event = parse([_unpacked(item) for item in items], read)
        except Malformed as error:
            malformed[event_id] = str(error)
        else:
            if event is not None:
                events.append(event)
    return events, malformed


class EventCache:
    """A cache of events that are at most one lease old.

    A move of home waits until every replica shows it, and then for the lease, after which every seller knows about it.
    So the replica is read consistently, and an event's age counts from before the read.
    """

    def __init__(self, local: dynamo.Client, table: str, lease_seconds: float) -> None:
        self._local = local
        self._table = table
        self._lease = lease_seconds
        self._known: dict[str, tuple[Clock, Event | Malformed | None]] = {}

    def get(self, event_id: str) -> Event | None:
        """The event, or None if it does not exist.

        Absence is cached too, so that clients cannot force a read per request.

        Raises:
            Malformed: its items do not make an event.
        """
        known = self._known.get(event_id)
        if known is None or known[0].age() >= self._lease:
            if len(self._known) > 1000:  # invented ids must not fill the memory
                self._known.clear()
            read = Clock()
            found: Event | Malformed | None
            try:
                found = read_event(self._local, self._table, event_id)
            except Malformed as error:
                print(f"event {event_id} is malformed: {error}")
                found = error
            known = self._known[event_id] = read, found
        if isinstance(known[1], Malformed):
            raise known[1]
        return known[1]

    def fresh(self, event: Event) -> bool:
        """Whether a transaction may still start on this copy of the event."""
        return event.read.age() < self._lease
