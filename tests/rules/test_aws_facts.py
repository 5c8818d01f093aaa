"""Facts of AWS that Terraform does not check: state machines, IAM actions, and what defaults rule out."""

from __future__ import annotations

import json

import pytest

from ticketgen.findings import Severity
from ticketgen.hcl.configuration import Configuration
from ticketgen.rules.apply import as_in_stack
from ticketgen.rules.iam_unknown_action import unknown_action
from ticketgen.rules.iam_unknown_element import unknown_condition_key, unknown_operator
from ticketgen.rules.registry import RULES
from ticketgen.rules.rule import Rule
from ticketgen.rules.schedule_grammars import SCHEDULE_GRAMMARS
from ticketgen.rules.state_machine import problems_of_definition
from ticketgen.rules.subject import Subject
from ticketgen.rules.zone_of_region import problem_of_zone
from ticketgen.verification.verify import verify

DONE = {"Type": "Succeed"}


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ({"A": DONE}, ""),
        ({"A": {"Type": "Pass", "Next": "B"}, "B": DONE}, ""),
        ({"A": {"Type": "Pass", "Next": "C"}}, "not a state beside it"),
        ({"A": DONE, "B": DONE}, "nothing leads to state"),
        ({"A": {"Type": "Pass"}}, "neither Next nor End"),
        ({"A": {"Type": "Pass", "Next": "A", "End": True}}, "both Next and End"),
        ({"A": {"Type": "Pause", "End": True}}, "unknown Type"),
        ({"A": {"End": True}}, "no Type"),
        ({"A": {"Type": "Succeed", "End": True}}, "allows no End"),
        ({"A": {"Type": "Task", "End": True}}, "without Resource"),
        (
            {"A": {"Type": "Wait", "Seconds": 1, "Timestamp": "2030-01-01T00:00:00Z", "End": True}},
            "both Seconds and Timestamp",
        ),
        (
            {
                "A": {
                    "Type": "Choice",
                    "Default": "C",
                    "Choices": [{"Variable": "$", "IsNull": True, "Next": "A"}],
                }
            },
            "leads to",
        ),
        ({"A": {"Type": "Pass", "Retry": [], "End": True}}, "allows no Retry"),
        (
            {
                "A": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::sns:publish",
                    "End": True,
                    "Retry": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["x"]}],
                }
            },
            "not in the last element",
        ),
        ({"A": {"Type": "Map", "ItemProcessor": {"StartAt": "X", "States": {}}, "End": True}}, "starts at"),
        ({"A": {"Type": "Pass", "Next": "B\ue001"}, "B": DONE}, ""),
    ],
)
def test_state_machines(states: dict[str, object], expected: str) -> None:
    found = list(problems_of_definition({"StartAt": "A", "States": states}, Subject(Configuration([], {}))))
    assert len(found) == bool(expected), found
    assert all(expected in each for each in found)


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("s3:GetObject", ""),
        ("S3:getobject", ""),
        ("s3:*", ""),
        ("*", ""),
        ("execute-api:Invoke", ""),
        ("apigateway:GET", ""),
        ("lambda:InvokeFunction", ""),
        ("s3:Get${part}", ""),
        ("route53:Describe*", ""),
        ("s3:GetObjects", "no action GetObjects"),
        ("s3:Fetch*", "matches no action"),
        ("s33:GetObject", "no service"),
        ("GetObject", "not an action"),
    ],
)
def test_actions(action: str, expected: str) -> None:
    problem = unknown_action(action)
    assert (problem is not None) == bool(expected)
    assert expected in (problem or ("",))[0]


def test_an_action_has_a_guess() -> None:
    assert unknown_action("s3:GetObjct") == ("s3 has no action GetObjct", "did you mean GetObject?")


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("StringEquals", None),
        ("ForAnyValue:stringlike", None),
        ("ForAllValues:StringEqualsIfExists", None),
        ("Null", None),
        ("NullIfExists", ""),
        ("StringEqual", "did you mean StringEquals?"),
        ("ForSomeValues:StringLike", ""),
    ],
)
def test_operators(operator: str, expected: str | None) -> None:
    problem = unknown_operator(operator)
    assert (None if problem is None else problem[1]) == expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("aws:sourceip", None),
        ("aws:PrincipalTag/team", None),
        ("aws:SourceAcount", "did you mean SourceAccount?"),
        ("s3:x-amz-acl", None),
        ("s3:ExistingObjectTag/a", None),
        ("s3:prefixx", "did you mean prefix?"),
        ("kms:EncryptionContext:aws:s3:arn", None),
        ("token.actions.githubusercontent.com:sub", None),
        ("made-up:key", None),
        ("SourceIp", "write SERVICE:KEY, such as aws:SourceArn"),
        ("aws:RequestTag/${var.tag}", None),
    ],
)
def test_condition_keys(key: str, expected: str | None) -> None:
    problem = unknown_condition_key(key)
    assert (None if problem is None else problem[1]) == expected


