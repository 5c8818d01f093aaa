"""Compare one event's ledger with its inventory.

A run compares all new entries in every Region, and some whole shards in turn.

There are two checks, because each has a blind spot. New entries are read in every Region where they were written, after
a watermark that never passes an entry that may still be committed: so each entry is checked once, however late its
Region comes back. Slices compare a whole shard, entry by entry: they find entries that were correct when new and went
wrong later. Every suspect is read again, in one consistent snapshot of the home, before it becomes a finding.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import ledger
from corrections import Progress
from events import Event
from lag import lagging
from placement import beyond, misplaced
from replicas import EVER, NEVER, Entry, Reading, Replicas, Seat, Silent

__all__ = ["Compared", "Settings", "compare", "disagreement"]

SLICES = 8  # whole shards that one run compares per event
# Pages of 1 MB per read of new entries: a Region that was away for long catches up in several runs.
MOST_PAGES = 20
MOST_SUSPECTS = 200  # suspect seats that one run reads again per event

Hints = dict[str, dict[str, str]]  # seat -> sale -> the Region where it was written


@dataclass(frozen=True, slots=True)
class Settings:
    """The parameters of a run.

    Attributes:
        regions: all Regions of the stack.
        now: when the run began, before any read, in epoch milliseconds.
        settled: in epoch milliseconds; entries with ids up to this time can no longer be committed, and have had
            time to replicate.
        deadline: in `time.monotonic()` seconds; no slice and no second read begins after it.
    """

    regions: tuple[str, ...]
    now: int
    settled: int
    deadline: float


@dataclass(slots=True)
class Compared:
    """The result for one event.

    Attributes:
        findings: disagreements that the corrector can correct.
        moves: watermarks to move: (Region, shard, old watermark, new watermark).
        slices: the inventory of each shard that was compared as a whole.
        lagging: replicas that lack sales which have had enough time to arrive.
        misplaced: seats with an item in a shard where it does not belong; people must decide about them.
        malformed: items that cannot be read: what is wrong with each.
        notes: figures and undecided seats for the report.
    """

    findings: list[dict[str, Any]] = field(default_factory=list)
    moves: list[tuple[str, str, int | None, int]] = field(default_factory=list)
    slices: dict[str, dict[str, Seat]] = field(default_factory=dict)
    lagging: list[dict[str, Any]] = field(default_factory=list)
    misplaced: list[dict[str, str]] = field(default_factory=list)
    malformed: list[dict[str, str]] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)


def disagreement(record: ledger.SeatRecord) -> str:
    """The kind of disagreement between a seat's records, or "" if there is none."""
    live, item = record.live, record.item
    if record.fault:
        return "malformed"
    if len(live) > 1:
        return "oversold"
    if item is None:
        return "sale-without-inventory" if live else ""
    if "sale_id" not in item:
        return "sold-and-withheld" if live else ""
    if not live:
        return "inventory-without-sale"
    return "" if item["sale_id"] == live[0]["sale_id"] else "inventory-of-another-sale"


