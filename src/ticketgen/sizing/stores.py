"""The seat cache, the analytics database, and retention."""

from __future__ import annotations

from math import ceil

from ticketgen.aws import limits
from ticketgen.sizing import assumptions as assumed
from ticketgen.sizing.figures import Figure, Scope, counted, figure, said
from ticketgen.spec.model import EventScale

__all__ = [
    "aurora_instances",
    "aurora_max_acu",
    "aurora_min_acu",
    "backup_retention_days",
    "cache_memory_mib",
    "cache_node_type",
    "cache_nodes",
    "log_retention_days",
]

_MIB = 1024 * 1024
_CHECKOV = "https://github.com/bridgecrewio/checkov, CKV_AWS_338: a year"


def cache_memory_mib(scale: EventScale) -> Figure[int]:
    """Memory of the seat cache: the map of every event, one more while a map is loaded, and Redis's reserve."""
    maps = scale.concurrent_events + 1
    data = scale.seats_per_event * maps * assumed.CACHE_BYTES_PER_SEAT
    return figure(
        "cache_memory_mib",
        ceil(data / (1 - limits.CACHE_RESERVED_SHARE) / _MIB),
        "MiB",
        f"{counted(scale.seats_per_event, 'seats')} × {said(maps)} maps ({counted(scale.concurrent_events, 'events')} "
        f"and one load) × {assumed.CACHE_BYTES_PER_SEAT} bytes / {said(1 - limits.CACHE_RESERVED_SHARE)} "
        "not reserved",
        f"{limits.CACHE_SOURCE}; {assumed.SOURCE}",
        needed=data / _MIB,
        seats_per_event=scale.seats_per_event,
        concurrent_events=scale.concurrent_events,
    )


def cache_node_type(memory_mib: int, operations: int) -> Figure[str]:
    """The smallest node that holds the maps; not a burstable one under constant load.

    If no node is large enough, the largest: `quotas` then reports an error.
    """
    busy = operations > assumed.MOST_BURSTABLE_OPERATIONS
    nodes = [node for node in limits.CACHE_NODES if not (busy and node.burstable)]
    fitting = (node for node in nodes if node.memory >= memory_mib * _MIB)
    chosen = next(fitting, nodes[-1])
    return figure(
        "cache_node_type",
        chosen.name,
        "node type",
        f"the smallest node with {said(memory_mib)} MiB"
        + (f" that needs no CPU credits for {counted(operations, 'operations/s')}" if busy else ""),
        limits.CACHE_SOURCE,
        needed=memory_mib,
        holds=chosen.memory / _MIB,
        cache_memory_mib=memory_mib,
        operations_per_second=operations,
    )


def cache_nodes(protect: bool) -> Figure[int]:
    """Nodes of the seat cache, each with the whole map: a second one for failover if `protect` is set."""
    return figure(
        "cache_nodes",
        2 if protect else 1,
        "nodes",
        "one, and a second for failover with protect; without it, the cache is rebuilt from DynamoDB",
        "environments.*.protect",
        protect=int(protect),
    )


def aurora_instances(protect: bool) -> Figure[int]:
    """Instances of the database: a second one for failover if `protect` is set."""
    return figure(
        "aurora_instances",
        2 if protect else 1,
        "instances",
        "one, and a second for failover with protect; without it, records wait in Kinesis",
        "environments.*.protect",
        scope=Scope.HUB,
        protect=int(protect),
    )


def aurora_max_acu(seats: int) -> Figure[float]:
    """The maximum capacity of Aurora Serverless v2: one row per seat."""
    needed = seats / assumed.ROWS_PER_ACU
    return figure(
        "aurora_max_acu",
        max(1, _halves(needed * assumed.HEADROOM)),
        "ACU",
        f"{counted(seats, 'rows/s')} × {said(assumed.HEADROOM)} headroom / {said(assumed.ROWS_PER_ACU)} "
        "rows/s per ACU, in steps of a half, at least 1",
        f"{limits.AURORA_MAX_ACU.source}; {assumed.SOURCE}",
        scope=Scope.HUB,
        needed=needed,
        seats_per_second=seats,
    )


def aurora_min_acu(protect: bool, max_acu: float) -> Figure[float]:
    """The minimum capacity: the more it keeps, the faster it scales up."""
    return figure(
        "aurora_min_acu",
        max(1, _halves(max_acu / 8)) if protect else 0.5,
        "ACU",
        f"an eighth of {said(max_acu)} ACU, in steps of a half, at least 1"
        if protect
        else "0.5 without protect",
        limits.AURORA_MIN_ACU.source,
        scope=Scope.HUB,
        protect=int(protect),
        aurora_max_acu=max_acu,
    )


def _halves(acu: float) -> float:
    """Round up to a half; whole numbers become integers, so that HCL shows no decimal point."""
    halves = ceil(acu * 2)
    return halves / 2 if halves % 2 else halves // 2


def log_retention_days(protect: bool) -> Figure[int]:
    """Retention of logs in days; CloudWatch accepts only certain numbers, these among them."""
    return figure(
        "log_retention_days",
        731 if protect else 365,
        "days",
        "two years with protect, else one",
        _CHECKOV,
        protect=int(protect),
    )


def backup_retention_days(protect: bool) -> Figure[int]:
    """Retention of Aurora's backups in days."""
    return figure(
        "backup_retention_days",
        limits.AURORA_BACKUP_DAYS.value if protect else 7,
        "days",
        f"the maximum, {limits.AURORA_BACKUP_DAYS.value}, with protect, else a week",
        limits.AURORA_BACKUP_DAYS.source,
        scope=Scope.HUB,
        protect=int(protect),
    )
