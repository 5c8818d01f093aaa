"""The operator's scripts as rendered: their effects, their refusals, and dry runs that change nothing."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest
from fault_proxy import WireCall
from moto import mock_aws
from rendered_functions import function_files, script, stack
from script_worlds import AT_ONCE, ReadyFunctions, WarmTables
from simulated_regions import TABLES, World, buy, event_item

import ledger
from events import MOVES_PER_TAKEOVER
from ticketgen.stack.operations import SCRIPTS

A, B, C = "us-east-1", "us-west-2", "eu-west-1"


@pytest.fixture
def world(dynamodb: int, tmp_path: Path) -> Iterator[World]:
    with World.running(
        dynamodb, tmp_path, A, B, C, lag=lambda: random.uniform(0, 0.05), quiet_seconds=1.0
    ) as world:
        yield world


def home(world: World, region: str = A) -> tuple[str, int, str]:
    """The home, the epoch and the state of the event, as a Region has it."""
    event = world.event(region)
    assert event is not None
    return event.home_region, event.epoch, "moving" if event.moving else event.state


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_prints_help_without_credentials_or_network(name: str, tmp_path: Path) -> None:
    for path, text in stack("everything").items():  # of a stack with queues, which has every script
        if path.startswith("ops/"):
            (tmp_path / path.removeprefix("ops/")).write_text(text, encoding="utf-8")
    command = [sys.executable, str(tmp_path / f"{name}.py"), "--help"]
    clean = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    done = subprocess.run(command, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert ("--apply" in done.stdout) == (name != "preflight"), "the preflight only reads"
    assert "python" in done.stdout  # an example


def test_the_scripts_share_the_functions_own_modules() -> None:
    siblings = function_files("ticket_purchase")
    for module in ("dynamo", "events", "ledger"):
        assert stack()[f"ops/{module}.py"].partition("\n")[2] == siblings[f"{module}.py"]


def test_a_dry_run_changes_nothing(world: World) -> None:
    world.put("events", event_item("gala", A))
    before = {what: world.items(what, A) for what in TABLES}
    for name, *arguments in (("move_home", "gala", "--to", B), ("takeover", "--to", B)):
        code, printed = world.script(name, C, *arguments)
        assert code == 0, printed
        assert "dry run" in printed
    assert {what: world.items(what, A) for what in TABLES} == before


def test_a_planned_move_takes_every_sale_along(world: World) -> None:
    world.put("events", event_item("gala", A, shards=3))
    shop = world.function("ticket_purchase", C, LEASE_SECONDS="0.2")
    first = buy(shop, "gala", "A-1", "A-2")
    world.put(
        "inventory", {"event_shard": "gala#0", "seat_id": "A-50", "kind": "withheld", "version": 1}, A, B
    )
    code, printed = world.script("move_home", C, "gala", "--to", B, "--apply")
    assert code == 0, printed
    world.settle()
    assert {home(world, region) for region in world.regions} == {(B, 2, "on_sale")}
    assert buy(shop, "gala", "A-1", "A-2") == first  # the same key, the same answer
    assert buy(shop, "gala", "A-3", key="key-00002")[0] == 201
    assert {sale["epoch"] for sale in world.items("sales", B, "gala", 3)} == {1, 2}
    assert {seat for seat, sales in world.live_sales("gala", 3).items() if len(sales) == 1} == {
        "A-1",
        "A-2",
        "A-3",
    }
    assert world.script("move_home", C, "gala", "--to", B)[1].startswith(
        "gala already has its home in us-west-2"
    )


def test_sales_and_other_moves_wait_while_an_event_moves(world: World) -> None:
    world.put("events", event_item("gala", A, moving_to=B))
    status, body = buy(world.function("ticket_purchase", C), "gala", "A-1")
    assert (status, body["reason"]) == (503, "moving")
    code, printed = world.script("move_home", C, "gala", "--to", C, "--apply")
    assert (code, "moving to us-west-2" in printed) == (1, True)
    assert world.script("move_home", C, "gala", "--cancel", "--apply")[0] == 0
    assert home(world) == (A, 1, "on_sale")


def test_a_move_resumes_when_every_region_is_reachable(world: World) -> None:
    world.put("events", event_item("gala", A))
    world.replication.cut(C)
    code, printed = world.script("move_home", A, "gala", "--to", B, "--apply", "--patience", "1")
    assert (code, "no answer from eu-west-1" in printed) == (1, True)
    assert home(world) == (A, 1, "on_sale")  # nobody was told to stop selling
    world.replication.heal(C)

    def cut(call: WireCall) -> None:
        if call.operation == "TransactWriteItems":
            world.replication.cut(C)

    world.proxy.watch = cut
    code, printed = world.script("move_home", A, "gala", "--to", B, "--apply", "--patience", "1")
    assert (code, "eu-west-1 has not seen the move yet" in printed) == (1, True)
    assert home(world) == (A, 1, "moving")
    world.proxy.watch = lambda call: None
    world.replication.heal(C)
    assert world.script("move_home", A, "gala", "--to", B, "--apply")[0] == 0
    assert home(world, A)[:2] == (B, 2)


def test_the_new_home_is_rebuilt_from_its_ledger(world: World) -> None:
    world.put("events", event_item("gala", A))
    shop = world.function("ticket_purchase", A)
    for number in range(1, 4):
        assert buy(shop, "gala", f"A-{number}", key=f"key-0000{number}")[0] == 201
    world.settle()
    entries = {entry["seat_id"]: entry for entry in world.items("sales", A, "gala")}
    for region in (A, B):  # A-1's item is lost, A-2's belongs to a voided sale
        key = {
            "TableName": TABLES["inventory"],
            "Key": {"event_shard": {"S": "gala#0"}, "seat_id": {"S": "A-1"}},
        }
        world.proxy.send(region, "DeleteItem", key)
        world.put("sales", ledger.void_of(entries["A-2"], 1, "oversold"), region)
    code, printed = world.script("move_home", A, "gala", "--to", B, "--apply")
    assert (code, "Inventory items repaired in us-west-2: 2." in printed) == (0, True), printed
    world.agree("gala", B)


def test_a_lost_home_is_not_contacted(world: World) -> None:
    world.put("events", event_item("gala", A))
    world.replication.cut(A)
    assert world.script("move_home", C, "gala", "--to", B, "--apply")[0] == 1
    code, printed = world.script("move_home", C, "gala", "--to", B, "--lost", A, "--apply")
    assert code == 0, printed
    assert home(world, B) == (B, MOVES_PER_TAKEOVER, "on_sale")
    assert home(world, A) == (A, 1, "on_sale")  # it cannot know yet


def test_concurrent_moves_move_an_event_once(world: World) -> None:
    world.put("events", event_item("gala", A))
    with ThreadPoolExecutor(2) as pool:
        done = list(
            pool.map(lambda region: world_script(world, region, "gala", "--to", B, "--apply"), (A, C))
        )
    assert sorted(done) in ([0, 0], [0, 1])
    world.settle()
    assert home(world, C) == (B, 2, "on_sale")


def world_script(world: World, region: str, *arguments: str) -> int:
    from functions_cloud import Sdk

    sdk = Sdk("testing", world.proxy.endpoint(region))
    code = script("move_home", world.folder, {"boto3": sdk.module}).main(arguments)
    assert isinstance(code, int)
    return code


@pytest.mark.parametrize(
    ("arguments", "error_text"),
    [
        (("move_home", "gala", "--to", "mars-1"), "mars-1 is not a Region of the stack"),
        (("move_home", "nope", "--to", B), "there is no event nope"),
        (("move_home", "gala"), "--to REGION or --cancel"),
        (("move_home", "gala", "--cancel"), "is not moving"),
        (("takeover", "--to", C), "choose us-east-1 or us-west-2"),
        (("takeover",), "required: --to"),
    ],
)
def test_contradictory_arguments_are_refused(
    world: World, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], error_text: str
) -> None:
    world.put("events", event_item("gala", A))
    try:
        code, printed = world.script(arguments[0], A, *arguments[1:], "--apply")
    except SystemExit as ended:  # argparse's
        code, printed = int(str(ended.code)), capsys.readouterr().err
    assert code in (1, 2)
    assert error_text in printed


def test_a_takeover_does_not_contact_the_lost_region(world: World) -> None:
    world.put("events", event_item("gala", A))
    world.replication.cut(A)
    verifier = world.function("inventory_verifier", B)
    assert not verifier.handler({}, None)["active"]
    regions: list[str] = []
    world.proxy.watch = lambda call: regions.append(call.region)
    code, printed = world.script("takeover", B, "--to", B, "--apply")
    assert code == 0, printed
    assert set(regions) == {B}
    assert "move_home.py --all-from us-east-1 --to us-west-2 --lost us-east-1 --apply" in printed
    world.proxy.watch = lambda call: None
    assert verifier.handler({}, None)["active"]
    world.replication.heal(A)
    world.settle()
    assert not world.function("inventory_verifier", A).handler({}, None)["active"]


def test_prewarming_only_raises_throughput(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text(stack()["ops/stack.json"])
    needed = json.loads(stack()["ops/stack.json"])["warm_throughput"]
    tables = WarmTables()
    module = script("prewarm", tmp_path, {"boto3": tables})
    assert module.main([]) == 0
    assert tables.calls == []
    assert module.main(["--apply"]) == 0
    locks = "tap-marketplace-distributed-locks-prod"
    assert tables.warm[TABLES["sales"]][0] == needed["ticket-sales"][0] == 48_000
    assert tables.warm[locks] == (52_875, 12_000)
    assert tables.functions.calls == []
    assert (A, TABLES["sales"]) in tables.calls
    done = len(tables.calls)
    assert module.main(["--apply"]) == 0
    assert len(tables.calls) == done


def test_prewarming_waits_for_a_change_that_is_under_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """DynamoDB shows the new throughput before it has it, and refuses a second change until then."""
    (tmp_path / "stack.json").write_text(stack()["ops/stack.json"])
    tables = WarmTables()
    tables.takes = 100
    module = script("prewarm", tmp_path, {"boto3": tables, "time": AT_ONCE})
    assert module.main(["--apply", "--patience", "0"]) == 1, "it must not take the new figures for done"
    assert "run the command again" in capsys.readouterr().out
    begun = list(tables.calls)
    assert any(tables.is_changing(table) for _, table in begun)
    assert module.main(["--apply"]) == 0
    assert not any(tables.is_changing(table) for _, table in begun)


REGIONS = json.loads(stack()["ops/stack.json"])["regions"]
READY = json.loads(stack()["ops/stack.json"])["provisioned_concurrency"]


@pytest.fixture
def prewarm(tmp_path: Path) -> tuple[ReadyFunctions, Callable[..., int]]:
    """Lambda, and the script that warms the stack up."""
    (tmp_path / "stack.json").write_text(stack()["ops/stack.json"])
    tables = WarmTables()
    module = script("prewarm", tmp_path, {"boto3": tables, "time": AT_ONCE})
    return tables.functions, lambda *arguments: int(module.main(arguments))


def test_executions_are_ready_for_a_sale_and_given_back_after_it(
    prewarm: tuple[ReadyFunctions, Callable[..., int]], capsys: pytest.CaptureFixture[str]
) -> None:
    functions, run = prewarm
    assert run("--functions", "ready") == 0
    assert functions.asked == {}, "a dry run changes nothing"
    assert run("--functions", "ready", "--apply") == 0
    assert READY == {"ticket-purchase": 704, "seat-availability": 900}
    assert functions.asked == {
        (region, f"tap-marketplace-{what}-prod"): needed
        for region in REGIONS
        for what, needed in READY.items()
    }
    assert (
        "us-east-1 tap-marketplace-ticket-purchase-prod: 704 executions are ready." in capsys.readouterr().out
    )
    functions.calls.clear()
    assert run("--functions", "ready", "--apply") == 0
    assert {operation for operation, _ in functions.calls} == {"GetProvisionedConcurrencyConfig"}
    assert run("--functions", "off", "--apply") == 0
    assert functions.asked == {}
    assert run("--functions", "off", "--apply") == 0


def test_executions_are_ready_where_buyers_are_expected(
    prewarm: tuple[ReadyFunctions, Callable[..., int]],
) -> None:
    functions, run = prewarm
    assert run("--functions", "ready", "--region", B, "--apply") == 0
    assert {region for region, _ in functions.asked} == {B}
    with pytest.raises(SystemExit):
        run("--functions", "ready", "--region", "mars-north-1", "--apply")


def test_executions_that_cannot_be_made_ready_stop_the_script(
    prewarm: tuple[ReadyFunctions, Callable[..., int]], capsys: pytest.CaptureFixture[str]
) -> None:
    functions, run = prewarm
    functions.failure = "FUNCTION_ERROR_INIT_FAILURE"
    assert run("--functions", "ready", "--apply") == 1
    assert (
        "Stopped: us-west-2 tap-marketplace" in (printed := capsys.readouterr().out) or "Stopped: " in printed
    )
    assert "FUNCTION_ERROR_INIT_FAILURE" in printed
    functions.failure, functions.polls = "", 10**9
    assert run("--functions", "ready", "--patience", "0", "--apply") == 1
    assert "0 of 704 executions are ready: run the command again" in capsys.readouterr().out


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[], Any]]:
    """The script with moto's SQS and Kinesis, because neither can run locally."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    (tmp_path / "stack.json").write_text(stack()["ops/stack.json"])
    with mock_aws():
        yield lambda: script("redrive", tmp_path, {"boto3": boto3})


