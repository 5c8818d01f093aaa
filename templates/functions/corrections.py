"""The corrections table: corrections, refunds and the verifier's progress.

All entries belong to an event; `entry_id` tells the kind:

    refund#<sale id>             the void of a sale: its refund is pending (and will be published again),
                                 published, or withdrawn (the sale was not voided after all)
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
    "mark_slice",
    "move_watermark",
    "progress",
    "put_once",
    "refund_key",
    "set_refund",
]


class Refund(NamedTuple):
    """The state of a voided sale's refund: pending, published or withdrawn."""

    state: str
    seat_id: str
    home_region: str


@dataclass(frozen=True, slots=True)
class Progress:
    """The entries of an event.

    Attributes:
        watermarks: by (Region, shard), in epoch milliseconds.
        slices: by shard, in epoch seconds.
        refunds: by sale id.
    """

    watermarks: Mapping[tuple[str, str], int]
    slices: Mapping[str, int]
    refunds: Mapping[str, Refund]


def progress(local: dynamo.Client, table: str, event_id: str) -> Progress:
    """Read all entries of an event with one query."""
    watermarks, slices, refunds = {}, {}, {}
    request: dict[str, Any] = {
        "TableName": table,
        "KeyConditionExpression": "event_id = :event",
        "ExpressionAttributeValues": {":event": {"S": event_id}},
        "ProjectionExpression": "entry_id, checked_to, checked_at, refund, seat_id, home_region",
        "ConsistentRead": True,
    }
    for page in dynamo.pages(local.query, **request):
        for found in page["Items"]:
            item = dynamo.unpack({"M": found})
            kind, _, rest = item["entry_id"].partition("#")
            if kind == "watermark":
                region, _, shard = rest.partition("#")
                watermarks[region, shard] = item["checked_to"]
            elif kind == "slice":
                slices[rest] = item["checked_at"]
            elif kind == "refund":
                refunds[rest] = Refund(item["refund"], item["seat_id"], item["home_region"])
    return Progress(watermarks, slices, refunds)


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
