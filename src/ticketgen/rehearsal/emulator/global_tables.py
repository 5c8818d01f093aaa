"""DynamoDB's global tables (version 2019.11.21, eventual consistency), transactions and fast queries.

A write becomes visible in every other Region a moment later, item by item. Of two writes to one item, the later one
silently wins everywhere. A disconnected Region neither sends nor receives writes; they are delivered when it is
reconnected. Transactions are atomic in their own Region only, and idempotent by their token.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html
"""

from __future__ import annotations

import heapq
import itertools
import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from moto.core.responses import ActionResult
from moto.dynamodb.exceptions import (
    MockValidationException,
    MultipleTransactionsException,
    ResourceNotFoundException,
    TooManyTransactionsException,
    TransactionCanceledException,
)
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

from ticketgen.rehearsal.emulator import change_streams
from ticketgen.rehearsal.emulator.items import condition, image, item_from
from ticketgen.rehearsal.emulator.patching import replace

__all__ = ["LINKS", "LOCK", "Links", "patch", "transact"]

LOCK = threading.RLock()
"""The lock for moto's tables, which are not thread-safe: hold it to read or write them."""

_TOKEN_SECONDS = 600
"""Seconds for which a ClientRequestToken is remembered. Source: DynamoDB API reference, TransactWriteItems."""

_Key = tuple[str, ...]
_Version = tuple[int, str]


@dataclass(order=True, slots=True)
class _Delivery:
    """A write that is being replicated to another Region."""

    due: float
    number: int
    source: str = field(compare=False)
    target: str = field(compare=False)
    account: str = field(compare=False)
    table: str = field(compare=False)
    key: _Key = field(compare=False)
    version: _Version = field(compare=False)
    item: Item | None = field(compare=False)


class Links:
    """Replication between Regions: the replicas of each table, the lag, and the disconnected Regions.

    Attributes:
        lag_seconds: the minimum and the maximum replication lag.
    """

    def __init__(self) -> None:
        self.lag_seconds = (0.1, 0.8)
        self._cut: set[str] = set()
        self._groups: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
        self._versions: dict[tuple[str, str, str], dict[_Key, _Version]] = {}
        self._queue: list[_Delivery] = []
        self._numbers = itertools.count()
        self._work = threading.Condition(LOCK)
        self._delivering = False

    def disconnect(self, region: str) -> None:
        """Disconnect a Region."""
        with self._work:
            self._cut.add(region)

    def reconnect(self, region: str) -> None:
        """Reconnect a Region, and deliver the writes that waited."""
        with self._work:
            self._cut.discard(region)
            self._work.notify_all()

    def connected(self, region: str, other: str) -> bool:
        """Whether two Regions can talk to each other."""
        return region == other or not self._cut & {region, other}

    @property
    def waiting(self) -> int:
        """The number of writes that are being replicated."""
        with LOCK:
            return len(self._queue)

    def replicas(self, account: str, table: str) -> dict[str, dict[str, Any]]:
        """The replicas of a global table by Region, as requested; empty if the table is not global."""
        return self._groups.get((account, table), {})

    def add_replica(self, backend: DynamoDBBackend, table: Table, settings: dict[str, Any]) -> None:
        """Create a replica with all existing items."""
        region = settings["RegionName"]
        group = self._groups.setdefault((backend.account_id, table.name), {backend.region_name: {}})
        if region in group:
            raise MockValidationException(f"there is a replica in {region} already")
        copy = dynamodb_backends[backend.account_id][region].create_table(
            table.name,
            schema=table.schema,
            throughput=None,
            attr=table.attr,
            global_indexes=[],
            indexes=[],
            streams=dict(table.stream_specification or {}),
            billing_mode=table.billing_mode or "PAY_PER_REQUEST",
            sse_specification={"Enabled": True, "KMSMasterKeyId": settings["KMSMasterKeyId"]}
            if settings.get("KMSMasterKeyId")
            else None,
            tags=[],
            deletion_protection_enabled=False,
            warm_throughput=None,
        )
        group[region] = settings
        for item in table.all_items():
            _store(copy, item)

    def remove_replica(self, backend: DynamoDBBackend, table: Table, region: str) -> None:
        """Delete a replica and its table."""
        group = self._groups.get((backend.account_id, table.name), {})
        if region not in group:
            raise ResourceNotFoundException(f"there is no replica in {region}")
        del group[region]
        dynamodb_backends[backend.account_id][region].delete_table(table.name)
        self._versions.pop((backend.account_id, region, table.name), None)

    def changed(self, table: Table, old: Item | None, new: Item | None) -> None:
        """Replicate a change to the other Regions, unless it is itself a replicated one."""
        group = self._groups.get((table.account_id, table.name))
        if not group or self._delivering:
            return
        subject = new or old
        assert subject is not None
        key = _key_of(table, subject)
        source = table.region_name
        version = (time.time_ns(), source)
        self._versions.setdefault((table.account_id, source, table.name), {})[key] = version
        now = time.monotonic()
        with self._work:
            for target in group:
                if target != source:
                    due = now + random.uniform(*self.lag_seconds)
                    number = next(self._numbers)
                    delivery = _Delivery(
                        due, number, source, target, table.account_id, table.name, key, version, new
                    )
                    heapq.heappush(self._queue, delivery)
            self._work.notify_all()

    def run_delivery(self) -> None:
        """Deliver each write when it is due; runs in a thread of its own."""
        undeliverable: list[_Delivery] = []
        while True:
            with self._work:
                for delivery in undeliverable:
                    heapq.heappush(self._queue, delivery)
                undeliverable = []
                now = time.monotonic()
                delivered = 0
                while self._queue and self._queue[0].due <= now and delivered < 50:
                    delivery = heapq.heappop(self._queue)
                    if self.connected(delivery.source, delivery.target):
                        self._deliver(delivery)
                        delivered += 1
                    else:
                        undeliverable.append(delivery)
                if not delivered:
                    pause = self._queue[0].due - now if self._queue else 1.0
                    self._work.wait(max(0.001, min(pause, 0.25)))

    def _deliver(self, delivery: _Delivery) -> None:
        table = dynamodb_backends[delivery.account][delivery.target].tables.get(delivery.table)
        if table is None or delivery.target not in self.replicas(delivery.account, delivery.table):
            return
        versions = self._versions.setdefault((delivery.account, delivery.target, delivery.table), {})
        if versions.get(delivery.key, (0, "")) > delivery.version:
            return  # the later write wins, and the other is silently lost
        versions[delivery.key] = delivery.version
        self._delivering = True
        try:
            if delivery.item is not None:
                _store(table, delivery.item)
            else:
                _remove(table, delivery.key)
        finally:
            self._delivering = False


