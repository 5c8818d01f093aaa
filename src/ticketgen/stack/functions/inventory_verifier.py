"""The function that looks for seats sold twice."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from ticketgen.aws import limits
from ticketgen.figures import assumptions as assumed
from ticketgen.figures.model import Amount, OutputPlace, figure
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

__all__ = [
    "FUNCTION",
    "verification_batches",
    "verifications_at_once",
    "verifications_per_batch",
    "verifications_per_run",
    "verifier_concurrency",
    "verifier_memory_mib",
    "verifier_timeout_s",
]

_NAME, _MODULE = "inventory_verifier", FunctionModule.VERIFICATION


_UNIT = "events"
_MAP = limits.STATES_MAP_CONCURRENCY


@figure(unit=_UNIT, source=f"{_MAP.source}; {assumed.SOURCE}", scope=_MODULE.scope, place=OutputPlace())
def verifications_at_once(concurrent_events: int) -> Amount[int]:
    """Events that are verified at the same time: all that are on sale, and some of the quiet ones.

    A Map in a Map verifies them, each with at most 40 iterations at the same time.
    """
    most = _MAP.value * _MAP.value
    return Amount(
        min(most, concurrent_events + ceil(concurrent_events * assumed.QUIET_SHARE)),
        f"{counted(concurrent_events, 'events')} on sale + {assumed.QUIET_SHARE:.0%} for quiet and closed ones, at "
        f"most {_MAP.value} × {_MAP.value}",
    )


@figure(unit=_UNIT, source=assumed.SOURCE, scope=_MODULE.scope, place=OutputPlace())
def verifications_per_run(verifications_at_once: int) -> Amount[int]:
    """Events that one run verifies at most; those that have waited longest come first."""
    return Amount(
        verifications_at_once * assumed.VERIFICATIONS_IN_TURN,
        f"{counted(verifications_at_once, 'events')} at the same time × {assumed.VERIFICATIONS_IN_TURN} one after the "
        "other",
    )


@figure(unit="batches", source=_MAP.source, scope=_MODULE.scope, place=OutputPlace())
def verification_batches(verifications_at_once: int) -> Amount[int]:
    """Batches into which the events of a run are divided: iterations of the outer Map."""
    return Amount(
        ceil(verifications_at_once / _MAP.value),
        f"{counted(verifications_at_once, 'events')} / {_MAP.value} at the same time in each",
    )


@figure(unit=_UNIT, source=_MAP.source, scope=_MODULE.scope, place=OutputPlace())
def verifications_per_batch(verifications_at_once: int) -> Amount[int]:
    """Events that each batch verifies at the same time: iterations of the inner Map."""
    return Amount(
        min(_MAP.value, verifications_at_once),
        f"{counted(verifications_at_once, 'events')}, at most {_MAP.value}",
    )


@formulas.concurrency(_NAME, _MODULE, "objectives.verification_s")
def verifier_concurrency(
    verification_batches: int, verifications_per_batch: int, verification_s: int, verification_interval_s: int
) -> Amount[int]:
    """Concurrent executions: one for each event of a run, and one that lists the events of the next run."""
    runs = ceil(verification_s / verification_interval_s)
    return Amount(
        verification_batches * verifications_per_batch * runs + 1,
        f"{counted(verification_batches, 'batches')} × {counted(verifications_per_batch, 'events')} × {verification_s} "
        f"s / one every {verification_interval_s} s, rounded up, + 1 to list them",
        needed=verification_batches * verifications_per_batch * verification_s / verification_interval_s,
    )


@formulas.memory(_NAME, _MODULE)
def verifier_memory_mib(
    seats_per_second: int,
    seats_per_event: int,
    event_shards: int,
    verification_interval_s: int,
    verification_s: int,
) -> Amount[int]:
    """Memory of inventory_verifier, so that the new sales of the busiest event take half of its time.

    All sales since the last run may be of that event, and each shard of it is one call in each Region that is read.
    Whole shards are compared in the time that is left.
    """
    base, vcpu = formulas.BASE_MIB, formulas.VCPU_MIB
    sold = min(seats_per_event, seats_per_second * verification_interval_s)
    calls = event_shards * assumed.REGIONS_PER_RUN
    cpu_seconds = 2 * sold * assumed.CPU_SECONDS_PER_VERIFIED_ITEM + calls * assumed.CPU_SECONDS_PER_CALL
    share = min(1.0, cpu_seconds / (verification_s / 2))
    return formulas.memory_for(
        max(base + sold * 2 / 1024, share * vcpu),
        f"the larger of {base} MiB + {counted(sold, 'entries')} between two runs × 2 KiB and, for the "
        f"{cpu_seconds:.3g} s of CPU time that these and {counted(calls, 'calls')} take, within half of "
        f"{verification_s} s, {share:.2g} of a vCPU's {format_number(vcpu)} MiB",
    )


@formulas.timeout(_NAME, _MODULE, "objectives.verification_s")
def verifier_timeout_s(verification_s: int) -> Amount[int]:
    """Timeout of inventory_verifier: its objective."""
    return Amount(verification_s, "the objective, which the timeout enforces")


def _alarms(environment: Environment) -> Iterator[Alarm]:
    lag, most = environment.objectives.replication_s, environment.objectives.verification_s
    yield Alarm(
        "oversold",
        "A seat was sold twice, and a buyer must be refunded",
        "Do nothing at first: the corrector voids and refunds the sale that lost. If the alarm keeps firing, read the "
        "corrector's log. It is expected when a Region that was cut off returns.",
        own("Oversold"),
        "Maximum",
        0,
    )
    yield Alarm(
        "replication-slow",
        f"A replica lags by more than {lag} s",
        "The report in the verifier's log names the Regions. Look at the AWS Health Dashboard. Do not move events to "
        "such a Region.",
        own("ReplicationLagSeconds"),
        "Maximum",
        lag,
        minutes=3,
    )
    yield Alarm(
        "verification-slow",
        f"The verification of an event ends more than {most} s after its run began",
        "The report in the verifier's log has the event and the Regions. Look at the read throttles of the tables, and "
        "whether more events are on sale than event_scale.concurrent_events says.",
        own("VerificationSeconds"),
        "Maximum",
        most,
    )
    interval = environment.objectives.verification_interval_s
    yield Alarm(
        "verification-old",
        f"For {max(120, 6 * interval)} s, no run found all events verified in their turn",
        "If the Region that verifies is lost, run takeover.py. Otherwise read the report in the verifier's log: an "
        "event whose home is lost is not verified until it has moved.",
        own("HeartbeatAgeSeconds"),
        "Maximum",
        max(120, 6 * interval),
        minutes=3,
        pulse=True,
    )
    yield Alarm(
        "slices-old",
        "A part of an inventory was not compared with its ledger in 60 verifications of the event",
        "Verification does not keep up: look at its duration, and at the read throttles of the tables.",
        own("SliceAgeRuns"),
        "Maximum",
        60,
        minutes=3,
    )
    report = "The report in the verifier's log"
    for key, metric, minutes, description, remedy in (
        (
            "events-not-verified",
            "EventsNotVerified",
            3,
            "Events were not verified for three of their turns, so seats of theirs may be sold twice unnoticed",
            f"{report} names them, and another one of each event says why. If their home is lost, move them with "
            "move_home.py --lost.",
        ),
        (
            "regions-not-verified",
            "RegionsNotVerified",
            3,
            "Regions do not answer the verifier, so what they have sold is not known",
            f"{report} names them. If one is lost, move its events with move_home.py --lost.",
        ),
        (
            "malformed-events",
            "MalformedEvents",
            1,
            "Events cannot be read, and are not sold",
            f"{report} says what is wrong with each. Undo the change that somebody made in the events table, or "
            "restore the event with restore.py.",
        ),
        (
            "malformed-items",
            "MalformedItems",
            1,
            "Items of the inventory, the ledger or the audit trail cannot be read, and are left alone",
            f"{report} names them. Undo the change that somebody made by hand. Withhold seats with event.py.",
        ),
        (
            "misplaced-seats",
            "Misplaced",
            1,
            "Items of seats are in partitions where no sale looks for them, so these seats may be sold again",
            f"{report} names them. Find out who wrote them. Refund the buyers of misplaced sales, and delete the "
            "items.",
        ),
        (
            "undecided-seats",
            "Undecided",
            5,
            "Seats have several sales, and the Region of one does not answer",
            "They are settled when the Region answers again. If it is lost for good, refund one of the buyers.",
        ),
        (
            "pms-disagrees",
            "PmsDisagreements",
            5,
            "The PMS and the ledger disagree about which seats are sold",
            f"{report} names the first 100. Ask the PMS's operators. Withhold seats that only the PMS has sold.",
        ),
        (
            "pms-down",
            "PmsDown",
            5,
            "The PMS does not answer, or its answer cannot be read",
            f"{report} says why. Sales and verification go on without it.",
        ),
    ):
        # Over several minutes, every run must have it; a Region may fail to answer once.
        statistic = "Minimum" if minutes > 1 else "Maximum"
        yield Alarm(key, description, remedy, own(metric), statistic, 0, minutes=minutes)


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
        "EVENTS_AT_ONCE": verifications_per_batch,
        "EVENTS_TABLE": EVENTS_TABLE,
        "FUNCTION_TIMEOUT_SECONDS": purchase_timeout_s,
        "INVENTORY_TABLE": INVENTORY_TABLE,
        "METRICS_NAMESPACE": METRICS_NAMESPACE,
        "MOST_EVENTS": verifications_per_run,
        "PMS_URL": lambda environment: environment.pms.url or "",
        "PRIMARY_REGION": RawExpression("var.primary_region"),
        "REGIONS": RawExpression('join(",", var.regions)'),
        "REPLICATION_SECONDS": lambda environment: environment.objectives.replication_s,
        "SALES_TABLE": SALES_TABLE,
        "VERIFICATION_INTERVAL_SECONDS": lambda environment: environment.objectives.verification_interval_s,
        "VERIFICATION_SECONDS": verifier_timeout_s,
    },
    comments={"FUNCTION_TIMEOUT_SECONDS": "of ticket_purchase: no ledger entry commits later than this"},
    grants=(
        Grant(CORRECTIONS_TABLE, ("dynamodb:Query", "dynamodb:UpdateItem")),
        Grant(EVENTS_TABLE, ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan")),
        Grant(INVENTORY_TABLE, ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query")),
        Grant(SALES_TABLE, ("dynamodb:GetItem", "dynamodb:Query")),
    ),
    alarms=_alarms,
)