def test_failed_refunds_go_back_to_their_queue(aws: Callable[[], Any]) -> None:
    sqs = boto3.client("sqs", region_name=A)
    fifo = {"FifoQueue": "true"}
    refunds = sqs.create_queue(QueueName="tap-marketplace-refunds-prod.fifo", Attributes=fifo)["QueueUrl"]
    failed = sqs.create_queue(QueueName="tap-marketplace-failed-refunds-prod.fifo", Attributes=fifo)[
        "QueueUrl"
    ]
    for number in range(25):
        body = json.dumps({"sale_id": f"s{number}", "price": 1})
        sqs.send_message(
            QueueUrl=failed,
            MessageBody=body,
            MessageGroupId=f"s{number}",
            MessageDeduplicationId=f"s{number}",
        )
    sqs.send_message(QueueUrl=failed, MessageBody="?", MessageGroupId="x", MessageDeduplicationId="x")
    assert aws().main(["--region", A]) == 1  # a dry run; one message is of an unknown kind
    assert aws().main(["--region", A, "--apply"]) == 1
    refunded: set[str] = set()
    while messages := sqs.receive_message(QueueUrl=refunds, MaxNumberOfMessages=10).get("Messages"):
        refunded |= {json.loads(message["Body"])["sale_id"] for message in messages}
    assert refunded == {f"s{number}" for number in range(25)}
    left = sqs.get_queue_attributes(QueueUrl=failed, AttributeNames=["All"])["Attributes"]
    assert int(left["ApproximateNumberOfMessages"]) + int(left["ApproximateNumberOfMessagesNotVisible"]) == 1


