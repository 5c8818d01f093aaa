"""Measure how fast the functions are, for `make bench-scale` and for the slow tests.

DynamoDB Local and Redis are real, and each function of the rendered stack runs in its own process. The figures depend
on the machine and on its other load.
"""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from lambda_process import lambda_process
from simulated_regions import TABLES, World, event_item
from sold_out_event import HOME, NEW, SoldOutEvent
from stacks import SHAPES

import dynamo
import ledger
from support.redis_server import RedisServer

__all__ = ["HOLDERS", "OBJECTIVES", "cache_load", "correction", "lock_ms", "verification"]

OBJECTIVES = SHAPES["prod"]().objectives
HOLDERS, HOLDS, FIRST = 2, 150, 30
VERIFY = {"event_id": "gala"}
RECORDING = 60.0  # seconds that DynamoDB Local may take per page while recording


def verification(sold_out: SoldOutEvent, timeout_factor: int = 1) -> dict[str, float]:
    """Seconds for one verification of the event: elapsed time and CPU time.

    The answers of DynamoDB Local were recorded before and are replayed with the latency of DynamoDB, 0.1 s from another
    Region. A run that leaves work to the next run does not count.

    Args:
        sold_out: the event.
        timeout_factor: the factor by which the timeouts of the verifier and its calls exceed those of the stack.
    """
    own = sold_out.environment("inventory_verifier")
    proxy, far = sold_out.world.proxy, sold_out.world.proxy.latency
    proxy.recorded, proxy.latency = {}, lambda caller, region: 0.0
    place: Any = "inventory_verifier", own | {"VERIFICATION_SECONDS": "600"}, proxy.endpoint(HOME)
    with lambda_process(*place, now=sold_out.now, read_timeout=RECORDING) as function:
        function.invoke(VERIFY)
    proxy.latency = far
    own |= {"VERIFICATION_SECONDS": str(OBJECTIVES.verification_s * timeout_factor)}
    place = "inventory_verifier", own, proxy.endpoint(HOME)
    with lambda_process(
        *place, now=sold_out.now, read_timeout=dynamo.READ_SECONDS * timeout_factor
    ) as function:
        runs = [function.invoke(VERIFY) for _ in range(4)]
    whole = [one for one in runs if one["answer"]["report"]["complete"]]
    assert whole, runs
    for one in whole:
        report = one["answer"]["report"]
        assert one["answer"]["findings"] == []
        assert report["new_entries"] == NEW, report  # the replicas of one sale are one sale
        assert report["lagging"] == []
    # A minute later, with the progress that the first run has left, nothing is new.
    proxy.unrecorded = (TABLES["corrections"],)
    with lambda_process(
        *place, now=sold_out.now + 60, read_timeout=dynamo.READ_SECONDS * timeout_factor
    ) as function:
        quiet = [function.invoke(VERIFY) for _ in range(4)]
    proxy.unrecorded = ()
    assert quiet[-1]["answer"]["report"]["complete"], quiet
    assert quiet[-1]["answer"]["report"]["new_entries"] == 0
    return {
        "quiet_seconds": min(one["seconds"] for one in quiet if one["answer"]["report"]["complete"]),
        "seconds": min(one["seconds"] for one in whole),
        "cpu_seconds": min(one["cpu_seconds"] for one in whole),
        "cold_seconds": runs[0]["seconds"],
    }


def cache_load(sold_out: SoldOutEvent, redis: RedisServer) -> dict[str, float]:
    """Seconds to load the whole event into Redis, by the function's own metric."""
    proxy = sold_out.world.proxy
    proxy.recorded = {}
    names = ("REDIS_HOST", "REDIS_PORT", "REDIS_REPLICATION_GROUP", "REDIS_USER")
    environment = dict.fromkeys(names, "0") | sold_out.environment("seat_cache_sync")
    place: Any = "seat_cache_sync", environment, proxy.endpoint(HOME)
    with lambda_process(*place, redis=redis, read_timeout=RECORDING) as function:
        function.invoke({"refresh": True})
    runs = []
    for _ in range(3):
        redis.admin.flushall()
        with lambda_process(*place, redis=redis) as function:
            run = function.invoke({"refresh": True})
            assert run["answer"] == {"loaded": ["gala"]}
            lines = [json.loads(line) for line in run["printed"].splitlines()]
            loaded = next(line["CacheLoadSeconds"] for line in lines if "CacheLoadSeconds" in line)
            runs.append((loaded, run["cpu_seconds"]))
    seconds, cpu_seconds = (min(each) for each in zip(*runs, strict=True))
    return {"seconds": seconds, "cpu_seconds": cpu_seconds}


