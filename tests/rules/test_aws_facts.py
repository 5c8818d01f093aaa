"""Facts of AWS that Terraform does not check: state machines, IAM actions, and what defaults rule out."""

from __future__ import annotations

import json

import pytest

from ticketgen.hcl.configuration import Configuration
from ticketgen.rules.iam_unknown_action import unknown_action
from ticketgen.rules.state_machine import problems_of_definition
from ticketgen.rules.subject import Subject
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
        ({"A": {"Type": "Wait", "Seconds": 1, "Timestamp": "x", "End": True}}, "both Seconds and Timestamp"),
        ({"A": {"Type": "Choice", "Choices": [{"Next": "A"}], "Default": "C"}}, "leads to"),
        ({"A": {"Type": "Pass", "Retry": [], "End": True}}, "allows no Retry"),
        (
            {
                "A": {
                    "Type": "Task",
                    "Resource": "r",
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
        ('billing_mode = "PAY_PER_REQUEST"\n  attribute {\n    name = "b"\n    type = "S"\n  }', "is no key"),
    ],
)
def test_table_keys(more: str, expected: str) -> None:
    found = _rules(TABLE.format(more), "table-keys")
    assert len(found) == bool(expected), found
    assert all(expected in each for each in found)


def _rules(text: str, rule: str) -> list[str]:
    return [each.message for each in verify({"main.tf": text}, rendered=False) if each.rule == rule]
