"""What the tests of several operator's scripts need: lost and restored items, and a stack that can be warmed up."""

from __future__ import annotations

import json
import time
from collections import Counter
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import boto3
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from functions_cloud import KEYS
from simulated_regions import TABLES, World

import dynamo

__all__ = ["AT_ONCE", "ReadyFunctions", "WarmTables", "back_up", "lose", "send", "withheld"]

AT_ONCE = SimpleNamespace(time=time.time, monotonic=time.monotonic, sleep=lambda seconds: None)
"""A clock for scripts that would wait for DynamoDB."""


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


class ReadyFunctions:
    """Lambda's provisioned concurrency behind real clients: neither moto nor anything else has it.

    Attributes:
        asked: the executions that were asked for, by Region and function.
        polls: how often a configuration must be read before its executions are ready.
        failure: why they cannot be made ready; "" if they can.
        calls: of which operations, on which function.
    """

    def __init__(self) -> None:
        self.asked: dict[tuple[str, str], int] = {}
        self.polls, self.failure = 2, ""
        self.calls: list[tuple[str, str]] = []
        self._read: Counter[tuple[str, str]] = Counter()

    def client(self, region: str) -> Any:
        """A client whose calls are answered here; botocore checks their parameters and reads the answers."""
        client = boto3.client(
            "lambda", region_name=region, aws_access_key_id="testing", aws_secret_access_key="testing"
        )

        def answer(request: Any, **_: Any) -> AWSResponse:
            function = request.url.split("/functions/")[1].split("/")[0]
            assert request.url.endswith("/provisioned-concurrency?Qualifier=live")
            status, body = getattr(self, f"_{request.method.lower()}")((region, function), request.body)
            raw = SimpleNamespace(stream=lambda *_: iter([json.dumps(body).encode()]))
            kind = "ProvisionedConcurrencyConfigNotFoundException"
            headers = {"x-amzn-ErrorType": kind} if status == 404 else {}
            return AWSResponse(request.url, status, headers, raw)

        client.meta.events.register("before-send.lambda", answer)
        return client

    def _get(self, place: tuple[str, str], _: Any) -> tuple[int, dict[str, Any]]:
        self.calls.append(("GetProvisionedConcurrencyConfig", place[1]))
        if place not in self.asked:
            return 404, {"Message": "No Provisioned Concurrency Config found for this function"}
        self._read[place] += 1
        ready = self._read[place] >= self.polls and not self.failure
        status = "FAILED" if self.failure else "READY" if ready else "IN_PROGRESS"
        return 200, {
            "RequestedProvisionedConcurrentExecutions": self.asked[place],
            "AvailableProvisionedConcurrentExecutions": self.asked[place] if ready else 0,
            "Status": status,
            **({"StatusReason": self.failure} if self.failure else {}),
        }

    def _put(self, place: tuple[str, str], body: Any) -> tuple[int, dict[str, Any]]:
        self.calls.append(("PutProvisionedConcurrencyConfig", place[1]))
        self.asked[place] = json.loads(body)["ProvisionedConcurrentExecutions"]
        self._read[place] = 0
        return 202, {"RequestedProvisionedConcurrentExecutions": self.asked[place], "Status": "IN_PROGRESS"}

    def _delete(self, place: tuple[str, str], _: Any) -> tuple[int, dict[str, Any]]:
        self.calls.append(("DeleteProvisionedConcurrencyConfig", place[1]))
        del self.asked[place]
        return 204, {}


class WarmTables:
    """A fake DynamoDB, because no local DynamoDB has warm throughput."""

    def __init__(self) -> None:
        self.warm = dict.fromkeys(
            ("tap-marketplace-distributed-locks-prod", TABLES["inventory"], TABLES["sales"]), (4000, 12000)
        )
        self.calls: list[tuple[str, str]] = []
        self.takes = self.looks = 0  # a change takes so many looks at tables
        self.done_at: dict[str, int] = {}
        self.functions = ReadyFunctions()

    def is_changing(self, table: str) -> bool:
        """Whether DynamoDB still raises the table's throughput, which it shows at once."""
        return self.looks < self.done_at.get(table, 0)

    def client(self, service: str, *, region_name: str, **options: Any) -> Any:
        if service == "lambda":
            return self.functions.client(region_name)
        tables = self

        class Client:
            meta = MagicMock()

            def describe_table(self, *, TableName: str) -> Any:
                write, read = tables.warm[TableName]
                tables.looks += 1
                status = "UPDATING" if tables.is_changing(TableName) else "ACTIVE"
                units = {"WriteUnitsPerSecond": write, "ReadUnitsPerSecond": read, "Status": status}
                return {"Table": {"WarmThroughput": units}}

            def update_table(self, *, TableName: str, WarmThroughput: dict[str, int]) -> None:
                tables.calls.append((region_name, TableName))
                if tables.is_changing(TableName):
                    error = {"Code": "ResourceInUseException", "Message": "the table is being updated"}
                    raise ClientError({"Error": error}, "UpdateTable")
                tables.done_at[TableName] = tables.looks + tables.takes
                new = WarmThroughput["WriteUnitsPerSecond"], WarmThroughput["ReadUnitsPerSecond"]
                assert all(now <= then for now, then in zip(tables.warm[TableName], new, strict=True))
                tables.warm[TableName] = new

        return Client()
