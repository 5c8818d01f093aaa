"""Arguments that the AWS provider rejects together, or wants together, are reported, and no others are."""

from __future__ import annotations

import pytest

from ticketgen.findings import Finding, Severity
from ticketgen.findings.verification import CONFLICTING_ARGUMENTS
from ticketgen.verification.verify import verify

ROLE = 'assume_role_policy = "{}"'
FUNCTION = 'function_name = "f"\n  role = "arn:aws:iam::123456789012:role/f"'
RULE = 'security_group_id = "sg-1"\n  ip_protocol = "-1"'
NETWORK = """dynamic "network_interface" {
    for_each = %s
    content {
      device_index         = 0
      network_interface_id = "eni-1"
    }
  }"""
MACHINE = 'ami = "ami-1"\n  instance_type = "t3.micro"'


def found(type: str, *arguments: str, before: str = "") -> list[Finding]:
    """The findings about combinations in a resource."""
    body = "\n  ".join(arguments)
    text = f'variable "x" {{}}\n{before}\nresource "{type}" "it" {{\n  {body}\n}}\n'
    return [
        each for each in verify({"main.tf": text}, rendered=False) if each.rule == CONFLICTING_ARGUMENTS.id
    ]


@pytest.mark.parametrize(
    ("type", "arguments", "reason"),
    [
        ("aws_iam_role", (ROLE, 'name = "a"', 'name_prefix = "b"'), "rejects name with name_prefix"),
        ("aws_iam_role", (ROLE, "count = 0", 'name = "a"', 'name_prefix = ""'), "rejects name with name_prefix"),
        ("aws_instance", (MACHINE, 'subnet_id = "s"', NETWORK % "[0]"), "rejects network_interface with subnet_id"),
        ("aws_instance", ('ami = "ami-1"',), "lacks instance_type or launch_template"),
        ("aws_instance", (), "lacks ami or launch_template, and instance_type or launch_template: "),
        ("aws_instance", ('launch_template {\n    version = "1"\n  }',), "lacks id or name"),
        ("aws_lambda_function", (FUNCTION,), "lacks filename, image_uri or s3_bucket"),
        (
            "aws_lambda_function",
            (FUNCTION, 'filename = "f.zip"', 'image_uri = "i"'),
            "accepts only one of filename, image_uri and s3_bucket",
        ),
        ("aws_lambda_function", (FUNCTION, 's3_bucket = "b"'), "sets s3_bucket without s3_key"),
        ("aws_lambda_function", (FUNCTION, "s3_bucket = var.x"), "sets s3_bucket without s3_key"),
        ("aws_vpc_security_group_ingress_rule", (RULE,), "lacks cidr_ipv4, cidr_ipv6, prefix_list_id or"),
        (
            "aws_vpc_security_group_ingress_rule",
            (RULE, 'cidr_ipv4 = "10.0.0.0/8"', 'cidr_ipv6 = "::/0"'),
            "accepts only one of cidr_ipv4, cidr_ipv6,",
        ),
    ],
)  # fmt: skip
def test_a_combination_that_the_provider_rejects_is_an_error(
    type: str, arguments: tuple[str, ...], reason: str
) -> None:
    (finding,) = found(type, *arguments)
    assert reason in finding.message
    assert finding.severity is Severity.ERROR
    assert finding.help


@pytest.mark.parametrize(
    ("type", "arguments"),
    [
        ("aws_iam_role", (ROLE, 'name = "a"', "name_prefix = null")),
        ("aws_iam_role", (ROLE, 'name = "a"', "name_prefix = local.none")),
        ("aws_iam_role", (ROLE, 'name = "a"', "name_prefix = var.x")),
        ("aws_iam_role", (ROLE, 'name = "a"', 'name_prefix = var.x == "a" ? "b" : null')),
        ("aws_iam_role", (ROLE, 'name = "a"', 'name_prefix = "${var.x}-b"')),
        ("aws_instance", (MACHINE, 'subnet_id = "s"', NETWORK % "[]")),
        ("aws_instance", (MACHINE, 'subnet_id = "s"', NETWORK % "var.x")),
        (
            "aws_instance",
            (
                'dynamic "launch_template" {\n    for_each = var.x\n    content {\n      id = "lt-1"\n    }\n  }',
            ),
        ),
        ("aws_lambda_function", (FUNCTION, "s3_bucket = var.x", 's3_key = "k"', 'filename = "f.zip"')),
        ("aws_lambda_function", (FUNCTION, "s3_bucket = local.none", 'filename = "f.zip"')),
        ("aws_vpc_security_group_ingress_rule", (RULE, 'cidr_ipv4 = "10.0.0.0/8"', "prefix_list_id = var.x")),
    ],
)
def test_a_combination_that_may_be_accepted_is_no_finding(type: str, arguments: tuple[str, ...]) -> None:
    assert not found(type, *arguments, before="locals {\n  none = null\n}")


def test_a_combination_in_a_block_with_an_unknown_value_is_only_a_warning() -> None:
    (finding,) = found("aws_instance", "launch_template {\n    version = var.x\n  }")
    assert finding.severity is Severity.WARNING
