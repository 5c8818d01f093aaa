"""A stack's tables in several Regions: DynamoDB Local behind the proxy, with replication between them."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

from dynamodb_local import new_account
from event_items import items_of
from fault_proxy import Fault, FaultProxy, WireCall
from functions_cloud import KEYS, Sdk
from rendered_functions import cold_start, literal_environment, script, stack
from replication import Body, Replication

import dynamo
import ledger
from events import Clock, Event, parse

__all__ = ["SHARDS", "TABLES", "World", "buy", "event_item"]

TABLES: Mapping[str, str] = MappingProxyType(
    {
        "events": "tap-marketplace-events-prod",
        "inventory": "tap-marketplace-ticket-inventory-prod",
        "sales": "tap-marketplace-ticket-sales-prod",
        "locks": "tap-marketplace-distributed-locks-prod",
        "corrections": "tap-marketplace-corrections-prod",
    }
)
"""The stack's names for its tables."""

SHARDS = 20
"""The partition keys of an event that a script creates: fewer than in the stack, which are hundreds of calls."""

# Scripts poll every half second; here, an item arrives within milliseconds.
QUICK = SimpleNamespace(
    time=time.time,
    monotonic=time.monotonic,
    sleep=lambda seconds: time.sleep(0.02 if seconds == 0.5 else seconds),
)


def event_item(event_id: str, home: str, *, now: float | None = None, **changes: Any) -> dict[str, Any]:
    """An event on sale, with 50 seats in section A."""
    now = time.time() if now is None else now
    return {
        "event_id": event_id,
        "home_region": home,
        "epoch": 1,
        "state": "on_sale",
        "shards": 1,
        "opens_at": int(now) - 60,
        "closes_at": int(now) + 86_400,
        "currency": "USD",
        "sections": [{"name": "A", "first": 1, "last": 50, "price": 10000}],
        **changes,
    }


def buy(shop: Any, event_id: str, *seats: str, buyer: str = "ann", key: str = "key-00001") -> tuple[int, Any]:
    """Ask a purchase function for seats; return the status and the parsed body."""
    answer = shop.handler(
        {
            "httpMethod": "POST",
            "resource": "/tickets",
            "headers": {"Idempotency-Key": key},
            "body": json.dumps({"event_id": event_id, "seats": list(seats)}),
            "requestContext": {"identity": {"userArn": buyer}},
        },
        None,
    )
    return answer["statusCode"], json.loads(answer["body"])


