"""Seats whose records seem to disagree: read again, in one consistent snapshot of the home, before anything is said.

A suspicion is often only a moment's: the records of a seat were read one after the other, while it was sold.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

import ledger
from events import Event
from replicas import Entry, Replicas, Seat, Silent

__all__ = ["Hints", "Judged", "disagreement", "finding", "judge", "suspect"]

MOST_SUSPECTS = 200  # suspect seats that are read again at once

Hints = dict[str, dict[str, str]]  # seat -> sale -> the Region where it was written


@dataclass(slots=True)
class Judged:
    """What a second reading of suspects has shown.

    Attributes:
        findings: disagreements that the corrector can correct.
        malformed: items that cannot be read: what is wrong with each.
        undecided: seats with a sale in a Region that does not answer.
        withheld: seats that are sold and withheld; people must decide.
        unread: seats that could not be read again in time.
    """

    findings: list[dict[str, Any]] = field(default_factory=list)
    malformed: list[dict[str, str]] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    withheld: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


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


def suspect(suspects: Hints, seats: Mapping[str, Seat], entries: Iterable[Entry], settled: int) -> None:
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


def judge(event: Event, replicas: Replicas, pool: Executor, suspects: Hints) -> Judged:
    """Read the suspects again, consistently in their home."""

    def look(seat_id: str) -> ledger.SeatRecord | None:
        if time.monotonic() > replicas.last:
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

    judged = Judged()
    seats = sorted(suspects)
    judged.unread += seats[MOST_SUSPECTS:]
    for seat_id, record in zip(seats, pool.map(look, seats[:MOST_SUSPECTS]), strict=False):
        kind = disagreement(record) if record is not None else ""
        if record is None:
            judged.unread.append(seat_id)
        elif not kind:
            continue
        elif record.fault:
            judged.malformed.append({"seat_id": seat_id, "fault": record.fault})
        elif record.unknown:
            judged.undecided.append(seat_id)
        elif kind == "sold-and-withheld":
            judged.withheld.append(seat_id)
        else:
            sales = {sale_id: entry["home_region"] for sale_id, entry in record.entries.items()}
            judged.findings.append(finding(kind, event, seat_id, sales))
    return judged


def finding(kind: str, event: Event, seat_id: str, sales: Mapping[str, str]) -> dict[str, Any]:
    """A finding for the corrector."""
    return {"kind": kind, "event_id": event.event_id, "seat_id": seat_id, "sales": dict(sales)}
