"""Values that the AWS provider rejects are reported, and no other value is."""

from __future__ import annotations

import pytest

from ticketgen.findings import Finding, Severity
from ticketgen.findings.verification import REJECTED_VALUE
from ticketgen.verification.verify import verify

POLICY = 'resource "aws_iam_policy" "p" {\n  policy = <<EOT\n%s\nEOT\n}\n'
DYNAMIC = """  dynamic "statement" {
    for_each = ["Permit"]
    content {
      effect = statement.value
    }
  }"""
REQUIRED = """terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "%s"
    }
  }
}
"""
STATEMENT = 'data "aws_iam_policy_document" "d" {\n%s\n}\n'


def found(text: str, **others: str) -> list[Finding]:
    """The findings about values in ``main.tf`` and in modules."""
    files = {"main.tf": text} | {f"{name}/main.tf": other for name, other in others.items()}
    return [each for each in verify(files, rendered=False) if each.rule == REJECTED_VALUE.id]


def resource(type: str, argument: str) -> str:
    """A resource with one argument."""
    return f'resource "{type}" "it" {{\n  {argument}\n}}\n'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (resource("aws_vpc", 'cidr_block = "10.0.0.0/33"'), "prefix length of an IPv4 block is at most 32"),
        (resource("aws_vpc", 'cidr_block = "10.0.0.1/16"'), "begins at 10.0.0.0"),
        (resource("aws_vpc_security_group_ingress_rule", 'cidr_ipv4 = "10.0.0.1/8"'), "begins at 10.0.0.0"),
        (resource("aws_vpc_security_group_egress_rule", 'cidr_ipv6 = "10.0.0.0/8"'), "an IPv6 block"),
        (resource("aws_lb", 'name = "internal-x"'), "begin with internal-"),
        (resource("aws_lb_target_group", 'name = "x-"'), "neither begin nor end with a hyphen"),
        (resource("aws_acm_certificate", 'domain_name = "example.com."'), "must not end with a dot"),
        (resource("aws_ecs_task_definition", 'container_definitions = "{}"'), "must be a JSON list"),
        (resource("aws_ecs_task_definition", 'container_definitions = "[1"'), "not valid JSON"),
        (resource("aws_rds_cluster", 'engine = "aurora"'), "the engine is unknown"),
        (resource("aws_vpc", 'instance_tenancy = "shared"'), 'must be "default" or "dedicated"'),
        (resource("aws_sqs_queue", "visibility_timeout_seconds = 99999"), "from 0 to 43200"),
        (resource("aws_sqs_queue", 'visibility_timeout_seconds = "-1"'), "from 0 to 43200"),
        (resource("aws_sqs_queue", "delay_seconds = 1.5"), "whole number"),
        (resource("aws_lambda_function", 'role = "admin"'), 'must begin with "arn:"'),
        (resource("aws_lambda_function", 'function_name = "a b"'), "valid function name"),
        (resource("aws_cloudwatch_log_group", "retention_in_days = 8"), "must be 0, 1, 3"),
        (resource("aws_iam_role", f'name = "{"a" * 65}"'), "from 1 to 64 characters"),
        (POLICY % '{"Version": "2012-10-17",}', "not valid JSON"),
        (POLICY % '["2012-10-17"]', "must be a JSON object"),
        (POLICY % '{"Statement": [], "Statement": []}', '"Statement" twice'),
        (STATEMENT % '  version = "2012"', '"2012-10-17"'),
        (STATEMENT % '  statement {\n    effect = "Permit"\n  }', '"Allow" or "Deny"'),
        (
            STATEMENT % DYNAMIC,
            '"Allow" or "Deny"',
        ),
        ('locals {\n  size = "shared"\n}\n' + resource("aws_vpc", "instance_tenancy = local.size"), "dedicated"),
        (
            resource("aws_vpc", 'for_each = { a = "shared" }\n  instance_tenancy = each.value'),
            "dedicated",
        ),
        (resource("aws_vpc", 'count = 0\n  instance_tenancy = "shared"'), "dedicated"),
    ],
)  # fmt: skip
def test_a_value_that_the_provider_rejects_is_an_error(text: str, reason: str) -> None:
    (finding,) = found(text)
    assert reason in finding.message
    assert finding.severity is Severity.ERROR
    assert finding.help


