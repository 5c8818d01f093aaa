"""A queue over several Regions, and the clock: the functions' modules on the suite's fake DynamoDB."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from event_items import items_of

from events import Clock, Event, parse
from queue_line import Lines
from queue_places import Places
from queue_ticket import Draw, Place

if TYPE_CHECKING:
    from support.dynamodb import Region

__all__ = ["OPENS", "QueueWorld", "queue_event"]

OPENS = 1_800_000_000


def queue_event(per_minute: int, **changes: Any) -> Event:
    """An event with a queue."""
    flat = {
        "event_id": "gala",
        "home_region": "us-east-1",
        "epoch": 1,
        "state": "on_sale",
        "shards": 3,
        "opens_at": OPENS,
        "closes_at": OPENS + 86_400,
        "currency": "USD",
        "sections": [{"name": "A", "first": 1, "last": 50, "price": 10000}],
        "admitted_per_minute": per_minute,
        **changes,
    }
    event = parse(items_of(flat), Clock())
    assert event is not None
    return event


class _Client:
    """The calls of a Region that queues make."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self.calls = 0

    def _call(self, operation: str, parameters: dict[str, Any]) -> Any:
        self.calls += 1
        return self._region.call(operation, parameters)

    def get_item(self, **parameters: Any) -> Any:
        return self._call("GetItem", parameters)

    def put_item(self, **parameters: Any) -> Any:
        return self._call("PutItem", parameters)

    def update_item(self, **parameters: Any) -> Any:
        return self._call("UpdateItem", parameters)


@dataclass
class QueueWorld:
    """Regions with the lines of one stack.

    Attributes:
        now: the time, in epoch seconds.
        skew: how far each Region's clock is ahead, in seconds.
    """

    regions: Sequence[str]
    whole_rate: int
    shards: int
    now: float = OPENS - 3600.0
    skew: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        from support.dynamodb import Region, Table

        self.clients = {
            region: _Client(Region({"locks": Table("locks", ("lock_key",), {"lock_key": "S"})}))
            for region in self.regions
        }
        self.instances = {region: self.instance(region) for region in self.regions}

    def instance(self, region: str) -> tuple[Lines, Places]:
        """What a new execution environment of the function has."""
        client: Any = self.clients[region]
        lines = Lines(client, "locks", region, self.regions, self.shards, self.whole_rate)
        return lines, Places(client, "locks", region)

    @contextmanager
    def clock(self, region: str) -> Iterator[None]:
        """The Region's clock."""
        with patch.object(time, "time", lambda: self.now + self.skew.get(region, 0.0)):
            yield

    def current(self, region: str, event: Event, ticket: Place | Draw) -> Place | Draw | None:
        """As the function's own, without expiry."""
        lines, _ = self.instances[region]
        if isinstance(ticket, Place) or time.time() < event.opens_at:
            return ticket
        return lines.settle(event, ticket)

    def take(self, region: str, event: Event) -> Place | Draw:
        """As the function's own."""
        lines, _ = self.instances[region]
        drawn = lines.draw(event) if time.time() < event.opens_at else None
        return drawn or lines.take(event)

    def ask(
        self, region: str, event: Event, buyer: str = "", ticket: Place | Draw | None = None
    ) -> Place | Draw:
        """Ask for a place, with or without a ticket and a buyer who is signed in."""
        with self.clock(region):
            known = None if ticket is None else self.current(region, event, ticket)
            if known is not None:
                return known
            if not buyer:
                return self.take(region, event)
            _, places = self.instances[region]
            return places.of(
                event,
                buyer,
                lambda ticket: self.current(region, event, ticket),
                lambda: self.take(region, event),
            )
