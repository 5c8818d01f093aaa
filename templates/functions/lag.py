"""Finds replicas that lack sales which they have had time enough to receive.

Counted first: the replicas of a quarter of a million sales need not travel to be compared. Only where the
counts differ are the ids read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ledger
from corrections import Progress
from events import Event
from replicas import Reading, Replicas, Silent

__all__ = ["lagging"]

MOST_NAMED = 10  # missing sales that are named, of each shard in each Region


def lagging(
    event: Event,
    progress: Progress,
    replicas: Replicas,
    new: Mapping[tuple[str, str], Reading],
    settled: int,
    now: int,
) -> list[dict[str, Any]]:
    """What the other Regions lack of what the home has had since before `settled`.

    `new` is what was read after the watermarks, by Region and shard, with all shards of the home; times are
    in epoch milliseconds.

    Returns:
        For each shard in each Region that lacks something: region, shard, the first of the missing sales, and
        the age of the oldest in seconds.
    """
    late = []
    for (region, shard), reading in new.items():
        home = new[event.home_region, shard]
        above = progress.watermarks.get((region, shard), -1)
        behind = above < progress.watermarks.get((event.home_region, shard), -1)  # it was silent
        if region == event.home_region or behind or min(reading.complete_to, home.complete_to) < settled:
            continue
        ids = [entry.sale_id for entry in home.entries]
        expected = {sale_id for sale_id in ids if above < ledger.minted_at(sale_id) <= settled}
        if reading.count >= len(expected):
            continue
        try:
            there = replicas.entries(region, shard, above, settled)
        except Silent:
            continue
        # A void has the id of its sale, and may be a moment old.
        found = {entry.sale_id for entry in there.entries}
        missing = sorted(sale_id for sale_id in expected - found if not sale_id.endswith(ledger.VOID))
        if missing:
            age = (now - ledger.minted_at(missing[0])) / 1000
            late.append({"region": region, "shard": shard, "missing": missing[:MOST_NAMED], "seconds": age})
    return late
