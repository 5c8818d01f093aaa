"""What AWS rejects in the JSON of arguments: filters, redrive policies, and elements of policies."""

from __future__ import annotations

import pytest

from ticketgen.findings import Severity
from ticketgen.verification.verify import verify

JUDGED = {
    "message-filter",
    "redrive-policy",
    "key-policy",
    "service-principal",
    "condition-value",
    "service-settings",
}
REGION = 'provider "aws" {\n  region = "eu-west-1"\n}\n'
ARN = "arn:aws:sqs:eu-west-1:123456789012:dead"
ROOT = 'Principal = { AWS = "arn:aws:iam::123456789012:root" }, Resource = "*"'
LOGS = 'Principal = { Service = "logs.amazonaws.com" }, Resource = "*"'
QUEUES = (
    'resource "aws_sqs_queue" "dead" {\n  name = "dead.fifo"\n  fifo_queue = true\n}\n'
    'resource "aws_sqs_queue" "it" {\n  %s\n'
    "  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead.arn, maxReceiveCount = 3 })\n}\n"
)
GROUP = 'resource "aws_db_parameter_group" "g" {\n  family = "%s"\n}\n'
DATABASE = 'engine = "postgres"\n  parameter_group_name = aws_db_parameter_group.g.name'


def resource(type: str, *lines: str) -> str:
    return f'resource "{type}" "it" {{\n' + "".join(f"  {line}\n" for line in lines) + "}\n"


def subscription(policy: str, *lines: str) -> str:
    return resource("aws_sns_topic_subscription", f"filter_policy = {policy}", *lines)


def event(pattern: str) -> str:
    return resource("aws_cloudwatch_event_rule", f"event_pattern = jsonencode({pattern})")


def redrive(policy: str, name: str = "redrive_policy") -> str:
    return REGION + resource("aws_sqs_queue", f"{name} = jsonencode({policy})")


def key(*statements: str) -> str:
    listed = ", ".join(f'{{ Effect = "Allow", {each} }}' for each in statements)
    return resource(
        "aws_kms_key", f'policy = jsonencode({{ Version = "2012-10-17", Statement = [{listed}] }})'
    )


def trust(service: str) -> str:
    statement = f'{{ Effect = "Allow", Action = "sts:AssumeRole", Principal = {{ Service = {service} }} }}'
    return resource("aws_iam_role", f"assume_role_policy = jsonencode({{ Statement = [{statement}] }})")


def condition(operator: str, key: str, value: str) -> str:
    inner = f'condition {{\n test = "{operator}"\n variable = "{key}"\n values = [{value}]\n }}'
    return f'data "aws_iam_policy_document" "d" {{\n statement {{\n actions = ["s3:GetObject"]\n {inner}\n }}\n}}\n'


