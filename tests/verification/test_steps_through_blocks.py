"""Steps into resources through nested blocks, and instances of them, as Terraform 1.11 judges them."""

from __future__ import annotations

import pytest

from ticketgen.findings import Severity
from ticketgen.verification.verify import verify

RESOURCES = """
resource "aws_s3_bucket" "b" {}
resource "aws_lb" "l" {
  count   = 1
  subnets = ["subnet-1"]
}
resource "aws_sqs_queue" "q" {
  for_each = var.s
}
resource "aws_db_instance" "d" {
  instance_class = "db.t3.micro"
}
resource "aws_security_group" "g" {}
data "aws_vpc" "v" {}
variable "s" { type = set(string) }
variable "i" { type = number }
"""
UNKNOWN = {
    "aws_s3_bucket.b.versioning[0].status": "versioning.status",
    "aws_s3_bucket.b.lifecycle_rule[0].expiration[0].day": "lifecycle_rule.expiration.day",
    "aws_lb.l[0].access_logs[0].buckett": "access_logs.buckett",
    "aws_db_instance.d.timeouts.creat": "timeouts.creat",
    'aws_sqs_queue.q["a"].queue_arn': "queue_arn",
    "aws_lb.l[*].arnn": "arnn",
    'aws_s3_bucket.b.versioning[0]["status"]': "a block has no index",
    "aws_db_instance.d.timeouts[0].create": "a block has no index",
    "data.aws_vpc.v.cidr_block_associations[0].cidr": "cidr",
}
ACCEPTED = [
    "aws_s3_bucket.b.versioning[0].enabled",
    "aws_lb.l[0].access_logs[0].bucket",
    "aws_lb.l[0].access_logs[var.i].bucket",
    "aws_lb.l[0].access_logs[*].buckett",
    "aws_security_group.g.ingress[*].from_port",
    "aws_db_instance.d.timeouts.create",
    "aws_db_instance.d.tags.foo",
    "data.aws_vpc.v.cidr_block_associations[0].cidr_block",
    "aws_db_instance.d.master_user_secret[0].secret_arn",
    "[for each in aws_sqs_queue.q : each.arn]",
]


def messages(expression: str, severity: Severity) -> list[str]:
    findings = verify({"main.tf": f'output "o" {{\n  value = {expression}\n}}\n{RESOURCES}'}, rendered=False)
    return [each.message for each in findings if each.severity is severity]


@pytest.mark.parametrize(("expression", "name"), UNKNOWN.items())
def test_unknown_names_are_errors_at_any_depth(expression: str, name: str) -> None:
    found = messages(expression, Severity.ERROR)
    assert [name in each for each in found] == [True]


@pytest.mark.parametrize("expression", ACCEPTED)
def test_known_and_unchecked_steps_are_accepted(expression: str) -> None:
    assert messages(expression, Severity.ERROR) == []


def test_an_unknown_attribute_of_perhaps_no_instance_is_a_warning() -> None:
    assert messages("values(aws_sqs_queue.q)[*].queue_arn", Severity.ERROR) == []
    assert messages("aws_sqs_queue.q[*].queue_arn", Severity.ERROR) == []
    assert any("queue_arn" in each for each in messages("aws_sqs_queue.q[*].queue_arn", Severity.WARNING))


@pytest.mark.parametrize(
    ("loop", "is_error"),
    [
        ("var.o", False),
        ("toset([])", False),
        ("toset([1, 2])", True),
        ("toset([{ a = 1 }, { a = 2 }])", True),
    ],
)
def test_only_sets_with_elements_must_have_strings(loop: str, is_error: bool) -> None:
    text = f'resource "terraform_data" "a" {{\n  for_each = {loop}\n}}\n'
    text += 'variable "o" { type = set(object({ a = string })) }\n'
    assert (
        any(each.severity is Severity.ERROR for each in verify({"main.tf": text}, rendered=False)) is is_error
    )
