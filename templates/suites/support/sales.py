"""Sales for the tests: ledger entries, inventory items and voids as the functions write them."""

from __future__ import annotations

import time
import zlib
from typing import Any

import demands

__all__ = ["OLD_S", "item_of", "minted", "sale", "shard_of", "void_of"]

OLD_S = 120 + demands.REPLICATION_S
"""Age in seconds at which a sale is settled: it was committed long ago, and every Region has had time to receive it."""


def shard_of(seat: str, event_id: str = "gala", shards: int = 2) -> str:
    """The partition key of a seat, in the inventory and in the ledger."""
    return f"{event_id}#{zlib.crc32(seat.encode()) % shards}"


def minted(seconds_ago: float, number: int = 0) -> str:
    """An order id that was created so long ago; `number` distinguishes ids of the same moment."""
    return f"{int((time.time() - seconds_ago) * 1000):013d}-{number:016x}"


def sale(seat: str, order: str, *, home: str = demands.PRIMARY, **changes: Any) -> dict[str, Any]:
    """A ledger entry: the only seat of an order by Alice."""
    return {
        "event_shard": shard_of(seat),
        "sale_id": f"{order}-00",
        "kind": "sale",
        "event_id": "gala",
        "seat_id": seat,
        "order_id": order,
        "seats": [seat],
        "buyer": "alice",
        "price": 10000,
        "currency": "USD",
        "epoch": 1,
        "home_region": home,
        "sold_at": int(order[:13]),
        "idempotency_key": f"key-{order}",
        "body_hash": "0" * 32,
        **changes,
    }


def item_of(entry: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The inventory item that belongs to a ledger entry."""
    own = {"price", "currency", "sold_at"}
    copied = {name: value for name, value in entry.items() if name not in own}
    return {**copied, "kind": "sold", "version": entry["sold_at"], **changes}


def void_of(entry: dict[str, Any]) -> dict[str, Any]:
    """The entry that voids another."""
    names = ("event_shard", "event_id", "seat_id", "order_id", "epoch", "home_region")
    return {
        "sale_id": f"{entry['sale_id']}-void",
        "kind": "void",
        "voids": entry["sale_id"],
        "voided_at": entry["sold_at"] + 1,
        "reason": "oversold",
        **{name: entry[name] for name in names},
    }