def item(written: str) -> str:
    return resource("aws_dynamodb_table_item", 'hash_key = "a"', f"item = jsonencode({written})")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (subscription('jsonencode({ a = "x" })'), 'single value in "a"'),
        (subscription('jsonencode({ a = ["x", 1, { prefix = "y" }, null] })'), ""),
        (subscription('"{\\"a\\": 3}"'), 'single value in "a"'),
        (subscription("jsonencode({ a = var.x })"), ""),
        (subscription("var.x"), ""),
        (subscription("jsonencode({ a = [] })"), 'empty list "a"'),
        (subscription("jsonencode({ a = { b = [1] } })"), "an object in"),
        (subscription("jsonencode({ a = { b = [1] } })", 'filter_policy_scope = "MessageBody"'), ""),
        (subscription("jsonencode({ a = { b = [1] } })", "filter_policy_scope = var.x"), ""),
        (subscription('jsonencode({ a = [{ prefx = "y" }] })'), "unknown operator"),
        (subscription('jsonencode({ "$or" = [{ a = [1] }, { b = 2 }] })'), 'single value in "b"'),
        (event('{ source = "aws.s3" }'), 'single value in "source"'),
        (event('{ source = ["aws.s3"], detail = { state = [{ anything-but = "x" }] } }'), ""),
        (event("{ detail = { state = [[1]] } }"), "a list in the list"),
        (event('{ detail = { state = [{ prefix = "a", suffix = "b" }] } }'), "2 operators"),
        (redrive(f'{{ deadLetterTargetArn = "{ARN}", maxReceiveCount = 3 }}'), ""),
        (redrive(f'{{ deadLetterTargetArn = "{ARN}", maxReceiveCount = "3" }}'), ""),
        (redrive(f'{{ deadLetterTargetArn = "{ARN}", maxReceiveCount = 1001 }}'), "maxReceiveCount 1001"),
        (redrive(f'{{ deadLetterTargetArn = "{ARN}" }}'), "has no maxReceiveCount"),
        (redrive(f'{{ deadLetterTargetArn = "{ARN}", "${{var.x}}" = 3 }}'), ""),
        (redrive("merge(var.x, { maxReceiveCount = 3 })"), ""),
        (redrive(f'{{ deadLetterTargetArn = "{ARN}", maxReceiveCounts = 3, maxReceiveCount = 3 }}'), "unknown key"),
        (redrive('{ deadLetterTargetArn = "dead", maxReceiveCount = 3 }'), "no ARN of a queue"),
        (redrive(f'{{ deadLetterTargetArn = "{ARN}.fifo", maxReceiveCount = 3 }}'), "leads to a FIFO queue"),
        (
            redrive(f'{{ deadLetterTargetArn = "{ARN.replace("west-1", "west-2")}", maxReceiveCount = 3 }}'),
            "a queue in eu-west-2",
        ),
        (QUEUES % 'name = "a"', "of a standard queue leads to a FIFO queue"),
        (QUEUES % 'name = "a.fifo"\n  fifo_queue = true', ""),
        (QUEUES % "fifo_queue = var.x", ""),
        (redrive('{ redrivePermission = "allowSome" }', "redrive_allow_policy"), "allowSome"),
        (
            redrive(f'{{ redrivePermission = "denyAll", sourceQueueArns = ["{ARN}"] }}', "redrive_allow_policy"),
            "permits denyAll",
        ),
        (redrive(f'{{ redrivePermission = "byQueue", sourceQueueArns = ["{ARN}"] }}', "redrive_allow_policy"), ""),
        (key(f'Action = "kms:Decrypt", {LOGS}'), "allows no one"),
        (key(f'Action = "kms:*", {LOGS}'), "allows no one"),
        (key(f'Action = "kms:Decrypt", {ROOT}'), "allows no one"),
        (key(f'Action = "kms:*", {ROOT}', f'Action = "kms:Decrypt", {LOGS}'), ""),
        (key(f'Action = ["kms:Put*"], {ROOT}'), ""),
        (key(f'Action = ["kms:Decrypt", var.x], {ROOT}'), ""),
        (key(f'NotAction = "kms:Decrypt", {ROOT}'), ""),
        (key(f'Action = "kms:Decrypt", {LOGS}').replace("}] })", "}, var.x] })"), ""),
        (key(f'Action = "kms:Decrypt", {LOGS}').replace("[{", "concat(var.x, [{").replace("}] })", "}]) })"), ""),
        (trust('"lambda.amazonaws.com"'), ""),
        (trust('["ec2.amazonaws.com", "ecs-task.amazonaws.com"]'), "ecs-task.amazonaws.com"),
        (trust('"lamda.amazonaws.com"'), "lamda.amazonaws.com"),
        (trust('"lambda"'), '"lambda" is no principal'),
        (trust('"new-service.amazonaws.com"'), ""),
        (trust('"logs.eu-west-1.amazonaws.com"'), ""),
        (trust('"states.${var.x}.amazonaws.com"'), ""),
        (condition("NumericEquals", "aws:SourceIp", '"10.0.0.0/8"'), "compares no aws:SourceIp"),
        (condition("IpAddress", "aws:SourceIp", '"10.0.0.0/8", "2001:db8::1"'), ""),
        (condition("IpAddress", "aws:SourceIp", '"10.0.0.300/8"'), "not an address"),
        (condition("ForAnyValue:NumericLessThanIfExists", "s3:max-keys", '"ten"'), "not a number"),
        (condition("NumericLessThan", "s3:max-keys", '"10", "&{aws:x}"'), ""),
        (condition("Bool", "aws:SecureTransport", '"no"'), "not true or false"),
        (condition("StringEquals", "aws:SecureTransport", '"true"'), ""),
        (condition("DateLessThan", "aws:CurrentTime", '"2030-01-01T00:00:00Z", "1893456000"'), ""),
        (condition("DateLessThan", "aws:CurrentTime", '"tomorrow"'), "not a date"),
        (condition("Null", "aws:SourceIp", '"maybe"'), "not true or false"),
        (item('{ a = { S = "x" } }'), ""),
        (item('{ b = { S = "x" } }'), "has not the hash_key"),
        (item('{ a = "x" }'), "has no type"),
        (item('{ a = { String = "x" } }'), "has no type"),
        (item('{ "${var.x}" = { S = "x" } }'), ""),
        (GROUP % "mysql8.0" + resource("aws_db_instance", DATABASE), "for another engine"),
        (GROUP % "aurora-postgresql15" + resource("aws_db_instance", DATABASE), "for another engine"),
        (GROUP % "postgres16" + resource("aws_db_instance", DATABASE), ""),
        (resource("aws_lambda_function", 'role = "arn:aws:s3:::b"', 'package_type = "Image"'), "no ARN of a role"),
        (
            'provider "aws" {\n  region = "cn-north-1"\n}\n'
            + resource("aws_iam_role_policy_attachment", 'policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"'),
            "another partition",
        ),
        (
            REGION + resource("aws_sns_topic", f'kms_master_key_id = "{ARN.replace("west-1", "north-1")}"'),
            "another Region",
        ),
        (REGION + resource("aws_sns_topic", f'kms_master_key_id = "{ARN}"'), ""),
        (
            resource(
                "aws_iam_role_policy_attachment",
                'policy_arn = "arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole"',
            ),
            "service-role/",
        ),
        (REGION + resource("aws_wafv2_web_acl", 'scope = "CLOUDFRONT"'), "not in us-east-1"),
        (resource("aws_wafv2_web_acl", 'scope = "CLOUDFRONT"'), ""),
        (
            resource(
                "aws_cloudfront_distribution",
                'origin {\n origin_id = "a"\n }',
                'default_cache_behavior {\n target_origin_id = "b"\n }',
            ),
            "no origin has",
        ),
        (
            resource(
                "aws_cloudfront_distribution",
                'origin {\n origin_id = "a"\n }',
                'default_cache_behavior {\n target_origin_id = "a"\n }',
            ),
            "",
        ),
    ],
)  # fmt: skip
def test_what_aws_rejects_is_found(text: str, expected: str) -> None:
    findings = [each for each in verify({"main.tf": text}, rendered=False) if each.rule in JUDGED]
    assert len(findings) == bool(expected), findings
    assert all(expected in each.message and each.help for each in findings)


def test_a_principal_that_may_be_new_is_a_warning() -> None:
    (finding,) = (
        each
        for each in verify({"main.tf": trust('"lamda.amazonaws.com"')}, rendered=False)
        if each.rule in JUDGED
    )
    assert finding.severity is Severity.WARNING
    assert finding.help == "did you mean lambda.amazonaws.com?"