def compare(
    event: Event, progress: Progress, replicas: Replicas, settings: Settings, pool: Executor
) -> Compared:
    """Compare one event, without writing anything.

    Raises:
        Silent: the event's home does not answer, and nothing can be decided without it.
    """
    home, shards = event.home_region, event.every_shard()
    new = _new_entries(event, progress, replicas, settings, pool)
    if any((home, shard) not in new for shard in shards):
        raise Silent(home)
    compared = Compared()
    voided: dict[str, Entry] = {}
    suspects: Hints = defaultdict(dict)

    # New entries against inventory. The home is read up to now, so that an oversell is found before the watermark
    # reaches it.
    compared.misplaced += beyond(event, replicas, settings.now, pool)
    fresh = _in_place(compared, event, {shard: new[home, shard].entries for shard in shards})
    voided |= {entry.voids: entry for entry in fresh if entry.voids}
    keys = sorted({(event.shard_of(entry.seat_id), entry.seat_id) for entry in fresh if not entry.voids})
    items: dict[str, Seat] = {}
    for found in pool.map(lambda part: replicas.seats(home, part), _parts(keys, 100)):
        items |= found
    for entry in fresh:
        if entry.voids or entry.sale_id in voided:
            continue
        # The items of a replicated sale arrive separately, so its inventory item may be a moment behind.
        if entry.home_region != home and ledger.minted_at(entry.sale_id) > settings.settled:
            continue
        if entry.seat_id not in items or items[entry.seat_id].sale_id != entry.sale_id:
            suspects[entry.seat_id][entry.sale_id] = entry.home_region

    # A sale from a Region that is no longer the home may have lost or won its seat without a trace in the inventory,
    # so its whole shard is compared now instead of in turn.
    elsewhere: dict[str, list[Entry]] = defaultdict(list)
    for (region, shard), reading in new.items():
        elsewhere[shard] += reading.entries if region != home else ()
    strays = _in_place(compared, event, elsewhere)
    urgent = {event.shard_of(entry.seat_id) for entry in strays}
    turn = sorted(set(shards) - urgent, key=lambda shard: (progress.slices.get(shard, 0), shard))
    chosen = [*sorted(urgent), *turn[:SLICES]]

    def slice_of(shard: str) -> tuple[dict[str, Seat], list[Entry]] | None:
        if time.monotonic() > settings.deadline:
            return None
        # Inventory first: a seat that is sold in between has no item here, but is too new to count as missing.
        seats = replicas.inventory(home, shard)
        entries = list(replicas.entries(home, shard, NEVER, EVER).entries)
        return seats, [*entries, *(entry for entry in strays if event.shard_of(entry.seat_id) == shard)]

    for shard, whole in zip(chosen, pool.map(slice_of, chosen), strict=True):
        if whole is not None:
            seats, entries = whole
            entries = _in_place(compared, event, {shard: entries})
            wrong = misplaced(event, shard, seats)
            compared.misplaced += wrong
            for each in wrong:
                del seats[each["seat_id"]]
            compared.slices[shard] = seats
            voided |= {entry.voids: entry for entry in entries if entry.voids}
            _suspect(suspects, compared.slices[shard], entries, settings.settled)

    unseen = _look_again(compared, event, replicas, settings, pool, suspects)
    _refunds(compared, event, progress, voided, settings.now)
    compared.lagging = lagging(event, progress, replicas, new, settings.settled, settings.now)

    unfinished = {event.shard_of(seat) for seat in unseen} | (urgent - compared.slices.keys())
    for (region, shard), reading in new.items():
        old = progress.watermarks.get((region, shard))
        reached = min(settings.settled, reading.complete_to)
        moved = any(new[other, shard].count for other in settings.regions if (other, shard) in new)
        if shard not in unfinished and reached > (-1 if old is None else old) and (moved or old is None):
            compared.moves.append((region, shard, old, reached))
    compared.notes |= {
        "event_id": event.event_id,
        "new_entries": len({entry.sale_id for entry in (*fresh, *strays)}),
        "unfinished_shards": len(unfinished),
    }
    return compared


def _in_place(compared: Compared, event: Event, entries: Mapping[str, Iterable[Entry]]) -> list[Entry]:
    """The entries, by shard, that stand where they belong; note the others."""
    right = []
    for shard, found in entries.items():
        listed = misplaced(event, shard, {entry.seat_id for entry in found})
        compared.misplaced += listed
        wrong = {each["seat_id"] for each in listed}
        right += [entry for entry in found if entry.seat_id not in wrong] if wrong else found
    return right


def _new_entries(
    event: Event, progress: Progress, replicas: Replicas, settings: Settings, pool: Executor
) -> dict[tuple[str, str], Reading]:
    """Read the new entries after the watermarks, by Region and shard.

    The home is read in full, every other Region only for entries that it wrote itself.
    """

    def read(place: tuple[str, str]) -> Reading | None:
        region, shard = place
        above = progress.watermarks.get(place, NEVER)
        try:
            if region == event.home_region:
                reading = replicas.entries(region, shard, above, EVER, most_pages=MOST_PAGES)
            else:
                reading = replicas.entries(
                    region, shard, above, settings.settled, own=True, most_pages=MOST_PAGES
                )
        except Silent:
            return None
        return reading

    places = [(region, shard) for region in settings.regions for shard in event.every_shard()]
    return {
        place: reading
        for place, reading in zip(places, pool.map(read, places), strict=True)
        if reading is not None
    }


