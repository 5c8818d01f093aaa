"""Read the entries of a Region that are not checked yet, some shards at a time, until the deadline."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Executor
from itertools import islice

from events import Event
from progress import Watermark
from replicas import EVER, Reading, Replicas

__all__ = ["read_new"]

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
