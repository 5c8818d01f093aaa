"""The Lambda functions: how many run at once, and how much memory, which is also processor, each gets."""

from __future__ import annotations

from math import ceil

from ticketgen.aws import limits
from ticketgen.aws.regions import COMMERCIAL
from ticketgen.sizing import assumptions as assumed
from ticketgen.sizing.figures import Figure, Scalar, figure, said
from ticketgen.spec.model import Objectives

__all__ = [
    "availability_concurrency",
    "availability_memory_mib",
    "cache_sync_memory_mib",
    "cache_sync_parallelization_factor",
    "corrector_concurrency",
    "corrector_memory_mib",
    "processor_memory_mib",
    "purchase_concurrency",
    "purchase_memory_mib",
    "reads_per_second",
    "sales_requests_per_second",
    "ticker_starts_per_minute",
    "verifier_concurrency",
    "verifier_memory_mib",
]

_VCPU = limits.LAMBDA_MEMORY_PER_VCPU
_STEP = 64  # MiB
_BASE = 256  # MiB: the runtime, boto3 and its clients
_MIB = 1024 * 1024
_MOST_REGIONS = len(COMMERCIAL)  # and not the spec's: a Region more must change no other Region's line


def sales_requests_per_second(orders: int) -> float:
    """Requests to ticket_purchase: every hold is asked for, and ends in a purchase or a release."""
    return orders * assumed.HOLDS_PER_ORDER * 2


def reads_per_second(orders: int) -> float:
    """Requests to seat_availability."""
    return float(orders * assumed.AVAILABILITY_READS_PER_ORDER)


def purchase_concurrency(orders: int) -> Figure[int]:
    """Executions of ticket_purchase at once, by Little's law."""
    rate = sales_requests_per_second(orders)
    return _concurrency("purchase_concurrency", orders, rate, assumed.PURCHASE_SECONDS)


def availability_concurrency(orders: int) -> Figure[int]:
    """Executions of seat_availability at once, by Little's law."""
    rate = reads_per_second(orders)
    return _concurrency("availability_concurrency", orders, rate, assumed.AVAILABILITY_SECONDS)


def _concurrency(name: str, orders: int, rate: float, seconds: float) -> Figure[int]:
    return figure(
        name,
        max(assumed.LEAST_CONCURRENCY, ceil(rate * seconds * assumed.HEADROOM)),
        "executions at once",
        f"{said(rate)} requests/s × {said(seconds)} s × {said(assumed.HEADROOM)} headroom (Little's law), "
        f"at least {assumed.LEAST_CONCURRENCY}",
        assumed.SOURCE,
        orders_per_second=orders,
    )


def _memory(name: str, needed: float, formula: str, **inputs: Scalar) -> Figure[int]:
    return figure(
        name,
        max(assumed.LEAST_MEMORY, ceil(needed / _STEP) * _STEP),
        "MiB",
        f"{formula}, at least {assumed.LEAST_MEMORY} MiB",
        f"{_VCPU.source}; {assumed.SOURCE}",
        **inputs,
    )


def purchase_memory_mib(objectives: Objectives) -> Figure[int]:
    """Memory of ticket_purchase: a whole vCPU for a lock within 50 ms, less where it may take longer."""
    return _memory(
        "purchase_memory_mib",
        _VCPU.value * min(1.0, 50 / objectives.lock_ms),
        f"{said(_VCPU.value)} MiB, one vCPU, for a lock within 50 ms; {objectives.lock_ms} ms are asked for",
        lock_ms=objectives.lock_ms,
    )


def availability_memory_mib(seats_per_event: int) -> Figure[int]:
    """Memory of seat_availability: it may have to hold an event's whole map."""
    return _memory(
        "availability_memory_mib",
        _BASE + seats_per_event * 256 / _MIB,
        f"{_BASE} MiB + {said(seats_per_event)} seats × 256 bytes",
        seats_per_event=seats_per_event,
    )