def _suspect(suspects: Hints, seats: Mapping[str, Seat], entries: Iterable[Entry], settled: int) -> None:
    """Add the seats of a whole shard whose inventory and sales disagree."""
    entries = list(entries)
    voided = {entry.voids for entry in entries if entry.voids}
    live: Hints = defaultdict(dict)
    for entry in entries:
        if not entry.voids and entry.sale_id not in voided:
            live[entry.seat_id][entry.sale_id] = entry.home_region
    for seat_id in live.keys() | seats.keys():
        sales, seat = live.get(seat_id, {}), seats.get(seat_id)
        expected = [seat.sale_id] if seat is not None and seat.sale_id else []
        # Skip a seat that was sold during the read: the check of new entries covers it.
        if list(sales) != expected and all(ledger.minted_at(sale_id) <= settled for sale_id in sales):
            suspects[seat_id] |= sales


def _look_again(
    compared: Compared, event: Event, replicas: Replicas, settings: Settings, pool: Executor, suspects: Hints
) -> set[str]:
    """Read the suspects again, and turn real disagreements into findings.

    The reads are consistent reads of the home.

    Returns:
        The seats that could not be read in time.
    """

    def look(seat_id: str) -> ledger.SeatRecord | None:
        if time.monotonic() > settings.deadline:
            return None
        key = {"event_shard": event.shard_of(seat_id), "seat_id": seat_id}
        hints, silent = suspects[seat_id], frozenset(replicas.silent)
        home = event.home_region
        try:
            return replicas.ask(
                home,
                lambda _: ledger.read_seat(replicas.client, replicas.tables, home, key, hints, silent),
            )
        except Silent:
            return None

    seats = sorted(suspects)
    looked = dict(zip(seats[:MOST_SUSPECTS], pool.map(look, seats[:MOST_SUSPECTS]), strict=True))
    undecided, withheld = [], []
    for seat_id, record in looked.items():
        kind = disagreement(record) if record is not None else ""
        if record is None or not kind:
            continue
        if record.fault:
            compared.malformed.append({"seat_id": seat_id, "fault": record.fault})
        elif record.unknown:  # a Region with a sale of the seat does not answer
            undecided.append(seat_id)
        elif kind == "sold-and-withheld":  # a sale against an operator's decision: people must decide
            withheld.append(seat_id)
        else:
            sales = {sale_id: entry["home_region"] for sale_id, entry in record.entries.items()}
            compared.findings.append(_finding(kind, event, seat_id, sales))
    compared.notes |= {"undecided_seats": undecided, "sold_and_withheld_seats": withheld}
    return {seat for seat in seats if looked.get(seat) is None}


def _refunds(
    compared: Compared, event: Event, progress: Progress, voided: Mapping[str, Entry], now: int
) -> None:
    """Find voids whose refund has to be published: the corrector crashed, or lost its table, or a week has passed."""
    known = {finding["seat_id"] for finding in compared.findings}
    waiting = {
        sale_id: (refund.seat_id, refund.home_region)
        for sale_id, refund in progress.refunds.items()
        if refund.due(now)
    }
    for sale_id, void in voided.items():
        if sale_id not in progress.refunds or progress.refunds[sale_id].state == "withdrawn":
            waiting[sale_id] = void.seat_id, void.home_region
    for sale_id, (seat_id, region) in waiting.items():
        if seat_id not in known:
            compared.findings.append(_finding("refund-pending", event, seat_id, {sale_id: region}))


def _finding(kind: str, event: Event, seat_id: str, sales: Mapping[str, str]) -> dict[str, Any]:
    return {"kind": kind, "event_id": event.event_id, "seat_id": seat_id, "sales": dict(sales)}


def _parts(keys: list[tuple[str, str]], size: int) -> Iterable[list[tuple[str, str]]]:
    waiting = iter(keys)
    while part := list(islice(waiting, size)):
        yield part
