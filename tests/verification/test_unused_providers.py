"""What stands in a provider configuration that no resource uses is no error, as Terraform does not read it."""

from __future__ import annotations

import pytest

from ticketgen.findings import Severity
from ticketgen.verification.verify import verify

BAD = 'provider "aws" {\n  alias = "spare"\n  regions = "eu-west-1"\n  region = nofunc(var.missing)\n}\n'
USED = 'resource "aws_vpc" "v" {\n  provider = aws.spare\n  cidr_block = "10.0.0.0/16"\n}\n'


def errors(**files: str) -> set[str]:
    named = {name.replace("__", "/") + ".tf": text for name, text in files.items()}
    return {each.rule for each in verify(named, rendered=False) if each.severity is Severity.ERROR} - {
        "name-has-suffix",
        "suffix-declared",
        "outputs-complete",
    }


@pytest.mark.parametrize(
    ("files", "is_used"),
    [
        ({"main": BAD}, False),
        ({"main": BAD + 'resource "aws_vpc" "v" {\n  cidr_block = "10.0.0.0/16"\n}\n'}, False),
        ({"main": BAD + USED}, True),
        ({"main": BAD + USED.replace("v4", "").replace("cidr", "count = 0\n  cidr", 1)}, True),
        ({"main": BAD + 'data "aws_region" "r" {\n  provider = aws.spare\n}\n'}, True),
        ({"main": BAD + 'ephemeral "aws_secretsmanager_random_password" "p" {\n  provider = aws.spare\n}\n'}, True),
        ({"main": BAD + 'output "o" {\n  value = provider::aws::arn_parse("arn:aws:s3:::b")\n}\n'}, True),
        ({"main": BAD + 'module "m" {\n  source = "./m"\n  providers = {\n    aws = aws.spare\n  }\n}\n',
          "m__main": 'resource "aws_vpc" "v" {\n  cidr_block = "10.0.0.0/16"\n}\n'}, True),
        ({"main": BAD + 'module "m" {\n  source = "./m"\n}\n',
          "m__main": 'resource "aws_vpc" "v" {\n  cidr_block = "10.0.0.0/16"\n}\n'}, False),
        ({"main": BAD + 'module "m" {\n  source = "hashicorp/consul/aws"\n}\n'}, True),
    ],
)  # fmt: skip
def test_only_used_configurations_have_errors(files: dict[str, str], is_used: bool) -> None:
    assert ("unknown-attribute" in errors(**files)) is is_used
    assert ("invalid-expression" in errors(**files)) is is_used


def test_the_findings_stay_as_warnings() -> None:
    found = [each for each in verify({"main.tf": BAD}, rendered=False) if each.rule == "unknown-attribute"]
    assert [each.severity for each in found] == [Severity.WARNING]
    assert "no resource uses" in found[0].help


def test_what_terraform_reads_first_is_an_error() -> None:
    assert "duplicate-address" in errors(main=BAD + BAD)
    assert errors(main='provider "aws" {\n  alias = local.name\n}\n')
