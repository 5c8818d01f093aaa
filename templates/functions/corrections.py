"""The corrections table: what was corrected, and the refunds; beside them is the verifier's `progress`.

All entries belong to an event; `entry_id` tells the kind:

    refund#<sale id>             the void of a sale: its refund is pending (and will be published again),
                                 published (at published_at, in epoch ms; again after a week, because the queue
                                 forgets), refunded (which the refunds' consumer or ops/refunds.py confirms), or
                                 withdrawn (the sale was not voided after all)
    inventory#<seat>#<sale id>   an inventory item that was corrected; without a sale id, it was removed
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

import dynamo

__all__ = ["Refund", "mark_published", "put_once", "refund_in", "refund_key", "set_refund", "update"]


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


def update(local: dynamo.Client, table: str, key: dynamo.Item, condition: str, old: Any, **new: Any) -> bool:
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
    return update(local, table, key, "refund = :old", old, refund=new)


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
