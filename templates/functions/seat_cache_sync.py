"""Keep the Region's seat maps in Redis in step with the inventory table.

The table's stream delivers each change. `{"refresh": true}`, sent every minute, loads the maps that are missing: those
of new events, and all of them after Redis lost its memory. Every map is also reloaded every 15 minutes, so that a
record that ended in the failure queue does not mislead buyers forever.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import dynamo
import metrics
import seat_map
from events import Event, every_event
from redis_client import Redis, RedisDown

__all__ = ["handler"]

LOCAL = dynamo.client(os.environ["AWS_REGION"], attempts=4)
EVENTS_TABLE = os.environ["EVENTS_TABLE"]
INVENTORY_TABLE = os.environ["INVENTORY_TABLE"]
METRICS_NAMESPACE = os.environ["METRICS_NAMESPACE"]
REDIS = Redis(
    os.environ["REDIS_HOST"],
    int(os.environ["REDIS_PORT"]),
    user=os.environ["REDIS_USER"],
    replication_group=os.environ["REDIS_REPLICATION_GROUP"],
    region=os.environ["AWS_REGION"],
)
RELOAD_SECONDS = 900
THREADS = 3  # one waits for DynamoDB, one parses, one waits for Redis; more would wait for each other
RESERVE_MS = 20_000  # no load starts with less time left; the next run continues


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Handle a batch of stream records, or the refresh that is sent every minute."""
    return _refresh(context) if event.get("refresh") else _follow(event["Records"])


def _follow(records: list[dict[str, Any]]) -> dict[str, Any]:
    """Apply stream records, grouped by event, and report those that Redis did not accept."""
    stamps: dict[str, list[tuple[str, int]]] = {}
    numbers: dict[str, list[str]] = {}
    for record in records:
        change = record["dynamodb"]
        removed = record["eventName"] == "REMOVE"
        item = dynamo.unpack({"M": change["OldImage" if removed else "NewImage"]})
        event_id = item["event_shard"].rpartition("#")[0]
        stamps.setdefault(event_id, []).append(
            (item["seat_id"], seat_map.stamp(item.get("version", 0), removed))
        )
        numbers.setdefault(event_id, []).append(change["SequenceNumber"])
    try:
        for event_id, changes in stamps.items():
            seat_map.apply(REDIS, event_id, changes)
            del numbers[event_id]
    except RedisDown as error:
        print(f"Redis is down: {error}")
    return {"batchItemFailures": [{"itemIdentifier": number} for left in numbers.values() for number in left]}


def _refresh(context: Any) -> dict[str, Any]:
    """Load the maps that are missing or old, the oldest first."""
    events = [event for event in every_event(LOCAL, EVENTS_TABLE) if event.state != "closed"]
    seat_map.describe(REDIS, events)
    now = time.time()
    ages = {event.event_id: now - (seat_map.loaded_at(REDIS, event.event_id) or 0) for event in events}
    loaded = []
    for event in sorted(events, key=lambda event: -ages[event.event_id]):
        if ages[event.event_id] < RELOAD_SECONDS or context.get_remaining_time_in_millis() < RESERVE_MS:
            break
        if _load(event):
            loaded.append(event.event_id)
            ages[event.event_id] = 0
    metrics.emit(METRICS_NAMESPACE, CacheMapAgeSeconds=max(ages.values(), default=0))
    return {"loaded": loaded}


def _load(event: Event) -> bool:
    """Load a whole event beside its live map, then swap them.

    It returns False if another loader is at work.
    """
    started, loader = time.monotonic(), secrets.token_hex(8)
    # From here on, stream records go to both maps; a consistent read of the table covers all earlier ones.
    if not seat_map.begin(REDIS, event.event_id, loader):
        return False
    turn = threading.Lock()  # all threads share one connection to Redis

    def copy(shard: str) -> bool:
        stamps = _taken(shard)
        with turn:
            return seat_map.apply(REDIS, event.event_id, stamps, loader)

    with ThreadPoolExecutor(THREADS) as pool:
        if not all(pool.map(copy, event.every_shard())):
            return False
    if not seat_map.publish(REDIS, event.event_id, loader, time.time()):
        return False
    metrics.emit(METRICS_NAMESPACE, CacheLoadSeconds=time.monotonic() - started)
    return True


def _taken(shard: str) -> list[tuple[str, int]]:
    """The taken seats of a shard.

    It reads only what the map needs, because parsing takes most of the time.
    """
    request = {
        "TableName": INVENTORY_TABLE,
        "KeyConditionExpression": "event_shard = :shard",
        "ProjectionExpression": "seat_id, version",
        "ExpressionAttributeValues": {":shard": {"S": shard}},
        "ConsistentRead": True,
    }
    return [
        (item["seat_id"]["S"], seat_map.stamp(int(item["version"]["N"]) if "version" in item else 0, False))
        for page in dynamo.pages(LOCAL.query, **request)
        for item in page["Items"]
    ]
