"""Alarms and the dashboard: each objective has an alarm that fires when it is missed, and only then."""

from __future__ import annotations

import json
from dataclasses import dataclass

import demands
import pytest

from support import code
from support.places import at
from support.stack import Resource, Stack
from support.values import Unknown

OWN = f"{demands.PROJECT}-metrics-{demands.ENVIRONMENT}"


@dataclass(frozen=True)
class Watch:
    """What an alarm has to watch, and when it has to fire.

    Attributes:
        place, key: its module, and the middle of its name.
        namespace, metric, statistic: the metric that it watches.
        of: the metric's dimensions, with their values or the addresses that have them.
        good, bad: a value that is fine, and one that is not.
        minutes: consecutive bad minutes after which it has to fire.
        silence: whether missing data is bad too.
    """

    place: str
    key: str
    namespace: str
    metric: str
    statistic: str
    of: dict[str, object]
    good: float
    bad: float
    minutes: int = 1
    silence: bool = False


def _of(place: str, name: str) -> dict[str, object]:
    return {"FunctionName": f"{demands.PROJECT}-{name.replace('_', '-')}-{demands.ENVIRONMENT}"}


def _table(name: str) -> dict[str, object]:
    return {"TableName": f"{demands.PROJECT}-{name}-{demands.ENVIRONMENT}"}


FUNCTIONS = {
    "ticket_purchase": "region", "seat_availability": "region", "seat_cache_sync": "region",
    "kinesis_processor": "analytics", "inventory_verifier": "verification", "oversell_corrector": "verification",
}  # fmt: skip
API = {"ApiName": f"{demands.PROJECT}-tickets-{demands.ENVIRONMENT}", "Stage": demands.ENVIRONMENT}
REDIS = {"CacheClusterId": f"{demands.PROJECT}-seats-{demands.ENVIRONMENT}-001"}
STREAM = {"StreamName": f"{demands.PROJECT}-ticket-sales-{demands.ENVIRONMENT}"}
CLUSTER = {"DBClusterIdentifier": f"{demands.PROJECT}-sales-{demands.ENVIRONMENT}"}
MACHINE = {"StateMachineArn": Unknown(at("verification", "aws_sfn_state_machine.verification.arn"))}
DEAD = {"QueueName": f"{demands.PROJECT}-dead-letters-{demands.ENVIRONMENT}"}
REFUNDS = {"QueueName": f"{demands.PROJECT}-failed-refunds-{demands.ENVIRONMENT}.fifo"}
STARTS = 60 // demands.VERIFICATION_INTERVAL_S

WATCHES = [
    Watch("region", "lock-slow", OWN, "LockMs", "p99", {}, demands.LOCK_MS, demands.LOCK_MS + 1, 3),
    Watch("region", "api-server-errors", "AWS/ApiGateway", "5XXError", "Average", API, 0.005, 0.02, 2),
    Watch(
        "region",
        "locks-throttled",
        "AWS/DynamoDB",
        "WriteThrottleEvents",
        "Sum",
        _table("distributed-locks"),
        0,
        1,
    ),
    Watch(
        "region",
        "inventory-throttled",
        "AWS/DynamoDB",
        "WriteThrottleEvents",
        "Sum",
        _table("ticket-inventory"),
        0,
        1,
    ),
    Watch(
        "region",
        "ledger-throttled",
        "AWS/DynamoDB",
        "WriteThrottleEvents",
        "Sum",
        _table("ticket-sales"),
        0,
        1,
    ),
    Watch(
        "region",
        "cache-load-slow",
        OWN,
        "CacheLoadSeconds",
        "Maximum",
        {},
        demands.CACHE_LOAD_S,
        demands.CACHE_LOAD_S + 0.1,
    ),
    Watch(
        "region",
        "seat-map-late",
        "AWS/Lambda",
        "IteratorAge",
        "Maximum",
        _of("region", "seat_cache_sync"),
        30_000,
        61_000,
    ),
    Watch("region", "seat-map-old", OWN, "CacheMapAgeSeconds", "Maximum", {}, 1_200, 1_900, 5, silence=True),
    Watch(
        "region",
        "seat-map-full",
        "AWS/ElastiCache",
        "DatabaseMemoryUsagePercentage",
        "Maximum",
        REDIS,
        75,
        85,
    ),
    Watch("region", "dead-letters", "AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", DEAD, 0, 1),
    Watch(
        "analytics",
        "analytics-late",
        "AWS/Kinesis",
        "GetRecords.IteratorAgeMilliseconds",
        "Maximum",
        STREAM,
        30_000,
        61_000,
        3,
    ),
    Watch(
        "analytics",
        "ledger-stream-full",
        "AWS/Kinesis",
        "WriteProvisionedThroughputExceeded",
        "Sum",
        STREAM,
        0,
        1,
        3,
    ),
    Watch("analytics", "aurora-full", "AWS/RDS", "ACUUtilization", "Average", CLUSTER, 80, 95, 5),
    Watch("verification", "oversold", OWN, "Oversold", "Maximum", {}, 0, 1),
    Watch(
        "verification",
        "replication-slow",
        OWN,
        "ReplicationLagSeconds",
        "Maximum",
        {},
        demands.REPLICATION_S,
        demands.REPLICATION_S + 0.1,
        3,
    ),
    Watch(
        "verification",
        "verification-slow",
        OWN,
        "VerificationSeconds",
        "Maximum",
        {},
        demands.VERIFICATION_S,
        demands.VERIFICATION_S + 0.1,
    ),
    Watch(
        "verification",
        "correction-slow",
        OWN,
        "CorrectionSeconds",
        "Maximum",
        {},
        demands.CORRECTION_S,
        demands.CORRECTION_S + 0.1,
    ),
    Watch(
        "verification",
        "verification-missing",
        "AWS/States",
        "ExecutionsStarted",
        "Sum",
        MACHINE,
        STARTS,
        STARTS - 1,
        3,
        silence=True,
    ),
    Watch("verification", "verification-failing", "AWS/States", "ExecutionsFailed", "Sum", MACHINE, 0, 1, 2),
    Watch(
        "verification",
        "refunds-failing",
        "AWS/SQS",
        "ApproximateNumberOfMessagesVisible",
        "Maximum",
        REFUNDS,
        0,
        1,
    ),
    *(
        watch
        for name, place in FUNCTIONS.items()
        for watch in (
            Watch(
                place,
                f"{name.replace('_', '-')}-errors",
                "AWS/Lambda",
                "Errors",
                "Sum",
                _of(place, name),
                0,
                1,
                2,
            ),
            Watch(
                place,
                f"{name.replace('_', '-')}-throttles",
                "AWS/Lambda",
                "Throttles",
                "Sum",
                _of(place, name),
                0,
                1,
            ),
        )
    ),
]
each_watch = pytest.mark.parametrize("watch", WATCHES, ids=[watch.key for watch in WATCHES])