STATEMENT = {"Effect": "Allow", "Action": "s3:GetObjects", "Resource": "*"}
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]})


@pytest.mark.parametrize(
    "text",
    [
        f'resource "aws_s3_bucket_policy" "p" {{\n  policy = jsonencode({POLICY})\n}}\n',
        f'resource "aws_kms_key" "p" {{\n  policy = {json.dumps(POLICY)}\n}}\n',
        f'resource "aws_sqs_queue" "p" {{\n  policy = <<-JSON\n  {POLICY}\n  JSON\n}}\n',
        f'resource "aws_iam_role" "p" {{\n  inline_policy {{\n    policy = jsonencode({POLICY})\n  }}\n}}\n',
        f'resource "aws_iam_role" "p" {{\n  assume_role_policy = jsonencode({POLICY})\n}}\n',
        f'resource "aws_organizations_policy" "p" {{\n  content = jsonencode({POLICY})\n}}\n',
        f'locals {{\n  p = jsonencode({POLICY})\n}}\nresource "aws_sns_topic_policy" "p" {{\n  policy = local.p\n}}\n',
        f'resource "aws_sns_topic_policy" "p" {{\n  policy = jsonencode(merge({POLICY}, {{}}))\n}}\n',
    ],
)
def test_actions_in_every_policy(text: str) -> None:
    assert _rules(text, "iam-unknown-action") == ["s3 has no action GetObjects"]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, []),
        ({"Effect": "allow"}, ['"allow" is not a valid Effect']),
        ({"Principal": "*"}, []),
        ({"Principal": {"AWS": "*"}}, []),
        ({"Principal": {"Aws": "*"}}, ['"Aws" is not a valid principal type']),
        ({"Condition": {"Strings": {"aws:SourceIpp": "1"}}}, [
            '"Strings" is not a condition operator', 'aws has no condition key "SourceIpp"',
        ]),
    ],
)  # fmt: skip
def test_elements_of_a_policy(changed: dict[str, object], expected: list[str]) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT | changed]})
    text = f'resource "aws_sns_topic_policy" "p" {{\n  policy = jsonencode({policy})\n}}\n'
    assert _rules(text, "iam-unknown-element") == expected


def test_a_broad_action_hides_no_other() -> None:
    statement = {
        "Effect": "Allow",
        "Action": ["elasticache:*", "secretsmanager:GetSecretValue"],
        "Resource": "*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    found = _rules(f'resource "aws_iam_policy" "p" {{\n  policy = jsonencode({policy})\n}}\n', "iam-wildcard")
    assert [each.split(" grants ")[1] for each in found] == [
        "elasticache:*",
        "secretsmanager:GetSecretValue on all resources",
    ]


RULE_BEHIND = """
variable "schedule" {{
  default = "{default}"
}}
resource "aws_cloudwatch_event_rule" "r" {{
  count               = {count}
  schedule_expression = var.schedule
}}
"""


@pytest.mark.parametrize(
    ("default", "count", "found"),
    [
        ("never", 'var.schedule == "never" ? 0 : 1', 0),
        ("never", 'var.schedule == "never" ? 1 : 0', 1),
        ("", "1", 0),
        ("never", "1", 1),
    ],
)
def test_defaults_of_a_resource_that_they_remove(default: str, count: str, found: int) -> None:
    text = RULE_BEHIND.format(default=default, count=count)
    assert len(_rules(text, "schedule-expression")) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("unset", 0),
        ("<change-me>", 0),
        ("placeholder", 0),
        ("REPLACE_ME", 0),
        ("your-secret-here", 0),
        ("k7Jd82hs", 1),
    ],
)
def test_stand_ins_are_no_secrets(value: str, found: int) -> None:
    assert len(_rules(f'variable "api_key" {{\n  default = "{value}"\n}}\n', "plain-secret")) == found