def lock_ms(port: int, folder: Path) -> dict[str, float]:
    """Milliseconds to lock an order of eight seats in the home Region, with direct calls to DynamoDB Local."""
    with World.running(port, folder, HOME) as world:
        seats = HOLDERS * HOLDS * 8
        sections = [{"name": "A", "first": 1, "last": seats, "price": 1}]
        world.put("events", event_item("gala", HOME, shards=18, sections=sections))
        took: list[float] = []

        def hold(number: int) -> None:
            environment = world.environment("ticket_purchase", HOME)
            straight = f"http://127.0.0.1:{port}"  # bypass the proxy, which is slower than the measured calls
            with lambda_process(
                "ticket_purchase", environment, straight, account=world.proxy.account
            ) as function:
                ready.wait()
                for turn in range(HOLDS):
                    first = (number * HOLDS + turn) * 8 + 1
                    order = {"event_id": "gala", "seats": [f"A-{first + seat}" for seat in range(8)]}
                    request = {
                        "httpMethod": "POST",
                        "resource": "/holds",
                        "body": json.dumps(order),
                        "requestContext": {"identity": {"userArn": f"buyer-{number}"}},
                    }
                    call = function.invoke(request)
                    assert call["answer"]["statusCode"] == 201, call
                    if turn >= FIRST:  # the first calls open connections and compile DynamoDB Local's code
                        took.append(json.loads(call["printed"].splitlines()[-1])["LockMs"])
                    time.sleep(0.1)

        ready = threading.Barrier(HOLDERS, timeout=60)  # if one fails before, the others do not wait for ever
        with ThreadPoolExecutor(HOLDERS) as pool:
            list(pool.map(hold, range(HOLDERS)))
    took.sort()
    return {"p50": took[len(took) // 2], "p99": took[int(len(took) * 0.99)]}


def correction(port: int, folder: Path, oversold: int = 100) -> dict[str, float]:
    """Seconds to correct a full batch of findings: a hundred seats, each sold twice."""
    import boto3
    from moto import mock_aws

    with mock_aws(), World.running(port, folder, HOME, "us-west-2") as world:
        item = event_item("gala", HOME, sections=[{"name": "A", "first": 1, "last": 500, "price": 1}])
        world.put("events", item)
        findings = []
        for number in range(1, oversold + 1):
            entries = [_entry(f"A-{number}", age) for age in (60, 50)]
            for entry in entries:
                world.put("sales", entry, HOME)
            world.put("inventory", ledger.inventory_item(entries[1], entries[1]["sold_at"]), HOME)
            sales = {entry["sale_id"]: HOME for entry in entries}
            findings.append(
                {"kind": "oversold", "event_id": "gala", "seat_id": f"A-{number}", "sales": sales}
            )
        sqs = boto3.client("sqs", region_name=HOME, aws_access_key_id="t", aws_secret_access_key="t")
        queue = sqs.create_queue(QueueName="refunds.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        function = world.function("oversell_corrector", HOME, REFUNDS_QUEUE_URL=queue)
        started = time.monotonic()
        with redirect_stdout(StringIO()):
            done = function.handler({"findings": findings}, None)
        seconds = time.monotonic() - started
        assert done == {"corrected": oversold, "published": oversold, "failed": 0}
    return {"seconds": seconds}


def _entry(seat: str, age: float) -> dict[str, Any]:
    minted = int((time.time() - age) * 1000)
    order_id = ledger.new_order_id(minted / 1000)
    return {
        "event_shard": "gala#0", "sale_id": f"{order_id}-00", "kind": "sale", "event_id": "gala", "seat_id": seat,
        "order_id": order_id, "seats": [seat], "buyer": "ann", "price": 1, "currency": "USD", "epoch": 1,
        "home_region": HOME, "sold_at": minted, "idempotency_key": "key-00001", "body_hash": "0" * 32,
    }  # fmt: skip
