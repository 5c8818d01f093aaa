"""Void the sales that lost their seat, and request their refunds.

A finding is only a hint: the seat is read again in the event's home, and the ledger's rule decides. The steps run in
this order, and each may safely run twice:

1. audit the refund as pending, before anything is voided, so that a crash cannot lose it;
2. in one transaction in the home, write the voids and the inventory item of the sale that keeps the seat;
3. send the refund to the refunds queue; its FIFO forgets ids after five minutes, so the consumer must deduplicate by
   sale id as well;
4. audit the refund as published; it is sent again after a week, unless it is confirmed (see `corrections`).

    {"findings": [..]}  ->  {"corrected", "published", "failed"}
"""

from __future__ import annotations

import json
import os
import time
import traceback
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

import corrections
import dynamo
import ledger
import metrics
from dynamo import Item, Step
from events import Event, EventCache, Malformed
from settlement import Unsettled, settlement

__all__ = ["handler"]

REGION = os.environ["AWS_REGION"]
CORRECTIONS_TABLE = os.environ["CORRECTIONS_TABLE"]
METRICS_NAMESPACE = os.environ["METRICS_NAMESPACE"]
REFUNDS_QUEUE_URL = os.environ["REFUNDS_QUEUE_URL"]
TABLES = ledger.Tables(os.environ["INVENTORY_TABLE"], os.environ["SALES_TABLE"])
SHARE = dynamo.hurry(float(os.environ["CORRECTION_SECONDS"]), longest=8.0)  # two attempts of 4 s at the queue
LOCAL = dynamo.client(REGION, attempts=3)
EVENTS = EventCache(LOCAL, os.environ["EVENTS_TABLE"], float(os.environ["LEASE_SECONDS"]))
_QUICK = Config(
    connect_timeout=1 * SHARE, read_timeout=3 * SHARE, retries={"total_max_attempts": 2, "mode": "standard"}
)
SQS = boto3.client("sqs", region_name=REGION, config=_QUICK)
TIMESTREAM = (
    boto3.client("timestream-write", region_name=REGION, config=_QUICK)
    if os.environ["AUDIT_STORE"] == "timestream"
    else None
)
BUDGET_SECONDS = 4.0 * SHARE


def handler(event: Mapping[str, Any], context: object) -> dict[str, int]:
    """Correct the findings, each independently."""
    started = time.monotonic()
    seats: dict[tuple[str, str], dict[str, str]] = {}
    counts = {"corrected": 0, "published": 0, "failed": 0}
    for finding in event["findings"]:
        try:
            seat, sales = (str(finding["event_id"]), str(finding["seat_id"])), dict(finding["sales"])
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            print(f"not a finding: {finding!r}: {error!r}")
            counts["failed"] += 1
        else:
            seats.setdefault(seat, {}).update(sales)
    with ThreadPoolExecutor(8) as pool:
        for corrected, published, failed in pool.map(_settle, seats.items()):
            counts["corrected"] += corrected
            counts["published"] += published
            counts["failed"] += failed
    metrics.emit(METRICS_NAMESPACE, CorrectionSeconds=time.monotonic() - started)
    return counts


def _settle(seat: tuple[tuple[str, str], dict[str, str]]) -> tuple[bool, int, bool]:
    """Settle one seat.

    It returns whether the seat was corrected, how many refunds were published, and whether it failed.
    """
    (event_id, seat_id), hints = seat
    corrected, published = False, 0
    try:
        for _ in range(3):  # retry if another writer changed the seat meanwhile
            event = EVENTS.get(event_id)
            if event is None or event.moving:
                raise Unsettled("the event is moving, or does not exist")
            key = {"event_shard": event.shard_of(seat_id), "seat_id": seat_id}
            record = ledger.read_seat(_client, TABLES, event.home_region, key, hints)
            hints |= {sale_id: entry["home_region"] for sale_id, entry in record.entries.items()}
            steps, losers = settlement(TABLES, record, key, int(time.time() * 1000))
            for loser in losers:
                _audit_refund(loser)
            if steps:
                try:
                    _commit(event, steps)
                except (dynamo.Refused, dynamo.Stale):
                    continue
                corrected = True
                _audit_inventory(event_id, seat_id, steps)
            voided = record.voided | {loser["sale_id"] for loser in losers}
            for sale_id, entry in record.entries.items():
                if sale_id in voided:
                    published += _refund(entry)
                else:  # an earlier run announced its refund, but the sale keeps the seat
                    key = corrections.refund_key(event_id, sale_id)
                    corrections.set_refund(LOCAL, CORRECTIONS_TABLE, key, "pending", "withdrawn")
            return corrected, published, False
        raise Unsettled("other writers kept changing the seat")
    except Exception as error:  # whatever it is, the other findings are corrected
        expected = BotoCoreError, ClientError, Malformed, Unsettled, dynamo.Busy, dynamo.Unreachable
        if not isinstance(error, expected):
            traceback.print_exc()
        print(f"{event_id} {seat_id} could not be settled: {error!r}")
        return corrected, published, True


