"""What the tests of several operator's scripts need: lost and restored items, and tables with warm throughput."""

from __future__ import annotations

from typing import Any
from unittest.mock import MagicMock

from functions_cloud import KEYS
from simulated_regions import TABLES, World

import dynamo

__all__ = ["WarmTables", "back_up", "lose", "send", "withheld"]


def send(world: World, region: str, operation: str, **body: Any) -> Any:
    status, answer = world.proxy.send(region, operation, body)
    assert status == 200, answer
    return answer


def back_up(world: World, region: str, *tables: str) -> None:
    """Restore tables as they are now, under their names in the script."""
    for what in tables:
        key = KEYS[what]
        name = f"{TABLES[what]}-restored"
        send(
            world, region, "CreateTable", TableName=name, BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": part, "AttributeType": "S"} for part in key],
            KeySchema=[
                {"AttributeName": part, "KeyType": kind} for part, kind in zip(key, ("HASH", "RANGE"), strict=False)
            ],
        )  # fmt: skip
        for item in world.items(what, region):
            send(world, region, "PutItem", TableName=name, Item=dynamo.pack(item)["M"])


def lose(world: World, what: str, item: dict[str, Any], *regions: str) -> None:
    """Delete an item in some Regions, or in all."""
    key = {name: {"S": item[name]} for name in KEYS[what]}
    for region in regions or world.regions:
        send(world, region, "DeleteItem", TableName=TABLES[what], Key=key)


def withheld(seat: str) -> dict[str, Any]:
    return {"event_shard": "gala#0", "seat_id": seat, "kind": "withheld", "version": 1}


class WarmTables:
    """A fake DynamoDB, because no local DynamoDB has warm throughput."""

    def __init__(self) -> None:
        self.warm = dict.fromkeys(
            ("tap-marketplace-distributed-locks-prod", TABLES["inventory"], TABLES["sales"]), (4000, 12000)
        )
        self.calls: list[tuple[str, str]] = []

    def client(self, service: str, *, region_name: str, **options: Any) -> Any:
        tables = self

        class Client:
            meta = MagicMock()

            def describe_table(self, *, TableName: str) -> Any:
                write, read = tables.warm[TableName]
                return {
                    "Table": {"WarmThroughput": {"WriteUnitsPerSecond": write, "ReadUnitsPerSecond": read}}
                }

            def update_table(self, *, TableName: str, WarmThroughput: dict[str, int]) -> None:
                tables.calls.append((region_name, TableName))
                new = WarmThroughput["WriteUnitsPerSecond"], WarmThroughput["ReadUnitsPerSecond"]
                assert all(now <= then for now, then in zip(tables.warm[TableName], new, strict=True))
                tables.warm[TableName] = new

        return Client()
