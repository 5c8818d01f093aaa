"""What sizing hands on: figures that say where they come from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Generic, TypeVar

__all__ = ["Figure", "Scalar", "Scope", "Sizing", "figure", "said"]

Scalar = int | float | str
V = TypeVar("V", int, float, str)


class Scope(StrEnum):
    """Where a capacity stands."""

    ENVIRONMENT = "environment"  # once, over all Regions
    REGION = "region"  # in every Region
    HUB = "hub"  # in the primary and in the secondary Region


@dataclass(frozen=True, slots=True)
class Figure(Generic[V]):
    """One capacity.

    Attributes:
        name: its field in `Sizing`.
        value: the capacity itself.
        unit: what it counts.
        formula: how it comes about, with the numbers filled in, for people.
        inputs: what it depends on, by name.
        source: where its constants come from.
        headroom: how often the demand fits into it; None where nothing of the kind is asked of it.
        scope: where it stands.
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
        name: of the field in `Sizing`.
        value: the capacity.
        unit: what it counts.
        formula: with its numbers filled in.
        source: of its constants.
        scope: where it stands.
        needed: the bare demand on it, in the unit of `holds`; 0 where there is none to compare with.
        holds: what the value can take; the value itself if left out.
        inputs: what it depends on.
    """
    capacity = holds or (0 if isinstance(value, str) else value)
    headroom = capacity / needed if needed else None
    return Figure(name, value, unit, formula, tuple(inputs.items()), source, headroom, scope)


def said(number: float) -> str:
    """A number as people read it: ``45,000``, ``0.25``."""
    return f"{number:,.10g}" if isinstance(number, float) else f"{number:,}"


@dataclass(frozen=True, slots=True)
class Sizing:
    """The capacities of an environment, each for the whole demand: one Region may have to take all of it."""

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
