"""What Terraform reads beside ``*.tf``: HCL is checked as HCL, and JSON is said not to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from ticketgen.findings import Severity
from ticketgen.verification.directory import read_directory
from ticketgen.verification.verify import verify

TEST = """
run "plans" {
  command = plan

  variables {
    region = "eu-west-1" # kept
  }

  assert {
    condition     = output.region == "eu-west-1"
    error_message = "It is ${output.region}."
  }
}
"""
MAIN = 'output "region" {\n  value = var.region\n}\n'


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tests/plan.tftest.hcl", TEST),
        ("mocks/aws.tfmock.hcl", 'mock_resource "aws_vpc" {\n  defaults = {\n    id = "vpc-1"\n  }\n}\n'),
        ("prod.auto.tfvars", 'region = "eu-west-1"\n'),
    ],
)
def test_other_hcl_has_its_syntax_checked(name: str, text: str) -> None:
    assert verify({"main.tf": "locals {}\n", name: text}, ours=False) == ()
    broken = text.replace("=", "= =", 1)
    (finding,) = verify({"main.tf": "locals {}\n", name: broken}, ours=False)
    assert (finding.rule, finding.severity) == ("syntax", Severity.ERROR)
    assert finding.location is not None
    assert finding.location.file == name


def test_a_broken_test_hides_nothing_in_the_terraform_beside_it() -> None:
    found = verify({"main.tf": MAIN, "plan.tftest.hcl": "run {"}, ours=False)
    assert {finding.rule for finding in found} == {"syntax", "undeclared-reference"}


def test_hcl_as_json_is_said_not_to_be_checked_once_a_file() -> None:
    found = verify({"main.tf": MAIN, "a.tf.json": "{}", "b.tf.json": "{"}, ours=False)
    assert [(finding.rule, finding.severity) for finding in found] == [("not-checked", Severity.NOTE)] * 2
    assert [finding.location.file for finding in found if finding.location] == ["a.tf.json", "b.tf.json"]


def test_a_module_of_json_is_no_missing_module() -> None:
    call = 'module "network" {\n  source = "./network"\n  zones  = 2\n}\n'
    found = verify({"main.tf": call, "network/main.tf.json": "{}"}, ours=False)
    assert [finding.rule for finding in found] == ["not-checked"]


def test_a_module_that_cannot_be_read_is_no_missing_module() -> None:
    call = 'module "network" {\n  source = "./network"\n}\n'
    found = verify({"main.tf": call, "network/main.tf": "locals {"}, ours=False)
    assert [finding.rule for finding in found] == ["syntax"]


def test_a_directory_of_json_does_not_pass(tmp_path: Path) -> None:
    (tmp_path / "main.tf.json").write_text("{}")
    read = read_directory(tmp_path)
    (finding,) = read.findings
    assert (finding.rule, finding.severity) == ("no-terraform", Severity.ERROR)
    assert "JSON" in finding.help


def test_what_terraform_reads_is_read_from_the_disk(tmp_path: Path) -> None:
    names = {"main.tf", "a.tf.json", "a.tfvars", "a.tftest.hcl", "a.tfmock.hcl", "test_a.py"}
    for name in names | {"a.hcl", "a.tfvars.json", "a.tf.bak", ".terraform.lock.hcl"}:
        (tmp_path / name).write_text("")
    read = read_directory(tmp_path)
    assert read.value is not None
    assert read.value.texts.keys() == names
