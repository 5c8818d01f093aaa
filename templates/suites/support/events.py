"""Events for the tests: the items of one, from a flat description."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

__all__ = ["CREATED", "digest", "epoch_key", "items_of"]

CREATED = 1_700_000_000_000
"""When all items were written, in epoch milliseconds: long ago, so that none is still replicating."""


def epoch_key(number: int, region: str) -> str:
    """The key of an epoch that was written in a Region."""
    return f"epoch#{number:012d}@{region}"


def digest(flat: Mapping[str, Any]) -> str:
    """The digest of a layout, which every epoch repeats."""
    sections = [[part["name"], part["first"], part["last"], part["price"]] for part in flat["sections"]]
    text = json.dumps([sections, flat["currency"], flat["shards"]])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def items_of(flat: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The layout and an epoch of an event, and with `moving_to` the announcement of a move."""
    event_id, home = flat["event_id"], flat["home_region"]
    key = epoch_key(flat["epoch"], flat.get("decided_in", home))
    kept = ("state", "opens_at", "closes_at", "seats_per_buyer", "admitted_per_minute")
    state = {name: flat[name] for name in kept if name in flat}
    layout = {name: flat[name] for name in ("sections", "currency", "shards")}
    epoch = {"epoch": flat["epoch"], "home_region": home, "layout_digest": digest(flat), **state}
    items = [
        {"event_id": event_id, "item": "layout", "created_at": CREATED, **layout},
        {"event_id": event_id, "item": key, "created_at": CREATED, **epoch},
    ]
    if "moving_to" in flat:
        move = {"moving_to": flat["moving_to"], "move_id": "0123456789abcdef", "changed_at": CREATED + 1}
        items.append({"event_id": event_id, "item": f"{key}/state", **state, **move})
    return items