def _alarm(stack: Stack, watch: Watch) -> Resource:
    return stack.resource(at(watch.place, f'aws_cloudwatch_metric_alarm.objective["{watch.key}"]'))


def _rings(alarm: Resource, minutes: list[float | None]) -> bool:
    """Whether the alarm fires after these minutes; None is a minute without data."""
    limit, count = alarm.get("threshold"), alarm.get("evaluation_periods")
    tests = {
        "GreaterThanThreshold": lambda value: value > limit,
        "GreaterThanOrEqualToThreshold": lambda value: value >= limit,
        "LessThanThreshold": lambda value: value < limit,
        "LessThanOrEqualToThreshold": lambda value: value <= limit,
    }
    silent = alarm.get("treat_missing_data") == "breaching"
    test = tests[alarm.get("comparison_operator")]
    return len(minutes) >= count and all(
        silent if value is None else test(value) for value in minutes[-count:]
    )


@each_watch
def test_it_looks_at_the_right_metric(stack: Stack, watch: Watch) -> None:
    alarm = _alarm(stack, watch)
    why = "the alarm would watch another metric, and stay silent when it matters"
    alarm.must("namespace", watch.namespace, why)
    alarm.must("metric_name", watch.metric, why)
    alarm.must("dimensions", watch.of, why)
    percentile = watch.statistic.startswith("p")
    alarm.must("statistic", None if percentile else watch.statistic, why)
    alarm.must("extended_statistic", watch.statistic if percentile else None, why)


@each_watch
def test_it_rings_when_it_should_and_only_then(stack: Stack, watch: Watch) -> None:
    alarm = _alarm(stack, watch)
    alarm.must("period", 60, "it evaluates one minute at a time")
    if alarm.get("evaluation_periods") < 1:
        alarm.fails("evaluates no minute at all", "AWS refuses such an alarm")
    if not _rings(alarm, [watch.bad] * watch.minutes):
        alarm.fails(f"is silent after {watch.minutes} min of {watch.bad}", "nobody would be paged")
    if _rings(alarm, [watch.good] * 60):
        alarm.fails(f"fires at {watch.good}", "people switch off an alarm that fires when all is well")
    if watch.minutes > 1 and _rings(alarm, [watch.good] * 60 + [watch.bad] * (watch.minutes - 1)):
        alarm.fails(
            f"fires before {watch.minutes} min of {watch.bad}", "one bad minute is no reason to page anybody"
        )
    if _rings(alarm, [None] * 60) != watch.silence:
        alarm.fails(
            f"{'is silent' if watch.silence else 'fires'} without data",
            "missing data is a fault only where a metric is a pulse",
        )


@each_watch
def test_it_is_heard(stack: Stack, watch: Watch) -> None:
    alarm = _alarm(stack, watch)
    topic = [Unknown(at("region", "aws_sns_topic.alarms.arn"))]
    alarm.must("alarm_actions", topic, "nobody would be notified")
    alarm.must("ok_actions", topic, "the on-call engineer wants to know when it is over")
    alarm.must(
        "alarm_name",
        f"{demands.PROJECT}-{watch.key}-{demands.ENVIRONMENT}",
        "the notification begins with this name",
    )
    if len(alarm.get("alarm_description") or "") < 10:
        alarm.fails("does not say what is wrong", "the on-call engineer reads this first")


