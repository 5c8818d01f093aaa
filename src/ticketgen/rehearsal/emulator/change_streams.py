"""Effects of a change in a table: a record on its stream, a record on Kinesis, a copy in other Regions.

moto passes each change in a table with a stream to `StreamShard.add`; here, every table has a stream.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.dynamodb.exceptions import ResourceNotFoundException
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import StreamShard, Table
from moto.dynamodb.responses import DynamoHandler
from moto.kinesis.models import kinesis_backends

from ticketgen.rehearsal.emulator.items import image
from ticketgen.rehearsal.emulator.patching import add_actions, replace

__all__ = ["LISTENERS", "StreamRecords", "forget_streams", "patch", "stream_of"]

_MAX_RECORDS = 200_000
"""The maximum of records that a stream keeps, to bound its memory."""

_Listener = Callable[[Table, Item | None, Item | None], None]

LISTENERS: list[_Listener] = []
"""Called with each change: the table, the old item and the new one."""


class StreamRecords:
    """The records of one stream, in order; readers can wait for new ones."""

    def __init__(self) -> None:
        self._records: deque[dict[str, Any]] = deque(maxlen=_MAX_RECORDS)
        self._end = 0
        self._more = threading.Condition()

    def add(self, record: dict[str, Any]) -> None:
        """Append a record with the next sequence number."""
        with self._more:
            self._end += 1
            record["dynamodb"]["SequenceNumber"] = f"{self._end:021d}"
            self._records.append(record)
            self._more.notify_all()

    def read(self, position: int, limit: int, timeout: float) -> tuple[list[dict[str, Any]], int]:
        """Up to `limit` records after a position, and the new position.

        It waits up to `timeout` seconds for a record.
        """
        with self._more:
            self._more.wait_for(lambda: self._end > position, timeout)
            first = max(0, position - (self._end - len(self._records)))
            found = [self._records[index] for index in range(first, min(first + limit, len(self._records)))]
            return found, int(found[-1]["dynamodb"]["SequenceNumber"]) if found else position


_STREAMS: dict[str, StreamRecords] = {}
_DESTINATIONS: dict[tuple[str, str, str], dict[str, dict[str, Any]]] = {}


def stream_of(table_arn: str) -> StreamRecords:
    """The stream of a table."""
    return _STREAMS.setdefault(table_arn, StreamRecords())


def _added(shard: StreamShard, old: Item | None, new: Item | None) -> None:
    table = shard.table
    for listener in LISTENERS:
        listener(table, old, new)
    destinations = _DESTINATIONS.get((shard.account_id, table.region_name, table.name))
    streams = bool(table.stream_specification and table.stream_specification.get("StreamEnabled"))
    if not destinations and not streams:
        return
    record = _record(table, old, new)
    for stream_arn, destination in (destinations or {}).items():
        if destination["DestinationStatus"] == "ACTIVE":
            _to_kinesis(shard.account_id, stream_arn, record)
    if streams:
        stream_of(table.table_arn).add(record)


def _record(table: Table, old: Item | None, new: Item | None) -> dict[str, Any]:
    """Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html."""
    item = new or old
    assert item is not None
    now = time.time()
    change: dict[str, Any] = {
        "ApproximateCreationDateTime": int(now),
        "Keys": {name: image(item)[name] for name in table.table_key_attrs},
        "SizeBytes": 1,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }
    if new is not None:
        change["NewImage"] = image(new)
    if old is not None:
        change["OldImage"] = image(old)
    return {
        "eventID": f"{time.time_ns():032x}",
        "eventName": "REMOVE" if new is None else "INSERT" if old is None else "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": table.region_name,
        "dynamodb": change,
        "eventSourceARN": f"{table.table_arn}/stream/{table.latest_stream_label}",
    }


def _to_kinesis(account: str, stream_arn: str, record: dict[str, Any]) -> None:
    """Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds_using-shards-and-metrics.html."""
    region = stream_arn.split(":")[3]
    body = {key: value for key, value in record.items() if key not in {"eventVersion", "eventSourceARN"}}
    body |= {"tableName": stream_arn, "userIdentity": None, "recordFormat": "application/json"}
    put_record: Callable[..., Any] = kinesis_backends[account][region].put_record
    put_record(
        stream_arn,
        None,
        next(iter(next(iter(record["dynamodb"]["Keys"].values())).values())),
        None,
        base64.b64encode(json.dumps(body).encode()).decode(),
    )


class _Actions(DynamoHandler):
    """The actions that moto lacks: tables that stream to Kinesis."""

    def _destinations(self) -> dict[str, dict[str, Any]]:
        table = self.dynamodb_backend.get_table(self.body["TableName"])
        return _DESTINATIONS.setdefault((self.current_account, self.region, table.name), {})

    def enable_kinesis_streaming_destination(self) -> ActionResult:
        arn = self.body["StreamArn"]
        settings = self.body.get("EnableKinesisStreamingConfiguration", {})
        self._destinations()[arn] = {
            "StreamArn": arn,
            "DestinationStatus": "ACTIVE",
            "ApproximateCreationDateTimePrecision": settings.get(
                "ApproximateCreationDateTimePrecision", "MILLISECOND"
            ),
        }
        return ActionResult(self._answer(arn, "ENABLING"))

    def disable_kinesis_streaming_destination(self) -> ActionResult:
        arn = self.body["StreamArn"]
        if arn not in self._destinations():
            raise ResourceNotFoundException(f"{arn} is not a destination of the table")
        self._destinations()[arn]["DestinationStatus"] = "DISABLED"
        return ActionResult(self._answer(arn, "DISABLING"))

    def describe_kinesis_streaming_destination(self) -> ActionResult:
        return ActionResult(
            {
                "TableName": self.body["TableName"],
                "KinesisDataStreamDestinations": list(self._destinations().values()),
            }
        )

    def _answer(self, arn: str, status: str) -> dict[str, str]:
        return {"TableName": self.body["TableName"], "StreamArn": arn, "DestinationStatus": status}


def forget_streams(table: Table) -> None:
    """Forget the stream and the Kinesis destinations of a deleted table."""
    _STREAMS.pop(table.table_arn, None)
    _DESTINATIONS.pop((table.account_id, table.region_name, table.name), None)


def patch() -> None:
    """Give every table a stream, and copy its changes to the Kinesis destinations."""
    add_actions(DynamoHandler, _Actions, "yes: moto lacks Kinesis destinations of tables")
    replace(StreamShard, "no: records are delivered at once, for global tables", add=_added)
    specify = Table.set_stream_specification

    def specified(table: Table, streams: dict[str, Any] | None) -> None:
        specify(table, streams)
        if table.stream_shard is None:
            table.stream_shard = StreamShard(table.account_id, table)

    replace(Table, "no: every table has a stream here, for replication", set_stream_specification=specified)
