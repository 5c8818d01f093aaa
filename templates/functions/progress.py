"""How far the verification of each event has come, in the corrections table, beside what was corrected.

    watermark#<Region>   checked_to: that Region's entries with ids up to this millisecond are checked, but only to
                         `behind[number]` in the shards that it names. asked_at: when the Region was last read, in epoch
                         seconds. revision: grows with each write
    slices               the turns in which whole shards are compared; see `Slices`

The rhythm of all events is under the key `control#rhythm`, one entry an event: began_at, when its last verification
began, verified_at, when the last complete one did, and sold_at, the time of the newest sale that was seen, in epoch
seconds; and health, what is wrong with the event, as figures by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

import dynamo
from corrections import Refund, refund_in, update

__all__ = [
    "NEVER", "Progress", "Rhythm", "Slices", "Watermark", "mark_slices", "mark_verified", "move_watermark",
    "read_progress", "rhythms",
]  # fmt: skip

NEVER = -1
"""The epoch millisecond before any id."""

_RHYTHM = "control#rhythm"


class Watermark(NamedTuple):
    """How far the entries of a Region are checked.

    Attributes:
        checked_to: in epoch milliseconds.
        behind: the shards that are not checked that far, by number, in epoch milliseconds.
        asked_at: when the Region was last read, in epoch seconds.
        revision: of the entry; 0 if there is none.
    """

    checked_to: int = NEVER
    behind: Mapping[str, int] = MappingProxyType({})
    asked_at: int = 0
    revision: int = 0

    def reached(self, shard: str) -> int:
        """The millisecond up to which a shard is checked."""
        return self.behind.get(_number(shard), self.checked_to)


class Slices(NamedTuple):
    """The turns in which all shards of an event are compared as a whole, again and again.

    Attributes:
        next: the number of the shard whose turn it is.
        runs: how many runs have compared shards.
        began, before: the value of `runs` with which this round through all shards began, and the one before it.
        undecided, disagreements: the undecided seats and the disagreements with the PMS that were found in this round.
        undecided_before, disagreements_before: those of the round before it.
    """

    next: int = 0
    runs: int = 0
    began: int = 0
    before: int = 0
    undecided: int = 0
    disagreements: int = 0
    undecided_before: int = 0
    disagreements_before: int = 0

    @property
    def oldest(self) -> int:
        """For how many runs some shard may not have been compared."""
        return self.runs - self.before

    def after(self, compared: int, shards: int) -> Slices:
        """The turns after a run that compared so many of all shards."""
        reached, runs = self.next + compared, self.runs + 1
        if reached < shards:
            return self._replace(next=reached, runs=runs)
        return Slices(0, runs, runs, self.began, 0, 0, self.undecided, self.disagreements)

    def found(self, undecided: int, disagreements: int) -> Slices:
        """The turns with what a run has found."""
        return self._replace(
            undecided=self.undecided + undecided, disagreements=self.disagreements + disagreements
        )


class Rhythm(NamedTuple):
    """When an event was last verified, and last sold a seat, in epoch seconds, 0 for never; and its health.

    `began_at` is when its last verification began, also one that failed.
    """

    verified_at: int = 0
    sold_at: int = 0
    health: Mapping[str, int] = MappingProxyType({})
    began_at: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """The entries of an event.

    Attributes:
        watermarks: by Region.
        slices: the turns of whole shards.
        refunds: by sale id.
        malformed: entries that cannot be read, by id: what is wrong with each. A watermark among them counts as none.
    """

    watermarks: Mapping[str, Watermark] = field(default_factory=dict)
    slices: Slices = field(default_factory=Slices)
    refunds: Mapping[str, Refund] = field(default_factory=dict)
    malformed: Mapping[str, str] = field(default_factory=dict)

    def watermark(self, region: str) -> Watermark:
        """The watermark of a Region."""
        return self.watermarks.get(region, Watermark())


def read_progress(local: dynamo.Client, table: str, event_id: str) -> Progress:
    """Read all entries of an event with one query."""
    watermarks: dict[str, Watermark] = {}
    slices = Slices()
    refunds: dict[str, Refund] = {}
    malformed: dict[str, str] = {}
    request: dict[str, Any] = {
        "TableName": table,
        "KeyConditionExpression": "event_id = :event",
        "ExpressionAttributeValues": {":event": {"S": event_id}},
        "ProjectionExpression": "entry_id, checked_to, behind, asked_at, revision, turns, refund, seat_id,"
        " home_region, corrected_at, published_at",
        "ConsistentRead": True,
    }
    for page in dynamo.pages(local.query, **request):
        for found in page["Items"]:
            kind, _, rest = found["entry_id"]["S"].partition("#")
            try:
                if kind == "watermark" and "#" not in rest:
                    watermarks[rest] = _watermark(dynamo.unpack({"M": found}))
                elif kind == "slices":
                    slices = Slices(*_numbers(dynamo.unpack(found["turns"])))
                elif kind == "refund":
                    refunds[rest] = refund_in(dynamo.unpack({"M": found}))
            except (KeyError, TypeError, ValueError) as error:
                malformed[found["entry_id"]["S"]] = f"{type(error).__name__}: {error}"
    return Progress(watermarks, slices, refunds, malformed)


def _number(shard: str) -> str:
    return shard.rpartition("#")[2]


def _numbers(listed: Any) -> list[int]:
    if not isinstance(listed, list) or not all(isinstance(one, int) and one >= 0 for one in listed):
        raise ValueError(f"turns is {listed!r}")
    return listed


def _watermark(item: Mapping[str, Any]) -> Watermark:
    """The watermark in an entry.

    Raises:
        KeyError, TypeError, ValueError: the entry is not a watermark.
    """
    behind = {str(number): int(reached) for number, reached in item["behind"].items()}
    return Watermark(int(item["checked_to"]), behind, int(item["asked_at"]), int(item["revision"]))


def move_watermark(
    local: dynamo.Client,
    table: str,
    event_id: str,
    region: str,
    old: Watermark,
    reached: Mapping[str, int],
    now: int,
) -> Watermark | None:
    """Move a Region's watermark, which never goes back; return None if another run has moved it meanwhile.

    `reached` has every shard, with the millisecond up to which it is checked now; `now` is in epoch seconds.
    """
    farther = {shard: max(to, old.reached(shard)) for shard, to in reached.items()}
    most = max(farther.values())
    behind = {_number(shard): to for shard, to in farther.items() if to < most}
    new = Watermark(most, behind, now, old.revision + 1)
    key = {"event_id": event_id, "entry_id": f"watermark#{region}"}
    condition = "revision = :old" if old.revision else "attribute_not_exists(revision)"
    return new if update(local, table, key, condition, old.revision, **new._asdict()) else None


def mark_slices(local: dynamo.Client, table: str, event_id: str, old: Slices, new: Slices) -> bool:
    """Record that shards were compared as a whole; return False if another run has recorded some meanwhile."""
    key = {"event_id": event_id, "entry_id": "slices"}
    condition = "revision = :old" if old.runs else "attribute_not_exists(revision)"
    return update(local, table, key, condition, old.runs, turns=list(new), revision=new.runs)


def rhythms(local: dynamo.Client, table: str) -> dict[str, Rhythm]:
    """The rhythm of each event that was ever verified; an entry that cannot be read counts as none."""
    found: dict[str, Rhythm] = {}
    request: dict[str, Any] = {
        "TableName": table,
        "KeyConditionExpression": "event_id = :control",
        "ExpressionAttributeValues": {":control": {"S": _RHYTHM}},
        "ProjectionExpression": "entry_id, verified_at, sold_at, health, began_at",
        "ConsistentRead": True,
    }
    for page in dynamo.pages(local.query, **request):
        for item in page["Items"]:
            with suppress(KeyError, TypeError, ValueError):
                verified, sold, began = (
                    int(item[name]["N"]) if name in item else 0
                    for name in ("verified_at", "sold_at", "began_at")
                )
                health = {name: int(value["N"]) for name, value in item.get("health", {"M": {}})["M"].items()}
                found[item["entry_id"]["S"]] = Rhythm(verified, sold, health, began)
    return found


def mark_verified(local: dynamo.Client, table: str, event_id: str, began_at: int, rhythm: Rhythm) -> bool:
    """Record a verification, unless a later one is recorded; a time that is 0 stays as it was."""
    times = {"verified_at": rhythm.verified_at, "sold_at": rhythm.sold_at}
    return update(
        local,
        table,
        {"event_id": _RHYTHM, "entry_id": event_id},
        "attribute_not_exists(began_at) OR began_at < :began_at",
        None,
        began_at=began_at,
        health=dict(rhythm.health),
        **{name: at for name, at in times.items() if at},
    )
