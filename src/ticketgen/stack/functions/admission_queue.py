"""The function that gives buyers their places in the queue of an event."""

from __future__ import annotations

from math import ceil

from ticketgen.aws import limits
from ticketgen.figures import assumptions as assumed
from ticketgen.figures.model import Amount, DeploymentScope, OutputPlace, figure
from ticketgen.stack.cors import function_origins
from ticketgen.stack.functions import formulas
from ticketgen.stack.functions.model import (
    Capacity,
    FunctionModule,
    Grant,
    LambdaFunction,
    Trigger,
    TriggerSource,
    admits_buyers,
    ticket_seconds,
)
from ticketgen.stack.functions.resources import EVENTS_TABLE, LOCKS_TABLE
from ticketgen.stack.functions.ticket_purchase import LEASE_SECONDS
from ticketgen.wording import counted, format_number

__all__ = [
    "FUNCTION",
    "admitted_per_minute",
    "queue_concurrency",
    "queue_lines",
    "queue_memory_mib",
    "queue_provisioned_concurrency",
    "queue_timeout_s",
]

_NAME, _MODULE = "admission_queue", FunctionModule.REGION
_WRITES = limits.DYNAMODB_PARTITION_WRITE_UNITS


@figure(
    unit="buyers/min",
    source=assumed.SOURCE,
    scope=DeploymentScope.ENVIRONMENT,
    place=OutputPlace(),
)
def admitted_per_minute(
    purchases_per_minute: int, admits: bool, buyers_per_minute: int
) -> Amount[int] | None:
    """Buyers that queues admit, over all events and Regions; each Region admits an equal share.

    ops/event.py gives an event this rate unless its file says another one.
    """
    if not admits:
        return None
    share = f"{assumed.ADMITTED_SHARE:.0%} of {counted(purchases_per_minute, 'orders/min')}"
    most = max(1, int(purchases_per_minute * assumed.ADMITTED_SHARE))
    if not buyers_per_minute:
        return Amount(most, f"{share}, because buyers do not order evenly")
    return Amount(
        min(buyers_per_minute, most),
        f"the smaller of admission.buyers_per_minute, {format_number(buyers_per_minute)}, and {share}",
    )


@figure(unit="lines", source=f"{_WRITES.source}; {assumed.SOURCE}", place=OutputPlace())
def queue_lines(queue_joins_per_second: float, admits: bool) -> Amount[int] | None:
    """Lines of an event's queue in a Region: each is one item, which takes a limited number of writes."""
    if not admits:
        return None
    needed = queue_joins_per_second * assumed.HEADROOM / _WRITES.value
    return Amount(
        max(1, ceil(needed)),
        f"{counted(queue_joins_per_second, 'requests/s')} × {format_number(assumed.HEADROOM)} headroom / "
        f"{format_number(_WRITES.value)} writes/s to an item",
    )


@formulas.provisioned(_MODULE, f"{limits.LAMBDA_REQUESTS_PER_EXECUTION.source}; {assumed.SOURCE}")
def queue_provisioned_concurrency(queue_joins_per_second: float, admits: bool) -> Amount[int] | None:
    """Executions of admission_queue that are ready when a sale opens, if ops/prewarm.py was run."""
    return formulas.littles_law(queue_joins_per_second, assumed.QUEUE_SECONDS) if admits else None


@formulas.concurrency(_NAME, _MODULE, assumed.SOURCE)
def queue_concurrency(
    queue_joins_per_second: float, queue_provisioned_concurrency: int, admits: bool
) -> Amount[int] | None:
    """Concurrency of admission_queue, which those who queue cannot take from those who buy."""
    if not admits:
        return None
    return formulas.with_cold_starts(
        queue_provisioned_concurrency, queue_joins_per_second, assumed.QUEUE_SECONDS
    )


@formulas.memory(_NAME, _MODULE)
def queue_memory_mib(admits: bool) -> Amount[int] | None:
    """Memory of admission_queue."""
    return formulas.memory_for(formulas.BASE_MIB, f"{formulas.BASE_MIB} MiB") if admits else None


@formulas.timeout(_NAME, _MODULE, "templates/functions/admission_queue.py")
def queue_timeout_s(admits: bool) -> Amount[int] | None:
    """Timeout of admission_queue: a claim of a place lasts as long."""
    return (
        Amount(10, "at most five calls to its Region's DynamoDB, each of which times out after 2 s")
        if admits
        else None
    )


FUNCTION = LambdaFunction(
    name=_NAME,
    module=_MODULE,
    summary="Gives buyers their places in an event's queue, and signs their tickets",
    capacity=Capacity(
        queue_concurrency, queue_memory_mib, queue_timeout_s, provisioned=queue_provisioned_concurrency
    ),
    trigger=Trigger(TriggerSource.API),
    environment={
        "ADMISSION_SECONDS": ticket_seconds,
        "ADMITTED_PER_MINUTE": admitted_per_minute,
        "AUTH": lambda environment: environment.api.auth,
        "CORS_ORIGINS": function_origins,
        "EVENTS_TABLE": EVENTS_TABLE,
        "LEASE_SECONDS": LEASE_SECONDS,
        "LOCKS_TABLE": LOCKS_TABLE,
        "QUEUE_LINES": queue_lines,
        "REGIONS": lambda environment: ",".join(environment.regions),
    },
    grants=(
        Grant(EVENTS_TABLE, ("dynamodb:Query",)),
        Grant(LOCKS_TABLE, ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")),
    ),
    wanted=admits_buyers,
)
