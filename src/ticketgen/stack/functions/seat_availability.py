"""The function that shows buyers the free seats."""

from __future__ import annotations

from ticketgen.aws import limits
from ticketgen.figures import assumptions as assumed
from ticketgen.figures.model import Amount
from ticketgen.stack.cors import function_origins
from ticketgen.stack.functions import formulas
from ticketgen.stack.functions.model import Capacity, FunctionModule, LambdaFunction, Trigger, TriggerSource

__all__ = [
    "FUNCTION",
    "availability_concurrency",
    "availability_memory_mib",
    "availability_provisioned_concurrency",
    "availability_timeout_s",
]

_KEPT_MIB = 64
"""Texts of at most 12 MB in total, and what Python makes of the layouts among them."""

_NAME, _MODULE = "seat_availability", FunctionModule.REGION


@formulas.provisioned(_MODULE, f"{limits.LAMBDA_REQUESTS_PER_EXECUTION.source}; {assumed.SOURCE}")
def availability_provisioned_concurrency(orders_per_second: int) -> Amount[int]:
    """Executions of seat_availability that are ready when a sale opens, if ops/prewarm.py was run."""
    return formulas.littles_law(assumed.reads_per_second(orders_per_second), assumed.AVAILABILITY_SECONDS)


@formulas.concurrency(_NAME, _MODULE, assumed.SOURCE)
def availability_concurrency(
    orders_per_second: int, availability_provisioned_concurrency: int
) -> Amount[int]:
    """Concurrency of seat_availability."""
    rate = assumed.reads_per_second(orders_per_second)
    return formulas.with_cold_starts(availability_provisioned_concurrency, rate, assumed.AVAILABILITY_SECONDS)


@formulas.memory(_NAME, _MODULE)
def availability_memory_mib() -> Amount[int]:
    """Memory of seat_availability, whose answers do not grow with the number of sold seats."""
    return formulas.memory_for(
        formulas.BASE_MIB + _KEPT_MIB, f"{formulas.BASE_MIB} MiB + {_KEPT_MIB} MiB of answers and layouts"
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
        provisioned=availability_provisioned_concurrency,
    ),
    trigger=Trigger(TriggerSource.API),
    environment={"CORS_ORIGINS": function_origins},
    redis_user="reader",
)