def test_there_is_no_alarm_that_nobody_asked_for(stack: Stack) -> None:
    found = {alarm.get("alarm_name") for alarm in stack.resources("aws_cloudwatch_metric_alarm")}
    expected = {f"{demands.PROJECT}-{watch.key}-{demands.ENVIRONMENT}" for watch in WATCHES}
    assert found == expected, "alarms.tf\n  why: nobody tests when an alarm fires that is not listed here"


@pytest.mark.parametrize("metric", sorted({watch.metric for watch in WATCHES if watch.namespace == OWN}))
def test_some_function_emits_the_metric(stack: Stack, metric: str) -> None:
    sources = [text for name in FUNCTIONS for text in code.package(stack, name).values()]
    assert any(f"{metric}=" in text for text in sources), (
        f"functions.tf\n  no function emits {metric}\n  why: its alarm would never fire"
    )


# --- the dashboard -----------------------------------------------------------------------------------------------


def _dashboard(stack: Stack) -> dict[str, object]:
    dashboard: dict[str, object] = json.loads(
        stack.resource(at("region", "aws_cloudwatch_dashboard.sales")).get("dashboard_body")
    )
    return dashboard


def test_the_dashboard_begins_with_every_alarm_of_the_region(stack: Stack) -> None:
    first, *_ = _dashboard(stack)["widgets"]  # type: ignore[misc]
    alarms = {
        f"${{{alarm.address}.arn}}"
        for alarm in (_alarm(stack, watch) for watch in WATCHES if watch.place == "region")
    }
    assert first["type"] == "alarm", "alarms.tf, dashboard\n  why: an incident begins with the alarms"
    assert set(first["properties"]["alarms"]) == alarms, (
        "alarms.tf, dashboard\n  why: people would not see an alarm that is not on the dashboard"
    )


SHOWN: dict[str, list[dict[str, object]]] = {
    OWN: [{}],
    "AWS/ApiGateway": [API],
    "AWS/Lambda": [_of("region", "ticket_purchase")],
    "AWS/DynamoDB": [_table(name) for name in ("distributed-locks", "ticket-inventory", "ticket-sales")],
    "AWS/ElastiCache": [REDIS],
}


@pytest.mark.parametrize(
    ("title", "stat", "metrics"),
    [
        ("Requests", "Sum", {"Count", "4XXError", "5XXError"}),
        ("Response time", "p99", {"Latency", "PurchaseMs", "LockMs"}),
        ("Purchase function", "Sum", {"Invocations", "Errors", "Throttles"}),
        ("Write units", "Sum", {"ConsumedWriteCapacityUnits"}),
        ("Seat map", "Maximum", {"CacheMapAgeSeconds", "CacheLoadSeconds"}),
        ("Redis", "Maximum", {"DatabaseMemoryUsagePercentage", "EngineCPUUtilization"}),
    ],
)
def test_the_dashboard_shows(stack: Stack, title: str, stat: str, metrics: set[str]) -> None:
    panels = [
        widget["properties"]
        for widget in _dashboard(stack)["widgets"]
        if widget["properties"]["title"].startswith(title)
    ]  # type: ignore[attr-defined]
    assert len(panels) == 1, (
        f"alarms.tf, dashboard\n  {len(panels)} panels {title}\n  why: people look at this panel first in an incident"
    )
    assert {metric[1] for metric in panels[0]["metrics"]} == metrics, (
        f"alarms.tf, dashboard, {title}\n  why: people look at this panel first in an incident"
    )
    assert panels[0]["stat"] == stat, (
        f"alarms.tf, dashboard, {title}\n  why: an average hides what the unluckiest buyers see"
    )
    assert panels[0]["region"] == demands.PRIMARY, (
        f"alarms.tf, dashboard, {title}\n  why: a metric exists only in its own Region"
    )
    assert panels[0]["period"] == 60, f"alarms.tf, dashboard, {title}\n  why: on-sales are over in minutes"
    for namespace, _, *rest in panels[0]["metrics"]:
        of = dict(zip(rest[::2], rest[1::2], strict=True))
        assert of in SHOWN.get(namespace, ()), (
            f"alarms.tf, dashboard, {title}\n  shows {namespace} of {of}\n  why: no such metric exists in this stack"
        )


def test_the_panels_do_not_cover_each_other(stack: Stack) -> None:
    taken: set[tuple[int, int]] = set()
    for widget in _dashboard(stack)["widgets"]:  # type: ignore[attr-defined]
        cells = {
            (x, y)
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        }
        assert not cells & taken, (
            f"alarms.tf, dashboard\n  {widget['properties']['title']} covers another panel\n"
            "  why: part of that panel would be hidden"
        )
        assert widget["x"] + widget["width"] <= 24, (
            "alarms.tf, dashboard\n  why: CloudWatch refuses panels beyond column 24"
        )
        taken |= cells
    rows = {y for _, y in taken}
    assert rows == set(range(len(rows))), (
        "alarms.tf, dashboard\n  leaves rows empty\n  why: people may not scroll to panels below an empty row"
    )
