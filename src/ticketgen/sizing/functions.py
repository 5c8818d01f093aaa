"""The Lambda functions: concurrency, executions per day, and memory, which also sets their share of a CPU."""

from __future__ import annotations

from math import ceil

from ticketgen.aws import limits
from ticketgen.sizing import assumptions as assumed
from ticketgen.sizing.figures import Figure, Scalar, Scope, counted, figure, said
from ticketgen.spec.model import EventScale, Objectives

__all__ = [
    "availability_concurrency",
    "availability_memory_mib",
    "cache_sync_concurrency",
    "cache_sync_memory_mib",
    "cache_sync_parallelization_factor",
    "corrector_concurrency",
    "corrector_memory_mib",
    "hub_concurrency",
    "processor_concurrency",
    "processor_memory_mib",
    "purchase_concurrency",
    "purchase_memory_mib",
    "reads_per_second",
    "refresh_executions_per_day",
    "region_concurrency",
    "sales_requests_per_second",
    "ticker_executions_per_day",
    "ticker_starts_per_minute",
    "verification_executions_per_day",
    "verifier_concurrency",
    "verifier_memory_mib",
]

_VCPU = limits.LAMBDA_MEMORY_PER_VCPU
_STEP = 64  # MiB
_BASE = 256  # MiB: the runtime, boto3 and its clients
_MIB = 1024 * 1024
_MINUTES_A_DAY = 24 * 60


def sales_requests_per_second(orders: int) -> float:
    """Requests to ticket_purchase: each hold is one request, and its purchase or release another."""
    return orders * assumed.HOLDS_PER_ORDER * 2


def reads_per_second(orders: int) -> float:
    """Requests to seat_availability."""
    return float(orders * assumed.AVAILABILITY_READS_PER_ORDER)


def purchase_concurrency(orders: int) -> Figure[int]:
    """Concurrency of ticket_purchase."""
    rate = sales_requests_per_second(orders)
    return _concurrency("purchase_concurrency", orders, rate, assumed.PURCHASE_SECONDS)


def availability_concurrency(orders: int) -> Figure[int]:
    """Concurrency of seat_availability."""
    rate = reads_per_second(orders)
    return _concurrency("availability_concurrency", orders, rate, assumed.AVAILABILITY_SECONDS)


def _concurrency(name: str, orders: int, rate: float, seconds: float) -> Figure[int]:
    """By Little's law; but one execution environment serves at most ten requests per second."""
    each = limits.LAMBDA_REQUESTS_PER_EXECUTION
    needed = max(rate * seconds, rate / each.value)
    return figure(
        name,
        max(assumed.LEAST_CONCURRENCY, ceil(needed * assumed.HEADROOM)),
        "concurrent executions",
        f"the larger of {counted(rate, 'requests/s')} × {said(seconds)} s (Little's law) and "
        f"{counted(rate, 'requests/s')} / {each.value}, × {said(assumed.HEADROOM)} headroom, "
        f"at least {assumed.LEAST_CONCURRENCY}",
        f"{each.source}; {assumed.SOURCE}",
        needed=needed,
        orders_per_second=orders,
    )


def _memory(
    name: str, needed: float, formula: str, scope: Scope = Scope.REGION, **inputs: Scalar
) -> Figure[int]:
    return figure(
        name,
        max(assumed.LEAST_MEMORY, ceil(needed / _STEP) * _STEP),
        "MiB",
        f"{formula}, at least {assumed.LEAST_MEMORY} MiB",
        f"{_VCPU.source}; {assumed.SOURCE}",
        scope=scope,
        needed=needed,
        holds=0,
        **inputs,
    )


def purchase_memory_mib(objectives: Objectives) -> Figure[int]:
    """Memory of ticket_purchase: a whole vCPU for a lock within 50 ms, less if it may take longer."""
    return _memory(
        "purchase_memory_mib",
        _VCPU.value * min(1.0, 50 / objectives.lock_ms),
        f"{said(_VCPU.value)} MiB (one vCPU) × the smaller of 1 and 50 ms / {objectives.lock_ms} ms",
        lock_ms=objectives.lock_ms,
    )


def availability_memory_mib(seats_per_event: int) -> Figure[int]:
    """Memory of seat_availability: it may hold the whole map of an event."""
    return _memory(
        "availability_memory_mib",
        _BASE + seats_per_event * 256 / _MIB,
        f"{_BASE} MiB + {counted(seats_per_event, 'seats')} × 256 bytes",
        seats_per_event=seats_per_event,
    )


