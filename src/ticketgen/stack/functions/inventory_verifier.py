"""The function that looks for seats sold twice."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.figures import assumptions as assumed
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
)
from ticketgen.stack.functions.resources import (
    CORRECTIONS_TABLE,
    EVENTS_TABLE,
    INVENTORY_TABLE,
    SALES_TABLE,
)
from ticketgen.stack.functions.ticket_purchase import purchase_timeout_s
from ticketgen.wording import counted, format_number

__all__ = ["FUNCTION", "verifier_concurrency", "verifier_memory_mib", "verifier_timeout_s"]

_NAME, _MODULE = "inventory_verifier", FunctionModule.VERIFICATION


@formulas.concurrency(_NAME, _MODULE, "objectives.verification_s")
def verifier_concurrency(verification_s: int, verification_interval_s: int) -> Amount[int]:
    """Concurrent verifications: one may still run when the next starts."""
    return formulas.overlapping(verification_s, verification_interval_s)


@formulas.memory(_NAME, _MODULE)
def verifier_memory_mib(
    seats_per_second: int, seats_per_event: int, verification_interval_s: int, verification_s: int
) -> Amount[int]:
    """Memory of inventory_verifier, so that verification takes half of its time.

    A run verifies the sales since the last one and the seats of one event.

    With few shards, each run reads all of them; with many, it reads less than this.
    """
    base, vcpu = formulas.BASE_MIB, formulas.VCPU_MIB
    sold = seats_per_second * verification_interval_s
    cpu_seconds = 2 * (sold + seats_per_event) * assumed.CPU_SECONDS_PER_VERIFIED_ITEM
    share = min(1.0, cpu_seconds / (verification_s / 2))
    return formulas.memory_for(
        max(base + sold * 2 / 1024, share * vcpu),
        f"the larger of {base} MiB + {counted(sold, 'entries')} between two runs × 2 KiB and, for the "
        f"{cpu_seconds:.3g} s of CPU time that these and the {counted(seats_per_event, 'seats')} of an event take at "
        f"most, within half of {verification_s} s, {share:.2g} of a vCPU's {format_number(vcpu)} MiB",
    )


@formulas.timeout(_NAME, _MODULE, "objectives.verification_s")
def verifier_timeout_s(verification_s: int) -> Amount[int]:
    """Timeout of inventory_verifier: its objective."""
    return Amount(verification_s, "the objective, which the timeout enforces")


def _alarms(environment: Environment) -> Iterator[Alarm]:
    lag, most = environment.objectives.replication_s, environment.objectives.verification_s
    oversold = "A seat was sold twice, and a buyer must be refunded"
    yield Alarm("oversold", oversold, own("Oversold"), "Maximum", 0)
    lags, slow = f"A replica lags by more than {lag} s", f"A verification takes longer than {most} s"
    yield Alarm("replication-slow", lags, own("ReplicationLagSeconds"), "Maximum", lag, minutes=3)
    yield Alarm("verification-slow", slow, own("VerificationSeconds"), "Maximum", most)


FUNCTION = LambdaFunction(
    name=_NAME,
    module=_MODULE,
    summary="Compares ledger, inventory and PMS in every Region, and reports disagreements",
    capacity=Capacity(
        verifier_concurrency,
        verifier_memory_mib,
        verifier_timeout_s,
        grows_with=("objectives.verification_interval_s", "event_scale.purchases_per_minute"),
    ),
    trigger=Trigger(TriggerSource.STATE_MACHINE),
    environment={
        "CORRECTIONS_TABLE": CORRECTIONS_TABLE,
        "EVENTS_TABLE": EVENTS_TABLE,
        "FUNCTION_TIMEOUT_SECONDS": purchase_timeout_s,
        "INVENTORY_TABLE": INVENTORY_TABLE,
        "METRICS_NAMESPACE": METRICS_NAMESPACE,
        "PMS_URL": lambda environment: environment.pms.url or "",
        "PRIMARY_REGION": RawExpression("var.primary_region"),
        "REGIONS": RawExpression('join(",", var.regions)'),
        "REPLICATION_SECONDS": lambda environment: environment.objectives.replication_s,
        "SALES_TABLE": SALES_TABLE,
        "VERIFICATION_SECONDS": verifier_timeout_s,
    },
    comments={"FUNCTION_TIMEOUT_SECONDS": "of ticket_purchase: no ledger entry commits later than this"},
    grants=(
        Grant(CORRECTIONS_TABLE, ("dynamodb:Query", "dynamodb:UpdateItem")),
        Grant(EVENTS_TABLE, ("dynamodb:GetItem", "dynamodb:Scan")),
        Grant(INVENTORY_TABLE, ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query")),
        Grant(SALES_TABLE, ("dynamodb:GetItem", "dynamodb:Query")),
    ),
    alarms=_alarms,
)
