"""Find ledger entries and inventory items that stand where they do not belong.

A seat's shard follows from the event's layout, which never changes. An item in another shard, or of a seat that the
event does not have, was written by hand, or with another layout: nobody who sells the seat would see it.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor

from events import MOST_SHARDS, Event
from replicas import Replicas

__all__ = ["beyond", "misplaced"]

PROBED = 4  # of the keys up to twice the event's own, and of those after them, one run probes so many each


def misplaced(event: Event, shard: str, seats: Iterable[str]) -> list[dict[str, str]]:
    """The seats of a shard that do not belong there."""
    wrong = sorted(
        seat_id for seat_id in seats if event.shard_of(seat_id) != shard or event.section_of(seat_id) is None
    )
    return [{"shard": shard, "seat_id": seat_id} for seat_id in wrong]


def beyond(event: Event, replicas: Replicas, turn: int, pool: Executor) -> list[dict[str, str]]:
    """Items in partition keys after those of the event, in its home.

    Each `turn` probes the next ones of as many keys as the event has, because a layout is most often doubled, and the
    next ones of all others.

    Raises:
        Silent: the home does not answer.
    """
    near = min(2 * event.shards, MOST_SHARDS)
    numbers = [*_part(event.shards, near, turn), *_part(near, MOST_SHARDS, turn)]

    def probe(number: int) -> list[dict[str, str]]:
        if replicas.late():
            return []
        shard = f"{event.event_id}#{number}"
        return misplaced(event, shard, replicas.first_seats(event.home_region, shard))

    return [found for each in pool.map(probe, numbers) for found in each]


def _part(first: int, end: int, turn: int) -> range:
    """The numbers of a turn, from `first` up to `end`, over and over again."""
    if first >= end:
        return range(0)
    start = first + turn * PROBED % (end - first)
    return range(start, min(start + PROBED, end))
