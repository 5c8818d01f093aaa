"""The function that corrects a seat sold twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ticketgen.figures.model import Amount
from ticketgen.rendering.quoted import RawExpression
from ticketgen.spec.model import Environment
from ticketgen.stack.cloudwatch import METRICS_NAMESPACE, Alarm, own
from ticketgen.stack.functions import formulas
from ticketgen.stack.functions.model import (
    Capacity,
    FunctionModule,
    Grant,
    LambdaFunction,
    Trigger,
    TriggerSource,
    uses_timestream,
)
from ticketgen.stack.functions.resources import (
    CORRECTIONS_TABLE,
    EVENTS_TABLE,
    INVENTORY_TABLE,
    REFUNDS_QUEUE,
    SALES_TABLE,
    TIMESTREAM_ANY,
    TIMESTREAM_TABLE,
)
from ticketgen.stack.functions.ticket_purchase import LEASE_SECONDS

__all__ = ["FUNCTION", "corrector_concurrency", "corrector_memory_mib", "corrector_timeout_s"]

_NAME, _MODULE = "oversell_corrector", FunctionModule.VERIFICATION


@formulas.concurrency(_NAME, _MODULE, "objectives.correction_s")
def corrector_concurrency(correction_s: int, verification_interval_s: int) -> Amount[int]:
    """Concurrent corrections: each verification may start one."""
    return formulas.overlapping(correction_s, verification_interval_s)


@formulas.memory(_NAME, _MODULE)
def corrector_memory_mib() -> Amount[int]:
    """Memory of oversell_corrector, which gets at most 100 findings."""
    return formulas.memory_for(0, "the minimum is enough for 100 findings")


@formulas.timeout(_NAME, _MODULE, "objectives.correction_s")
def corrector_timeout_s(correction_s: int) -> Amount[int]:
    """Timeout of oversell_corrector: its objective."""
    return Amount(correction_s, "the objective, which the timeout enforces")


def _with_timestream(reference: RawExpression) -> Callable[[Environment], RawExpression | None]:
    return lambda environment: reference if uses_timestream(environment) else None


def _alarms(environment: Environment) -> Iterator[Alarm]:
    most = environment.objectives.correction_s
    yield Alarm(
        "correction-slow",
        f"A correction takes longer than {most} s",
        "Read the function's log for seats that could not be settled, and look at the latency of the event's home.",
        own("CorrectionSeconds"),
        "Maximum",
        most,
    )


FUNCTION = LambdaFunction(
    name=_NAME,
    module=_MODULE,
    summary="Voids the losing sale of a seat sold twice, records it and requests the refund",
    capacity=Capacity(corrector_concurrency, corrector_memory_mib, corrector_timeout_s),
    trigger=Trigger(TriggerSource.STATE_MACHINE),
    environment={
        "AUDIT_STORE": lambda environment: environment.audit.store,
        "CORRECTIONS_TABLE": CORRECTIONS_TABLE,
        "CORRECTION_SECONDS": corrector_timeout_s,
        "EVENTS_TABLE": EVENTS_TABLE,
        "INVENTORY_TABLE": INVENTORY_TABLE,
        "LEASE_SECONDS": LEASE_SECONDS,
        "METRICS_NAMESPACE": METRICS_NAMESPACE,
        "REFUNDS_QUEUE_URL": REFUNDS_QUEUE,
        "SALES_TABLE": SALES_TABLE,
        "TIMESTREAM_DATABASE": _with_timestream(
            RawExpression("aws_timestreamwrite_database.audit.database_name")
        ),
        "TIMESTREAM_TABLE": _with_timestream(TIMESTREAM_TABLE.reference),
    },
    grants=(
        Grant(CORRECTIONS_TABLE, ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")),
        Grant(EVENTS_TABLE, ("dynamodb:Query",)),
        Grant(INVENTORY_TABLE, ("dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem")),
        Grant(REFUNDS_QUEUE, ("sqs:SendMessage",)),
        Grant(SALES_TABLE, ("dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem")),
        Grant(TIMESTREAM_ANY, ("timestream:DescribeEndpoints",), uses_timestream),
        Grant(TIMESTREAM_TABLE, ("timestream:WriteRecords",), uses_timestream),
    ),
    alarms=_alarms,
)
