"""Compare one event's ledger with its inventory, in steps that each leave their progress behind.

There are two checks, because each has a blind spot. New entries are read in every Region where they were written, after
a watermark that never passes an entry that may still be committed: so each entry is checked once, however late its
Region comes back. Slices compare a whole shard, entry by entry: they find entries that were correct when new and went
wrong later. Every suspect is read again before it becomes a finding; see `suspects`.

A run ends at its deadline, whatever is left, and the next one goes on where it ended. The watermark of a shard does not
pass a finding: the run that finds it may die before anybody hears of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import ledger
from events import Event
from new_entries import read_new, read_seats
from placement import beyond, misplaced
from progress import NEVER, Progress, Slices
from replicas import EVER, Entry, Late, Reading, Replicas, Seat, Silent
from suspects import Hints, Judged, finding, judge, suspect

__all__ = ["Compared", "Comparison", "Keep", "Settings"]

# Of all shards, a run compares so many, or as many as it takes to compare all of them in so many runs.
SLICES_PER_RUN, RUNS_PER_ROUND = 8, 18

Keep = Callable[[str, Mapping[str, int]], None]
"""Keeps the progress of a Region: the millisecond up to which each shard is checked, of those that were read."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The parameters of a run.

    Attributes:
        regions: all Regions of the stack.
        now: when the run began, before any read, in epoch milliseconds.
        settled: in epoch milliseconds; entries with ids up to this time can no longer be committed, and have had
            time to replicate.
    """

    regions: tuple[str, ...]
    now: int
    settled: int


@dataclass(slots=True)
class Compared:
    """The result for one event.

    Attributes:
        findings: disagreements that the corrector can correct, by seat, and refunds to publish, by sale.
        complete: whether all new entries of the home were checked.
        turns: the turns of whole shards after this run.
        slices: the inventory of each shard that was compared as a whole.
        fresh: the home's new entries that are in place, by shard.
        misplaced: seats with an item in a shard where it does not belong; people must decide about them.
        malformed: items that cannot be read: what is wrong with each.
        undecided, withheld: as in `Judged`.
        new_entries: the ids of all entries that were new.
        unfinished: shards that the next run has to check again.
    """

    complete: bool = False
    turns: Slices = field(default_factory=Slices)
    findings: dict[str, dict[str, Any]] = field(default_factory=dict)
    slices: dict[str, dict[str, Seat]] = field(default_factory=dict)
    fresh: dict[str, list[Entry]] = field(default_factory=dict)
    misplaced: list[dict[str, str]] = field(default_factory=list)
    malformed: list[dict[str, str]] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    withheld: list[str] = field(default_factory=list)
    new_entries: set[str] = field(default_factory=set)
    unfinished: set[str] = field(default_factory=set)


class Comparison:
    """The comparison of an event; each step adds to what was `compared`.

    Raises:
        Silent: in any step, the event's home does not answer; nothing can be decided without it.
    """

    def __init__(
        self,
        event: Event,
        progress: Progress,
        replicas: Replicas,
        settings: Settings,
        pool: Executor,
        keep: Keep,
    ) -> None:
        self._event, self._progress, self._replicas = event, progress, replicas
        self._settings, self._pool, self._keep = settings, pool, keep
        self._voided: dict[str, Entry] = {}
        self._unread: set[str] = set()
        self._judged: Hints = {}
        self.compared = Compared(turns=progress.slices)

    def home(self) -> None:
        """Compare the new entries of the home with its inventory.

        They are read up to now, so that an oversell is found before the watermark reaches it.
        """
        home = self._event.home_region
        self.compared.misplaced += beyond(self._event, self._replicas, self._progress.slices.runs, self._pool)
        left = set(self._event.every_shard())
        for readings in self._read_new(home):
            left -= readings.keys()
            fresh = self._in_place({shard: each.entries for shard, each in readings.items()})
            self.compared.fresh |= fresh
            new = [entry for found in fresh.values() for entry in found]
            suspects, unread = self._new_against_inventory(new)
            self._reached(home, readings, self._judge(suspects), self._refunds(), unread)
            behind = {shard for shard, each in readings.items() if each.complete_to < self._settings.settled}
            left |= behind | self._unread
        self.compared.unfinished |= left
        self.compared.complete = not left

    def elsewhere(self, region: str) -> None:
        """Compare the new entries that another Region wrote itself.

        A sale from a Region that is no longer the home may have lost or won its seat without a trace in the inventory,
        so its whole shard is compared now instead of in turn.
        """
        try:
            for readings in self._read_new(region):
                strays = self._in_place({shard: each.entries for shard, each in readings.items()})
                urgent = {shard: found for shard, found in strays.items() if found}
                suspects, done = self._whole(sorted(urgent), urgent)
                judged = self._judge(suspects)
                self._reached(region, readings, judged, self._refunds(), urgent.keys() - set(done))
        except Silent:
            if self._event.home_region in self._replicas.silent:
                raise

    def slices(self) -> None:
        """Compare the whole shards whose turn it is."""
        shards, turns = self._event.every_shard(), self._progress.slices
        most = max(SLICES_PER_RUN, ceil(len(shards) / RUNS_PER_ROUND))
        first = turns.next if turns.next < len(shards) else 0
        chosen = shards[first : first + most]
        suspects, _ = self._whole([shard for shard in chosen if shard not in self.compared.slices], {})
        self._judge(suspects)
        self._refunds()
        # A finding is found again in the next round, if it is not corrected: it does not hold up the shards after it.
        in_a_row = next((n for n, each in enumerate(chosen) if each not in self.compared.slices), len(chosen))
        self.compared.turns = turns._replace(next=first).after(in_a_row, len(shards))

    def _read_new(self, region: str) -> Iterator[dict[str, Reading]]:
        mark = self._progress.watermark(region)
        return read_new(self._event, region, mark, self._replicas, self._settings.settled, self._pool)

    def _new_against_inventory(self, fresh: Sequence[Entry]) -> tuple[Hints, set[str]]:
        """The suspects among the seats of new entries, and the shards whose seats could not be read in time."""
        home = self._event.home_region
        suspects: Hints = defaultdict(dict)
        self._voided |= {entry.voids: entry for entry in fresh if entry.voids}
        keys = sorted({(self._event.shard_of(e.seat_id), e.seat_id) for e in fresh if not e.voids})
        items, unread = read_seats(home, keys, self._replicas, self._pool)
        for entry in fresh:
            if entry.voids or entry.sale_id in self._voided or self._event.shard_of(entry.seat_id) in unread:
                continue
            # The items of a replicated sale arrive separately, so its inventory item may be a moment behind.
            if entry.home_region != home and ledger.minted_at(entry.sale_id) > self._settings.settled:
                continue
            if entry.seat_id not in items or items[entry.seat_id].sale_id != entry.sale_id:
                suspects[entry.seat_id][entry.sale_id] = entry.home_region
        return suspects, unread

    def _whole(self, shards: Sequence[str], strays: Mapping[str, list[Entry]]) -> tuple[Hints, list[str]]:
        """Compare whole shards of the home, with entries that only other Regions have.

        Returns:
            The suspects, and the shards that were compared in time.
        """
        home, replicas = self._event.home_region, self._replicas

        def read(shard: str) -> tuple[dict[str, Seat], list[Entry]] | None:
            if replicas.late():
                return None
            # Inventory first: a seat that is sold in between has no item here, but is too new to count as missing.
            try:
                seats = replicas.inventory(home, shard)
                reading = replicas.entries(home, shard, NEVER, EVER)
            except Late:
                return None
            return (
                (seats, [*reading.entries, *strays.get(shard, ())]) if reading.complete_to == EVER else None
            )

        suspects: Hints = defaultdict(dict)
        done = []
        for shard, whole in zip(shards, self._pool.map(read, shards), strict=True):
            if whole is None:
                continue
            seats, entries = whole
            entries = self._in_place({shard: entries})[shard]
            wrong = misplaced(self._event, shard, seats)
            self.compared.misplaced += wrong
            for each in wrong:
                del seats[each["seat_id"]]
            self.compared.slices[shard] = seats
            self._voided |= {entry.voids: entry for entry in entries if entry.voids}
            suspect(suspects, seats, entries, self._settings.settled)
            done.append(shard)
        return suspects, done

    def _in_place(self, entries: Mapping[str, Iterable[Entry]]) -> dict[str, list[Entry]]:
        """The entries, by shard, that stand where they belong; note the others."""
        right = {}
        for shard, found in entries.items():
            listed = misplaced(self._event, shard, {entry.seat_id for entry in found})
            self.compared.misplaced += listed
            wrong = {each["seat_id"] for each in listed}
            right[shard] = [entry for entry in found if entry.seat_id not in wrong]
        return right

    def _judge(self, suspects: Hints) -> Judged:
        """Note what is wrong with suspects, of which each step may find the same ones, and know more of their sales."""
        known = {seat: self._judged.get(seat, {}) | sales for seat, sales in suspects.items()}
        again = {seat: sales for seat, sales in known.items() if self._judged.get(seat) != sales}
        judged: Judged = judge(self._event, self._replicas, self._pool, again)
        self._judged |= {seat: sales for seat, sales in again.items() if seat not in judged.unread}
        self.compared.findings |= {each["seat_id"]: each for each in judged.findings}
        self.compared.malformed += judged.malformed
        self.compared.undecided += judged.undecided
        self.compared.withheld += judged.withheld
        return judged

    def _refunds(self) -> set[str]:
        """Find voids whose refund has to be published, and return their shards.

        The corrector crashed, or lost its table, or a week has passed.
        """
        refunds = self._progress.refunds
        waiting = {
            sale_id: (refund.seat_id, refund.home_region)
            for sale_id, refund in refunds.items()
            if refund.due(self._settings.now)
        }
        for sale_id, void in self._voided.items():
            if sale_id not in refunds or refunds[sale_id].state == "withdrawn":
                waiting[sale_id] = void.seat_id, void.home_region
        for sale_id, (seat_id, region) in waiting.items():
            if seat_id not in self.compared.findings:  # its correction publishes the refund, too
                pending = finding("refund-pending", self._event, seat_id, {sale_id: region})
                self.compared.findings[sale_id] = pending
        return {self._event.shard_of(seat_id) for seat_id, _ in waiting.values()}

    def _reached(
        self,
        region: str,
        readings: Mapping[str, Reading],
        judged: Judged,
        refunds: set[str],
        unread: Iterable[str] = (),
    ) -> None:
        """Keep how far shards are checked, apart from those that have to be checked again.

        A shard with more new entries than a run reads is passed in spite of a finding: the entries after those would
        not be read before it is corrected.
        """
        settled, shard_of = self._settings.settled, self._event.shard_of
        self._unread = unchecked = {shard_of(seat) for seat in judged.unread} | set(unread)
        found = {each["seat_id"] for each in judged.findings} | set(judged.undecided)
        waiting = {shard_of(seat) for seat in found} | refunds
        self.compared.unfinished |= unchecked | waiting
        self.compared.new_entries |= {entry.sale_id for each in readings.values() for entry in each.entries}
        self._keep(
            region,
            {
                shard: min(settled, reading.complete_to)
                for shard, reading in readings.items()
                if shard not in unchecked and (shard not in waiting or reading.complete_to < settled)
            },
        )
