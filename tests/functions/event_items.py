"""The items of an event, from one flat description of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from events import Clock, Event, Section, digest_of, epoch_key, parse

__all__ = ["event_of", "items_of"]


def items_of(flat: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The layout and the epochs of an event.

    `flat` has the attributes of all of them. With `moving_to`, a move is under way; with `changes`, the state differs
    from the one with which the epoch began.
    """
    event_id, home = flat["event_id"], flat["home_region"]
    layout = {name: flat[name] for name in ("sections", "currency", "shards")}
    sections = [Section(**part) for part in flat["sections"]]
    kept = ("opens_at", "closes_at", "seats_per_buyer", "admitted_per_minute")
    window = {name: flat[name] for name in kept if name in flat}
    key = epoch_key(flat["epoch"], flat.get("decided_in", home))
    epoch = {
        "event_id": event_id,
        "item": key,
        "epoch": flat["epoch"],
        "home_region": home,
        "layout_digest": digest_of(sections, flat["currency"], flat["shards"]),
        "state": flat["state"],
        "created_at": 1_700_000_000_000,
        **window,
    }
    found = [{"event_id": event_id, "item": "layout", "created_at": 1_700_000_000_000, **layout}, epoch]
    if "moving_to" in flat:
        move = {"moving_to": flat["moving_to"], "move_id": flat.get("move_id", "0123456789abcdef")}
        changed = {"state": flat["state"], "changed_at": 1_700_000_000_001, **window, **move}
        found.append({"event_id": event_id, "item": f"{key}/state", **changed})
    return found


def event_of(flat: Mapping[str, Any]) -> Event:
    """The event, as a function reads it."""
    event = parse(items_of(flat), Clock())
    assert event is not None
    return event
