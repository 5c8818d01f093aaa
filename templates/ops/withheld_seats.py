"""Withhold seats from sale, and release them.

A withheld seat has an inventory item without a sale. Its version is the time of the write, by which seat maps order
what they hear of a seat: an item without one, or with one that does not grow, may show the seat as free.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from typing import Any

from console import GivenUp, Stack
from event_steps import not_moving, write

import dynamo
import sale
from dynamo import Item, Step
from events import Event

__all__ = ["count", "release", "seats_named", "withhold"]

AT_ONCE = 40  # seats of a transaction, which has at most 100 actions
_RANGE = re.compile(r"([A-Za-z0-9_]{1,32})-([1-9][0-9]{0,6})(?:\.\.([1-9][0-9]{0,6}))?")


def seats_named(event: Event, names: Sequence[str]) -> list[str]:
    """The seats of names such as A-7, A-1..20, or A, which is the whole section.

    Raises:
        GivenUp: the event has no such seats.
    """
    sections = {section.name: section for section in event.sections}
    seats: dict[str, None] = {}
    for name in names:
        matched = _RANGE.fullmatch(name)
        section = sections.get(matched[1] if matched else name)
        if section is None:
            raise GivenUp(
                f"{event.event_id} has no seats {name!r}; write A-7, A-1..20 or A, for a section named A"
            )
        first = int(matched[2]) if matched else section.first
        last = int(matched[3] or matched[2]) if matched else section.last
        if not section.first <= first <= last <= section.last:
            raise GivenUp(f"{name}: section {section.name} has the seats {section.first} to {section.last}")
        seats |= dict.fromkeys(f"{section.name}-{number}" for number in range(first, last + 1))
    return list(seats)


def withhold(stack: Stack, event: Event, seats: Sequence[str], reason: str) -> dict[str, list[str]]:
    """Withhold seats that are neither sold nor held; return what happened to each: withheld, held, sold.

    Raises:
        GivenUp: the event is moving, or whether the seats of the last transaction were withheld is unknown.
    """
    now = time.time()

    def steps(seat: str) -> list[Step]:
        item = {
            **_key(event, seat),
            "event_id": event.event_id,
            "kind": "withheld",
            "reason": reason,
            "version": int(now * 1000),
        }
        put = _action(stack.tables.inventory, "Item", item, "attribute_not_exists(seat_id)")
        lock = {"lock_key": f"seat#{event.event_id}#{seat}"}
        free = "attribute_not_exists(lock_key) OR expiry_time < :now OR epoch < :epoch"
        check = _action(
            stack.tables.locks,
            "Key",
            lock,
            free,
            {":now": int(now) - sale.SKEW_SECONDS, ":epoch": event.epoch},
        )
        return [Step("inventory", {"Put": put}, seat), Step("held", {"ConditionCheck": check}, seat)]

    def outcome(step: Step, found: Item) -> str:
        if step.role == "held":
            return "held"
        return "sold" if "sale_id" in found else "withheld"

    return _each(stack, event, seats, steps, outcome, "withheld")


def release(stack: Stack, event: Event, seats: Sequence[str]) -> dict[str, list[str]]:
    """Release withheld seats; return what happened to each: released, sold, or free, if it was not withheld.

    Raises:
        GivenUp: the event is moving, or whether the seats of the last transaction were released is unknown.
    """

    def steps(seat: str) -> list[Step]:
        withheld = "attribute_exists(seat_id) AND attribute_not_exists(sale_id)"
        delete = _action(stack.tables.inventory, "Key", _key(event, seat), withheld)
        return [Step("inventory", {"Delete": delete}, seat)]

    return _each(
        stack, event, seats, steps, lambda step, found: "sold" if "sale_id" in found else "free", "released"
    )


def _each(
    stack: Stack, event: Event, seats: Sequence[str], steps: Any, outcome: Any, done: str
) -> dict[str, list[str]]:
    told: dict[str, list[str]] = {}
    for start in range(0, len(seats), AT_ONCE):
        left = list(seats[start : start + AT_ONCE])
        while left:
            try:
                write(
                    event.home_region,
                    [*not_moving(stack, event), *(step for seat in left for step in steps(seat))],
                )
            except dynamo.Refused as refused:
                failed = {
                    step.seat_id: outcome(step, found) for step, found in refused.failed if step.seat_id
                }
                if not failed:
                    raise GivenUp(
                        f"{event.event_id} is moving, or has moved: run the command again"
                    ) from None
                for seat, what in failed.items():
                    told.setdefault(what, []).append(seat)
                left = [seat for seat in left if seat not in failed]
            else:
                told.setdefault(done, []).extend(left)
                break
    return told


def _key(event: Event, seat: str) -> Item:
    return {"event_shard": event.shard_of(seat), "seat_id": seat}


def _action(
    table: str, kind: str, subject: Item, condition: str, values: Item | None = None
) -> dict[str, Any]:
    action = {
        "TableName": table,
        kind: dynamo.pack(subject)["M"],
        "ConditionExpression": condition,
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    if values:
        action["ExpressionAttributeValues"] = dynamo.pack(values)["M"]
    return action


def count(seats: Iterable[Any]) -> dict[str, dict[str, int]]:
    """The sold and withheld seats of each section, from inventory items in DynamoDB's notation."""
    counts: dict[str, dict[str, int]] = {}
    for item in seats:
        section = counts.setdefault(item["seat_id"]["S"].rpartition("-")[0], {"sold": 0, "withheld": 0})
        section["sold" if "sale_id" in item else "withheld"] += 1
    return counts