TABLE = """
resource "aws_dynamodb_table" "t" {{
  name         = "t"
  hash_key     = "a"
  {}
  attribute {{
    name = "a"
    type = "S"
  }}
}}
"""


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ('billing_mode = "PAY_PER_REQUEST"', ""),
        ("read_capacity = 1\n  write_capacity = 1", ""),
        ("billing_mode = var.mode", ""),
        ("", "not both read_capacity and write_capacity"),
        ('billing_mode = "PAY_PER_REQUEST"\n  range_key = "a"', "both hash_key and range_key"),
        ('billing_mode = "PAY_PER_REQUEST"\n  range_key = "b"', "has no attribute block"),
        ('billing_mode = "PAY_PER_REQUEST"\n  stream_enabled = true', "without stream_view_type"),
        (
            'billing_mode = "PAY_PER_REQUEST"\n  attribute {\n    name = "b"\n    type = "S"\n  }',
            "is not a key",
        ),
    ],
)
def test_table_keys(more: str, expected: str) -> None:
    found = _rules(TABLE.format(more), "table-definition")
    assert len(found) == bool(expected), found
    assert all(expected in each for each in found)


IN_A_VPC = """
resource "aws_vpc" "v" {{
  cidr_block = "10.0.0.0/16"
}}
resource "aws_subnet" "s" {{
  vpc_id     = aws_vpc.v.id
  cidr_block = "10.0.0.0/24"
}}
resource "aws_internet_gateway" "i" {{
  vpc_id = aws_vpc.v.id
}}
variable "hub" {{
  type = string
}}
resource "aws_lambda_function" "f" {{
  function_name = "f"
  role          = "arn:aws:iam::111122223333:role/f"
  {function}
  vpc_config {{
    subnet_ids         = [aws_subnet.s.id]
    security_group_ids = []
  }}
}}
{more}
"""
JAVA = 'runtime = "java21"\n  handler = "a.B"\n  filename = "f.jar"'
ROUTE = """
resource "aws_route" "r" {{
  route_table_id         = aws_vpc.v.main_route_table_id
  destination_cidr_block = "0.0.0.0/0"
  {}
}}
"""


@pytest.mark.parametrize(
    ("function", "more", "found"),
    [
        (JAVA, "", 1),
        ('package_type = "Image"\n  image_uri = "1.dkr.ecr.eu-west-1.amazonaws.com/f:1"', "", 1),
        ('runtime = "provided.al2023"\n  handler = "x"\n  s3_bucket = "b"\n  s3_key = "k"', "", 1),
        (JAVA, ROUTE.format("gateway_id = aws_internet_gateway.i.id"), 1),
        (JAVA, ROUTE.format("transit_gateway_id = var.hub"), 0),
        (JAVA, ROUTE.format("gateway_id = var.hub"), 0),
        (JAVA, 'module "out" {\n  source = "terraform-aws-modules/vpc/aws"\n}', 0),
        (JAVA, 'resource "aws_nat_gateway" "n" {\n  subnet_id = aws_subnet.s.id\n}', 0),
        (
            JAVA,
            'resource "aws_vpc_endpoint" "e" {\n  vpc_id = aws_vpc.v.id\n  service_name = "a.b.s3"\n}',
            0,
        ),
    ],
)
def test_a_function_of_any_runtime_needs_a_way_out_of_its_vpc(function: str, more: str, found: int) -> None:
    assert len(_rules(IN_A_VPC.format(function=function, more=more), "vpc-route")) == found


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_only_certain_rules_report_errors_in_others_terraform(rule: Rule) -> None:
    assert rule.severity_in(rendered=True) is rule.severity
    elsewhere = rule.severity_in(rendered=False)
    assert rule.certain or elsewhere is not Severity.ERROR
    assert as_in_stack(rule.found("x", severity=elsewhere)).severity is rule.severity


@pytest.mark.parametrize(
    ("zone", "region", "found"),
    [
        ("us-east-1a", "us-east-1", False),
        ("us-east-1a", "eu-west-1", True),
        ("us-east-1a", "", False),
        ("us-east-1", "", True),
        ("us-east-1A", "us-east-1", True),
        ("us-west-2-lax-1a", "us-west-2", False),
        ("us-west-2-lax-1a", "us-west-1", True),
        ("us-gov-east-1a", "us-gov-east-1", False),
        ("use1-az1", "us-east-1", False),
        ("apse2-az3", "ap-southeast-2", False),
        ("usgw1-az1", "us-gov-west-1", False),
        ("use1-az1", "us-west-2", True),
        ("xyz1-az1", "us-west-2", False),
        ("zone", "us-west-2", False),
        ("", "us-west-2", False),
    ],
)
def test_zones(zone: str, region: str, found: bool) -> None:
    assert (problem_of_zone(zone, region) is not None) is found


