"""The configuration of remote states, as Terraform 1.11 judges it."""

from __future__ import annotations

import pytest

from ticketgen.findings import Severity
from ticketgen.verification.verify import verify

S3 = 'bucket = "b", key = "k", region = "eu-west-1"'
ROLE = 'role_arn = "arn:aws:iam::123456789012:role/x"'
NAMES = """
variable "v" {}
locals {
  part = { bucket = "b", region = "eu-west-1" }
  name = "s4"
}
"""
FLAWED = [
    ('"s3"', "{}"),
    ('"s3"', "null"),
    ('"s3"', '{ bucket = "b" }'),
    ('"s3"', f"{{ {S3}, key = null }}".replace('key = "k", ', "")),
    ('"s3"', '{ bucket = "b", key = "" }'),
    ('"s3"', '{ bucket = "b", key = "/k" }'),
    ('"s3"', '{ bucket = "b", key = "a//k" }'),
    ('"s3"', f'{{ {S3}, workspace_key_prefix = "x/" }}'),
    ('"s3"', f'{{ {S3}, assume_role = {{ session_name = "x" }} }}'),
    ('"s3"', f'{{ {S3}, assume_role = "x" }}'),
    ('"s3"', f'{{ {S3}, allowed_account_ids = ["1"], forbidden_account_ids = ["2"] }}'),
    ('"s3"', "local.part"),
    ('"s3"', 'merge(local.part, { keys = "x" })'),
    ('"s3"', '"x"'),
    ("local.name", "{}"),
    ('"gcs"', '{ prefix = "b" }'),
    ('"azurerm"', "{}"),
    ('"remote"', '{ organization = "x" }'),
    ('"remote"', '{ organization = "x", workspaces = { name = "a", prefix = "b" } }'),
    ('"remote"', '{ organization = "x", workspaces = { nam = "a" } }'),
    ('"consul"', "{}"),
]
VALID = [
    ('"s3"', f"{{ {S3} }}"),
    ('"s3"', f"{{ {S3}, assume_role = {{ {ROLE} }} }}"),
    ('"s3"', "{ bucket = var.v }"),
    ('"s3"', "var.v"),
    ('"s3"', 'merge(local.part, { key = "x" })'),
    ("var.v", "{}"),
    ('"gcs"', "{ bucket = null }"),
    ('"http"', "null"),
    ('"local"', "{}"),
    ('"pg"', "{}"),
    ('"remote"', '{ organization = "x", workspaces = { name = "a" } }'),
]


def errors(backend: str, config: str) -> list[str]:
    text = f'data "terraform_remote_state" "a" {{\n  backend = {backend}\n  config  = {config}\n}}\n{NAMES}'
    findings = verify({"main.tf": text}, rendered=False)
    return [each.message for each in findings if each.severity is Severity.ERROR]


@pytest.mark.parametrize(("backend", "config"), FLAWED)
def test_configurations_that_backends_refuse_are_errors(backend: str, config: str) -> None:
    assert errors(backend, config)


@pytest.mark.parametrize(("backend", "config"), VALID)
def test_accepted_configurations_have_no_errors(backend: str, config: str) -> None:
    assert errors(backend, config) == []


def test_a_config_as_a_block_has_one_finding() -> None:
    text = 'data "terraform_remote_state" "s" {\n  backend = "s3"\n  config {\n    bucket = "b"\n  }\n}\n'
    errors = [each for each in verify({"main.tf": text}, rendered=False) if each.severity is Severity.ERROR]
    assert [each.rule for each in errors] == ["unknown-block"]
