"""Each operator's script calls its actions on the resources that it has rights on, and needs all of them."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from fault_proxy import WireCall
from moto import mock_aws
from rendered_functions import script, stack
from script_worlds import AT_ONCE, WarmTables, back_up, lose, withheld
from simulated_regions import TABLES, World, buy, event_item

import ledger
from ticketgen.stack.operator_rights import RIGHTS

A, B, C = "us-east-1", "us-west-2", "eu-west-1"
Used = dict[str, set[str]]


@pytest.fixture
def world(dynamodb: int, tmp_path: Path) -> Iterator[World]:
    with World.running(
        dynamodb, tmp_path, A, B, C, lag=lambda: random.uniform(0, 0.05), quiet_seconds=0.1
    ) as world:
        yield world


def granted(name: str) -> Used:
    """The actions of a script by the name of the resource."""
    found: Used = defaultdict(set)
    for right in RIGHTS[name]:
        if right.queues and name != "queue_keys":  # the stack of these tests has no queue
            continue
        found[f"tap-marketplace-{right.what}-prod{right.after}"] |= set(right.actions)
    return found


def run(world: World, *arguments: str) -> Used:
    """Run a script; the actions that it calls, by table."""
    used: Used = defaultdict(set)

    def watch(call: WireCall) -> None:
        for step in call.body.get("TransactItems", ()):
            ((kind, action),) = step.items()
            what = kind if kind == "ConditionCheck" else kind.removesuffix("Item")
            used[action["TableName"]].add(f"dynamodb:{what}Item")
        for table in call.body.get("RequestItems", ()):
            used[table].add(f"dynamodb:{call.operation}")
        if "TableName" in call.body:
            used[call.body["TableName"]].add(f"dynamodb:{call.operation}")

    world.settle()
    world.proxy.watch = watch
    code, printed = world.script(arguments[0], C, *arguments[1:], "--apply")
    world.proxy.watch = lambda call: None
    assert code == 0, printed
    return used


def sales(world: World) -> dict[str, dict[str, Any]]:
    """An event with three sales, of which one lost its item, and another is voided; the entries by seat."""
    world.put("events", event_item("gala", A))
    shop = world.function("ticket_purchase", A)
    for number in (1, 2, 3):
        assert buy(shop, "gala", f"A-{number}", key=f"key-0000{number}")[0] == 201
    world.settle()
    entries = {entry["seat_id"]: entry for entry in world.items("sales", A)}
    lose(world, "inventory", withheld("A-1"))
    world.put("sales", ledger.void_of(entries["A-2"], 1, "oversold"))
    return entries


def test_move_home(world: World) -> None:
    sales(world)
    used = run(world, "move_home", "gala", "--to", B)
    for table, actions in run(world, "move_home", "--all-from", A, "--to", C).items():
        used[table] |= actions
    assert used == granted("move_home")


def test_event(world: World, tmp_path: Path) -> None:
    sections = [{"name": "A", "first": 1, "last": 3, "price": 100}]
    times = {"opens_at": 1_900_000_000, "closes_at": 1_900_000_100}
    (tmp_path / "gala.json").write_text(
        json.dumps({"event_id": "gala", "currency": "USD", "sections": sections, **times})
    )
    used: Used = defaultdict(set)
    for arguments in (
        ("create", str(tmp_path / "gala.json")),
        ("withhold", "gala", "A-1", "A-2"),
        ("release", "gala", "A-1"),
        ("open", "gala"),
        ("extend", "gala", "--until", "1900000200"),
        ("close", "gala"),
        ("archive", "gala"),
        ("delete", "gala"),
    ):
        for table, actions in run(world, "event", *arguments).items():
            used[table] |= actions
    world.put("events", event_item("other", A))
    world.proxy.watch = lambda call: used[call.body["TableName"]].add(f"dynamodb:{call.operation}")
    for read in (("list",), ("show", "other")):
        code, printed = world.script("event", C, *read)
        assert code == 0, printed
    assert used == granted("event")


def test_takeover(world: World) -> None:
    world.put("events", event_item("gala", A))
    assert run(world, "takeover", "--to", B) == granted("takeover")


def test_restore(world: World) -> None:
    entries = sales(world)
    world.put("inventory", withheld("A-50"))
    world.put("corrections", {"event_id": "gala", "entry_id": "e1"}, A, B)
    world.settle()
    back_up(world, A, "corrections", "events", "inventory", "sales")
    lose(world, "sales", entries["A-3"])
    lose(world, "inventory", withheld("A-50"))
    lose(world, "corrections", {"event_id": "gala", "entry_id": "e1"}, A, B)
    tables = ("--from", "corrections", "events", "ticket-inventory", "ticket-sales", "--region", A)
    used = run(world, "restore", "gala", *tables)
    world.settle()
    for item in world.items("events", A):
        lose(world, "events", item)
    for table, actions in run(world, "restore", "gala", *tables).items():  # an event that is gone
        used[table] |= actions
    assert used == granted("restore")


def test_prewarm(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text(stack()["ops/stack.json"])
    tables, used = WarmTables(), defaultdict(set)

    class Sdk:
        def client(self, service: str, **options: Any) -> Any:
            client = tables.client(service, **options)
            if service == "lambda":
                return client

            class Client:
                meta = client.meta

                def describe_table(self, *, TableName: str) -> Any:
                    used[TableName].add("dynamodb:DescribeTable")
                    return client.describe_table(TableName=TableName)

                def update_table(self, *, TableName: str, WarmThroughput: Any) -> None:
                    used[TableName].add("dynamodb:UpdateTable")
                    client.update_table(TableName=TableName, WarmThroughput=WarmThroughput)

            return Client()

    prewarm = script("prewarm", tmp_path, {"boto3": Sdk(), "time": AT_ONCE})
    for functions in "ready", "off":
        assert prewarm.main(["--functions", functions, "--apply"]) == 0
    for operation, function in tables.functions.calls:
        used[function].add(f"lambda:{operation}")
    assert used == granted("prewarm")
    assert {TABLES["sales"], TABLES["inventory"]} < used.keys()


def test_queue_keys(world: World) -> None:
    file = world.folder / "stack.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "admitted_per_minute": 60}))
    used: Used = defaultdict(set)
    for step in ("create", "revoke"):
        for table, actions in run(world, "queue_keys", step).items():
            used[table] |= actions
    assert used == granted("queue_keys")


def test_redrive(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    (tmp_path / "stack.json").write_text(stack()["ops/stack.json"])
    used: Used = defaultdict(set)

    class Sdk:
        """Notes each call; a stream's iterator does not name the stream, of which there is one."""

        def client(self, service: str, **options: Any) -> Any:
            client = boto3.client(service, **options)
            real = client._make_api_call

            def call(operation: str, parameters: dict[str, Any]) -> Any:
                where = parameters.get("QueueName") or parameters.get("QueueUrl", "").rpartition("/")[2]
                where = where or parameters.get("FunctionName", "tap-marketplace-ticket-sales-prod")
                used[where].add(f"{service}:{operation}" + ("Function" if service == "lambda" else ""))
                if service == "lambda":  # moto's would run a container
                    return {"Payload": BytesIO(b'{"batchItemFailures": []}')}
                return real(operation, parameters)

            client._make_api_call = call
            return client

    with mock_aws():
        sqs, kinesis = boto3.client("sqs", region_name=A), boto3.client("kinesis", region_name=A)
        fifo = {"FifoQueue": "true"}
        dead = sqs.create_queue(QueueName="tap-marketplace-dead-letters-prod")["QueueUrl"]
        sqs.create_queue(QueueName="tap-marketplace-refunds-prod.fifo", Attributes=fifo)
        failed = sqs.create_queue(QueueName="tap-marketplace-failed-refunds-prod.fifo", Attributes=fifo)[
            "QueueUrl"
        ]
        kinesis.create_stream(StreamName="tap-marketplace-ticket-sales-prod", ShardCount=1)
        put = kinesis.put_record(
            StreamName="tap-marketplace-ticket-sales-prod", Data=b"sale", PartitionKey="p"
        )
        batch = {
            "shardId": put["ShardId"],
            "startSequenceNumber": put["SequenceNumber"],
            "endSequenceNumber": put["SequenceNumber"],
            "streamArn": f"arn:aws:kinesis:{A}:123456789012:stream/tap-marketplace-ticket-sales-prod",
        }
        sqs.send_message(QueueUrl=dead, MessageBody=json.dumps({"KinesisBatchInfo": batch}))
        sqs.send_message(QueueUrl=dead, MessageBody="?")
        for body in (json.dumps({"sale_id": "s1", "price": 1}), "?"):
            sqs.send_message(
                QueueUrl=failed, MessageBody=body, MessageGroupId=body[:1], MessageDeduplicationId=body[:1]
            )
        assert script("redrive", tmp_path, {"boto3": Sdk()}).main(["--region", A, "--apply"]) == 1
    assert used == granted("redrive")
