"""Keep the progress of a verification while it runs, so that a run that is killed loses a second of it."""

from __future__ import annotations

import time
from collections.abc import Mapping

import dynamo
from events import Event
from progress import Progress, Slices, Watermark, mark_slices, move_watermark

__all__ = ["Keeper"]

KEEP_SECONDS = 1.0  # between two writes of a Region's watermark


class Keeper:
    """Writes an event's watermarks and turns, unless another run has written them meanwhile.

    Args:
        local: the client of the Region that verifies.
        table: the corrections table.
        event: the event.
        progress: as this run has read it.
        now: when the run began, in epoch seconds.
    """

    def __init__(self, local: dynamo.Client, table: str, event: Event, progress: Progress, now: int) -> None:
        self._local, self._table, self._event = local, table, event
        self._progress, self._now = progress, now
        self._marks: dict[str, Watermark] = {}
        self._reached: dict[str, dict[str, int]] = {}
        self._written = time.monotonic()

    def keep(self, region: str, reached: Mapping[str, int]) -> None:
        """Note how far shards of a Region are checked, and write it if the last write was a while ago."""
        self._reached.setdefault(region, {}).update(reached)
        if time.monotonic() - self._written > KEEP_SECONDS:
            self.write(region)

    def write(self, region: str) -> None:
        """Write what was noted, and when the Region was read."""
        old = self._marks.get(region, self._progress.watermark(region))
        reached = self._reached.setdefault(region, {})
        whole = {shard: reached.get(shard, old.reached(shard)) for shard in self._event.every_shard()}
        place = self._local, self._table, self._event.event_id
        self._written = time.monotonic()
        moved = move_watermark(*place, region, old, whole, self._now)
        if moved is not None:
            self._marks[region] = moved

    def turns(self, new: Slices) -> None:
        """Write whose turn it is in the next run."""
        place = self._local, self._table, self._event.event_id
        mark_slices(*place, self._progress.slices, new)
