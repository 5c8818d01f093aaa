"""AWS's background work: event source mappings poll streams, and rules fire on schedules."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from moto.awslambda.models import EventSourceMapping, lambda_backends
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.events.models import events_backends
from moto.kinesis.models import kinesis_backends
from moto.sqs.models import sqs_backends

from ticketgen.rehearsal.emulator.change_streams import stream_of
from ticketgen.rehearsal.emulator.lambda_fleet import Fleet, function_of

__all__ = ["Pollers"]

_MINUTE = 60.0
_ACCOUNT = DEFAULT_ACCOUNT_ID
_Batch = list[dict[str, Any]]


class Pollers:
    """Find mappings and schedules, and run each in a thread.

    Args:
        fleet: invokes the functions.
        start_machine: starts an execution, given the state machine's ARN and the input.
    """

    def __init__(self, fleet: Fleet, start_machine: Callable[[str, Any], object]) -> None:
        self._fleet = fleet
        self._start_machine = start_machine
        self._at_work: set[str] = set()
        self._fired: dict[str, float] = {}
        self.running = threading.Event()
        self.running.set()
        threading.Thread(target=self._run, name="pollers", daemon=True).start()

    def _run(self) -> None:
        while True:
            self.running.wait()
            for region, backend in list(lambda_backends[_ACCOUNT].items()):
                for mapping in list(backend._event_source_mappings.values()):
                    for place in _shard_names(mapping):
                        if place not in self._at_work:
                            self._at_work.add(place)
                            work = threading.Thread(
                                target=self._follow, args=(mapping, region, place), daemon=True
                            )
                            work.start()
            for region, events in list(events_backends[_ACCOUNT].items()):
                for rule in list(events.event_buses["default"].rules.values()):
                    if rule.state == "ENABLED" and rule.scheduled_expression == "rate(1 minute)":
                        self._fire(region, rule)
            time.sleep(0.5)

    def _fire(self, region: str, rule: Any) -> None:
        key = f"{region}/{rule.name}"
        if time.monotonic() - self._fired.get(key, -_MINUTE) < _MINUTE:
            return
        self._fired[key] = time.monotonic()
        for target in rule.targets:
            event = json.loads(target.get("Input") or "{}")
            if ":lambda:" in target["Arn"]:
                work: Callable[[], object] = lambda arn=target["Arn"], event=event: self._fleet.invoke(  # type: ignore[misc]  # noqa: E731
                    function_of(arn), event
                )
            else:
                work = lambda arn=target["Arn"], event=event: self._start_machine(arn, event)  # type: ignore[misc]  # noqa: E731
            threading.Thread(target=work, daemon=True).start()

    def _follow(self, mapping: EventSourceMapping, region: str, place: str) -> None:
        """Read one shard in order, batch by batch, until the mapping is deleted."""
        read = _reader(mapping, place)
        position: Any = None
        while mapping.uuid in lambda_backends[_ACCOUNT][region]._event_source_mappings:
            if not self.running.is_set():
                self.running.wait()
            try:
                batch, position = read(position)
                if batch:
                    self._deliver(mapping, batch)
            except Exception as error:
                print(f"{mapping.function_arn}: {error!r}", file=sys.stderr, flush=True)
                time.sleep(1)
        self._at_work.discard(place)

    def _deliver(self, mapping: EventSourceMapping, batch: _Batch) -> None:
        """Invoke the function until it accepts the batch; after the last attempt, notify the failure queue."""
        attempts = 1 + (
            10_000 if mapping.max_retry_attempts in (None, -1) else int(mapping.max_retry_attempts)
        )
        for attempt in range(attempts):
            outcome = self._fleet.invoke(function_of(mapping.function_arn), {"Records": batch})
            if not outcome.error:
                failed = {
                    one["itemIdentifier"] for one in (outcome.result or {}).get("batchItemFailures", ())
                }
                if not failed:
                    return
                first = next(index for index, record in enumerate(batch) if _number(record) in failed)
                batch = batch[first:]
            time.sleep(min(5.0, 0.2 * 2**attempt))
        queue = (mapping.destination_config or {}).get("OnFailure", {}).get("Destination", "")
        if ":sqs:" in queue:
            region, account, name = queue.split(":")[3:6]
            notice = {"requestContext": {"functionArn": mapping.function_arn}, "batchSize": len(batch)}
            sqs_backends[account][region].send_message(name, json.dumps(notice))


def _shard_names(mapping: EventSourceMapping) -> list[str]:
    """The names of the shards of a mapping's source."""
    arn = mapping.event_source_arn
    if ":dynamodb:" in arn:
        return [f"{mapping.uuid}/"]
    backend = kinesis_backends[_ACCOUNT][arn.split(":")[3]]
    stream = next((one for one in backend.streams.values() if one.arn == arn), None)
    return [f"{mapping.uuid}/{shard}" for shard in stream.shards] if stream else []


def _reader(mapping: EventSourceMapping, place: str) -> Callable[[Any], tuple[_Batch, Any]]:
    arn, size = mapping.event_source_arn, int(mapping.batch_size or 100)
    if ":dynamodb:" in arn:
        stream = stream_of(arn.split("/stream/")[0])
        return lambda position: stream.read(position or 0, size, 0.5)
    region = arn.split(":")[3]
    shard_id = place.split("/")[1]

    def read(position: Any) -> tuple[_Batch, Any]:
        stream = next(one for one in kinesis_backends[_ACCOUNT][region].streams.values() if one.arn == arn)
        records = stream.shards[shard_id].records
        numbers = [number for number in list(records) if number > (position or 0)][:size]
        if not numbers:
            time.sleep(0.5)
        batch = [
            {
                "eventSource": "aws:kinesis",
                "eventSourceARN": arn,
                "awsRegion": region,
                "eventID": f"{shard_id}:{number}",
                "kinesis": {
                    "partitionKey": records[number].partition_key,
                    "sequenceNumber": str(number),
                    "data": records[number].data,
                    "approximateArrivalTimestamp": records[number].created_at,
                },
            }
            for number in numbers
        ]
        return batch, numbers[-1] if numbers else position

    return read


def _number(record: dict[str, Any]) -> str:
    part = record.get("dynamodb") or {"SequenceNumber": record.get("kinesis", {}).get("sequenceNumber")}
    return str(part["SequenceNumber"])