def cache_sync_memory_mib(seats_per_event: int, objectives: Objectives) -> Figure[int]:
    """Memory of seat_cache_sync: it holds the map of an event, and loads it in half of the objective.

    It has one thread, so more than one vCPU does not help.
    """
    busy = seats_per_event * assumed.CPU_SECONDS_PER_CACHED_SEAT
    share = min(1.0, busy / (objectives.cache_load_s / 2))
    return _memory(
        "cache_sync_memory_mib",
        max(_BASE + seats_per_event * 512 / _MIB, share * _VCPU.value),
        f"the larger of {_BASE} MiB + {counted(seats_per_event, 'seats')} × 512 bytes and, for {busy:.3g} s "
        f"of CPU time within half of {objectives.cache_load_s} s, {share:.2g} of a vCPU's "
        f"{said(_VCPU.value)} MiB",
        seats_per_event=seats_per_event,
        cache_load_s=objectives.cache_load_s,
    )


def cache_sync_parallelization_factor(seats: int) -> Figure[int]:
    """Concurrent batches of one shard of the inventory's stream."""
    shard_most = limits.DYNAMODB_PARTITION_WRITE_UNITS.value // limits.DYNAMODB_TRANSACTION_UNITS.value
    busiest = min(seats, shard_most)
    needed = busiest * assumed.SYNC_SECONDS_PER_RECORD
    return figure(
        "cache_sync_parallelization_factor",
        min(limits.LAMBDA_PARALLELIZATION.value, max(1, ceil(needed * assumed.HEADROOM))),
        "concurrent batches",
        f"{counted(busiest, 'records/s')} in the fullest shard × {said(assumed.SYNC_SECONDS_PER_RECORD)} s × "
        f"{said(assumed.HEADROOM)} headroom",
        f"{limits.LAMBDA_PARALLELIZATION.source}; {assumed.SOURCE}",
        needed=needed,
        seats_per_second=seats,
    )


def cache_sync_concurrency(stream_shards: int, factor: int) -> Figure[int]:
    """Concurrency of seat_cache_sync: the consumers of the inventory's stream, and the refresh of each minute."""
    return figure(
        "cache_sync_concurrency",
        stream_shards * factor + 1,
        "concurrent executions",
        f"{counted(stream_shards, 'stream shards')} × {counted(factor, 'concurrent batches')} + the refresh",
        assumed.SOURCE,
        inventory_stream_shards=stream_shards,
        cache_sync_parallelization_factor=factor,
    )


def processor_memory_mib(batch_size: int) -> Figure[int]:
    """Memory of kinesis_processor: a batch as records, items and SQL parameters."""
    return _memory(
        "processor_memory_mib",
        _BASE + batch_size * 16 / 1024,
        f"{_BASE} MiB + {counted(batch_size, 'records')} × 16 KiB",
        Scope.HUB,
        kinesis_batch_size=batch_size,
    )


def processor_concurrency(shards: int, factor: int) -> Figure[int]:
    """Concurrency of kinesis_processor: the consumers of the ledger's stream."""
    return figure(
        "processor_concurrency",
        shards * factor,
        "concurrent executions",
        f"{counted(shards, 'shards')} × {counted(factor, 'concurrent batches')}",
        assumed.SOURCE,
        scope=Scope.HUB,
        kinesis_shards=shards,
        kinesis_parallelization_factor=factor,
    )


def verifier_memory_mib(seats: int, scale: EventScale, objectives: Objectives) -> Figure[int]:
    """Memory of inventory_verifier: half of its time for the sales between two runs and the seats of one event.

    With few shards, each run reads all of them; with many, it reads less than this.
    """
    sold = seats * objectives.verification_interval_s
    busy = 2 * (sold + scale.seats_per_event) * assumed.CPU_SECONDS_PER_VERIFIED_ITEM
    share = min(1.0, busy / (objectives.verification_s / 2))
    return _memory(
        "verifier_memory_mib",
        max(_BASE + sold * 2 / 1024, share * _VCPU.value),
        f"the larger of {_BASE} MiB + {counted(sold, 'entries')} between two runs × 2 KiB and, for the {busy:.3g} s of "
        f"CPU time that these and the {counted(scale.seats_per_event, 'seats')} of an event take at most, within "
        f"half of {objectives.verification_s} s, {share:.2g} of a vCPU's {said(_VCPU.value)} MiB",
        Scope.HUB,
        seats_per_second=seats,
        seats_per_event=scale.seats_per_event,
        verification_interval_s=objectives.verification_interval_s,
        verification_s=objectives.verification_s,
    )


