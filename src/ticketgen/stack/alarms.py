"""The alarms of a stack, one row each; every objective of the spec has one.

Missing data counts as good for metrics that are only emitted on trouble, and as bad for metrics that act as a
heartbeat.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ticketgen.rendering.quoted import Expression
from ticketgen.sizing import Sizing
from ticketgen.spec.model import Environment
from ticketgen.stack.metrics import (
    Metric,
    of_api,
    of_aurora,
    of_cache,
    of_function,
    of_machine,
    of_queue,
    of_stream,
    of_table,
    own,
)

__all__ = ["Alarm", "analytics_alarms", "region_alarms", "verification_alarms"]

# A stream consumer that lags this far behind will not catch up by itself soon.
_LATE_MS = 60_000

# Seat maps are reloaded every 15 minutes (templates/functions/seat_cache_sync.py): twice that is too old.
_OLD_S = 1_800


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm on one metric.

    Attributes:
        key: the middle of the alarm's name.
        description: what is wrong when the alarm fires; on-call reads it first.
        metric: the metric it evaluates, in periods of one minute.
        statistic: ``Sum``, ``Maximum``, ..., or a percentile such as ``p99``.
        limit: the threshold in the metric's unit; the alarm fires above it, or below it if ``below``.
        below: whether values below the limit fire.
        minutes: how many consecutive minutes must breach the limit.
        pulse: whether missing data fires too.
    """

    key: str
    description: str
    metric: Metric
    statistic: str
    limit: float
    below: bool = False
    minutes: int = 1
    pulse: bool = False

    @property
    def threshold(self) -> Expression:
        """The limit as an HCL number."""
        return Expression(f"{self.limit:.6f}".rstrip("0").rstrip("."))

    @property
    def comparison(self) -> str:
        """CloudWatch's name for the comparison."""
        return "LessThanThreshold" if self.below else "GreaterThanThreshold"

    @property
    def missing(self) -> str:
        """How CloudWatch treats missing data."""
        return "breaching" if self.pulse else "notBreaching"


def _function_alarms(*functions: str) -> Iterator[Alarm]:
    for name in functions:
        key = name.replace("_", "-")
        errors, throttles = of_function(name, "Errors"), of_function(name, "Throttles")
        yield Alarm(f"{key}-errors", f"The function {key} fails: see its logs", errors, "Sum", 0, minutes=2)
        throttled = f"The function {key} is throttled: raise its concurrency"
        yield Alarm(f"{key}-throttles", throttled, throttles, "Sum", 0)


def region_alarms(environment: Environment) -> tuple[Alarm, ...]:
    """The alarms of every Region: sales, seat maps and dead letters."""
    lock, load = environment.objectives.lock_ms, environment.objectives.cache_load_s
    full = of_cache("DatabaseMemoryUsagePercentage")
    late = of_function("seat_cache_sync", "IteratorAge")
    dead = of_queue("dead_letters", "ApproximateNumberOfMessagesVisible")
    tables = {
        "locks": "aws_dynamodb_table.distributed_locks.name",
        "inventory": "var.tables.inventory",
        "ledger": "var.tables.sales",
    }
    return (
        Alarm(
            "lock-slow", f"Locking a seat takes longer than {lock} ms", own("LockMs"), "p99", lock, minutes=3
        ),
        Alarm(
            "api-server-errors",
            "The API answers more than 1% of its requests with 5xx",
            of_api("5XXError"),
            "Average",
            0.01,
            minutes=2,
        ),
        *(
            Alarm(
                f"{key}-throttled",
                f"DynamoDB throttles writes to the {key} table: run ops/prewarm.py, or raise its quota",
                of_table(table, "WriteThrottleEvents"),
                "Sum",
                0,
            )
            for key, table in tables.items()
        ),
        Alarm(
            "cache-load-slow",
            f"Loading a seat map takes longer than {load} s",
            own("CacheLoadSeconds"),
            "Maximum",
            load,
        ),
        Alarm(
            "seat-map-late",
            "The seat map lags more than a minute behind the inventory",
            late,
            "Maximum",
            _LATE_MS,
        ),
        Alarm(
            "seat-map-old",
            "Seat maps are no longer reloaded",
            own("CacheMapAgeSeconds"),
            "Maximum",
            _OLD_S,
            minutes=5,
            pulse=True,
        ),
        Alarm(
            "seat-map-full",
            "Redis uses more than 80% of its memory; it evicts nothing, and refuses writes once it is full",
            full,
            "Maximum",
            80,
        ),
        Alarm(
            "dead-letters",
            "Records failed every retry: fix the cause, then run ops/redrive.py",
            dead,
            "Maximum",
            0,
        ),
        *_function_alarms("ticket_purchase", "seat_availability", "seat_cache_sync"),
    )


def analytics_alarms() -> tuple[Alarm, ...]:
    """The alarms of a Region that runs analytics."""
    late = of_stream("GetRecords.IteratorAgeMilliseconds")
    refused = of_stream("WriteProvisionedThroughputExceeded")
    busy = of_aurora("ACUUtilization")
    return (
        Alarm(
            "analytics-late",
            "Aurora lags more than a minute behind the ledger",
            late,
            "Maximum",
            _LATE_MS,
            minutes=3,
        ),
        Alarm("ledger-stream-full", "Kinesis rejects records: add shards", refused, "Sum", 0, minutes=3),
        Alarm("aurora-full", "Aurora uses more than 90% of its capacity", busy, "Average", 90, minutes=5),
        *_function_alarms("kinesis_processor"),
    )


def verification_alarms(environment: Environment, sizing: Sizing) -> tuple[Alarm, ...]:
    """The alarms of a Region that runs verification."""
    objectives = environment.objectives
    starts = sizing.ticker_starts_per_minute.value
    started, failed = (of_machine("verification", f"Executions{what}") for what in ("Started", "Failed"))
    refunds = of_queue("failed_refunds", "ApproximateNumberOfMessagesVisible")
    slow = (
        ("replication", "A replica lags by more than", "ReplicationLagSeconds", objectives.replication_s, 3),
        (
            "verification",
            "A verification takes longer than",
            "VerificationSeconds",
            objectives.verification_s,
            1,
        ),
        ("correction", "A correction takes longer than", "CorrectionSeconds", objectives.correction_s, 1),
    )
    missing = "No verification starts" if starts == 1 else f"Fewer than {starts} verifications start"
    return (
        Alarm(
            "oversold", "A seat was sold twice, and a buyer must be refunded", own("Oversold"), "Maximum", 0
        ),
        *(
            Alarm(f"{key}-slow", f"{words} {limit} s", own(name), "Maximum", limit, minutes=minutes)
            for key, words, name, limit, minutes in slow
        ),
        Alarm(
            "verification-missing",
            f"{missing} in a minute: seats sold twice may go unnoticed",
            started,
            "Sum",
            starts,
            below=True,
            minutes=3,
            pulse=True,
        ),
        Alarm(
            "verification-failing",
            "Verification runs fail: see the state machine's logs",
            failed,
            "Sum",
            0,
            minutes=2,
        ),
        Alarm(
            "refunds-failing",
            "Refunds failed every retry: fix the cause, then run ops/redrive.py",
            refunds,
            "Maximum",
            0,
        ),
        *_function_alarms("inventory_verifier", "oversell_corrector"),
    )
