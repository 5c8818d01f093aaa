"""The result of sizing: figures with their formulas and sources."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Generic, TypeVar

from ticketgen.wording import counted, said

__all__ = ["Figure", "Scalar", "Scope", "Sizing", "counted", "figure", "said"]

Scalar = int | float | str
V = TypeVar("V", int, float, str)


class Scope(StrEnum):
    """Where a capacity exists."""

    ENVIRONMENT = "environment"  # once, over all Regions
    REGION = "region"  # in every Region
    HUB = "hub"  # in the primary and in the secondary Region


@dataclass(frozen=True, slots=True)
class Figure(Generic[V]):
    """One capacity.

    Attributes:
        name: the field in `Sizing`.
        value: the capacity itself.
        unit: what it counts, in the plural.
        formula: how the value is computed, with the numbers filled in.
        inputs: the values that it depends on, by name.
        source: where its constants are documented.
        headroom: how many times the demand fits; None if no demand is compared with it.
        scope: where it exists.
    """

    name: str
    value: V
    unit: str
    formula: str
    inputs: tuple[tuple[str, Scalar], ...]
    source: str
    headroom: float | None = None
    scope: Scope = Scope.REGION


def figure(
    name: str,
    value: V,
    unit: str,
    formula: str,
    source: str,
    *,
    scope: Scope = Scope.REGION,
    needed: float = 0,
    holds: float = 0,
    **inputs: Scalar,
) -> Figure[V]:
    """A figure with its inputs by name.

    Args:
        name: the field in `Sizing`.
        value: the capacity.
        unit: what it counts, in the plural.
        formula: with its numbers filled in.
        source: where its constants are documented.
        scope: where it exists.
        needed: the demand without headroom, in the unit of `holds`; 0 if there is no demand to compare with.
        holds: the demand that the value can serve; the value itself if left out.
        inputs: the values that it depends on.
    """
    capacity = holds or (0 if isinstance(value, str) else value)
    headroom = capacity / needed if needed else None
    return Figure(name, value, unit, formula, tuple(inputs.items()), source, headroom, scope)


@dataclass(frozen=True, slots=True)
class Sizing:
    """The capacities of an environment, each sized for the whole demand: one Region may have to take all of it."""

    orders_per_second: Figure[int]
    seats_per_second: Figure[int]
    ledger_write_units: Figure[int]
    inventory_write_units: Figure[int]
    lock_write_units: Figure[int]
    ledger_read_units: Figure[int]
    inventory_read_units: Figure[int]
    lock_read_units: Figure[int]
    event_read_units: Figure[int]
    event_shards: Figure[int]
    inventory_stream_shards: Figure[int]
    kinesis_shards: Figure[int]
    kinesis_parallelization_factor: Figure[int]
    kinesis_batch_size: Figure[int]
    purchase_concurrency: Figure[int]
    purchase_memory_mib: Figure[int]
    availability_concurrency: Figure[int]
    availability_memory_mib: Figure[int]
    cache_sync_memory_mib: Figure[int]
    cache_sync_parallelization_factor: Figure[int]
    cache_sync_concurrency: Figure[int]
    cache_memory_mib: Figure[int]
    cache_node_type: Figure[str]
    cache_nodes: Figure[int]
    processor_memory_mib: Figure[int]
    processor_concurrency: Figure[int]
    aurora_instances: Figure[int]
    aurora_min_acu: Figure[float]
    aurora_max_acu: Figure[float]
    api_throttle_rate: Figure[int]
    api_throttle_burst: Figure[int]
    waf_rate_limit: Figure[int]
    verifier_memory_mib: Figure[int]
    verifier_concurrency: Figure[int]
    corrector_memory_mib: Figure[int]
    corrector_concurrency: Figure[int]
    region_concurrency: Figure[int]
    hub_concurrency: Figure[int]
    ticker_starts_per_minute: Figure[int]
    ticker_executions_per_day: Figure[int]
    verification_executions_per_day: Figure[int]
    refresh_executions_per_day: Figure[int]
    log_retention_days: Figure[int]
    backup_retention_days: Figure[int]

    def __iter__(self) -> Iterator[Figure[int] | Figure[float] | Figure[str]]:
        """The figures in the order of the fields."""
        return (getattr(self, field.name) for field in fields(self))
