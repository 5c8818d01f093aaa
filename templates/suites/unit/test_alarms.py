"""Alarms and the dashboard: each objective has an alarm that fires when it is missed, and only then."""

from __future__ import annotations

import json
from collections.abc import Mapping

import demands
import pytest

from support import code
from support.functions import FUNCTIONS, OWN, Watch, named
from support.places import at
from support.stack import Resource, Stack
from support.values import Unknown

API = {"ApiName": named("tickets"), "Stage": demands.ENVIRONMENT}
REDIS = {"CacheClusterId": f"{named('seats')}-001"}
MACHINE = {"StateMachineArn": Unknown(at("verification", "aws_sfn_state_machine.verification.arn"))}
DEAD = {"QueueName": named("dead-letters")}
REFUNDS = {"QueueName": f"{named('failed-refunds')}.fifo"}
STARTS = 60 // demands.VERIFICATION_INTERVAL_S
MESSAGES = "ApproximateNumberOfMessagesVisible"

NODES = 2 if demands.PROTECT else 1


def _node(number: int) -> dict[str, object]:
    """The dimensions of a node of the cache."""
    return {"CacheClusterId": f"{named('seats')}-{number:03d}"}


# The module of each alarm, and the metric that it must watch.
WATCHES = [
    *((function.module, watch) for function in FUNCTIONS.values() for watch in function.alarms),
    ("region", Watch("dead-letters", "AWS/SQS", MESSAGES, "Maximum", DEAD, 0, 1)),
    (
        "verification",
        Watch(
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
    ),
    (
        "verification",
        Watch("verification-failing", "AWS/States", "ExecutionsFailed", "Sum", MACHINE, 0, 1, 2),
    ),
    ("verification", Watch("refunds-failing", "AWS/SQS", MESSAGES, "Maximum", REFUNDS, 0, 1)),
    *(
        (
            "verification",
            Watch(
                f"{queue}-old",
                "AWS/SQS",
                "ApproximateAgeOfOldestMessage",
                "Maximum",
                {"QueueName": f"{named(queue)}.fifo"},
                3_600,
                90_000,
                5,
            ),
        )
        for queue in ("refunds", "failed-refunds")
    ),
    *(
        (
            "analytics",
            Watch(
                f"aurora-full-{instance}",
                "AWS/RDS",
                "ACUUtilization",
                "Average",
                {"DBInstanceIdentifier": f"{named('sales')}-{instance}"},
                80,
                95,
                5,
            ),
        )
        for instance in range(NODES)
    ),
    ("region", Watch("requests-refused", OWN, "ApiRefused", "Sum", {}, 30, 100, 3)),
    *(
        (
            "region",
            Watch(
                f"seat-map-{key}-{node}", "AWS/ElastiCache", metric, statistic, _node(node), 75, 95, minutes
            ),
        )
        for node in range(1, NODES + 1)
        for key, metric, statistic, minutes in (
            ("full", "DatabaseMemoryUsagePercentage", "Maximum", 1),
            ("busy", "EngineCPUUtilization", "Average", 3),
        )
    ),
]
each_watch = pytest.mark.parametrize(("place", "watch"), WATCHES, ids=[watch.key for _, watch in WATCHES])


def _alarm(stack: Stack, place: str, watch: Watch) -> Resource:
    return stack.resource(at(place, f'aws_cloudwatch_metric_alarm.objective["{watch.key}"]'))


def _fires(alarm: Resource, minutes: list[float | None]) -> bool:
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
def test_an_alarm_watches_its_metric(stack: Stack, place: str, watch: Watch) -> None:
    alarm = _alarm(stack, place, watch)
    why = "the alarm would watch another metric, and stay silent when it matters"
    if watch.unnamed:
        functions = {"Sum": "SUM", "Maximum": "MAX"}
        schema = ", ".join((f'"{watch.namespace}"', *watch.of, *watch.unnamed))
        where = " AND ".join(f"{name} = '{value}'" for name, value in watch.of.items())
        alarm.must(
            "metric_query.expression",
            f"SELECT {functions[watch.statistic]}({watch.metric}) FROM SCHEMA({schema}) WHERE {where}",
            why,
        )
        alarm.must("metric_query.return_data", True, why)
        for name in ("namespace", "metric_name", "dimensions", "statistic", "extended_statistic", "period"):
            alarm.must(name, None, "AWS refuses an alarm on a query and a metric")
        return
    alarm.must("metric_query", None, "AWS refuses an alarm on a query and a metric")
    alarm.must("namespace", watch.namespace, why)
    alarm.must("metric_name", watch.metric, why)
    alarm.must("dimensions", watch.of, why)
    percentile = watch.statistic.startswith("p")
    alarm.must("statistic", None if percentile else watch.statistic, why)
    alarm.must("extended_statistic", watch.statistic if percentile else None, why)


@each_watch
def test_an_alarm_fires_exactly_when_it_should(stack: Stack, place: str, watch: Watch) -> None:
    alarm = _alarm(stack, place, watch)
    period = "metric_query.period" if watch.unnamed else "period"
    alarm.must(period, watch.period, "it evaluates each value of the metric as soon as AWS publishes it")
    if alarm.get("evaluation_periods") < 1:
        alarm.fails("evaluates no minute at all", "AWS refuses such an alarm")
    if not _fires(alarm, [watch.bad] * watch.minutes):
        alarm.fails(f"is silent after {watch.minutes} min of {watch.bad}", "nobody would be paged")
    if _fires(alarm, [watch.good] * 60):
        alarm.fails(f"fires at {watch.good}", "people switch off an alarm that fires when all is well")
    if watch.minutes > 1 and _fires(alarm, [watch.good] * 60 + [watch.bad] * (watch.minutes - 1)):
        alarm.fails(
            f"fires before {watch.minutes} min of {watch.bad}", "one bad minute is no reason to page anybody"
        )
    if _fires(alarm, [None] * 60) != watch.silence:
        alarm.fails(
            f"{'is silent' if watch.silence else 'fires'} without data",
            "missing data is a fault only where a metric is a pulse",
        )


@each_watch
def test_an_alarm_notifies_the_topic(stack: Stack, place: str, watch: Watch) -> None:
    alarm = _alarm(stack, place, watch)
    topic: list[object] = [Unknown(at("region", "aws_sns_topic.alarms.arn"))]
    if demands.ALARM_TOPIC_ARN:
        topic = [demands.ALARM_TOPIC_ARN.replace("{region}", demands.PRIMARY)]
    alarm.must("alarm_actions", topic, "nobody would be notified")
    alarm.must("ok_actions", topic, "the on-call engineer wants to know when it is over")
    alarm.must(
        "alarm_name",
        named(watch.key),
        "the notification begins with this name",
    )
    if len(alarm.get("alarm_description") or "") < 10:
        alarm.fails("does not say what is wrong", "the on-call engineer reads this first")


@pytest.mark.parametrize("region", demands.REGIONS)
def test_the_addresses_of_the_spec_subscribe_to_the_topic(stack: Stack, region: str) -> None:
    found = [each for each in stack.resources("aws_sns_topic_subscription") if each.region == region]
    assert sorted(each.get("endpoint") for each in found) == sorted(demands.ALARM_EMAILS), (
        "alarms.tf\n  why: the spec says who is notified (alarms.email)"
    )
    for each in found:
        each.must("protocol", "email", "the endpoint is an address")
        each.must(
            "topic_arn",
            Unknown(at("region", "aws_sns_topic.alarms.arn", region)),
            "no alarm notifies another topic",
        )


def test_an_existing_topic_replaces_that_of_the_stack(stack: Stack) -> None:
    regions = {topic.region for topic in stack.resources("aws_sns_topic")}
    assert regions == (set() if demands.ALARM_TOPIC_ARN else set(demands.REGIONS)), (
        "alarms.tf\n  why: an alarm notifies a topic in its own Region, and nobody subscribes to an unused one"
    )


def test_there_is_no_other_alarm(stack: Stack) -> None:
    found = {alarm.get("alarm_name") for alarm in stack.resources("aws_cloudwatch_metric_alarm")}
    expected = {named(watch.key) for _, watch in WATCHES}
    assert found == expected, (
        f"alarms.tf\n  lacks {sorted(expected - found)}, and has {sorted(found - expected)}\n"
        "  why: nobody tests when an alarm fires that is not listed in these suites"
    )


REFUSED = "ApiRefused"  # which a filter of the access log counts


def test_refused_requests_are_counted(stack: Stack) -> None:
    found = stack.resource(at("region", "aws_cloudwatch_log_metric_filter.refused"))
    why = "nobody would notice that the API refuses buyers"
    logs = stack.resource(at("region", "aws_cloudwatch_log_group.api"))
    found.must("log_group_name", logs.get("name"), why)
    # API Gateway writes every value of the log's format as text.
    found.must("pattern", '{ $.status = "429" }', why)
    found.must("metric_transformation.name", REFUSED, why)
    found.must("metric_transformation.namespace", OWN, why)
    found.must("metric_transformation.value", "1", why)
    stage = stack.resource(at("region", "aws_api_gateway_stage.live"))
    assert json.loads(stage.get("access_log_settings.format"))["status"] == "$context.status", why


@pytest.mark.parametrize(
    "metric", sorted({watch.metric for _, watch in WATCHES if watch.namespace == OWN} - {REFUSED})
)
def test_some_function_emits_the_metric(stack: Stack, metric: str) -> None:
    sources = [text for name in FUNCTIONS for text in code.package(stack, name).values()]
    assert any(f"{metric}=" in text for text in sources), (
        f"modules/code\n  no function emits {metric}\n  why: its alarm would never fire"
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
        for alarm in (_alarm(stack, place, watch) for place, watch in WATCHES if place == "region")
    }
    assert first["type"] == "alarm", "alarms.tf, dashboard\n  why: an incident begins with the alarms"
    assert set(first["properties"]["alarms"]) == alarms, (
        "alarms.tf, dashboard\n  why: people would not see an alarm that is not on the dashboard"
    )


SHOWN: dict[str, list[Mapping[str, object]]] = {
    OWN: [{}],
    "AWS/ApiGateway": [API],
    "AWS/Lambda": [FUNCTIONS["ticket_purchase"].of],
    "AWS/DynamoDB": [
        {"TableName": named(middle)} for middle in ("distributed-locks", "ticket-inventory", "ticket-sales")
    ],
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
    covered: set[tuple[int, int]] = set()
    for widget in _dashboard(stack)["widgets"]:  # type: ignore[attr-defined]
        cells = {
            (x, y)
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        }
        assert not cells & covered, (
            f"alarms.tf, dashboard\n  {widget['properties']['title']} covers another panel\n"
            "  why: part of that panel would be hidden"
        )
        assert widget["x"] + widget["width"] <= 24, (
            "alarms.tf, dashboard\n  why: CloudWatch refuses panels beyond column 24"
        )
        covered |= cells
    rows = {y for _, y in covered}
    assert rows == set(range(len(rows))), (
        "alarms.tf, dashboard\n  leaves rows empty\n  why: people may not scroll to panels below an empty row"
    )
