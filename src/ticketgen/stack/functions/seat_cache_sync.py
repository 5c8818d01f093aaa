"""The function that keeps the seat maps in Redis up to date."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from ticketgen.aws import limits
from ticketgen.figures import assumptions as assumed
from ticketgen.figures.model import Amount, AttributePlace, figure
from ticketgen.spec.model import Environment
from ticketgen.stack.cloudwatch import LATE_MS, METRICS_NAMESPACE, Alarm, of_function, own
from ticketgen.stack.functions import formulas
from ticketgen.stack.functions.model import (
    Capacity,
    FunctionModule,
    Grant,
    LambdaFunction,
    Trigger,
    TriggerSource,
)
from ticketgen.stack.functions.resources import EVENTS_TABLE, INVENTORY_TABLE
from ticketgen.stack.policy import Statement, arn, name
from ticketgen.wording import counted, format_number

__all__ = [
    "FUNCTION", "INVENTORY_BATCH_SIZE", "cache_sync_concurrency", "cache_sync_memory_mib",
    "cache_sync_parallelization_factor", "cache_sync_timeout_s",
]  # fmt: skip

INVENTORY_BATCH_SIZE = 500
"""Stream records per call: as many seats as one of its Redis scripts handles at a time."""

_NAME, _MODULE = "seat_cache_sync", FunctionModule.REGION


@formulas.stream_concurrency(_MODULE)
def cache_sync_concurrency(
    inventory_stream_shards: int, cache_sync_parallelization_factor: int
) -> Amount[int]:
    """Concurrency of seat_cache_sync: the stream's consumers, and a refresh per minute."""
    return Amount(
        inventory_stream_shards * cache_sync_parallelization_factor + 1,
        f"{counted(inventory_stream_shards, 'stream shards')} × "
        f"{counted(cache_sync_parallelization_factor, 'concurrent batches')} + the refresh",
    )


@formulas.memory(_NAME, _MODULE)
def cache_sync_memory_mib(seats_per_event: int, cache_load_s: int) -> Amount[int]:
    """Memory of seat_cache_sync: it loads an event's map in half of the objective.

    It has one thread, so more than one vCPU does not help.
    """
    base, vcpu = formulas.BASE_MIB, formulas.VCPU_MIB
    cpu_seconds = seats_per_event * assumed.CPU_SECONDS_PER_CACHED_SEAT
    share = min(1.0, cpu_seconds / (cache_load_s / 2))
    return formulas.memory_for(
        max(base + seats_per_event * 512 / formulas.MIB, share * vcpu),
        f"the larger of {base} MiB + {counted(seats_per_event, 'seats')} × 512 bytes and, for "
        f"{cpu_seconds:.3g} s of CPU time within half of {cache_load_s} s, "
        f"{share:.2g} of a vCPU's {format_number(vcpu)} MiB",
    )


@formulas.timeout(_NAME, _MODULE, "templates/functions/seat_cache_sync.py")
def cache_sync_timeout_s() -> Amount[int]:
    """Timeout of seat_cache_sync, which loads a whole seat map."""
    return Amount(60, "a minute for a whole seat map; the next refresh tries again")


@figure(
    unit="concurrent batches",
    source=f"{limits.LAMBDA_PARALLELIZATION.source}; {assumed.SOURCE}",
    place=AttributePlace(
        "modules/region/streams.tf", "aws_lambda_event_source_mapping.inventory", "parallelization_factor"
    ),
)
def cache_sync_parallelization_factor(seats_per_second: int) -> Amount[int]:
    """Concurrent batches of one shard of the inventory's stream."""
    # A partition that takes all that it can takes the checks of holds, too, of which the stream has no records.
    seat_units = limits.DYNAMODB_TRANSACTION_UNITS.value * (1 + assumed.HOLDS_PER_ORDER)
    shard_most = int(limits.DYNAMODB_PARTITION_WRITE_UNITS.value / seat_units)
    busiest = min(seats_per_second, shard_most)
    needed = busiest * assumed.SYNC_SECONDS_PER_RECORD
    return Amount(
        min(limits.LAMBDA_PARALLELIZATION.value, max(1, ceil(needed * assumed.HEADROOM))),
        f"{counted(busiest, 'records/s')} in the fullest shard × {format_number(assumed.SYNC_SECONDS_PER_RECORD)} s × "
        f"{format_number(assumed.HEADROOM)} headroom",
        needed=needed,
    )


def _alarms(environment: Environment) -> Iterator[Alarm]:
    load = environment.objectives.cache_load_s
    yield Alarm(
        "cache-load-slow",
        f"Loading a seat map takes longer than {load} s",
        "Look at the read throttles of the inventory table, and at the cache's processor.",
        own("CacheLoadSeconds"),
        "Maximum",
        load,
    )
    yield Alarm(
        "seat-map-late",
        "The seat map lags more than a minute behind the inventory",
        "Read the function's log. Buyers may choose seats that are sold; sales are not affected.",
        of_function(_NAME, "IteratorAge"),
        "Maximum",
        LATE_MS,
    )
    yield Alarm(
        "seat-map-old",
        "Seat maps are no longer reloaded",
        "Read the function's log: the cache is down, or the reload every minute fails.",
        own("CacheMapAgeSeconds"),
        "Maximum",
        2 * assumed.MAP_RELOAD_SECONDS,
        minutes=5,
        pulse=True,
    )


FUNCTION = LambdaFunction(
    name=_NAME,
    module=_MODULE,
    summary="Keeps the Region's seat maps in Redis in step with the inventory table",
    capacity=Capacity(
        cache_sync_concurrency,
        cache_sync_memory_mib,
        cache_sync_timeout_s,
        others=(cache_sync_parallelization_factor,),
        grows_with=("event_scale.seats_per_event",),
    ),
    trigger=Trigger(
        TriggerSource.STREAM,
        (
            Statement(
                "Stream",
                (
                    "dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator",
                    "dynamodb:ListStreams",
                ),
                (arn("dynamodb", f"table/{name('ticket-inventory')}/stream/*"),),
            ),
        ),
    ),
    environment={
        "EVENTS_TABLE": EVENTS_TABLE,
        "INVENTORY_TABLE": INVENTORY_TABLE,
        "METRICS_NAMESPACE": METRICS_NAMESPACE,
    },
    grants=(Grant(EVENTS_TABLE, ("dynamodb:Scan",)), Grant(INVENTORY_TABLE, ("dynamodb:Query",))),
    redis_user="writer",
    alarms=_alarms,
)  # fmt: skip