IN_A_ZONE = """
provider "aws" {{
  region = {region}
}}
variable "region" {{
  default = "eu-west-1"
}}
variable "zone" {{
  default = "us-east-1a"
}}
resource "aws_instance" "i" {{
  ami               = "ami-0123456789abcdef0"
  instance_type     = "t3.micro"
  availability_zone = {zone}
}}
"""


@pytest.mark.parametrize(
    ("region", "zone", "files", "found"),
    [
        ('"eu-west-1"', '"us-east-1a"', (), 1),
        ("var.region", '"us-east-1a"', (), 1),
        ('"eu-west-1"', "var.zone", (), 1),
        ("var.region", '"us-east-1a"', ("terraform.tfvars",), 0),
        ('"eu-west-1"', '"us-east-1a"', ("terraform.tfvars",), 1),
        ("var.region", '"${var.region}a"', (), 0),
        ("null", '"us-east-1a"', (), 0),
    ],
)
def test_zones_with_defaults(region: str, zone: str, files: tuple[str, ...], found: int) -> None:
    texts = {"main.tf": IN_A_ZONE.format(region=region, zone=zone)} | dict.fromkeys(
        files, 'region = "us-east-1"\n'
    )
    assert len([each for each in verify(texts, rendered=False) if each.rule == "zone-of-region"]) == found


@pytest.mark.parametrize(
    ("type", "schedule", "found"),
    [
        ("aws_autoscaling_schedule", "0 3 * * MON", False),
        ("aws_autoscaling_schedule", "*/5 8-18 1,15 * *", False),
        ("aws_autoscaling_schedule", "0 25 * * *", True),
        ("aws_autoscaling_schedule", "0 3 * * ? *", True),
        ("aws_autoscaling_schedule", "rate(1 day)", True),
        ("aws_appautoscaling_scheduled_action", "at(2027-01-01T00:00:00)", False),
        ("aws_appautoscaling_scheduled_action", "cron(0 3 * * *)", True),
        ("aws_synthetics_canary", "rate(0 minute)", False),
        ("aws_synthetics_canary", "rate(1 day)", True),
        ("aws_glue_trigger", "cron(15 12 * * ? *)", False),
        ("aws_glue_trigger", "rate(1 hour)", True),
        ("aws_ssm_maintenance_window", "cron(0 30 23 ? * TUE#3 *)", False),
        ("aws_ssm_maintenance_window", "30 23 * * *", True),
        ("aws_secretsmanager_secret_rotation", "rate(4 hours)", False),
        ("aws_secretsmanager_secret_rotation", "rate(30 minutes)", True),
        ("aws_dlm_lifecycle_policy", "cron(0 3 * * ? *)", False),
        ("aws_dlm_lifecycle_policy", "0 3 * * *", True),
        ("aws_backup_plan", "cron(0 3 * * *)", True),
    ],
)
def test_schedules_outside_eventbridge(type: str, schedule: str, found: bool) -> None:
    path, name = next((path, name) for each, path, name in SCHEDULE_GRAMMARS if each == type)
    body = f'{name} = "{schedule}"\n'
    for block in reversed(path):
        body = f"{block} {{\n{body}}}\n"
    assert len(_rules(f'resource "{type}" "r" {{\n{body}}}\n', "schedule-expression")) == found


@pytest.mark.parametrize(
    ("rule", "value", "severity"),
    [("name-limit", '"a b"', "error"), ("name-limit", "var.name", "warning"),
     ("schedule-expression", '"never"', "error"), ("schedule-expression", "var.schedule", "warning")],
)  # fmt: skip
def test_what_only_defaults_break_is_no_error_in_others_terraform(
    rule: str, value: str, severity: str
) -> None:
    variables = '"name" {\n  default = "a b"\n}\nvariable "schedule" {\n  default = "never"\n}\n'
    argument = "name" if rule == "name-limit" else "schedule_expression"
    text = f'variable {variables}resource "aws_cloudwatch_event_rule" "r" {{\n  {argument} = {value}\n}}\n'
    found = [each for each in verify({"main.tf": text}, rendered=False) if each.rule == rule]
    assert [each.severity for each in found] == [severity]
    assert [as_in_stack(each).severity for each in found] == ["error"]
    rendered = [each for each in verify({"main.tf": text}, rendered=True) if each.rule == rule]
    assert [each.severity for each in rendered] == ["error"]


def _rules(text: str, rule: str) -> list[str]:
    return [each.message for each in verify({"main.tf": text}, rendered=False) if each.rule == rule]
