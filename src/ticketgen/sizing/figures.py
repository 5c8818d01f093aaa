"""What sizing hands on: figures that say where they come from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Generic, TypeVar

__all__ = ["Figure", "Scalar", "Sizing", "figure", "said"]

Scalar = int | float | str
V = TypeVar("V", int, float, str)


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
    """

    name: str
    value: V
    unit: str
    formula: str
    inputs: tuple[tuple[str, Scalar], ...]
    source: str


def figure(name: str, value: V, unit: str, formula: str, source: str, **inputs: Scalar) -> Figure[V]:
    """A figure with its inputs by name."""
    return Figure(name, value, unit, formula, tuple(inputs.items()), source)


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
    event_shards: Figure[int]
    kinesis_shards: Figure[int]
    kinesis_parallelization_factor: Figure[int]
    kinesis_batch_size: Figure[int]
    purchase_concurrency: Figure[int]
    purchase_memory_mib: Figure[int]
    availability_concurrency: Figure[int]
    availability_memory_mib: Figure[int]
    cache_sync_memory_mib: Figure[int]
    cache_sync_parallelization_factor: Figure[int]
    cache_memory_mib: Figure[int]
    cache_node_type: Figure[str]
    cache_replicas: Figure[int]
    processor_memory_mib: Figure[int]
    aurora_min_acu: Figure[float]
    aurora_max_acu: Figure[float]
    api_throttle_rate: Figure[int]
    api_throttle_burst: Figure[int]
    waf_rate_limit: Figure[int]
    verifier_memory_mib: Figure[int]
    verifier_concurrency: Figure[int]
    corrector_memory_mib: Figure[int]
    corrector_concurrency: Figure[int]
    ticker_starts_per_minute: Figure[int]
    log_retention_days: Figure[int]
    backup_retention_days: Figure[int]

    def __iter__(self) -> Iterator[Figure[int] | Figure[float] | Figure[str]]:
        """The figures in the order of the fields."""
        return (getattr(self, field.name) for field in fields(self))
