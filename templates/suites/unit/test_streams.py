"""The sources of the seat maps (the inventory's stream and a schedule), and the queues for failed records."""

from __future__ import annotations

import json

import pytest

from support.places import at
from support.stack import Resource, Stack
from support.values import Unknown

SYNC = at("region", "aws_lambda_alias.seat_cache_sync")


@pytest.fixture
def mapping(stack: Stack) -> Resource:
    """The event source mapping of seat_cache_sync."""
    return stack.resource(at("region", "aws_lambda_event_source_mapping.inventory"))


def test_the_stream_feeds_the_seat_map_from_its_beginning(mapping: Resource) -> None:
    mapping.must("function_name", Unknown(f"{SYNC}.arn"), "no other function keeps the seat map")
    mapping.must("starting_position", "TRIM_HORIZON", "LATEST skips sales made before the mapping was ready")


def test_a_bad_change_of_a_seat_fails_alone(mapping: Resource) -> None:
    mapping.must(
        "function_response_types", ["ReportBatchItemFailures"], "one bad record would repeat the whole batch"
    )
    mapping.must("bisect_batch_on_function_error", True, "a crash would fail the whole batch")


def test_retries_of_changes_end_and_failed_ones_are_kept(mapping: Resource) -> None:
    tries, age = mapping.get("maximum_retry_attempts"), mapping.get("maximum_record_age_in_seconds")
    if not tries or not 3 <= tries <= 100:
        mapping.fails(
            f"maximum_retry_attempts is {tries}",
            "by default, Lambda retries until the record expires, which blocks a shard for a day",
        )
    if not age or not 600 <= age <= 7_200:
        mapping.fails(
            f"gives up after {age} s",
            "maps are reloaded every quarter of an hour, so older records are useless",
        )
    queue = Unknown(at("region", "aws_sqs_queue.dead_letters.arn"))
    mapping.must(
        "destination_config.on_failure.destination_arn",
        queue,
        "discarded records would be lost without a trace",
    )


def test_redis_applies_a_batch_at_once(mapping: Resource) -> None:
    if not 100 <= (mapping.get("batch_size") or 100) <= 1000:
        mapping.fails(
            f"batch_size is {mapping.get('batch_size')}",
            "one script applies a batch, and a script of a thousand seats blocks Redis for a millisecond",
        )
    factor = mapping.get("parallelization_factor")
    if not 1 <= factor <= 10:
        mapping.fails(f"has the parallelization factor {factor}", "AWS accepts 1 to 10")


def test_missing_seat_maps_are_loaded_every_minute(stack: Stack) -> None:
    rule = stack.resource(at("region", "aws_cloudwatch_event_rule.refresh"))
    rule.must(
        "schedule_expression",
        "rate(1 minute)",
        "a new event would have no map until somebody buys, and EventBridge cannot count seconds",
    )
    if rule.get("state") not in (None, "ENABLED"):
        rule.fails("is switched off", "a new event would have no map")
    target = stack.resource(at("region", "aws_cloudwatch_event_target.refresh"))
    target.must("rule", rule.get("name"), "the schedule would call no function")
    target.must("arn", Unknown(f"{SYNC}.arn"), "no other function keeps the seat map")
    assert json.loads(target.get("input")) == {"refresh": True}, (
        f"{target}\n  why: the function loads maps when its input is {{refresh: true}}"
    )


def test_the_schedule_may_invoke_the_function(stack: Stack) -> None:
    permission = stack.resource(at("region", "aws_lambda_permission.refresh"))
    permission.must("function_name", stack.resource(SYNC).get("function_name"), "the call would be refused")
    permission.must("qualifier", "live", "the rule calls the alias, and the call would be refused")
    permission.must("principal", "events.amazonaws.com", "the call would be refused")
    permission.must("action", "lambda:InvokeFunction", "the call would be refused")
    permission.must(
        "source_arn",
        Unknown(at("region", "aws_cloudwatch_event_rule.refresh.arn")),
        "any rule of any account could call the function",
    )


@pytest.mark.parametrize(("place", "name"), [("region", "refresh"), ("verification", "minute")])
def test_a_missed_minute_is_not_repeated_for_long(stack: Stack, place: str, name: str) -> None:
    target = stack.resource(at(place, f"aws_cloudwatch_event_target.{name}"))
    if not 60 <= (target.get("retry_policy.maximum_event_age_in_seconds") or 86_400) <= 120:
        target.fails(
            "is retried for too long",
            "the next minute brings the next start, and old starts pile up in an outage",
        )
    if (target.get("retry_policy.maximum_retry_attempts") or 185) > 3:
        target.fails(
            "is retried too often",
            "the next minute brings the next start, and old starts pile up in an outage",
        )


@pytest.mark.parametrize(
    ("place", "name"),
    [("region", "dead_letters"), ("verification", "failed_refunds"), ("verification", "refunds")],
)
def test_messages_for_people_are_kept_as_long_as_possible(stack: Stack, place: str, name: str) -> None:
    queue = stack.resource(at(place, f"aws_sqs_queue.{name}"))
    queue.must("message_retention_seconds", 14 * 86_400, "messages that wait over the holidays would be gone")


def test_a_refund_is_one_message_and_a_failed_one_is_set_aside(stack: Stack) -> None:
    queue = stack.resource(at("verification", "aws_sqs_queue.refunds"))
    queue.must("fifo_queue", True, "a refund that is sent twice would be paid twice")
    policy = json.loads(queue.get("redrive_policy"))
    failed = stack.resource(at("verification", "aws_sqs_queue.failed_refunds"))
    assert policy["deadLetterTargetArn"] == f"${{{failed.address}.arn}}", (
        f"{queue}\n  why: a refund that fails would be retried for ever"
    )
    assert 3 <= policy["maxReceiveCount"] <= 50, (
        f"{queue}\n  why: a refund must survive a payment system that is down for a minute"
    )
    failed.must("fifo_queue", True, "a FIFO queue's dead letters need a FIFO queue")
    if not 30 <= queue.get("visibility_timeout_seconds") <= 43_200:
        queue.fails(
            f"shows a message again after {queue.get('visibility_timeout_seconds')} s",
            "a slow payment would be made twice, or a failed one retried too late",
        )
