"""The alarms of a stack, one row each. Every objective of the spec has one.

Silence counts as fine where a metric says nothing while all is well, and as the trouble itself where the
metric is a pulse.
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

# A consumer of a stream that is this far behind will not catch up by itself soon.
_LATE_MS = 60_000

# Seat maps are loaded anew every 15 minutes (templates/functions/seat_cache_sync.py): twice that is too old.
_OLD_S = 1_800


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm on one metric.

    Attributes:
        key: the middle of its name.
        description: what is wrong when it rings.
        metric: what it looks at, a minute at a time.
        statistic: ``Sum``, ``Maximum``, ..., or a percentile such as ``p99``.
        limit: in the metric's unit; it rings above it, or below it where ``below``.
        below: whether too little is the trouble.
        minutes: how many in a row.
        pulse: whether silence rings too.
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
        """CloudWatch's name of the comparison."""
        return "LessThanThreshold" if self.below else "GreaterThanThreshold"

    @property
    def missing(self) -> str:
        """What CloudWatch takes silence for."""
        return "breaching" if self.pulse else "notBreaching"


def _function_alarms(*functions: str) -> Iterator[Alarm]:
    for name in functions:
        key, words = name.replace("_", "-"), name.replace("_", " ").capitalize()
        errors, throttles = of_function(name, "Errors"), of_function(name, "Throttles")
        yield Alarm(f"{key}-errors", f"{words} fails", errors, "Sum", 0, minutes=2)
        yield Alarm(f"{key}-throttles", f"{words} lacks concurrency", throttles, "Sum", 0)


def region_alarms(environment: Environment) -> tuple[Alarm, ...]:
    """The alarms of every Region: selling, showing and what is left over."""
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
        Alarm("lock-slow", f"Locking a seat takes over {lock} ms", own("LockMs"), "p99", lock, minutes=3),
        Alarm("api-server-errors", "The API answers 5xx", of_api("5XXError"), "Average", 0.01, minutes=2),
        *(
            Alarm(
                f"{key}-throttled",
                f"DynamoDB throttles the {key}: prewarm the table, or raise its quota",
                of_table(table, "WriteThrottleEvents"),
                "Sum",
                0,
            )
            for key, table in tables.items()
        ),
        Alarm(
            "cache-load-slow",
            f"Loading a seat map takes over {load} s",
            own("CacheLoadSeconds"),
            "Maximum",
            load,
        ),
        Alarm("seat-map-late", "The seat map is over a minute behind", late, "Maximum", _LATE_MS),
        Alarm(
            "seat-map-old",
            "Seat maps are no longer loaded anew",
            own("CacheMapAgeSeconds"),
            "Maximum",
            _OLD_S,
            minutes=5,
            pulse=True,
        ),
        Alarm("seat-map-full", "Redis is nearly full, and evicts nothing", full, "Maximum", 80),
        Alarm("dead-letters", "Records that no retry could save wait for someone", dead, "Maximum", 0),
        *_function_alarms("ticket_purchase", "seat_availability", "seat_cache_sync"),
    )


def analytics_alarms() -> tuple[Alarm, ...]:
    """The alarms of a Region with analytics."""
    late = of_stream("GetRecords.IteratorAgeMilliseconds")
    refused = of_stream("WriteProvisionedThroughputExceeded")
    busy = of_aurora("ACUUtilization")
    return (
        Alarm("analytics-late", "Aurora is over a minute behind", late, "Maximum", _LATE_MS, minutes=3),
        Alarm("ledger-stream-full", "Kinesis turns records away: more shards", refused, "Sum", 0, minutes=3),
        Alarm("aurora-full", "Aurora runs at the top of its capacity", busy, "Average", 90, minutes=5),
        *_function_alarms("kinesis_processor"),
    )


def verification_alarms(environment: Environment, sizing: Sizing) -> tuple[Alarm, ...]:
    """The alarms of a Region that can verify."""
    objectives = environment.objectives
    starts = sizing.ticker_starts_per_minute.value
    started, failed = (of_machine("verification", f"Executions{what}") for what in ("Started", "Failed"))
    refunds = of_queue("failed_refunds", "ApproximateNumberOfMessagesVisible")
    slow = (
        ("replication", "A replica lags by", "ReplicationLagSeconds", objectives.replication_s, 3),
        ("verification", "A verification takes", "VerificationSeconds", objectives.verification_s, 1),
        ("correction", "A correction takes", "CorrectionSeconds", objectives.correction_s, 1),
    )
    return (
        Alarm("oversold", "A seat is sold twice, and a buyer to be refunded", own("Oversold"), "Maximum", 0),
        *(
            Alarm(f"{key}-slow", f"{words} over {limit} s", own(name), "Maximum", limit, minutes=minutes)
            for key, words, name, limit, minutes in slow
        ),
        Alarm(
            "verification-missing",
            f"Fewer than {starts} verifications a minute: nobody looks for seats sold twice",
            started,
            "Sum",
            starts,
            below=True,
            minutes=3,
            pulse=True,
        ),
        Alarm("verification-failing", "Verifications fail", failed, "Sum", 0, minutes=2),
        Alarm("refunds-failing", "Refunds that failed wait for someone", refunds, "Maximum", 0),
        *_function_alarms("inventory_verifier", "oversell_corrector"),
    )
