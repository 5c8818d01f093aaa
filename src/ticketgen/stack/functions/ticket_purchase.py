"""The function that holds and sells seats."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.aws import limits
from ticketgen.figures import assumptions as assumed
from ticketgen.figures.model import Amount
from ticketgen.spec.model import Environment
from ticketgen.stack.cloudwatch import METRICS_NAMESPACE, Alarm, of_api, of_table, own
from ticketgen.stack.cors import function_origins
from ticketgen.stack.functions import formulas
from ticketgen.stack.functions.model import (
    Capacity,
    FunctionModule,
    Grant,
    LambdaFunction,
    Trigger,
    TriggerSource,
    ticket_seconds,
)
from ticketgen.stack.functions.resources import EVENTS_TABLE, INVENTORY_TABLE, LOCKS_TABLE, SALES_TABLE
from ticketgen.wording import format_number

__all__ = [
    "FUNCTION",
    "LEASE_SECONDS",
    "purchase_concurrency",
    "purchase_memory_mib",
    "purchase_provisioned_concurrency",
    "purchase_timeout_s",
]

LEASE_SECONDS = 5
"""Seconds for which a function may sell on a cached event. A planned move of home waits for the lease to expire."""

_NAME, _MODULE = "ticket_purchase", FunctionModule.REGION


@formulas.provisioned(_MODULE, f"{limits.LAMBDA_REQUESTS_PER_EXECUTION.source}; {assumed.SOURCE}")
def purchase_provisioned_concurrency(orders_per_second: int) -> Amount[int]:
    """Executions of ticket_purchase that are ready when a sale opens, if ops/prewarm.py was run."""
    return formulas.littles_law(
        assumed.sales_requests_per_second(orders_per_second), assumed.PURCHASE_SECONDS
    )


@formulas.concurrency(_NAME, _MODULE, assumed.SOURCE)
def purchase_concurrency(orders_per_second: int, purchase_provisioned_concurrency: int) -> Amount[int]:
    """Concurrency of ticket_purchase."""
    rate = assumed.sales_requests_per_second(orders_per_second)
    return formulas.with_cold_starts(purchase_provisioned_concurrency, rate, assumed.PURCHASE_SECONDS)


@formulas.memory(_NAME, _MODULE)
def purchase_memory_mib(lock_ms: int) -> Amount[int]:
    """Memory of ticket_purchase: a vCPU for a lock within 50 ms, otherwise less."""
    vcpu = formulas.VCPU_MIB
    return formulas.memory_for(
        vcpu * min(1.0, 50 / lock_ms),
        f"{format_number(vcpu)} MiB (one vCPU) × the smaller of 1 and 50 ms / {lock_ms} ms",
    )


@formulas.timeout(_NAME, _MODULE, "templates/functions/ticket_purchase.py")
def purchase_timeout_s() -> Amount[int]:
    """Timeout of ticket_purchase: short, because watermarks must lag by this much."""
    return Amount(10, "twice the 5 s of its attempts; the verifier's watermarks lag by as much")


def _alarms(environment: Environment) -> Iterator[Alarm]:
    lock = environment.objectives.lock_ms
    yield Alarm(
        "lock-slow",
        f"Holds of events whose home is this Region take longer than {lock} ms",
        "Look at the throttles of the locks and inventory tables and at the function's concurrency and duration. Run "
        "prewarm.py if a table is throttled.",
        own("LockMs"),
        "p99",
        lock,
        minutes=3,
    )
    yield Alarm(
        "api-server-errors",
        "The API answers more than 1% of its requests with 5xx",
        "Read the reasons in the function's log. `unavailable` means that an event's home does not answer: if it is "
        "lost, move its events. `moving` ends with the move.",
        of_api("5XXError"),
        "Average",
        0.01,
        minutes=2,
    )
    for key, table in (
        ("events", EVENTS_TABLE),
        ("locks", LOCKS_TABLE),
        ("inventory", INVENTORY_TABLE),
        ("ledger", SALES_TABLE),
    ):
        for kind in ("read", "write"):
            if (key, kind) == ("events", "write"):
                continue  # people write it, a few times a day
            yield Alarm(
                f"{key}-{kind}s-throttled",
                f"DynamoDB throttles {kind}s of the {key} table",
                "Run prewarm.py. If the table is warm already, request a higher quota with the commands that "
                "`ticketgen size` prints.",
                of_table(table.reference, f"{kind.title()}ThrottleEvents"),
                "Sum",
                0,
            )


FUNCTION = LambdaFunction(
    name=_NAME,
    module=_MODULE,
    summary="Holds and sells seats in one transaction in the event's home Region",
    capacity=Capacity(
        purchase_concurrency,
        purchase_memory_mib,
        purchase_timeout_s,
        provisioned=purchase_provisioned_concurrency,
    ),
    trigger=Trigger(TriggerSource.API),
    environment={
        "ADMISSION_SECONDS": ticket_seconds,
        "AUTH": lambda environment: environment.api.auth,
        "CORS_ORIGINS": function_origins,
        "EVENTS_TABLE": EVENTS_TABLE,
        "HOLD_SECONDS": lambda environment: environment.event_scale.hold_seconds,
        "INVENTORY_TABLE": INVENTORY_TABLE,
        "LEASE_SECONDS": LEASE_SECONDS,
        "LOCKS_TABLE": LOCKS_TABLE,
        "METRICS_NAMESPACE": METRICS_NAMESPACE,
        "SALES_TABLE": SALES_TABLE,
        "SEATS_PER_ORDER": lambda environment: environment.event_scale.seats_per_order,
    },
    grants=(
        Grant(EVENTS_TABLE, ("dynamodb:Query",)),
        Grant(INVENTORY_TABLE, ("dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem")),
        Grant(LOCKS_TABLE, ("dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem")),
        Grant(SALES_TABLE, ("dynamodb:GetItem", "dynamodb:PutItem")),
    ),
    alarms=_alarms,
)
