"""Write the ledger's changes to Aurora.

Each sale is one row, however often and in whatever order it arrives.

DynamoDB itself streams every ledger change to Kinesis, so nothing is lost on the way here. Nothing is lost here
either, because each record that was not written is reported as failed. A record that can never be written fails alone,
and ends in the failure queue after the last attempt.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

import dynamo
from sales_database import Poison, Row, SalesDatabase, row_of

__all__ = ["handler"]

DATABASE = SalesDatabase(
    boto3.client(
        "rds-data",
        region_name=os.environ["AWS_REGION"],
        config=Config(
            connect_timeout=2, read_timeout=20, retries={"total_max_attempts": 2, "mode": "standard"}
        ),
    ),
    os.environ["CLUSTER_ARN"],
    os.environ["SECRET_ARN"],
    os.environ["DATABASE_NAME"],
)


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Write a batch of Kinesis records and report those that could not be written."""
    rows: list[tuple[str, Row]] = []
    failed: set[str] = set()
    for record in event["Records"]:
        number = record["kinesis"]["sequenceNumber"]
        try:
            row = _row(record["kinesis"]["data"])
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError, Poison) as error:
            print(f"record {number} is not a ledger entry: {error!r}")
            failed.add(number)
        else:
            if row is not None:
                rows.append((number, row))
    try:
        failed |= DATABASE.write(rows)
    except (BotoCoreError, ClientError) as error:
        print(f"the database is unavailable: {error}")
        failed |= {number for number, _ in rows}
    numbers = [record["kinesis"]["sequenceNumber"] for record in event["Records"]]
    return {"batchItemFailures": [{"itemIdentifier": number} for number in numbers if number in failed]}


def _row(data: str) -> Row | None:
    """The row of a record, which is DynamoDB's JSON in base64.

    It is None for a removal, which only operators make.

    Raises:
        AttributeError, KeyError, RecursionError, TypeError, ValueError, Poison: the record is not a ledger entry.
    """
    change = json.loads(base64.b64decode(data, validate=True))
    if change["eventName"] == "REMOVE":
        return None
    return row_of(dynamo.unpack({"M": change["dynamodb"]["NewImage"]}))
