"""Keep the Region's seat maps in Redis in step with the inventory table.

The table's stream delivers each change. `{"refresh": true}`, sent every minute, loads the maps that are missing or in
doubt: those of new events, and all of them after Redis lost its memory. Every map is also reloaded every 15 minutes, so
that a record that ended in the failure queue does not mislead buyers forever. Items that no tool of the stack has
written may have any form: one that cannot be read is logged, and leaves the others alone.
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
from events import SEAT_ID, Event, every_event
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
    changes: dict[str, list[tuple[str, int]]] = {}
    numbers: dict[str, list[str]] = {}
    doubtful: set[str] = set()
    for record in records:
        try:
            change, removed = record["dynamodb"], record["eventName"] == "REMOVE"
            item, number = change["OldImage" if removed else "NewImage"], change["SequenceNumber"]
            event_id, seat_id = item["event_shard"]["S"].rpartition("#")[0], item["seat_id"]["S"]
        except (AttributeError, KeyError, TypeError) as error:
            print(f"not a record of the inventory: {record!r}: {error!r}")
            continue
        numbers.setdefault(event_id, []).append(number)
        stamps = changes.setdefault(event_id, [])
        if not SEAT_ID.fullmatch(seat_id):
            print(f"event {event_id} has an item for {seat_id!r}, which is no seat")
            continue
        version = _version(item)
        if version is None:
            print(f"event {event_id}: the item of seat {seat_id} has no version that is a whole number")
            doubtful.add(event_id)
        stamps.append((seat_id, seat_map.stamp(version or 0, removed)))
    try:
        for event_id, stamps in changes.items():
            if event_id in doubtful:
                seat_map.doubt(REDIS, event_id)
            seat_map.apply(REDIS, event_id, stamps)
            del numbers[event_id]
    except RedisDown as error:
        print(f"Redis is down: {error}")
    return {"batchItemFailures": [{"itemIdentifier": number} for left in numbers.values() for number in left]}


def _refresh(context: Any) -> dict[str, Any]:
    """Load the maps that are missing, in doubt or old: the oldest first, and those in doubt last."""
    every, malformed = every_event(LOCAL, EVENTS_TABLE)
    events = [event for event in every if event.state not in ("closed", "archived")]
    seat_map.describe(REDIS, events, malformed)
    now = time.time()
    ages = {event.event_id: now - (seat_map.loaded_at(REDIS, event.event_id) or 0) for event in events}
    loaded, failed = [], []
    for event in sorted(events, key=lambda event: -ages[event.event_id]):
        if context.get_remaining_time_in_millis() < RESERVE_MS:
            break
        if ages[event.event_id] < RELOAD_SECONDS and not seat_map.doubted(REDIS, event.event_id):
            continue
        try:
            if _load(event):
                loaded.append(event.event_id)
                ages[event.event_id] = 0
        except Exception as error:  # the maps of the other events are loaded
            print(f"the map of event {event.event_id} could not be loaded: {error!r}")
            failed.append(error)
    metrics.emit(METRICS_NAMESPACE, CacheMapAgeSeconds=max(ages.values(), default=0))
    if failed:
        raise failed[0]
    return {"loaded": loaded}


def _load(event: Event) -> bool:
    """Load a whole event beside its live map, then swap them.

    It returns False if another loader is at work.
    """
    started, loader = time.monotonic(), secrets.token_hex(8)
    # From here on, stream records go to both maps; a consistent read of the table covers all earlier ones.
    if not seat_map.begin(REDIS, event.event_id, loader, event.sections):
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
        (item["seat_id"]["S"], seat_map.stamp(_version(item) or 0, False))
        for page in dynamo.pages(LOCAL.query, **request)
        for item in page["Items"]
        if SEAT_ID.fullmatch(item["seat_id"]["S"])
    ]


def _version(item: Mapping[str, Any]) -> int | None:
    """The version of an item in DynamoDB's notation; None without one that is a whole number of a usual size."""
    try:
        version = int(item["version"]["N"])
    except (KeyError, TypeError, ValueError):
        return None
    return version if 0 <= version < 2**52 else None  # Redis's scripts know twice as much exactly
