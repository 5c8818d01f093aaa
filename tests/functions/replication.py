"""Replication of global tables, which DynamoDB Local lacks: item by item, last-writer-wins.

Every write to a global table is stamped in commit order and sent to each other Region separately: the items of one
transaction travel independently, in any order, each with its own lag. Of two writes to an item, a Region keeps the one
with the later stamp. A Region that is cut off sends and receives nothing until it is healed; nothing is lost in
transit.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html
"""

from __future__ import annotations

import heapq
import itertools
import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

__all__ = ["GLOBAL_TABLES", "Body", "Image", "Replication", "Send"]

Body: TypeAlias = dict[str, Any]
Image: TypeAlias = "dict[str, Any] | None"  # an item in DynamoDB's notation, or None if it was deleted
Send: TypeAlias = Callable[[str, str, Body], "tuple[int, Body]"]  # Region, operation, body -> status, answer

# Global tables and their keys. They are in every Region, except the last one, which is only in the hubs.
GLOBAL_TABLES: Mapping[str, Sequence[str]] = {
    "tap-marketplace-events-prod": ("event_id", "item"),
    "tap-marketplace-ticket-inventory-prod": ("event_shard", "seat_id"),
    "tap-marketplace-ticket-sales-prod": ("event_shard", "sale_id"),
    "tap-marketplace-corrections-prod": ("event_id", "entry_id"),
}
HUB_TABLE = "tap-marketplace-corrections-prod"


class Replication:
    """The replication between some Regions.

    Args:
        send: makes a call in a Region.
        regions: all Regions.
        hubs: the Regions with the corrections table.
        lag: how long an item is in transit, in seconds; None: until `deliver` is called.
        seed: seed for the arrival order of items that were sent at the same time.
    """

    def __init__(
        self,
        send: Send,
        regions: Sequence[str],
        hubs: Sequence[str],
        lag: Callable[[], float] | None = None,
        seed: int = 0,
    ) -> None:
        self._send, self._regions, self._hubs, self._lag = send, tuple(regions), tuple(hubs), lag
        self._random = random.Random(seed)
        self._stamps = itertools.count(1)
        self._known: dict[tuple[str, str, str], int] = {}  # Region, table, key -> stamp
        self._tokens: set[tuple[str, str]] = set()
        self._travelling: list[tuple[float, float, int, str, str, str, Image]] = []
        self._changed = threading.Condition()
        self._writing = {region: threading.RLock() for region in regions}
        self._cut: set[str] = set()
        self._arriving = 0
        self._ended = False

    @contextmanager
    def running(self) -> Iterator[Replication]:
        """Deliver items when they are due, until the block ends."""
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify()
            thread.join()

    def write(self, region: str, operation: str, body: Body) -> tuple[int, Body]:
        """Make a write in a Region and replicate its changes."""
        body, quiet = _with_new_image(operation, body)
        with self._writing[region]:
            status, answer = self._send(region, operation, body)
            if status == 200 and not self._repeated(region, body):
                stamp = next(self._stamps)
                for table, image, key in _changes(operation, body, answer):
                    self._note(region, table, key, image, stamp)
        if quiet:
            answer.pop("Attributes", None)
        return status, answer

    def _repeated(self, region: str, body: Body) -> bool:
        """Whether a transaction with this token was committed before, in which case DynamoDB writes nothing."""
        token = body.get("ClientRequestToken")
        if token is None:
            return False
        known = (region, token) in self._tokens
        self._tokens.add((region, token))
        return known

    def _note(self, region: str, table: str, key: Body, image: Image, stamp: int) -> None:
        name = self.key_name(key)
        self._known[region, table, name] = stamp
        others = self._hubs if table == HUB_TABLE else self._regions
        with self._changed:
            for other in others:
                if other != region:
                    due = time.monotonic() + (self._lag() if self._lag else float("inf"))
                    parcel = (due, self._random.random(), stamp, f"{region}>{other}", table, name, image)
                    heapq.heappush(self._travelling, parcel)
            self._changed.notify()

    def cut(self, region: str) -> None:
        """Cut off a Region: nothing leaves or reaches it from now on."""
        with self._changed:
            self._cut.add(region)

    def heal(self, region: str) -> None:
        """Heal a Region: waiting items resume."""
        with self._changed:
            self._cut.discard(region)
            self._changed.notify()

    def is_cut(self, one: str, other: str) -> bool:
        """Whether two Regions cannot reach each other."""
        return one != other and not {one, other}.isdisjoint(self._cut)

    def settle(self) -> None:
        """Deliver everything that is not cut off, ignoring lag."""
        while self.deliver() or self._arriving:
            time.sleep(0.001)

    def deliver(self, most: int = 1_000_000) -> int:
        """Deliver everything possible in random order, ignoring lag, and return the number of items."""
        with self._changed:
            free = [parcel for parcel in self._travelling if not self._waits(parcel)]
            self._random.shuffle(free)
            chosen = free[:most]
            for parcel in chosen:
                self._travelling.remove(parcel)
            heapq.heapify(self._travelling)
        for parcel in chosen:
            self._arrive(parcel)
        return len(chosen)

    @staticmethod
    def key_name(key: Body) -> str:
        """An item's key as text."""
        return json.dumps(key, sort_keys=True)

    def parcels(self) -> list[tuple[str, str, str, str]]:
        """The possible next arrivals as (source, target, table, key); only the oldest version of each item."""
        with self._changed:
            free = sorted((p for p in self._travelling if not self._waits(p)), key=lambda p: (p[2], *p[3:6]))
        return list(dict.fromkeys((*parcel[3].split(">"), parcel[4], parcel[5]) for parcel in free))  # type: ignore[misc]

    def deliver_parcel(self, way: str) -> None:
        """Deliver one of `parcels`, identified by its four parts."""
        with self._changed:
            parcel = min(
                (p for p in self._travelling if f"{p[3]} {p[4]} {p[5]}" == way), key=lambda parcel: parcel[2]
            )
            self._travelling.remove(parcel)
            heapq.heapify(self._travelling)
        self._arrive(parcel)

    def _waits(self, parcel: tuple[float, float, int, str, str, str, Image]) -> bool:
        source, target = parcel[3].split(">")
        return self.is_cut(source, target)

    def _arrive(self, parcel: tuple[float, float, int, str, str, str, Image]) -> None:
        _, _, stamp, way, table, name, image = parcel
        target = way.split(">")[1]
        with self._writing[target]:
            if self._known.get((target, table, name), 0) >= stamp:
                return
            self._known[target, table, name] = stamp
            if image is None:
                self._send(target, "DeleteItem", {"TableName": table, "Key": json.loads(name)})
            else:
                self._send(target, "PutItem", {"TableName": table, "Item": image})

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._ended:
                    return
                now = time.monotonic()
                due = [parcel for parcel in self._travelling if parcel[0] <= now and not self._waits(parcel)]
                for parcel in due:
                    self._travelling.remove(parcel)
                heapq.heapify(self._travelling)
                self._arriving = len(due)
                if not due:
                    self._changed.wait(0.01 if self._travelling else 0.2)
            for parcel in due:
                self._arrive(parcel)
            self._arriving = 0


