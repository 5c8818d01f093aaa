"""The lines of an event's queue in one Region: who is admitted when, at a rate that is never exceeded.

An event admits `admitted_per_minute` buyers, over all Regions. Time is divided into moments at that rate, which the
Regions, and the lines within a Region, get in turn. So no two of them share a moment, and they need not ask each other.
A line is one item of the Region's lock table, `queue#<event>#<shard>`; there are as many as DynamoDB's limit of writes
to one item asks for:

    drawn     how many numbers were drawn before the opening
    opened    the order of these numbers, from the opening on: seed (random), begins (the line's first moment), step
              (between its moments, in microseconds)
    admits    the last moment that was given

Before the opening, a line only hands out numbers. Their order is that of a permutation whose seed is written when the
sale opens, in one conditional write that also ends the drawing. So nobody gains by coming milliseconds earlier, and
nobody knows the order while it can still be influenced. The numbers take the first moments of the line, and later
buyers the moments after them, first come, first served. Each shortcut has a flaw:

- To admit by place / rate: while nobody comes, places are left over, and the next thousand would be admitted at once.
  So a line counts in time: the next moment is a step after the last one, and never past.
- Random moments instead of a permutation: some seconds would get twice the rate.
- To read the last moment and write the next: a thousand buyers a second would refuse each other's writes.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from botocore.exceptions import ClientError

import dynamo
from dynamo import Client, pack
from events import Event
from queue_ticket import MICROSECONDS, Draw, Place

__all__ = ["KEPT_SECONDS", "Lines", "shuffled"]

KEPT_SECONDS = 30 * 86_400  # after the end of the sale
_ROUNDS = 8


def shuffled(number: int, count: int, seed: str) -> int:
    """The place of a number below `count` in the order that a seed decides: a permutation, by a Feistel network."""
    half = max(1, ((count - 1).bit_length() + 1) // 2)
    mask = (1 << half) - 1
    while True:
        left, right = number >> half, number & mask
        for turn in range(_ROUNDS):
            mixed = hashlib.sha256(f"{seed}.{turn}.{right}".encode()).digest()
            left, right = right, left ^ (int.from_bytes(mixed[:8]) & mask)
        number = left << half | right
        if number < count:  # the network permutes up to four times as many numbers: those outside go on
            return number


@dataclass(frozen=True, slots=True)
class _Opened:
    """A line after the opening: how many numbers were drawn, and their moments."""

    drawn: int
    seed: str
    begins: int
    step: int


class Lines:
    """The lines of one Region.

    Args:
        local: the client of the Region.
        table: its lock table.
        region: its name.
        regions: all Regions that admit buyers, in the same order everywhere.
        shards: the lines of an event that admits `whole_rate` buyers a minute; slower events have fewer.
        whole_rate: what the stack is sized for.
    """

    def __init__(
        self, local: Client, table: str, region: str, regions: Sequence[str], shards: int, whole_rate: int
    ) -> None:
        self._local = local
        self._table = table
        self._region = region
        self._position = regions.index(region)
        self._regions = len(regions)
        self._shards = shards
        self._whole_rate = whole_rate
        self._opened: dict[tuple[str, int], _Opened] = {}

    def draw(self, event: Event) -> Draw | None:
        """Draw a number before the opening; None if the sale has opened by another clock."""
        shard = secrets.randbelow(self._lines(event))
        expression = "SET drawn = if_not_exists(drawn, :none) + :one, expiry_time = :until"
        try:
            changed = self._update(
                event, shard, expression, "attribute_not_exists(opened)", {":none": 0, ":one": 1}
            )
        except _Unmet:
            return None
        return Draw(self._region, shard, changed["drawn"] - 1)

    def settle(self, event: Event, drawn: Draw) -> Place | None:
        """The place of a number, from the opening on; None if it was not drawn in this Region."""
        if drawn.region != self._region:
            return None
        line = self._open(event, drawn.shard)
        if drawn.number >= line.drawn:
            return None
        return Place(line.begins + shuffled(drawn.number, line.drawn, line.seed) * line.step)

    def take(self, event: Event) -> Place:
        """Take the next moment, after the opening.

        Raises:
            Unreachable: other buyers were faster in every attempt.
        """
        shard = secrets.randbelow(self._lines(event))
        line = self._open(event, shard)
        first = line.begins + line.drawn * line.step
        _, step = self._moments(event, shard)
        for _ in range(5):
            next_one = max(first, self._moment(event, shard, time.time() * MICROSECONDS))
            values = {":least": next_one - step}
            try:
                follows = "SET admits = admits + :step, expiry_time = :until"
                changed = self._update(event, shard, follows, "admits >= :least", {**values, ":step": step})
                return Place(changed["admits"])
            except _Unmet:
                pass
            try:
                empty = "attribute_not_exists(admits) OR admits < :least"
                begins = "SET admits = :next, expiry_time = :until"
                changed = self._update(event, shard, begins, empty, {**values, ":next": next_one})
                return Place(changed["admits"])
            except _Unmet:
                continue
        raise dynamo.Unreachable

    def _lines(self, event: Event) -> int:
        return min(self._shards, max(1, ceil(self._shards * event.admitted_per_minute / self._whole_rate)))

    def _moments(self, event: Event, shard: int) -> tuple[int, int]:
        """The first moment of a line since 1970, and the microseconds between two."""
        between = ceil(60 * MICROSECONDS / event.admitted_per_minute)
        lines = self._lines(event)
        return between * (shard * self._regions + self._position), between * lines * self._regions

    def _moment(self, event: Event, shard: int, least: float) -> int:
        """The line's first moment from a time on."""
        first, step = self._moments(event, shard)
        return first + ceil((least - first) / step) * step

    def _open(self, event: Event, shard: int) -> _Opened:
        """End the drawing of numbers, if nobody has, and decide their order."""
        known = self._opened.get((event.event_id, shard))
        if known is not None:
            return known
        # Many ask at the opening, and one item takes more reads than writes.
        found = dynamo.get(self._local, self._table, _key(event, shard)) or {}
        if "opened" not in found:
            _, step = self._moments(event, shard)
            opened = {
                "seed": secrets.token_hex(16),
                "begins": self._moment(event, shard, event.opens_at * MICROSECONDS),
                "step": step,
            }
            expression = (
                "SET opened = if_not_exists(opened, :opened), drawn = if_not_exists(drawn, :none), "
                "expiry_time = :until"
            )
            found = self._update(event, shard, expression, "", {":opened": opened, ":none": 0})
        opened = found["opened"]
        known = _Opened(found["drawn"], opened["seed"], opened["begins"], opened["step"])
        if len(self._opened) > 10_000:
            self._opened.clear()
        self._opened[event.event_id, shard] = known
        return known

    def _update(
        self, event: Event, shard: int, expression: str, condition: str, values: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Update a line's item, and return its new attributes.

        Raises:
            _Unmet: the condition does not hold.
        """
        more = {"ConditionExpression": condition} if condition else {}
        try:
            answer = self._local.update_item(
                TableName=self._table,
                Key=pack(_key(event, shard))["M"],
                UpdateExpression=expression,
                ExpressionAttributeValues=pack({**values, ":until": event.closes_at + KEPT_SECONDS})["M"],
                ReturnValues="ALL_NEW",
                **more,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                raise _Unmet from None
            raise
        found: dict[str, Any] = dynamo.unpack({"M": answer["Attributes"]})
        return found


class _Unmet(Exception):
    """The condition of an update does not hold."""


def _key(event: Event, shard: int) -> dict[str, Any]:
    return {"lock_key": f"queue#{event.event_id}#{shard}"}
