"""The seat cache: its memory, its nodes and their type."""

from __future__ import annotations

from math import ceil

from ticketgen.aws import limits
from ticketgen.figures import assumptions as assumed
from ticketgen.figures.model import Amount, AttributePlace, Intermediate, OutputPlace, figure
from ticketgen.wording import counted, format_number

__all__ = ["cache_memory_mib", "cache_node_type", "cache_nodes", "operations_per_second"]

_MIB = 1024 * 1024
_CACHE, _REDIS = "modules/region/cache.tf", "aws_elasticache_replication_group.seats"


@figure(unit="MiB", source=f"{limits.CACHE_SOURCE}; {assumed.SOURCE}", place=OutputPlace())
def cache_memory_mib(seats_per_event: int, concurrent_events: int) -> Amount[int]:
    """Memory of the seat cache: a map per event, one being loaded, and Redis's reserve."""
    maps = concurrent_events + 1
    data = seats_per_event * maps * assumed.CACHE_BYTES_PER_SEAT
    return Amount(
        ceil(data / (1 - limits.CACHE_RESERVED_SHARE) / _MIB),
        f"{counted(seats_per_event, 'seats')} × {format_number(maps)} maps ({counted(concurrent_events, 'events')} "
        f"and one load) × {assumed.CACHE_BYTES_PER_SEAT} bytes / {format_number(1 - limits.CACHE_RESERVED_SHARE)} "
        "not reserved",
        needed=data / _MIB,
    )


@Intermediate
def operations_per_second(seats_per_second: int, orders_per_second: int) -> int:
    """Writes and reads of the seat map, counted in GETs that take the cache as long."""
    reads = assumed.reads_per_second(orders_per_second) * assumed.CACHE_OPERATIONS_PER_READ
    return ceil(reads + seats_per_second * assumed.CACHE_OPERATIONS_PER_SOLD_SEAT)


@figure(unit="node type", source=limits.CACHE_SOURCE, place=AttributePlace(_CACHE, _REDIS, "node_type"))
def cache_node_type(cache_memory_mib: int, operations_per_second: int) -> Amount[str]:
    """The smallest node that holds the maps; under constant load, no burstable one.

    If no node is large enough, the largest: `quota_needs` then reports an error.
    """
    constant_load = operations_per_second > assumed.MAX_BURSTABLE_OPERATIONS
    nodes = [node for node in limits.CACHE_NODES if not (constant_load and node.burstable)]
    large_enough = (node for node in nodes if node.memory >= cache_memory_mib * _MIB)
    chosen = next(large_enough, nodes[-1])
    return Amount(
        chosen.name,
        f"the smallest node with {format_number(cache_memory_mib)} MiB"
        + (
            f" that needs no CPU credits for {counted(operations_per_second, 'operations/s')}"
            if constant_load
            else ""
        ),
        needed=cache_memory_mib,
        holds=chosen.memory / _MIB,
    )


@figure(
    unit="nodes",
    source="environments.*.protect",
    place=AttributePlace(_CACHE, _REDIS, "num_cache_clusters"),
)
def cache_nodes(protect: bool) -> Amount[int]:
    """Nodes of the seat cache with the whole map; `protect` adds one for failover."""
    return Amount(
        2 if protect else 1,
        "one, and a second for failover with protect; without it, the cache is rebuilt from DynamoDB",
    )