def cache_sync_memory_mib(seats_per_event: int, objectives: Objectives) -> Figure[int]:
    """Memory of seat_cache_sync: it holds an event's map, and loads it in half the time that is allowed.

    One thread does it, so that more than a vCPU is of no use.
    """
    busy = seats_per_event * assumed.CPU_SECONDS_PER_CACHED_SEAT
    share = min(1.0, busy / (objectives.cache_load_s / 2))
    return _memory(
        "cache_sync_memory_mib",
        max(_BASE + seats_per_event * 512 / _MIB, share * _VCPU.value),
        f"the larger of {_BASE} MiB + {said(seats_per_event)} seats × 512 bytes and, for {busy:.3g} s "
        f"of processor time within half of {objectives.cache_load_s} s, {share:.2g} of a vCPU's "
        f"{said(_VCPU.value)} MiB",
        seats_per_event=seats_per_event,
        cache_load_s=objectives.cache_load_s,
    )


def cache_sync_parallelization_factor(seats: int) -> Figure[int]:
    """Batches of one shard of the inventory's stream at once."""
    shard_most = limits.DYNAMODB_PARTITION_WRITE_UNITS.value // limits.DYNAMODB_TRANSACTION_UNITS.value
    busiest = min(seats, shard_most)
    at_once = busiest * assumed.SYNC_SECONDS_PER_RECORD * assumed.HEADROOM
    return figure(
        "cache_sync_parallelization_factor",
        min(limits.LAMBDA_PARALLELIZATION.value, max(1, ceil(at_once))),
        "batches at once",
        f"{said(busiest)} records/s in the fullest shard × {said(assumed.SYNC_SECONDS_PER_RECORD)} s × "
        f"{said(assumed.HEADROOM)} headroom",
        f"{limits.LAMBDA_PARALLELIZATION.source}; {assumed.SOURCE}",
        seats_per_second=seats,
    )


def processor_memory_mib(batch_size: int) -> Figure[int]:
    """Memory of kinesis_processor: a batch as records, as items and as parameters of SQL."""
    return _memory(
        "processor_memory_mib",
        _BASE + batch_size * 16 / 1024,
        f"{_BASE} MiB + {said(batch_size)} records × 16 KiB",
        kinesis_batch_size=batch_size,
    )


def verifier_memory_mib(seats: int, objectives: Objectives) -> Figure[int]:
    """Memory of inventory_verifier: what is sold between two runs, and half of its time to compare it."""
    sold = seats * objectives.verification_interval_s
    busy = sold * assumed.CPU_SECONDS_PER_VERIFIED_SEAT
    share = min(1.0, busy * _MOST_REGIONS / (objectives.verification_s / 2))
    return _memory(
        "verifier_memory_mib",
        max(_BASE + sold * 2 / 1024, share * _VCPU.value),
        f"the larger of {_BASE} MiB + {said(sold)} entries between two runs × 2 KiB and, for {busy:.3g} s of "
        f"processor time for each of up to {_MOST_REGIONS} Regions within half of "
        f"{objectives.verification_s} s, {share:.2g} of a vCPU's {said(_VCPU.value)} MiB",
        seats_per_second=seats,
        verification_interval_s=objectives.verification_interval_s,
        verification_s=objectives.verification_s,
    )


def verifier_concurrency(objectives: Objectives) -> Figure[int]:
    """Verifications at once: one may still run while the next begins."""
    return _overlapping("verifier_concurrency", "verification_s", objectives.verification_s, objectives)


def corrector_memory_mib() -> Figure[int]:
    """Memory of oversell_corrector, which never has more than 100 findings."""
    return _memory("corrector_memory_mib", 0, "100 findings need little")


def corrector_concurrency(objectives: Objectives) -> Figure[int]:
    """Corrections at once: each verification may start one."""
    return _overlapping("corrector_concurrency", "correction_s", objectives.correction_s, objectives)


def _overlapping(name: str, key: str, seconds: int, objectives: Objectives) -> Figure[int]:
    interval = objectives.verification_interval_s
    return figure(
        name,
        ceil(seconds / interval) + 1,
        "executions at once",
        f"{seconds} s / one every {interval} s, rounded up, + 1",
        f"objectives.{key}",
        **{key: seconds, "verification_interval_s": interval},
    )


def ticker_starts_per_minute(objectives: Objectives) -> Figure[int]:
    """Verifications that one minute starts; no pause is longer than the interval."""
    return figure(
        "ticker_starts_per_minute",
        max(1, ceil(60 / objectives.verification_interval_s)),
        "starts",
        f"60 s / {objectives.verification_interval_s} s",
        "objectives.verification_interval_s",
        verification_interval_s=objectives.verification_interval_s,
    )