def verifier_concurrency(objectives: Objectives) -> Figure[int]:
    """Concurrent verifications: one may still run when the next starts."""
    return _overlapping("verifier_concurrency", "verification_s", objectives.verification_s, objectives)


def corrector_memory_mib() -> Figure[int]:
    """Memory of oversell_corrector, which gets at most 100 findings."""
    return _memory("corrector_memory_mib", 0, "the minimum is enough for 100 findings", Scope.HUB)


def corrector_concurrency(objectives: Objectives) -> Figure[int]:
    """Concurrent corrections: each verification may start one."""
    return _overlapping("corrector_concurrency", "correction_s", objectives.correction_s, objectives)


def _overlapping(name: str, key: str, seconds: int, objectives: Objectives) -> Figure[int]:
    interval = objectives.verification_interval_s
    return figure(
        name,
        ceil(seconds / interval) + 1,
        "concurrent executions",
        f"{seconds} s / one every {interval} s, rounded up, + 1",
        f"objectives.{key}",
        scope=Scope.HUB,
        needed=seconds / interval,
        holds=0,
        **{key: seconds, "verification_interval_s": interval},
    )


def region_concurrency(purchase: int, availability: int, cache_sync: int) -> Figure[int]:
    """Concurrency of all functions in a Region without analytics and verification."""
    unreserved = limits.LAMBDA_UNRESERVED
    return figure(
        "region_concurrency",
        purchase + availability + cache_sync + unreserved.value,
        "concurrent executions",
        f"{said(purchase)} ticket_purchase + {said(availability)} seat_availability + {said(cache_sync)} "
        f"seat_cache_sync + {unreserved.value} that cannot be reserved",
        unreserved.source,
        purchase_concurrency=purchase,
        availability_concurrency=availability,
        cache_sync_concurrency=cache_sync,
    )


def hub_concurrency(region: int, processor: int, verifier: int, corrector: int) -> Figure[int]:
    """Concurrency of all functions in a Region with analytics and verification."""
    return figure(
        "hub_concurrency",
        region + processor + verifier + corrector,
        "concurrent executions",
        f"{said(region)} in every Region + {said(processor)} kinesis_processor + {said(verifier)} "
        f"inventory_verifier + {said(corrector)} oversell_corrector",
        limits.LAMBDA_UNRESERVED.source,
        scope=Scope.HUB,
        region_concurrency=region,
        processor_concurrency=processor,
        verifier_concurrency=verifier,
        corrector_concurrency=corrector,
    )


def ticker_starts_per_minute(objectives: Objectives) -> Figure[int]:
    """Verifications that start in one minute; no pause is longer than the interval."""
    return figure(
        "ticker_starts_per_minute",
        max(1, ceil(60 / objectives.verification_interval_s)),
        "starts",
        f"60 s / {objectives.verification_interval_s} s",
        "objectives.verification_interval_s",
        scope=Scope.HUB,
        verification_interval_s=objectives.verification_interval_s,
    )


def ticker_executions_per_day() -> Figure[int]:
    """Executions of the ticker, which runs every minute."""
    return _every_minute("ticker_executions_per_day", 1, "rate(1 minute)", Scope.HUB)


def verification_executions_per_day(starts_per_minute: int) -> Figure[int]:
    """Verifications that start in one day, in either hub; in the standby hub they end immediately."""
    return _every_minute(
        "verification_executions_per_day",
        starts_per_minute,
        f"{counted(starts_per_minute, 'starts')} per minute",
        Scope.HUB,
        ticker_starts_per_minute=starts_per_minute,
    )


def refresh_executions_per_day() -> Figure[int]:
    """Checks for seat maps that are missing or old."""
    return _every_minute("refresh_executions_per_day", 1, "rate(1 minute)", Scope.REGION)


def _every_minute(name: str, times: int, how_often: str, scope: Scope, **inputs: Scalar) -> Figure[int]:
    return figure(
        name,
        times * _MINUTES_A_DAY,
        "executions a day",
        f"{how_often} × {said(_MINUTES_A_DAY)} minutes",
        "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html",
        scope=scope,
        needed=0,
        holds=0,
        **inputs,
    )
