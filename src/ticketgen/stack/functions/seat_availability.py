"""The function that shows buyers the free seats."""

from __future__ import annotations

from ticketgen.aws import limits
from ticketgen.figures import assumptions as assumed
from ticketgen.figures.model import Amount
from ticketgen.stack.cors import function_origins
from ticketgen.stack.functions import formulas
from ticketgen.stack.functions.model import Capacity, FunctionModule, LambdaFunction, Trigger, TriggerSource
from ticketgen.wording import counted

__all__ = ["FUNCTION", "availability_concurrency", "availability_memory_mib", "availability_timeout_s"]

_NAME, _MODULE = "seat_availability", FunctionModule.REGION


@formulas.concurrency(_NAME, _MODULE, f"{limits.LAMBDA_REQUESTS_PER_EXECUTION.source}; {assumed.SOURCE}")
def availability_concurrency(orders_per_second: int) -> Amount[int]:
    """Concurrency of seat_availability."""
    return formulas.littles_law(assumed.reads_per_second(orders_per_second), assumed.AVAILABILITY_SECONDS)


@formulas.memory(_NAME, _MODULE)
def availability_memory_mib(seats_per_event: int) -> Amount[int]:
    """Memory of seat_availability: it may hold the whole map of an event."""
    return formulas.memory_for(
        formulas.BASE_MIB + seats_per_event * 256 / formulas.MIB,
        f"{formulas.BASE_MIB} MiB + {counted(seats_per_event, 'seats')} × 256 bytes",
    )


@formulas.timeout(_NAME, _MODULE, "templates/functions/seat_availability.py")
def availability_timeout_s() -> Amount[int]:
    """Timeout of seat_availability, whose calls to Redis time out after 1 s each."""
    return Amount(5, "a few calls to Redis, each of which times out after 1 s")


FUNCTION = LambdaFunction(
    name=_NAME,
    module=_MODULE,
    summary="Reports which seats are available, from the Region's Redis",
    capacity=Capacity(
        availability_concurrency,
        availability_memory_mib,
        availability_timeout_s,
        grows_with=("event_scale.seats_per_event",),
    ),
    trigger=Trigger(TriggerSource.API),
    environment={"CORS_ORIGINS": function_origins},
    redis_user="reader",
)