def _with_new_image(operation: str, body: Body) -> tuple[Body, bool]:
    """An update changed to return the new item, and whether its caller did not ask for that."""
    if operation != "UpdateItem" or body.get("ReturnValues", "NONE") != "NONE":
        return body, False
    return {**body, "ReturnValues": "ALL_NEW"}, True


def _changes(operation: str, body: Body, answer: Body) -> Iterator[tuple[str, Image, Body]]:
    """The items that a successful write changed: table, image, key."""
    if operation == "UpdateItem":
        yield from _change("Put", {**body, "Item": answer["Attributes"]})
    elif operation in ("PutItem", "DeleteItem"):
        yield from _change(operation.removesuffix("Item"), body)
    elif operation == "TransactWriteItems":
        for step in body["TransactItems"]:
            ((kind, action),) = step.items()
            assert kind != "Update", "our transactions have no updates"
            yield from _change(kind, action)
    elif operation == "BatchWriteItem":
        assert not answer.get("UnprocessedItems")
        for table, requests in body["RequestItems"].items():
            for request in requests:
                ((kind, action),) = request.items()
                yield from _change(kind.removesuffix("Request"), {**action, "TableName": table})


def _change(kind: str, action: Body) -> Iterator[tuple[str, Image, Body]]:
    table = action["TableName"]
    if table in GLOBAL_TABLES and kind != "ConditionCheck":
        image = action["Item"] if kind == "Put" else None
        subject = action["Key"] if image is None else image
        yield table, image, {name: subject[name] for name in GLOBAL_TABLES[table]}
