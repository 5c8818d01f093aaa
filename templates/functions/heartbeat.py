"""The control items of verification in the events table: which hub is active, and when it last completed a run."""

from __future__ import annotations

from typing import Any

import dynamo

__all__ = ["ACTIVE", "age_seconds", "beat"]

ACTIVE = {"event_id": "control#active", "item": "verification"}
"""The key of the item that names the active Region; without the item, it is the primary."""

_VERIFIED = "control#verified"  # an item for each Region that has verified, so that each has a single writer


def beat(local: dynamo.Client, table: str, region: str, now: float) -> None:
    """Record that a run which began at `now`, in epoch seconds, verified every event."""
    item = {"event_id": _VERIFIED, "item": region, "verified_at": int(now)}
    local.put_item(TableName=table, Item=dynamo.pack(item)["M"])


def age_seconds(local: dynamo.Client, table: str, now: float) -> float | None:
    """Seconds since the newest complete run that this Region's replica shows; None if it shows none."""
    request: dict[str, Any] = {
        "TableName": table,
        "KeyConditionExpression": "event_id = :control",
        "ExpressionAttributeValues": {":control": {"S": _VERIFIED}},
        "ConsistentRead": True,
    }
    found = [dynamo.plain(item) for page in dynamo.pages(local.query, **request) for item in page["Items"]]
    times = [item.get("verified_at") for item in found if not isinstance(item, str)]
    whole = [at for at in times if isinstance(at, int)]
    return max(0.0, now - max(whole)) if whole else None
