"""Settings of functions, groups of instances and containers that are rejected together.

A source that begins with "provider" is a check that AWS provider 5.100.0 makes when it plans or applies.
"""

from __future__ import annotations

from ticketgen.findings import Severity
from ticketgen.rules.setting_conditions import (
    SettingFact,
    equals,
    exceeds,
    is_set,
    is_unset,
    matches,
    misses,
    outside,
)

__all__ = ["COMPUTE_FACTS"]

_DOCS = "https://docs.aws.amazon.com"
_PLAN = "provider 5.100.0, in its plan"

COMPUTE_FACTS = (
    SettingFact(
        "aws_lambda_function",
        [is_unset("package_type", "image_uri"), is_unset("handler")],
        "function_name",
        "a function with a zip archive has no handler",
        "set handler",
        _PLAN,
    ),
    SettingFact(
        "aws_lambda_function",
        [is_unset("package_type", "image_uri"), is_unset("runtime")],
        "function_name",
        "a function with a zip archive has no runtime",
        "set runtime",
        _PLAN,
    ),
    SettingFact(
        "aws_lambda_function",
        [matches("runtime", "^python"), misses("handler", r"\."), is_unset("layers")],
        "handler",
        "the handler {at} of a Python function does not have the form MODULE.FUNCTION",
        "write MODULE.FUNCTION",
        f"{_DOCS}/lambda/latest/dg/python-handler.html",
        Severity.WARNING,
    ),
    SettingFact(
        "aws_lambda_function",
        [matches("runtime", "^nodejs"), misses("handler", r"\."), is_unset("layers")],
        "handler",
        "the handler {at} of a Node.js function does not have the form FILE.EXPORT",
        "write FILE.EXPORT",
        f"{_DOCS}/lambda/latest/dg/nodejs-handler.html",
        Severity.WARNING,
    ),
    SettingFact(
        "aws_lambda_event_source_mapping",
        [matches("event_source_arn", r"^arn:[^:]+:(?:kinesis|dynamodb):"), is_unset("starting_position")],
        "event_source_arn",
        "a mapping of a stream has no starting_position",
        "set starting_position, such as LATEST",
        f"{_DOCS}/lambda/latest/api/API_CreateEventSourceMapping.html",
    ),
    SettingFact(
        "aws_lambda_event_source_mapping",
        [matches("event_source_arn", "^arn:[^:]+:sqs:"), is_set("starting_position")],
        "starting_position",
        "a mapping of a queue has a starting_position",
        "remove it",
        f"{_DOCS}/lambda/latest/api/API_CreateEventSourceMapping.html",
    ),
    SettingFact(
        "aws_lambda_event_source_mapping",
        [
            matches("event_source_arn", r"^arn:[^:]+:sqs:.*(?<!\.fifo)$"),
            exceeds("batch_size", 10),
            is_unset("maximum_batching_window_in_seconds"),
        ],
        "batch_size",
        "a batch of more than 10 messages needs maximum_batching_window_in_seconds",
        "set maximum_batching_window_in_seconds to at least 1",
        f"{_DOCS}/lambda/latest/dg/services-sqs-configure.html",
    ),
    SettingFact(
        "aws_autoscaling_group",
        [exceeds("min_size", "max_size")],
        "min_size",
        "min_size {at} is greater than max_size",
        "set max_size to at least min_size",
        f"{_DOCS}/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html",
    ),
    SettingFact(
        "aws_autoscaling_group",
        [exceeds("desired_capacity", "max_size")],
        "desired_capacity",
        "desired_capacity {at} is greater than max_size",
        "set max_size to at least desired_capacity",
        f"{_DOCS}/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html",
    ),
    SettingFact(
        "aws_autoscaling_group",
        # The provider does not send 0 when it creates the group:
        # https://github.com/hashicorp/terraform-provider-aws/blob/v5.100.0/internal/service/autoscaling/group.go
        [exceeds("min_size", "desired_capacity"), exceeds("desired_capacity", 0)],
        "desired_capacity",
        "desired_capacity {at} is less than min_size",
        "set desired_capacity to at least min_size",
        f"{_DOCS}/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html",
    ),
    SettingFact(
        "aws_appautoscaling_target",
        [exceeds("min_capacity", "max_capacity")],
        "min_capacity",
        "min_capacity {at} is greater than max_capacity",
        "set max_capacity to at least min_capacity",
        f"{_DOCS}/autoscaling/application/APIReference/API_RegisterScalableTarget.html",
    ),
    SettingFact(
        "aws_eks_node_group.scaling_config",
        [exceeds("desired_size", "max_size")],
        "desired_size",
        "desired_size {at} is greater than max_size",
        "set max_size to at least desired_size",
        f"{_DOCS}/eks/latest/APIReference/API_NodegroupScalingConfig.html",
    ),
    SettingFact(
        "aws_eks_node_group.scaling_config",
        [exceeds("min_size", "desired_size")],
        "desired_size",
        "desired_size {at} is less than min_size",
        "set desired_size to at least min_size",
        f"{_DOCS}/eks/latest/APIReference/API_NodegroupScalingConfig.html",
    ),
    SettingFact(
        "aws_ecs_task_definition",
        [equals("requires_compatibilities", ["FARGATE"]), is_unset("cpu")],
        "family",
        "a task on Fargate has no cpu",
        "set cpu and memory",
        f"{_DOCS}/AmazonECS/latest/developerguide/fargate-tasks-services.html",
    ),
    SettingFact(
        "aws_ecs_task_definition",
        [equals("requires_compatibilities", ["FARGATE"]), is_unset("memory")],
        "family",
        "a task on Fargate has no memory",
        "set cpu and memory",
        f"{_DOCS}/AmazonECS/latest/developerguide/fargate-tasks-services.html",
    ),
    SettingFact(
        "aws_ecs_task_definition",
        [equals("requires_compatibilities", ["FARGATE"]), outside("network_mode", "awsvpc")],
        "network_mode",
        "a task on Fargate has the network mode {at}",
        'set network_mode = "awsvpc"',
        f"{_DOCS}/AmazonECS/latest/developerguide/fargate-tasks-services.html",
    ),
    SettingFact(
        "aws_ecs_task_definition",
        [
            equals("requires_compatibilities", ["FARGATE"]),
            matches("cpu", r"^(?!(?:256|512|1024|2048|4096|8192|16384|32768)$)\d+$"),
        ],
        "cpu",
        "Fargate has no task with {at} CPU units",
        "use 256, 512, 1024, 2048, 4096, 8192 or 16384",
        f"{_DOCS}/AmazonECS/latest/developerguide/fargate-tasks-services.html",
    ),  # 32768 is no size in 2026, and may become one
)
"""What Lambda, Auto Scaling, EKS and ECS reject."""