@pytest.mark.parametrize(
    "text",
    [
        resource("aws_vpc", 'cidr_block = "10.0.0.0/16"'),
        resource("aws_vpc_security_group_egress_rule", 'cidr_ipv6 = "::/0"'),
        resource("aws_lb", 'name = "x-internal-y"'),
        resource("aws_lb_target_group", 'name = "internal-x"'),
        resource("aws_acm_certificate", 'domain_name = "*.example.com"'),
        resource("aws_ecs_task_definition", 'container_definitions = " [ ]"'),
        resource("aws_ecs_task_definition", 'container_definitions = ""'),
        resource("aws_rds_cluster", 'engine = "custom-sqlserver-ee"'),
        resource("aws_vpc", "instance_tenancy = null"),
        resource("aws_vpc", "instance_tenancy = var.unknown"),
        resource("aws_vpc", 'instance_tenancy = "${var.unknown}-shared"'),
        resource("aws_vpc", 'count = 0\n  instance_tenancy = count.index == 0 ? "shared" : "x"'),
        resource("aws_sqs_queue", 'visibility_timeout_seconds = "30"'),
        resource("aws_neptunegraph_graph", "provisioned_memory = 16"),
        resource("aws_cognito_user_pool_client", "access_token_validity = 60"),
        resource(
            "aws_s3_bucket_lifecycle_configuration",
            'rule {\n    transition {\n      days = 35\n      storage_class = "GLACIER"\n    }\n  }',
        ),
        resource("aws_lambda_function", "role = aws_iam_role.it.arn"),
        resource("aws_instance", 'instance_type = "t9.small"'),
        resource("other_vpc", 'instance_tenancy = "shared"'),
        POLICY % '  {"Version": "2012-10-17", "Statement": []}',
        STATEMENT % '  statement {\n    effect = "Deny"\n  }',
    ],
)
def test_any_other_value_is_no_finding(text: str) -> None:
    assert not found(text)


def test_a_block_with_an_unknown_value_is_only_a_warning() -> None:
    (finding,) = found(STATEMENT % '  statement {\n    effect    = "Permit"\n    resources = [var.any]\n  }')
    assert finding.severity is Severity.WARNING


def test_a_value_reaches_a_module_through_its_input() -> None:
    called = 'variable "tenancy" {}\n' + resource("aws_vpc", "instance_tenancy = var.tenancy")
    call = 'module "m" {\n  source = "./m"\n  tenancy = "shared"%s\n}\n'
    (finding,) = found(call % "", m=called)
    assert finding.location is not None
    assert finding.location.file == "m/main.tf"
    assert not found(call % "\n  count = 0", m=called)


@pytest.mark.parametrize(("version", "count"), [(">= 5.100", 1), ("~> 6.0", 0), ("~> 4.0", 0)])
def test_other_versions_of_the_provider_may_accept_other_values(version: str, count: int) -> None:
    assert len(found(REQUIRED % version + resource("aws_vpc", 'instance_tenancy = "shared"'))) == count


@pytest.mark.parametrize(("version", "count"), [("~> 6.0", 1), ("~> 4.0", 0)])
def test_formats_are_those_of_later_versions_as_well(version: str, count: int) -> None:
    assert len(found(REQUIRED % version + resource("aws_vpc", 'cidr_block = "10.0.0.1/16"'))) == count


def test_the_help_names_the_closest_choice() -> None:
    (finding,) = found(resource("aws_vpc", 'instance_tenancy = "dedicatd"'))
    assert finding.help == "did you mean dedicated?"
