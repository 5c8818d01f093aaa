"""The corrections table: corrections, refunds and the verifier's progress.

All entries belong to an event; `entry_id` tells the kind:

    refund#<sale id>             the void of a sale: its refund is pending (and will be published again),
                                 published (at published_at, in epoch ms; again after a week, because the queue
                                 forgets), refunded (which the refunds' consumer or ops/refunds.py confirms), or
                                 withdrawn (the sale was not voided after all)
    inventory#<seat>#<sale id>   an inventory item that was corrected; without a sale id, it was removed
    watermark#<Region>#<shard>   checked_to: that Region's entries with ids up to this millisecond are checked
    slice#<shard>                checked_at: when this shard was last compared as a whole, in epoch seconds
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

import dynamo

__all__ = [
    "Progress",
    "Refund",
    "mark_published",
    "mark_slice",
    "move_watermark",
    "progress",
    "put_once",
    "refund_in",
    "refund_key",
    "set_refund",
]


# SQS keeps a message for at most 14 days: a refund that nobody has confirmed by half of them is published again.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
PUBLISHED_MS = 7 * 86_400_000


class Refund(NamedTuple):
    """The refund of a voided sale: its state, and when it was published, or else voided, in epoch milliseconds."""

    state: str
    seat_id: str
    home_region: str
    at: int

    def due(self, now: int) -> bool:
        """Whether it has to be published, now or again."""
        return self.state == "pending" or (self.state == "published" and self.at < now - PUBLISHED_MS)


@dataclass(frozen=True, slots=True)
class Progress:
    """The entries of an event.

    Attributes:
        watermarks: by (Region, shard), in epoch milliseconds.
        slices: by shard, in epoch seconds.
        refunds: by sale id.
        malformed: entries that cannot be read, by id: what is wrong with each. A watermark among them counts as none.
    """

    watermarks: Mapping[tuple[str, str], int]
    slices: Mapping[str, int]
    refunds: Mapping[str, Refund]
    malformed: Mapping[str, str]


def progress(local: dynamo.Client, table: str, event_id: str) -> Progress:
    """Read all entries of an event with one query."""
    watermarks: dict[tuple[str, str], int] = {}
    slices: dict[str, int] = {}
    refunds: dict[str, Refund] = {}
    malformed: dict[str, str] = {}
    request: dict[str, Any] = {
        "TableName": table,
        "KeyConditionExpression": "event_id = :event",
        "ExpressionAttributeValues": {":event": {"S": event_id}},
        "ProjectionExpression": "entry_id, checked_to, checked_at, refund, seat_id, home_region,"
        " corrected_at, published_at",
        "ConsistentRead": True,
    }
    for page in dynamo.pages(local.query, **request):
        for found in page["Items"]:
            kind, _, rest = found["entry_id"]["S"].partition("#")
            try:
                if kind == "watermark":
                    region, _, shard = rest.partition("#")
                    watermarks[region, shard] = int(found["checked_to"]["N"])
                elif kind == "slice":
                    slices[rest] = int(found["checked_at"]["N"])
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


def _update(local: dynamo.Client, table: str, key: dynamo.Item, condition: str, **values: Any) -> bool:
    """Set the attribute `name` to `:new`, under a condition."""
    name = values.pop("name")
    return _conditionally(
        local.update_item,
        TableName=table,
        Key=dynamo.pack(key)["M"],
        UpdateExpression=f"SET {name} = :new",
        ConditionExpression=condition,
        ExpressionAttributeValues={f":{key}": dynamo.pack(value) for key, value in values.items()},
    )


def move_watermark(
    local: dynamo.Client, table: str, event_id: str, region: str, shard: str, old: int | None, new: int
) -> bool:
    """Move a watermark; return False if another run has moved it meanwhile."""
    key = {"event_id": event_id, "entry_id": f"watermark#{region}#{shard}"}
    if old is None:
        return _update(local, table, key, "attribute_not_exists(checked_to)", name="checked_to", new=new)
    return _update(local, table, key, "checked_to = :old", name="checked_to", new=new, old=old)


def mark_slice(local: dynamo.Client, table: str, event_id: str, shard: str, now: int) -> bool:
    """Record that a shard was compared as a whole, unless a later run has recorded it."""
    key = {"event_id": event_id, "entry_id": f"slice#{shard}"}
    older = "attribute_not_exists(checked_at) OR checked_at < :new"
    return _update(local, table, key, older, name="checked_at", new=now)


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
    return _update(local, table, key, "refund = :old", name="refund", old=old, new=new)


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
