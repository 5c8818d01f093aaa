"""Ask every Region whether it has the sales that it has had enough time to receive.

A run asks each Region about a few shards: replication that stops or slows down shows in most of them, and reading all
of them would take a far Region's whole time. The entries that a Region wrote itself are read elsewhere, all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

import ledger
from comparison import Settings
from events import Event
from progress import Watermark
from replicas import Entry, Replicas, Silent

__all__ = ["lagging"]

PROBED = 2  # shards in each Region
MOST_NAMED = 10  # missing sales reported per shard and Region


def lagging(
    event: Event,
    fresh: Mapping[str, Sequence[Entry]],
    home: Watermark,
    replicas: Replicas,
    regions: Sequence[str],
    settings: Settings,
    pool: Executor,
) -> list[dict[str, Any]]:
    """Settled sales that the home has and other Regions lack.

    `fresh` holds the home's entries after its watermark, by shard. A Region is asked even without any such sale, so
    that it is known whether it answers.

    Returns:
        For each shard and Region that lacks sales: region, shard, the first missing sales, and the age of the oldest
        in seconds.
    """
    settled = settings.settled
    expected = {
        shard: {
            entry.sale_id
            for entry in entries
            if not entry.voids and home.reached(shard) < ledger.minted_at(entry.sale_id) <= settled
        }
        for shard, entries in fresh.items()
    }
    sold = sorted(
        (shard for shard, ids in expected.items() if ids), key=lambda shard: (-len(expected[shard]), shard)
    )
    first = event.every_shard()[settled // 1000 % event.shards]
    asked = [(region, shard) for region in regions for shard in (sold[:PROBED] or [first])]

    def ask(place: tuple[str, str]) -> dict[str, Any] | None:
        if replicas.late():
            return None
        region, shard = place
        above = home.reached(shard) if sold else settled - 1  # an empty range would be no call
        try:
            there = replicas.entries(region, shard, above, settled, most_pages=1)
        except Silent:
            return None
        known = {entry.sale_id for entry in there.entries}
        missing = sorted(
            sale_id
            for sale_id in expected.get(shard, set()) - known
            if ledger.minted_at(sale_id) <= there.complete_to
        )
        if not missing:
            return None
        age = (settings.now - ledger.minted_at(missing[0])) / 1000
        return {"region": region, "shard": shard, "missing": missing[:MOST_NAMED], "seconds": age}

    return [found for found in pool.map(ask, asked) if found]