def _client(region: str) -> dynamo.Client:
    return dynamo.client(region, attempts=2)


def _commit(event: Event, steps: Sequence[Step]) -> None:
    """Commit like a sale: only in the home, and never on an expired copy of the event."""
    dynamo.transact(
        dynamo.client(event.home_region),
        steps,
        fresh=lambda: EVENTS.fresh(event),
        deadline=time.monotonic() + BUDGET_SECONDS,
    )


def _audit_refund(entry: Item) -> None:
    """Record a refund as pending, unless it is recorded already."""
    names = ("seat_id", "order_id", "buyer", "price", "currency", "epoch", "home_region")
    audit = {
        **corrections.refund_key(entry["event_id"], entry["sale_id"]),
        "refund": "pending",
        "corrected_at": int(time.time() * 1000),
        **{name: entry[name] for name in names},
    }
    if not corrections.put_once(LOCAL, CORRECTIONS_TABLE, audit):
        key = corrections.refund_key(entry["event_id"], entry["sale_id"])
        corrections.set_refund(LOCAL, CORRECTIONS_TABLE, key, "withdrawn", "pending")


def _audit_inventory(event_id: str, seat_id: str, steps: Sequence[Step]) -> None:
    item = steps[-1].action.get("Put", {}).get("Item", {})
    sale_id = item.get("sale_id", {}).get("S", "")
    now = int(time.time() * 1000)
    audit = {
        "event_id": event_id,
        "entry_id": f"inventory#{seat_id}#{sale_id}",
        "seat_id": seat_id,
        "corrected_at": now,
    }
    corrections.put_once(LOCAL, CORRECTIONS_TABLE, audit)
    _record(event_id, seat_id, sale_id, "inventory", now)


def _refund(entry: Item) -> int:
    """Publish the refund of a voided sale unless it was published before.

    It returns the number published: 0 or 1.
    """
    key = corrections.refund_key(entry["event_id"], entry["sale_id"])
    _audit_refund(entry)
    audit = dynamo.get(LOCAL, CORRECTIONS_TABLE, key)
    now = int(time.time() * 1000)
    if audit is None or not corrections.refund_in(audit).due(now):
        return 0
    _record(entry["event_id"], entry["seat_id"], entry["sale_id"], "void", audit["corrected_at"])
    names = ("sale_id", "order_id", "event_id", "seat_id", "buyer", "price", "currency")
    SQS.send_message(
        QueueUrl=REFUNDS_QUEUE_URL,
        MessageBody=json.dumps({name: entry[name] for name in names}),
        MessageDeduplicationId=entry["sale_id"],
        MessageGroupId=entry["sale_id"],
    )
    corrections.mark_published(LOCAL, CORRECTIONS_TABLE, key, now)
    return 1


def _record(event_id: str, seat_id: str, sale_id: str, correction: str, at: int) -> None:
    """Write the record to Timestream if that is the audit store.

    Records with the same time and dimensions are one record.
    """
    if TIMESTREAM is None:
        return
    names = {"event_id": event_id, "seat_id": seat_id, "correction": correction}
    TIMESTREAM.write_records(
        DatabaseName=os.environ["TIMESTREAM_DATABASE"],
        TableName=os.environ["TIMESTREAM_TABLE"],
        Records=[
            {
                "Dimensions": [{"Name": name, "Value": value} for name, value in names.items()],
                "MeasureName": "sale_id",
                "MeasureValue": sale_id or "-",
                "MeasureValueType": "VARCHAR",
                "Time": str(at),
                "TimeUnit": "MILLISECONDS",
            }
        ],
    )