@pytest.mark.parametrize("broken", [False, True])
def test_a_batch_refused_by_aurora_is_read_again(aws: Callable[[], Any], broken: bool) -> None:
    sqs, kinesis = boto3.client("sqs", region_name=A), boto3.client("kinesis", region_name=A)
    queue = sqs.create_queue(QueueName="tap-marketplace-dead-letters-prod")["QueueUrl"]
    kinesis.create_stream(StreamName="tap-marketplace-ticket-sales-prod", ShardCount=1)
    put = [
        kinesis.put_record(
            StreamName="tap-marketplace-ticket-sales-prod", Data=f"sale {number}".encode(), PartitionKey="p"
        )
        for number in range(9)
    ]
    batch = {
        "shardId": put[0]["ShardId"],
        "startSequenceNumber": put[2]["SequenceNumber"],
        "endSequenceNumber": put[6]["SequenceNumber"],
        "batchSize": 5,
        "streamArn": f"arn:aws:kinesis:{A}:123456789012:stream/tap-marketplace-ticket-sales-prod",
    }
    sqs.send_message(QueueUrl=queue, MessageBody=json.dumps({"KinesisBatchInfo": batch}))
    sqs.send_message(QueueUrl=queue, MessageBody=json.dumps({"DDBStreamBatchInfo": {}}))
    sqs.send_message(QueueUrl=queue, MessageBody=json.dumps({"refresh": True}))
    module = aws()
    given: list[dict[str, Any]] = []

    class Lambda:
        """A fake Lambda, because moto's would run a container."""

        def invoke(self, *, FunctionName: str, Qualifier: str, Payload: bytes) -> Any:
            from io import BytesIO

            assert (FunctionName, Qualifier) == ("tap-marketplace-kinesis-processor-prod", "live")
            given.extend(json.loads(Payload)["Records"])
            failures = [{"itemIdentifier": "1"}] if broken else []
            return {"Payload": BytesIO(json.dumps({"batchItemFailures": failures}).encode())}

    real = boto3.client
    module.boto3 = type(
        "Sdk", (), {"client": lambda service, **o: Lambda() if service == "lambda" else real(service, **o)}
    )
    assert module.main(["--region", A]) == 0
    assert given == []
    assert module.main(["--region", A, "--apply"]) == int(broken)
    assert [record["kinesis"]["sequenceNumber"] for record in given] == [
        p["SequenceNumber"] for p in put[2:7]
    ]
    left = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    waiting = int(left["ApproximateNumberOfMessages"]) + int(left["ApproximateNumberOfMessagesNotVisible"])
    assert waiting == int(broken)
