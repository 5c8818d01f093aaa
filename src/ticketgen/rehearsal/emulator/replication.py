"""DynamoDB's global tables (version 2019.11.21, eventual consistency).

A write becomes visible in every other Region a moment later, item by item. Of two writes to one item, the later one
silently wins everywhere. A disconnected Region neither sends nor receives writes; they are delivered when it is
reconnected.
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

from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import Table

from ticketgen.rehearsal.emulator.items import key_of, remove, store
from ticketgen.rehearsal.emulator.key_schemas import is_inaccessible

__all__ = ["LINKS", "LOCK", "Links", "Replica"]

LOCK = threading.RLock()
"""The lock for moto's tables, which are not thread-safe: hold it to read or write them."""

# AWS words these refusals so.
_PROTECTED = (
    "Resource cannot be deleted as it is currently protected against deletion. "
    "Disable deletion protection first."
)
_PROTECTED_REPLICA = (
    "Cannot delete table {name} in region {region} because it has deletion protection enabled. "
    "Disable deletion protection first."
)
_SOURCE = (
    "Replica cannot be deleted because it has acted as a source region for new replica(s) being added to the table in "
    "the last 24 hours."
)
_NO_REPLICA = "Replica specified in the Replica Update or Replica Delete action of the request was not found."

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


@dataclass(frozen=True, slots=True)
class Replica:
    """One Region of a global table.

    Attributes:
        key: its KMS key, as requested; None for the key of the table itself or AWS's own.
        source: the Region from which it was added; None for the table itself.
    """

    key: str | None = None
    source: str | None = None


class Links:
    """Replication between Regions: the replicas of each table, the lag, and the disconnected Regions.

    Attributes:
        lag_seconds: the minimum and the maximum replication lag.
    """

    def __init__(self) -> None:
        self.lag_seconds = (0.1, 0.8)
        self._cut: set[str] = set()
        self._groups: dict[tuple[str, str], dict[str, Replica]] = {}
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

    def replicas(self, account: str, table: str) -> dict[str, Replica]:
        """The replicas of a global table by Region, the table itself included; empty if the table is not global."""
        return self._groups.get((account, table), {})

    def add_replica(self, backend: DynamoDBBackend, table: Table, settings: dict[str, Any]) -> None:
        """Create a replica with all existing items, not protected against deletion."""
        region = settings["RegionName"]
        group = self._groups.setdefault((backend.account_id, table.name), {backend.region_name: Replica()})
        if region in group:
            raise MockValidationException(f"there is a replica in {region} already")
        key = settings.get("KMSMasterKeyId")
        copy = dynamodb_backends[backend.account_id][region].create_table(
            table.name,
            schema=table.schema,
            throughput=None,
            attr=table.attr,
            global_indexes=[],
            indexes=[],
            streams=dict(table.stream_specification or {}),
            billing_mode=table.billing_mode or "PAY_PER_REQUEST",
            sse_specification={"Enabled": True, "KMSMasterKeyId": key} if key else None,
            tags=[],
            deletion_protection_enabled=False,
            warm_throughput=None,
        )
        group[region] = Replica(key, backend.region_name)
        for item in table.all_items():
            store(copy, item)

    def remove_replica(self, backend: DynamoDBBackend, table: Table, region: str) -> None:
        """Delete a replica and its table."""
        if region not in self.replicas(backend.account_id, table.name):
            raise MockValidationException(_NO_REPLICA)
        dynamodb_backends[backend.account_id][region].delete_table(table.name)

    def check_deletion(self, table: Table) -> None:
        """Refuse to delete a table that is protected, or that has replicas which were added from its Region.

        Each replica has its own protection. AWS refuses the second for 24 hours, which no emulator runs.
        Sources: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/globaltables-bestpractices.html and
        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-global-table-design.prescriptive-guidance.checklist-and-faq.html

        Raises:
            MockValidationException: AWS would refuse it.
        """
        group = self.replicas(table.account_id, table.name)
        if table.deletion_protection_enabled:
            refusal = _PROTECTED_REPLICA if len(group) > 1 else _PROTECTED
            raise MockValidationException(refusal.format(name=table.name, region=table.region_name))
        if any(replica.source == table.region_name for replica in group.values()):
            raise MockValidationException(_SOURCE)

    def deleted(self, table: Table) -> None:
        """Forget a deleted table; its replicas in other Regions stay."""
        group = self.replicas(table.account_id, table.name)
        group.pop(table.region_name, None)
        if len(group) < 2:
            self._groups.pop((table.account_id, table.name), None)
        self._versions.pop((table.account_id, table.region_name, table.name), None)

    def changed(self, table: Table, old: Item | None, new: Item | None) -> None:
        """Replicate a change to the other Regions, unless it is itself a replicated one."""
        group = self._groups.get((table.account_id, table.name))
        if not group or self._delivering:
            return
        subject = new or old
        assert subject is not None
        key = key_of(table, subject)
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
                    if self._can_deliver(delivery):
                        self._deliver(delivery)
                        delivered += 1
                    else:
                        undeliverable.append(delivery)
                if not delivered:
                    pause = self._queue[0].due - now if self._queue else 1.0
                    self._work.wait(max(0.001, min(pause, 0.25)))

    def _can_deliver(self, delivery: _Delivery) -> bool:
        table = _target_of(delivery)
        return self.connected(delivery.source, delivery.target) and not (table and is_inaccessible(table))

    def _deliver(self, delivery: _Delivery) -> None:
        table = _target_of(delivery)
        if table is None or delivery.target not in self.replicas(delivery.account, delivery.table):
            return
        versions = self._versions.setdefault((delivery.account, delivery.target, delivery.table), {})
        if versions.get(delivery.key, (0, "")) > delivery.version:
            return  # the later write wins, and the other is silently lost
        versions[delivery.key] = delivery.version
        self._delivering = True
        try:
            if delivery.item is not None:
                store(table, delivery.item)
            else:
                remove(table, delivery.key)
        finally:
            self._delivering = False


def _target_of(delivery: _Delivery) -> Table | None:
    return dynamodb_backends[delivery.account][delivery.target].tables.get(delivery.table)


LINKS = Links()
