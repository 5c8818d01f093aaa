"""Read the entries of a Region that are not checked yet, some shards at a time, and their seats, until the deadline."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from itertools import islice

from events import Event
from progress import Watermark
from replicas import EVER, Late, Reading, Replicas, Seat

__all__ = ["read_new", "read_seats"]

KEYS = 100  # of a BatchGetItem
# Pages of 1 MB per shard: a Region that was away for long catches up in several runs.
MOST_PAGES = 2
# So many shards are read at once: more while that is quick, so that waiting for a far Region does not add up, and fewer
# while it is slow, so that the progress is kept before the time is over.
FEWEST_AT_ONCE, MOST_AT_ONCE, QUICK_SECONDS = 16, 256, 0.5


def read_new(
    event: Event, region: str, mark: Watermark, replicas: Replicas, settled: int, pool: Executor
) -> Iterator[dict[str, Reading]]:
    """Read the entries after a Region's watermark, by shard, those of the least checked shards first.

    The home is read in full, up to now, and every other Region up to `settled`, only for entries that it wrote itself.

    Raises:
        Silent: the Region does not answer.
    """
    home = region == event.home_region

    def read(shard: str) -> Reading | None:
        if replicas.late():
            return None
        above, to = mark.reached(shard), EVER if home else settled
        return replicas.entries(region, shard, above, to, own=not home, most_pages=MOST_PAGES)

    shards = iter(sorted(event.every_shard(), key=mark.reached))
    size = FEWEST_AT_ONCE
    while (part := list(islice(shards, size))) and not replicas.late():
        began = time.monotonic()
        answers = zip(part, pool.map(read, part), strict=True)
        yield {shard: reading for shard, reading in answers if reading is not None}
        quick = time.monotonic() - began < QUICK_SECONDS
        size = min(MOST_AT_ONCE, 2 * size) if quick else max(FEWEST_AT_ONCE, size // 2)


def read_seats(
    region: str, keys: Sequence[tuple[str, str]], replicas: Replicas, pool: Executor
) -> tuple[dict[str, Seat], set[str]]:
    """Read the inventory items of (shard, seat) keys, by seat, and name the shards that could not be read in time.

    Raises:
        Silent: the Region does not answer.
    """

    def read(part: Sequence[tuple[str, str]]) -> dict[str, Seat] | None:
        try:
            return None if time.monotonic() > replicas.last else replicas.seats(region, part)
        except Late:
            return None

    parts = [keys[start : start + KEYS] for start in range(0, len(keys), KEYS)]
    seats: dict[str, Seat] = {}
    unread: set[str] = set()
    for part, found in zip(parts, pool.map(read, parts), strict=True):
        if found is None:
            unread |= {shard for shard, _ in part}
        else:
            seats |= found
    return seats, unread
