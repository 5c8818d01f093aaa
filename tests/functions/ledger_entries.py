"""Ledger entries for the tests, and the verifier's answer to them."""

from __future__ import annotations

import json
import time
from typing import Any

from event_items import event_of
from functions_cloud import HOME, Cloud

import ledger

__all__ = ["entry", "sell", "verify"]


def entry(
    event: dict[str, Any], seat: str, *, age: float = 60, number: int = 0, **changes: Any
) -> dict[str, Any]:
    """A ledger entry whose id was created `age` seconds ago."""
    minted = int((time.time() - age) * 1000)
    order_id = f"{minted:013d}-{number:016x}"
    return {
        "event_shard": event_of(event).shard_of(seat),
        "sale_id": f"{order_id}-00",
        "kind": "sale",
        "event_id": event["event_id"],
        "seat_id": seat,
        "order_id": order_id,
        "seats": [seat],
        "buyer": f"buyer-{number}",
        "price": 10000,
        "currency": "USD",
        "epoch": event["epoch"],
        "home_region": event["home_region"],
        "sold_at": minted,
        "idempotency_key": f"key-{number}",
        "body_hash": "0" * 32,
        **changes,
    }


def sell(cloud: Cloud, sale: dict[str, Any], *regions: str) -> dict[str, Any]:
    """Put a correct sale in some Regions, or in all."""
    cloud.put("sales", sale, *regions)
    cloud.put("inventory", ledger.inventory_item(sale, sale["sold_at"]), *regions)
    return sale


def verify(cloud: Cloud, region: str = HOME, **environment: str) -> dict[str, Any]:
    """Run the verifier in a Region, for the list of events and then for each of them, due or not.

    Returns:
        Whether the Region is active, all findings, and the report on each event.
    """
    function, run = (
        cloud.function("inventory_verifier", region, **environment),
        {"scheduled_at": "2026-11-24T10:00Z"},
    )
    listed = function.handler(run, None)
    answer: dict[str, Any] = {"active": listed["active"], "findings": [], "events": {}}
    ids = {
        item["event_id"]
        for item in cloud.items("events", region)
        if not item["event_id"].startswith("control#")
    }
    for event_id in sorted(ids) if listed["active"] else ():
        verified = function.handler({**run, "event_id": event_id}, None)
        json.dumps(verified)  # it is a state machine's payload
        answer["findings"] += verified["findings"]
        answer["events"][event_id] = verified["report"]
    return answer