@dataclass
class World:
    """A running world of Regions.

    Attributes:
        regions: all Regions; the first two are the hubs.
        proxy: the proxy for every call.
        replication: replicates a Region's writes to the others.
        folder: the folder of the operator's scripts.
    """

    regions: tuple[str, ...]
    proxy: FaultProxy
    replication: Replication
    folder: Path

    @classmethod
    @contextmanager
    def running(
        cls,
        port: int,
        folder: Path,
        *regions: str,
        lag: Callable[[], float] | None = None,
        fault: Callable[[WireCall], Fault | None] = lambda call: None,
        quiet_seconds: float | None = None,
    ) -> Iterator[World]:
        """Run a world with empty tables until the block ends; without a lag, items arrive only on demand."""
        proxy = FaultProxy(port, new_account(), fault)
        hubs = regions[:2]
        proxy.replication = replication = Replication(proxy.send, regions, hubs, lag)
        for region in regions:
            for what, key in KEYS.items():
                proxy.send(region, "CreateTable", _table(TABLES[what], key))
        facts = json.loads(stack()["ops/stack.json"]) | {"regions": list(regions), "event_shards": SHARDS}
        facts |= {"primary_region": hubs[0], "secondary_region": hubs[-1] if len(hubs) > 1 else None}
        if quiet_seconds is not None:
            facts["quiet_seconds"] = quiet_seconds
        (folder / "stack.json").write_text(json.dumps(facts), encoding="utf-8")
        with proxy.running(), replication.running():
            yield cls(regions, proxy, replication, folder)

    def environment(self, name: str, region: str, **changes: str) -> dict[str, str]:
        """A function's environment variables in a Region: those of the stack, and its tables."""
        return {
            **{f"{what.upper()}_TABLE": table for what, table in TABLES.items()},
            "METRICS_NAMESPACE": "tickets",
            "PRIMARY_REGION": self.regions[0],
            "REGIONS": ",".join(self.regions),
            "AWS_REGION": region,
            "REFUNDS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/refunds.fifo",
            **literal_environment(name),
            **changes,
        }

    def function(
        self, name: str, region: str, instead: Mapping[str, Any] | None = None, **changes: str
    ) -> Any:
        """Cold-start a function in a Region."""
        sdk = Sdk("testing", self.proxy.endpoint(region))
        environment = self.environment(name, region, **changes)
        return cold_start(name, environment, {"boto3": sdk.module} if instead is None else instead)

    def script(self, name: str, region: str, *arguments: str) -> tuple[int, str]:
        """Run an operator's script from a Region; return its exit code and output."""
        sdk = Sdk("testing", self.proxy.endpoint(region))
        with redirect_stdout(StringIO()) as printed:
            code = script(name, self.folder, {"boto3": sdk.module, "time": QUICK}).main(arguments)
        return code, printed.getvalue()

    def event(self, region: str, event_id: str = "gala") -> Event | None:
        """An event as a Region has it."""
        items = [item for item in self.items("events", region) if item["event_id"] == event_id]
        return parse(items, Clock())

    def put(self, what: str, item: dict[str, Any], *regions: str) -> None:
        """Put an item, or the items of an `event_item`, in some Regions, or in all, as if it had always been there."""
        if what == "events" and "home_region" in item and "item" not in item:
            for one in items_of(item):
                self.put(what, one, *regions)
            return
        for region in regions or self.regions:
            status, answer = self.proxy.send(
                region, "PutItem", {"TableName": TABLES[what], "Item": dynamo.pack(item)["M"]}
            )
            assert status == 200, answer

    def items(self, what: str, region: str, event_id: str = "", shards: int = 1) -> list[dict[str, Any]]:
        """A Region's items of a table, or only of an event's shards."""
        if not event_id:
            return list(self._pages(region, "Scan", {"TableName": TABLES[what]}))
        return [
            item
            for shard in range(shards)
            for item in self._pages(
                region,
                "Query",
                {
                    "TableName": TABLES[what],
                    "KeyConditionExpression": "event_shard = :shard",
                    "ExpressionAttributeValues": {":shard": {"S": f"{event_id}#{shard}"}},
                },
            )
        ]

    def _pages(self, region: str, operation: str, request: Body) -> Iterator[dict[str, Any]]:
        while True:
            status, page = self.proxy.send(region, operation, request)
            assert status == 200, page
            yield from (dynamo.unpack({"M": item}) for item in page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            request = {**request, "ExclusiveStartKey": page["LastEvaluatedKey"]}

    def get(self, what: str, region: str, key: dict[str, Any]) -> dict[str, Any] | None:
        """Read an item from a Region."""
        body = {"TableName": TABLES[what], "Key": dynamo.pack(key)["M"], "ConsistentRead": True}
        found = self.proxy.send(region, "GetItem", body)[1].get("Item")
        return None if found is None else dict(dynamo.unpack({"M": found}))

    def settle(self) -> None:
        """Deliver everything in transit."""
        self.replication.settle()

    def live_sales(self, event_id: str, shards: int = 1) -> dict[str, list[dict[str, Any]]]:
        """The unvoided sales of each seat, combined over all Regions."""
        entries = {
            entry["sale_id"]: entry
            for place in self.regions
            for entry in self.items("sales", place, event_id, shards)
        }
        voided = {entry["voids"] for entry in entries.values() if entry["kind"] == "void"}
        live = defaultdict(list)
        for sale_id, entry in sorted(entries.items()):
            if entry["kind"] == "sale" and sale_id not in voided:
                live[entry["seat_id"]].append(entry)
        return dict(live)

    def agree(self, event_id: str, home: str, shards: int = 1) -> None:
        """Check that every seat is sold at most once, and that the home's inventory agrees with its ledger."""
        live = self.live_sales(event_id, shards)
        assert all(len(sales) == 1 for sales in live.values()), live
        taken = {
            item["seat_id"]: item.get("sale_id") for item in self.items("inventory", home, event_id, shards)
        }
        assert taken == {seat: ledger.winner(sales)["sale_id"] for seat, sales in live.items()}


def _table(name: str, key: tuple[str, ...]) -> Body:
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": part, "AttributeType": "S"} for part in key],
        "KeySchema": [
            {"AttributeName": part, "KeyType": kind}
            for part, kind in zip(key, ("HASH", "RANGE"), strict=False)
        ],
    }
