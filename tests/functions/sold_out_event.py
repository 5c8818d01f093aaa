"""The largest event, sold out: 234,000 seats in twelve Regions, 60,000 of them sold since the last verification run."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from event_items import event_of
from simulated_regions import TABLES, World, event_item
from stacks import DEMO_REGIONS, SHAPES, sized

import dynamo
import ledger

__all__ = ["EVENT", "HOME", "SoldOutEvent", "sold_out_event"]

HOME = DEMO_REGIONS[0]
SHARDS = sized(SHAPES["prod"]())["event_shards"].value
SEATS, NEW, SEATS_PER_ORDER = 234_000, 60_000, 8
EVENT: Mapping[str, Any] = {
    "event_id": "gala",
    "shards": SHARDS,
    "sections": [{"name": "A", "first": 1, "last": SEATS, "price": 10000}],
}
FAR_SECONDS, NEAR_SECONDS = 0.1, 0.005  # round trips: to another Region, and to the caller's own


@dataclass
class SoldOutEvent:
    """A world with the event, and the moment at which it is verified.

    Attributes:
        world: the Regions, which all read the home's data, like replicas without lag.
        now: in epoch seconds, twenty seconds after the last sale.
    """

    world: World
    now: float

    def environment(self, name: str) -> dict[str, str]:
        """A function's environment variables in the home Region."""
        return self.world.environment(name, HOME)


@contextmanager
def sold_out_event(port: int, folder: Path) -> Iterator[SoldOutEvent]:
    """Write the event to DynamoDB Local, which takes more than a minute."""
    with World.running(port, folder, *DEMO_REGIONS) as world:
        world.proxy.replication = None
        world.proxy.replica_of = lambda region: HOME
        world.proxy.latency = lambda caller, region: NEAR_SECONDS if caller == region else FAR_SECONDS
        now = time.time()
        item = event_item(home=HOME, **EVENT)
        world.put("events", item, HOME)
        with ThreadPoolExecutor(8) as pool:
            for done in [
                pool.submit(_fill, world, item, now, start, min(start + 5000, SEATS))
                for start in range(0, SEATS, 5000)
            ]:
                done.result()
        before = int((now - 40) * 1000)
        for region in DEMO_REGIONS:
            mark = {"event_id": "gala", "entry_id": f"watermark#{region}", "checked_to": before}
            world.put("corrections", {**mark, "behind": {}, "asked_at": 1, "revision": 1}, HOME)
        yield SoldOutEvent(world, now)


def _fill(world: World, item: dict[str, Any], now: float, first: int, end: int) -> None:
    event = event_of(item)
    batch: list[tuple[str, dict[str, Any]]] = []
    for number in range(first, end):
        # Eight seats per order, sold an hour ago, or within the ten seconds since the last run.
        order = number // SEATS_PER_ORDER
        minted = int((now - 3600 + order % 1000 if number < SEATS - NEW else now - 30 + order % 10) * 1000)
        order_id = f"{minted:013d}-{order:016x}"
        names = [f"A-{order * SEATS_PER_ORDER + seat + 1}" for seat in range(SEATS_PER_ORDER)]
        seat = f"A-{number + 1}"
        entry = {
            "event_shard": event.shard_of(seat),
            "sale_id": f"{order_id}-{number % SEATS_PER_ORDER:02d}",
            "kind": "sale",
            "event_id": "gala",
            "seat_id": seat,
            "order_id": order_id,
            "seats": names,
            "buyer": f"arn:aws:sts::123456789012:assumed-role/buyer/{order}",
            "price": 10000,
            "currency": "USD",
            "epoch": 1,
            "home_region": HOME,
            "sold_at": minted,
            "idempotency_key": f"key-{order:09d}",
            "body_hash": "0" * 32,
        }
        batch += [("sales", entry), ("inventory", ledger.inventory_item(entry, minted))]
        if len(batch) >= 24 or number == end - 1:
            requests: dict[str, Any] = {}
            for what, one in batch:
                requests.setdefault(TABLES[what], []).append({"PutRequest": {"Item": dynamo.pack(one)["M"]}})
            status, answer = world.proxy.send(HOME, "BatchWriteItem", {"RequestItems": requests})
            assert status == 200, answer
            batch = []
