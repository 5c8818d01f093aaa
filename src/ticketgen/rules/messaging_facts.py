"""Settings of queues, topics and streams that are rejected together.

A source that begins with "provider" is a check that AWS provider 5.100.0 makes when it plans or applies.
"""

from __future__ import annotations

from ticketgen.rules.setting_conditions import (
    SettingFact,
    equals,
    is_unset,
    matches,
    misses,
)

__all__ = ["MESSAGING_FACTS"]

_DOCS = "https://docs.aws.amazon.com"
_PLAN = "provider 5.100.0, in its plan"

MESSAGING_FACTS = (
    SettingFact(
        "aws_sqs_queue",
        [equals("fifo_queue", True), misses("name", r"\.fifo$")],
        "name",
        "the name {at} of a FIFO queue does not end in .fifo",
        "add .fifo to the name",
        _PLAN,
    ),
    SettingFact(
        "aws_sqs_queue",
        [matches("name", r"\.fifo$"), is_unset("fifo_queue")],
        "name",
        "the name {at} ends in .fifo, but the queue is not a FIFO queue",
        "set fifo_queue = true",
        _PLAN,
    ),
    SettingFact(
        "aws_sqs_queue",
        [equals("content_based_deduplication", True), is_unset("fifo_queue")],
        "content_based_deduplication",
        "only a FIFO queue has content_based_deduplication",
        "set fifo_queue = true, or remove it",
        _PLAN,
    ),
    SettingFact(
        "aws_sns_topic",
        [equals("fifo_topic", True), misses("name", r"\.fifo$")],
        "name",
        "the name {at} of a FIFO topic does not end in .fifo",
        "add .fifo to the name",
        _PLAN,
    ),
    SettingFact(
        "aws_sns_topic",
        [matches("name", r"\.fifo$"), is_unset("fifo_topic")],
        "name",
        "the name {at} ends in .fifo, but the topic is not a FIFO topic",
        "set fifo_topic = true",
        _PLAN,
    ),
    SettingFact(
        "aws_sns_topic_subscription",
        [equals("protocol", "sqs"), misses("endpoint", r"^arn:[^:]+:sqs:")],
        "endpoint",
        "the endpoint {at} of protocol sqs is not the ARN of a queue",
        "write the ARN of the queue",
        f"{_DOCS}/sns/latest/api/API_Subscribe.html",
    ),
    SettingFact(
        "aws_sns_topic_subscription",
        [equals("protocol", "lambda"), misses("endpoint", r"^arn:[^:]+:lambda:")],
        "endpoint",
        "the endpoint {at} of protocol lambda is not the ARN of a function",
        "write the ARN of the function",
        f"{_DOCS}/sns/latest/api/API_Subscribe.html",
    ),
    SettingFact(
        "aws_sns_topic_subscription",
        [equals("protocol", "firehose"), misses("endpoint", r"^arn:[^:]+:firehose:")],
        "endpoint",
        "the endpoint {at} of protocol firehose is not the ARN of a delivery stream",
        "write its ARN",
        f"{_DOCS}/sns/latest/api/API_Subscribe.html",
    ),
    SettingFact(
        "aws_sns_topic_subscription",
        [equals("protocol", "email", "email-json"), misses("endpoint", r"^[^@\s]+@[^@\s]+$")],
        "endpoint",
        "the endpoint {at} is not an e-mail address",
        "write an e-mail address",
        f"{_DOCS}/sns/latest/api/API_Subscribe.html",
    ),
    SettingFact(
        "aws_sns_topic_subscription",
        [equals("protocol", "https"), misses("endpoint", "^https://")],
        "endpoint",
        "the endpoint {at} of protocol https does not begin with https://",
        "write an https:// URL",
        f"{_DOCS}/sns/latest/api/API_Subscribe.html",
    ),
    SettingFact(
        "aws_sns_topic_subscription",
        [equals("protocol", "http"), misses("endpoint", "^http://")],
        "endpoint",
        "the endpoint {at} of protocol http does not begin with http://",
        "write an http:// URL",
        f"{_DOCS}/sns/latest/api/API_Subscribe.html",
    ),
    SettingFact(
        "aws_kinesis_stream",
        [is_unset("shard_count", "stream_mode_details")],
        "name",
        "the stream has neither shard_count nor a mode on demand",
        "set shard_count, or stream_mode ON_DEMAND",
        _PLAN,
    ),
)
"""What SQS, SNS and Kinesis reject."""
