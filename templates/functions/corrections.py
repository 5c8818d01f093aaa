"""The corrections table: corrections, refunds and the verifier's progress.

All entries belong to an event; `entry_id` tells the kind:

    refund#<sale id>             the void of a sale: its refund is pending (and will be published again),
                                 published (at published_at, in epoch ms; again after a week, because the queue
                                 forgets), refunded (which the refunds' consumer or ops/refunds.py confirms), or
                                 withdrawn (the sale was not voided after all)
    inventory#<seat>#<sale id>   an inventory item that was corrected; without a sale id, it was removed
    watermark#<Region>           checked_to: that Region's entries with ids up to this millisecond are checked, but
                                 only to `behind[number]` in the shards that it names. asked_at: when the Region was
                                 last read, in epoch seconds. revision: grows with each write
    slices                       the turns in which whole shards are compared; see `Slices`

The rhythm of all events is under the key `control#rhythm`, one entry an event: verified_at, when its last complete
verification began, and sold_at, the time of the newest sale that it saw, both in epoch seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

import dynamo

__all__ = [
    "NEVER",
    "Progress",
    "Refund",
    "Rhythm",
    "Slices",
    "Watermark",
    "mark_published",
    "mark_slices",
    "mark_verified",
    "move_watermark",
    "progress",
    "put_once",
    "refund_in",
    "refund_key",
    "rhythms",
    "set_refund",
]


# SQS keeps a message for at most 14 days: a refund that nobody has confirmed by half of them is published again.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
PUBLISHED_MS = 7 * 86_400_000

NEVER = -1
"""The epoch millisecond before any id."""

_RHYTHM = "control#rhythm"


class Refund(NamedTuple):
    """The refund of a voided sale: its state, and when it was published, or else voided, in epoch milliseconds."""

    state: str
    seat_id: str
    home_region: str
    at: int

    def due(self, now: int) -> bool:
        """Whether it has to be published, now or again."""
        return self.state == "pending" or (self.state == "published" and self.at < now - PUBLISHED_MS)


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
    """

    next: int = 0
    runs: int = 0
    began: int = 0
    before: int = 0

    @property
    def oldest(self) -> int:
        """For how many runs some shard may not have been compared."""
        return self.runs - self.before

    def after(self, compared: int, shards: int) -> Slices:
        """The turns after a run that compared so many of all shards."""
        reached, runs = self.next + compared, self.runs + 1
        if reached < shards:
            return Slices(reached, runs, self.began, self.before)
        return Slices(0, runs, runs, self.began)


class Rhythm(NamedTuple):
    """When an event was last verified, and last sold a seat, in epoch seconds; 0 for never."""

    verified_at: int = 0
    sold_at: int = 0


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


def progress(local: dynamo.Client, table: str, event_id: str) -> Progress:
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


def refund_in(item: Mapping[str, Any]) -> Refund:
    """The refund in an entry.

    Raises:
        KeyError, TypeError, ValueError: the entry is not a refund.
    """
    return Refund(
        item["refund"],
        item["seat_id"],
        item["home_region"],
        int(item.get("published_at", item["corrected_at"])),
    )


def _conditionally(call: Any, **request: Any) -> bool:
    try:
        call(**request)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return False
        raise
    return True


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


def _update(local: dynamo.Client, table: str, key: dynamo.Item, condition: str, old: Any, **new: Any) -> bool:
    """Set attributes under a condition, in which `:old` stands for a value; whether it held."""
    values = {f":{name}": dynamo.pack(value) for name, value in new.items()}
    if ":old" in condition:
        values[":old"] = dynamo.pack(old)
    return _conditionally(
        local.update_item,
        TableName=table,
        Key=dynamo.pack(key)["M"],
        UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in new),
        ConditionExpression=condition,
        ExpressionAttributeValues=values,
    )


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
    return new if _update(local, table, key, condition, old.revision, **new._asdict()) else None


def mark_slices(local: dynamo.Client, table: str, event_id: str, old: Slices, new: Slices) -> bool:
    """Record that shards were compared as a whole; return False if another run has recorded some meanwhile."""
    key = {"event_id": event_id, "entry_id": "slices"}
    condition = "turns = :old" if old.runs else "attribute_not_exists(turns)"
    return _update(local, table, key, condition, list(old), turns=list(new))


def rhythms(local: dynamo.Client, table: str) -> dict[str, Rhythm]:
    """The rhythm of each event that was ever verified; an entry that cannot be read counts as none."""
    found: dict[str, Rhythm] = {}
    request: dict[str, Any] = {
        "TableName": table,
        "KeyConditionExpression": "event_id = :control",
        "ExpressionAttributeValues": {":control": {"S": _RHYTHM}},
        "ProjectionExpression": "entry_id, verified_at, sold_at",
        "ConsistentRead": True,
    }
    for page in dynamo.pages(local.query, **request):
        for item in page["Items"]:
            with suppress(KeyError, TypeError, ValueError):
                sold_at = int(item["sold_at"]["N"]) if "sold_at" in item else 0
                found[item["entry_id"]["S"]] = Rhythm(int(item["verified_at"]["N"]), sold_at)
    return found


def mark_verified(local: dynamo.Client, table: str, event_id: str, verified_at: int, sold_at: int) -> bool:
    """Record a complete verification, unless a later one is recorded; `sold_at` is 0 if it saw no new sale."""
    sold = {"sold_at": sold_at} if sold_at else {}
    return _update(
        local,
        table,
        {"event_id": _RHYTHM, "entry_id": event_id},
        "attribute_not_exists(verified_at) OR verified_at < :verified_at",
        None,
        verified_at=verified_at,
        **sold,
    )


def refund_key(event_id: str, sale_id: str) -> dynamo.Item:
    """The key of the audit entry of a voided sale."""
    return {"event_id": event_id, "entry_id": f"refund#{sale_id}"}


def put_once(local: dynamo.Client, table: str, item: dynamo.Item) -> bool:
    """Write an entry unless it exists; return whether it was written."""
    return _conditionally(
        local.put_item,
        TableName=table,
        Item=dynamo.pack(item)["M"],
        ConditionExpression="attribute_not_exists(entry_id)",
    )


def set_refund(local: dynamo.Client, table: str, key: dynamo.Item, old: str, new: str) -> bool:
    """Change a refund's state from `old` to `new`."""
    return _update(local, table, key, "refund = :old", old, refund=new)


def mark_published(local: dynamo.Client, table: str, key: dynamo.Item, now: int) -> bool:
    """Note that a refund was published; return False if it was confirmed or withdrawn meanwhile."""
    return _conditionally(
        local.update_item,
        TableName=table,
        Key=dynamo.pack(key)["M"],
        UpdateExpression="SET refund = :published, published_at = :now",
        ConditionExpression="refund IN (:pending, :published)",
        ExpressionAttributeValues=dynamo.pack(
            {":pending": "pending", ":published": "published", ":now": now}
        )["M"],
    )
