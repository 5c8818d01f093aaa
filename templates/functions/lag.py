"""Find replicas that lack sales which they have had enough time to receive.

Counts are compared first, so that the ids of 250,000 sales need not be transferred; ids are read only where the counts
differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ledger
from corrections import Progress
from events import Event
from replicas import Reading, Replicas, Silent

__all__ = ["lagging"]

MOST_NAMED = 10  # missing sales reported per shard and Region


def lagging(
    event: Event,
    progress: Progress,
    replicas: Replicas,
    new: Mapping[tuple[str, str], Reading],
    settled: int,
    now: int,
) -> list[dict[str, Any]]:
    """Sales up to `settled` that the home has and other Regions lack.

    `new` holds the entries read after the watermarks, by Region and shard, including all shards of the home; times are
    in epoch milliseconds.

    Returns:
        For each shard and Region that lacks sales: region, shard, the first missing sales, and the age of the oldest
        in seconds.
    """
    late = []
    for (region, shard), reading in new.items():
        home = new[event.home_region, shard]
        above = progress.watermarks.get((region, shard), -1)
        behind = above < progress.watermarks.get((event.home_region, shard), -1)  # the Region was silent
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
        # Ignore voids: a void carries the id of its sale, but may be only a moment old.
        found = {entry.sale_id for entry in there.entries}
        missing = sorted(sale_id for sale_id in expected - found if not sale_id.endswith(ledger.VOID))
        if missing:
            age = (now - ledger.minted_at(missing[0])) / 1000
            late.append({"region": region, "shard": shard, "missing": missing[:MOST_NAMED], "seconds": age})
    return late
