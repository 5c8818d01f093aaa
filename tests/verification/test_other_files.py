"""Files that Terraform reads besides ``*.tf``: HCL is checked, and the JSON syntax gets a note."""

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
def test_the_syntax_of_other_hcl_files_is_checked(name: str, text: str) -> None:
    assert verify({"main.tf": "locals {}\n", name: text}, rendered=False) == ()
    broken = text.replace("=", "= =", 1)
    (finding,) = verify({"main.tf": "locals {}\n", name: broken}, rendered=False)
    assert (finding.rule, finding.severity) == ("syntax", Severity.ERROR)
    assert finding.location is not None
    assert finding.location.file == name


def test_a_broken_test_file_hides_no_finding_in_the_configuration() -> None:
    found = verify({"main.tf": MAIN, "plan.tftest.hcl": "run {"}, rendered=False)
    assert {finding.rule for finding in found} == {"syntax", "undeclared-reference"}


def test_each_file_in_json_syntax_gets_one_note() -> None:
    found = verify({"main.tf": MAIN, "a.tf.json": "{}", "b.tf.json": "{"}, rendered=False)
    assert [(finding.rule, finding.severity) for finding in found] == [("not-checked", Severity.NOTE)] * 2
    assert [finding.location.file for finding in found if finding.location] == ["a.tf.json", "b.tf.json"]


def test_a_module_in_json_syntax_is_not_missing() -> None:
    call = 'module "network" {\n  source = "./network"\n  zones  = 2\n}\n'
    found = verify({"main.tf": call, "network/main.tf.json": "{}"}, rendered=False)
    assert [finding.rule for finding in found] == ["not-checked"]


def test_an_unreadable_module_is_not_missing() -> None:
    call = 'module "network" {\n  source = "./network"\n}\n'
    found = verify({"main.tf": call, "network/main.tf": "locals {"}, rendered=False)
    assert [finding.rule for finding in found] == ["syntax"]


def test_a_directory_with_only_json_syntax_fails(tmp_path: Path) -> None:
    (tmp_path / "main.tf.json").write_text("{}")
    read = read_directory(tmp_path)
    (finding,) = read.findings
    assert (finding.rule, finding.severity) == ("no-terraform", Severity.ERROR)
    assert "JSON" in finding.help


def test_the_files_that_terraform_reads_are_read(tmp_path: Path) -> None:
    names = {"main.tf", "a.tf.json", "a.tfvars", "a.tftest.hcl", "a.tfmock.hcl", "test_a.py"}
    for name in names | {"a.hcl", "a.tfvars.json", "a.tf.bak", ".terraform.lock.hcl"}:
        (tmp_path / name).write_text("")
    read = read_directory(tmp_path)
    assert read.value is not None
    assert read.value.texts.keys() == names