LINKS = Links()


def _key_of(table: Table, item: Item) -> _Key:
    return tuple(str(item.attrs[name].value) for name in table.table_key_attrs)


def _store(table: Any, item: Item) -> None:
    if table.range_key_attr:
        old = table.items[item.hash_key].get(item.range_key)
        table.items[item.hash_key][item.range_key] = item
    else:
        old = table.items.get(item.hash_key)
        table.items[item.hash_key] = item
    if table.stream_shard is not None:
        table.stream_shard.add(old, item)


def _remove(table: Table, key: _Key) -> None:
    kinds = (table.hash_key_type, table.range_key_type)
    parts = [DynamoType({kind: part}) for kind, part in zip(kinds, key, strict=False) if kind]
    table.delete_item(parts[0], parts[1] if len(parts) > 1 else None)


def _transact(backend: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
    """Check all conditions, then write, so that nothing has to be undone; moto would copy whole tables."""
    if len(transact_items) > 100:
        raise TooManyTransactionsException()
    seen: set[tuple[str, str]] = set()
    errors: list[tuple[Any, Any, Any]] = []
    for action in transact_items:
        ((kind, request),) = action.items()
        table = backend.get_table(request["TableName"])
        key = request["Key"] if kind != "Put" else request["Item"]
        key = {name: key[name] for name in table.table_key_attrs}
        if (table.name, str(key)) in seen:
            raise MultipleTransactionsException()
        seen.add((table.name, str(key)))
        current = backend.get_item(table.name, key)
        holds = condition(
            request.get("ConditionExpression"),
            request.get("ExpressionAttributeNames"),
            request.get("ExpressionAttributeValues"),
        )
        if holds.expr(current):
            errors.append((None, None, None))
        else:
            old = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and current
            found = image(current) if old and current is not None else None
            errors.append(("ConditionalCheckFailed", "The conditional request failed", found))
    if any(code for code, _, _ in errors):
        raise TransactionCanceledException(errors)
    for action in transact_items:
        ((kind, request),) = action.items()
        if kind == "Put":
            table = backend.get_table(request["TableName"])
            _store(table, item_from(table, request["Item"]))
        elif kind == "Delete":
            backend.delete_item(request["TableName"], request["Key"])
        elif kind == "Update":
            backend.update_item(
                request["TableName"],
                request["Key"],
                update_expression=request["UpdateExpression"],
                expression_attribute_names=request.get("ExpressionAttributeNames", {}),
                expression_attribute_values=request.get("ExpressionAttributeValues", {}),
            )


_TOKENS: dict[tuple[str, str, str], float] = {}


def transact(backend: DynamoDBBackend, request: dict[str, Any]) -> None:
    """Execute `TransactWriteItems`: all steps or none, and only once per token.

    Raises:
        JsonRESTError: the transaction was refused, with DynamoDB's error code.
    """
    token = request.get("ClientRequestToken")
    known = (backend.account_id, backend.region_name, token or "")
    now = time.monotonic()
    if token and _TOKENS.get(known, 0) > now:
        return
    _transact(backend, request["TransactItems"])
    if token:
        _TOKENS[known] = now + _TOKEN_SECONDS


def _patch_handler() -> None:
    answer, update = DynamoHandler.call_action, DynamoHandler.update_table

    def in_turn(handler: DynamoHandler) -> Any:
        with LOCK:
            return answer(handler)

    def updated(handler: DynamoHandler) -> ActionResult:
        backend = handler.dynamodb_backend
        table = backend.get_table(handler.body["TableName"])
        for change in handler.body.get("ReplicaUpdates", ()):
            if "Create" in change:
                LINKS.add_replica(backend, table, change["Create"])
            elif "Delete" in change:
                LINKS.remove_replica(backend, table, change["Delete"]["RegionName"])
        if handler.body.get("SSESpecification"):
            table.sse_specification = handler.body["SSESpecification"]
        return update(handler)

    replace(
        DynamoHandler,
        "no: replicas that lag are this emulator's own",
        call_action=in_turn,
        update_table=updated,
    )


def _patch_tables() -> None:
    describe, query, update, tagged, untagged = (
        Table.describe,
        Table.query,
        DynamoDBBackend.update_item,
        DynamoDBBackend.tag_resource,
        DynamoDBBackend.untag_resource,
    )

    def described(table: Table, base_key: str = "TableDescription") -> dict[str, Any]:
        found = describe(table, base_key)
        group = LINKS.replicas(table.account_id, table.name)
        if len(group) > 1:
            found[base_key]["GlobalTableVersion"] = "2019.11.21"
            found[base_key]["Replicas"] = [
                {"RegionName": region, "ReplicaStatus": "ACTIVE", **_key_setting(settings)}
                for region, settings in group.items()
                if region != table.region_name
            ]
        return found

    def queried(table: Any, hash_key: DynamoType | None, *arguments: Any, **options: Any) -> Any:
        """Query only the items of the partition, unless an index is used; moto scans the whole table."""
        index_name = arguments[6] if len(arguments) > 6 else options.get("index_name")
        if hash_key is None or index_name:
            return query(table, hash_key, *arguments, **options)
        all_items = table.items
        try:
            table.items = {hash_key: all_items[hash_key]} if hash_key in all_items else {}
            return query(table, hash_key, *arguments, **options)
        finally:
            table.items = all_items

    def updated(
        backend: DynamoDBBackend, table_name: str, key: dict[str, Any], *arguments: Any, **options: Any
    ) -> Any:
        """Update a copy of the item, because Regions share items and moto updates them in place."""
        table: Any = backend.get_table(table_name)
        found = backend.get_item(table_name, key)
        if found is not None:
            item = found.__deepcopy__({})
            if table.range_key_attr:
                table.items[item.hash_key][item.range_key] = item
            else:
                table.items[item.hash_key] = item
        return update(backend, table_name, key, *arguments, **options)

    def set_tags(backend: DynamoDBBackend, arn: str, tags: dict[str, str]) -> None:
        """Overwrite existing tags; moto would store a key twice."""
        untagged(backend, arn, list(tags))
        tagged(backend, arn, tags)

    replace(Table, "no: the replicas are this emulator's own", describe=described)
    replace(Table, "yes: a query of a partition need not scan the table", query=queried)
    replace(DynamoDBBackend, "no: moto's Regions share no items", update_item=updated)
    replace(DynamoDBBackend, "yes: TagResource overwrites a tag", tag_resource=set_tags)


def _key_setting(settings: dict[str, Any]) -> dict[str, Any]:
    return {"KMSMasterKeyId": settings["KMSMasterKeyId"]} if settings.get("KMSMasterKeyId") else {}


def patch() -> None:
    """Add global tables and transactions to moto, and start the replication."""
    _patch_handler()
    _patch_tables()
    change_streams.LISTENERS.append(LINKS.changed)
    threading.Thread(target=LINKS.run_delivery, name="replication", daemon=True).start()
