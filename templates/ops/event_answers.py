"""What event.py answers: facts about an event, and their lines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from event_file import LAST_SECOND

from events import Event

__all__ = ["Answer", "at", "facts", "lines", "shortened"]

Answer = dict[str, Any]


def lines(answer: Mapping[str, Any], indent: str = "") -> list[str]:
    """An answer as text: a line for each value, indented below its name."""
    found: list[str] = []
    for name, value in answer.items():
        if isinstance(value, Mapping):
            found += [f"{indent}{name}:", *lines(value, indent + "  ")] if value else []
        elif isinstance(value, list):
            found += [f"{indent}{name}: {shortened(value)}"] if value else []
        else:
            found.append(f"{indent}{name}: {value}")
    return found


def shortened(values: list[Any]) -> str:
    """A list, cut where people would stop to read."""
    shown = ", ".join(map(str, values[:20]))
    return shown if len(values) <= 20 else f"{shown} and {len(values) - 20:,} more"


def at(seconds: int) -> str:
    """A time in epoch seconds as people read it; one that was written by hand may be in no year of a calendar."""
    if seconds > LAST_SECOND:
        return f"{seconds} s"
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def facts(event: Event) -> Answer:
    """What every command says of an event."""
    moving = {"moving_to": event.moving_to} if event.moving else {}
    return {
        "event_id": event.event_id,
        "state": event.state,
        "home": event.home_region,
        "epoch": event.epoch,
        **moving,
        "opens_at": at(event.opens_at),
        "closes_at": at(event.closes_at),
        **({"seats_per_buyer": event.seats_per_buyer} if event.seats_per_buyer else {}),
        **({"admitted_per_minute": event.admitted_per_minute} if event.admitted_per_minute else {}),
    }
