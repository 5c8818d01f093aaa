"""The append-only ledger of sales, which decides who owns a seat.

It has one entry per seat sold.

Inventory items replicate last-writer-wins, and the items of one transaction replicate separately. So an inventory item
is only a copy, and `winner` decides. A void is an entry of its own, with the id `<sale id>-void` next to the sale that
it voids, so that the same void cannot be written twice.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dynamo

__all__ = [
    "VOID", "SeatRecord", "Tables", "between", "inventory_item", "minted_at", "new_order_id", "read_seat",
    "receipt", "sale_ids", "void_of", "winner",
]  # fmt: skip

VOID = "-void"
SALE_ID = re.compile(r"[0-9]{13}-[0-9a-f]{16}-[0-9]{2}")
_ENTRY: Mapping[str, Mapping[str, type]] = {
    "sale": {
        "body_hash": str, "buyer": str, "currency": str, "epoch": int, "home_region": str, "idempotency_key": str,
        "order_id": str, "price": int, "seat_id": str, "seats": list,
    },
    "void": {"home_region": str, "seat_id": str, "voids": str},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tables:
    """The names of the tables that a sale is written to."""

    inventory: str
    sales: str
    locks: str = ""


def new_order_id(now: float) -> str:
    """Create an id that sorts by time: milliseconds, then 64 random bits.

    `now` is in epoch seconds.
    """
    return f"{int(now * 1000):013d}-{secrets.token_hex(8)}"


def sale_ids(order_id: str, seats: Sequence[str]) -> dict[str, str]:
    """The ledger id of each seat of an order, so that any item of the order leads to all others."""
    return {seat: f"{order_id}-{number:02d}" for number, seat in enumerate(sorted(seats))}


def minted_at(sale_id: str) -> int:
    """When the id was created, in epoch milliseconds."""
    return int(sale_id[:13])


def between(above: int, to: int) -> tuple[str, str]:
    """The first and the last id of the milliseconds after `above`, up to and including `to`."""
    return f"{above + 1:013d}", f"{to:013d}~"


def fault_of(entry: dynamo.Item) -> str:
    """What is wrong with a ledger entry, which may have been written by hand; "" if nothing is."""
    needed = _ENTRY.get(str(entry.get("kind")))
    if needed is None:
        return f"kind is {entry.get('kind')!r}"
    if not SALE_ID.fullmatch(str(entry.get("sale_id")).removesuffix(VOID)):
        return f"sale_id is {entry.get('sale_id')!r}"
    for name, kind in needed.items():
        value = entry.get(name)
        if not isinstance(value, kind) or isinstance(value, bool):
            return f"{name} is {value!r}"
    return ""


def inventory_item(entry: dynamo.Item, version: int) -> dynamo.Item:
    """The inventory item that matches a ledger entry.

    `version` is the time of this write in epoch milliseconds: seat maps keep the later of two versions.
    """
    copied = (
        "event_shard", "seat_id", "sale_id", "event_id", "order_id", "seats", "buyer", "epoch", "home_region",
        "idempotency_key", "body_hash",
    )  # fmt: skip
    return {"kind": "sold", "version": version, **{name: entry[name] for name in copied}}


def void_of(entry: dynamo.Item, now: int, reason: str) -> dynamo.Item:
    """The entry that voids another. `now` is in epoch milliseconds."""
    copied = ("event_shard", "event_id", "seat_id", "order_id", "epoch", "home_region")
    return {
        "sale_id": entry["sale_id"] + VOID,
        "kind": "void",
        "voids": entry["sale_id"],
        "voided_at": now,
        "reason": reason,
        **{name: entry[name] for name in copied},
    }


def receipt(entries: Sequence[dynamo.Item], voided: Container[str] = ()) -> dict[str, Any]:
    """The answer for an order.

    It is built only from the order's ledger entries, so that a retry gets the same answer, unless a seat was refunded
    meanwhile: `voided` are the ids of such sales.
    """
    entries = sorted(entries, key=lambda entry: entry["sale_id"])
    kept = [entry for entry in entries if entry["sale_id"] not in voided]
    answer = {
        "order_id": entries[0]["order_id"],
        "event_id": entries[0]["event_id"],
        "seats": [{name: entry[name] for name in ("seat_id", "sale_id", "price")} for entry in kept],
        "total": sum(entry["price"] for entry in kept),
        "currency": entries[0]["currency"],
        "sold_at": entries[0]["sold_at"],
    }
    if len(kept) < len(entries):
        answer["refunded_seats"] = [entry["seat_id"] for entry in entries if entry not in kept]
    return answer


def winner(entries: Sequence[dynamo.Item]) -> dynamo.Item:
    """The entry that keeps the seat: the highest epoch, then the lowest sale id.

    All `entries` must be unvoided.
    """
    return min(entries, key=lambda entry: (-entry["epoch"], entry["sale_id"]))


@dataclass(frozen=True, slots=True)
class SeatRecord:
    """Everything known about a seat, from one consistent read of the home Region.

    Attributes:
        item: its inventory item, or None.
        entries: its sales by id, including voided ones; those that have not reached the home yet come from the
            Region where they were written.
        voided: the ids of the voided sales.
        unknown: sales that the home lacks, and whose own Region did not answer.
        fault: what makes an item unreadable, so that nothing can be decided; "" if all can be read.
    """

    item: dynamo.Item | None
    entries: Mapping[str, dynamo.Item]
    voided: frozenset[str]
    unknown: frozenset[str]
    fault: str = ""

    @property
    def live(self) -> list[dynamo.Item]:
        """The unvoided sales: at most one, unless something is wrong."""
        return [entry for sale_id, entry in self.entries.items() if sale_id not in self.voided]


def read_seat(
    client_of: Callable[[str], dynamo.Client],
    tables: Tables,
    home: str,
    key: dynamo.Item,
    hints: Mapping[str, str],
    silent: Container[str] = (),
) -> SeatRecord:
    """Read a seat's inventory item and sales in one consistent snapshot of the home Region.

    Args:
        client_of: returns the client of a Region.
        tables: the names of the tables.
        home: the home Region.
        key: the key of the inventory item: event_shard and seat_id.
        hints: sales that may be of this seat, each with the Region where it was written.
        silent: Regions not to call, because they just failed to answer.

    Raises:
        ClientError, HTTPClientError: the home does not answer.
    """
    # 1 + 2 * 40 items, and those of the sales that it finds, fit into a transaction of 100.
    written = dict(sorted(hints.items())[:40])
    shard = key["event_shard"]
    while True:
        keys = [(tables.inventory, key)]
        for sale_id in written:
            keys += [(tables.sales, {"event_shard": shard, "sale_id": sale_id + end}) for end in ("", VOID)]
        try:
            found = dynamo.snapshot(client_of(home), keys)
        except ValueError as error:
            return SeatRecord(None, {}, frozenset(), frozenset(), str(error))
        item = found[0]
        if fault := _item_fault(item):
            return SeatRecord(None, {}, frozenset(), frozenset(), fault)
        if item is None or "sale_id" not in item or item["sale_id"] in written:
            break
        written[item["sale_id"]] = item["home_region"]  # a sale without a hint: read again, with it
    entries = {sale_id: entry for sale_id, entry in zip(written, found[1::2], strict=True) if entry}
    voided = frozenset(sale_id for sale_id, void in zip(written, found[2::2], strict=True) if void)
    unknown = set()
    for sale_id in written.keys() - entries.keys():
        if written[sale_id] == home:
            continue
        if written[sale_id] in silent:
            unknown.add(sale_id)
            continue
        try:
            entry = dynamo.get(
                client_of(written[sale_id]), tables.sales, {"event_shard": shard, "sale_id": sale_id}
            )
        except ValueError as error:
            return SeatRecord(item, {}, frozenset(), frozenset(), str(error))
        except Exception as error:
            if not dynamo.unreachable(error):
                raise
            unknown.add(sale_id)
        else:
            if entry is not None:
                entries[sale_id] = entry
    fault = next(filter(None, map(fault_of, entries.values())), "")
    if fault:
        return SeatRecord(item, {}, frozenset(), frozenset(), fault)
    entries = {sale_id: entry for sale_id, entry in entries.items() if entry["seat_id"] == key["seat_id"]}
    return SeatRecord(item, entries, voided, frozenset(unknown))


def _item_fault(item: dynamo.Item | None) -> str:
    """What is wrong with an inventory item; "" if nothing is."""
    if item is None:
        return ""
    if "sale_id" not in item:  # the seat is withheld
        return ""
    if not isinstance(item["sale_id"], str) or not SALE_ID.fullmatch(item["sale_id"]):
        return f"sale_id is {item['sale_id']!r}"
    if not isinstance(item.get("version"), int) or isinstance(item["version"], bool):
        return f"version is {item.get('version')!r}"
    return "" if isinstance(item.get("home_region"), str) else f"home_region is {item.get('home_region')!r}"
