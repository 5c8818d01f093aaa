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

PROBED = 4  # of the keys after twice the event's own, one run probes so many
PERIOD_MS = 10_000  # the next run, which probes the next ones, begins about then


def misplaced(event: Event, shard: str, seats: Iterable[str]) -> list[dict[str, str]]:
    """The seats of a shard that do not belong there."""
    wrong = sorted(
        seat_id for seat_id in seats if event.shard_of(seat_id) != shard or event.section_of(seat_id) is None
    )
    return [{"shard": shard, "seat_id": seat_id} for seat_id in wrong]


def beyond(event: Event, replicas: Replicas, now: int, pool: Executor) -> list[dict[str, str]]:
    """Items in partition keys after those of the event, in its home.

    A run probes as many keys as the event has, because a layout is most often doubled, and some of the others in turn.
    `now` is in epoch milliseconds.

    Raises:
        Silent: the home does not answer.
    """
    near, span = 2 * event.shards, MOST_SHARDS - 2 * event.shards
    turn = near + now // PERIOD_MS * PROBED % span if span > 0 else near
    numbers = [*range(event.shards, near), *range(turn, min(turn + PROBED, MOST_SHARDS))]

    def probe(number: int) -> list[dict[str, str]]:
        shard = f"{event.event_id}#{number}"
        return misplaced(event, shard, replicas.first_seats(event.home_region, shard))

    return [found for each in pool.map(probe, numbers) for found in each]
