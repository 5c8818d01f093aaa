"""Where figures meet AWS's limits: what a quota request mends is a warning, what nothing mends an error."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from ticketgen.aws import limits
from ticketgen.findings import Finding, Severity, Stage
from ticketgen.sizing import assumptions as assumed
from ticketgen.sizing.figures import Figure, Sizing, said
from ticketgen.spec.model import Environment

__all__ = ["check"]


def check(environment: Environment, sizing: Sizing) -> Iterator[Finding]:
    """What AWS has to be asked for, and what it would not give."""
    for severity, rule, message, help in (
        *_impossible(environment, sizing),
        *_requests(environment, sizing),
        *_preparations(sizing),
    ):
        yield Finding(rule, f"{environment.name}: {message}", Stage.SIZE, severity=severity, help=help)


_Words = tuple[Severity, str, str, str]  # severity, rule, message, help


def _impossible(environment: Environment, sizing: Sizing) -> Iterator[_Words]:
    """What no quota request mends."""
    scale, objectives = environment.event_scale, environment.objectives

    shards, most = sizing.event_shards.value, int(objectives.cache_load_s / assumed.SHARD_QUERY_SECONDS)
    if shards > most:
        message = (
            f"one event would need {said(shards)} partition keys, and within cache_load_s, "
            f"{objectives.cache_load_s} s, no more than {said(most)} can be read"
        )
        help = (
            "lower event_scale.purchases_per_minute or seats_per_order, "
            f"or raise objectives.cache_load_s to {ceil(shards * assumed.SHARD_QUERY_SECONDS)}"
        )
        yield Severity.ERROR, "event-too-hot", message, help

    load = scale.seats_per_event * assumed.CPU_SECONDS_PER_CACHED_SEAT
    if load > objectives.cache_load_s:
        message = (
            f"loading {said(scale.seats_per_event)} seats into the cache takes {load:.1f} s of one "
            f"processor, and cache_load_s is {objectives.cache_load_s} s"
        )
        help = f"raise objectives.cache_load_s to {ceil(load)}, or sell the event as several of fewer seats"
        yield Severity.ERROR, "cache-load-too-slow", message, help

    memory, largest = sizing.cache_memory_mib.value, limits.CACHE_NODES[-1]
    if memory * 1024 * 1024 > largest.memory:
        message = f"the seat cache needs {said(memory)} MiB, more than the largest node, {largest.name}, has"
        help = "lower event_scale.concurrent_events or seats_per_event"
        yield Severity.ERROR, "cache-too-big", message, help

    functions = {
        "inventory_verifier": (sizing.verifier_memory_mib, "objectives.verification_interval_s"),
        "seat_cache_sync": (sizing.cache_sync_memory_mib, "event_scale.seats_per_event"),
        "seat_availability": (sizing.availability_memory_mib, "event_scale.seats_per_event"),
    }
    for name, (figure, key) in functions.items():
        if figure.value > limits.LAMBDA_MAX_MEMORY.value:
            message = (
                f"{name} needs {said(figure.value)} MiB, and Lambda has {limits.LAMBDA_MAX_MEMORY.value:,}"
            )
            yield Severity.ERROR, "function-too-big", message, f"lower {key}"

    interval, regions = objectives.verification_interval_s, len(environment.regions)
    entries = sizing.seats_per_second.value * interval * regions
    busy = entries * assumed.CPU_SECONDS_PER_VERIFIED_SEAT
    if busy > objectives.verification_s:
        message = (
            f"verifying what {regions} Regions show of {interval} s of sales takes {busy:.1f} s of one "
            f"processor, and verification_s is {objectives.verification_s} s"
        )
        help = f"raise objectives.verification_s to {ceil(busy)}, or lower verification_interval_s"
        yield Severity.ERROR, "verification-too-slow", message, help

    acu, most_acu = sizing.aurora_max_acu.value, limits.AURORA_MAX_ACU.value
    if acu > most_acu:
        message = f"analytics would need {said(acu)} ACU, and Aurora Serverless v2 has {most_acu}"
        help = "lower event_scale.purchases_per_minute or seats_per_order"
        yield Severity.ERROR, "analytics-too-slow", message, help


def _requests(environment: Environment, sizing: Sizing) -> Iterator[_Words]:
    """What a quota request mends."""
    needed, quota = _executions(sizing), limits.LAMBDA_CONCURRENCY
    if needed > quota.value:
        message = (
            f"a Region needs up to {said(needed)} concurrent executions, "
            f"and a new account has {said(quota.value)} or fewer"
        )
        help = f'request "{quota.quota}" of {said(needed)} in every Region'
        if environment.functions.reserved_concurrency:
            help += " before the apply, or set functions.reserved_concurrency to false"
        yield Severity.WARNING, "quota-lambda-concurrency", message, help

    rate = sizing.api_throttle_rate.value
    small = [name for name in environment.regions if name in limits.API_SMALL_REGIONS]
    large = [name for name in environment.regions if name not in limits.API_SMALL_REGIONS]
    for names, quota in ((large, limits.API_THROTTLE_RATE), (small, limits.API_SMALL_THROTTLE_RATE)):
        if names and rate > quota.value:
            message = (
                f"the API needs up to {said(rate)} requests/s, "
                f"and an account has {said(quota.value)} in {', '.join(names)}"
            )
            help = f'request "{quota.quota}" of {said(rate)} there'
            yield Severity.WARNING, "quota-api-throttle", message, help

    quota = limits.DYNAMODB_TABLE_WRITE_UNITS
    for units in _table_writes(sizing):
        if units.value > quota.value:
            message = f"{units.name} is {said(units.value)}, and a table takes {said(quota.value)} a second"
            help = f'request "{quota.quota}" of {said(units.value)} in every Region'
            yield Severity.WARNING, "quota-table-writes", message, help

    shards, quota = sizing.kinesis_shards.value, limits.KINESIS_SHARDS
    if shards > quota.value:
        message = f"the stream needs {said(shards)} shards, and an account may have {said(quota.value)}"
        help = f'request "{quota.quota}" of {said(shards)} in the primary and the secondary Region'
        yield Severity.WARNING, "quota-kinesis-shards", message, help


def _preparations(sizing: Sizing) -> Iterator[_Words]:
    """What the operator does before a sale."""
    hottest, cold = max(units.value for units in _table_writes(sizing)), limits.DYNAMODB_COLD_WRITE_UNITS
    if hottest > cold.value:
        message = f"a table gets up to {said(hottest)} write units/s, and a new one takes {said(cold.value)}"
        yield Severity.NOTE, "prewarm", message, "run ops/prewarm.py before the sale"


def _table_writes(sizing: Sizing) -> tuple[Figure[int], ...]:
    return sizing.inventory_write_units, sizing.ledger_write_units, sizing.lock_write_units


def _executions(sizing: Sizing) -> int:
    """Concurrent executions of all functions in a Region that has all of them."""
    stream_shards = ceil(sizing.inventory_write_units.value / limits.DYNAMODB_PARTITION_WRITE_UNITS.value)
    return (
        sizing.purchase_concurrency.value
        + sizing.availability_concurrency.value
        + stream_shards * sizing.cache_sync_parallelization_factor.value
        + sizing.kinesis_shards.value * sizing.kinesis_parallelization_factor.value
        + sizing.verifier_concurrency.value
        + sizing.corrector_concurrency.value
        + limits.LAMBDA_UNRESERVED.value
    )
