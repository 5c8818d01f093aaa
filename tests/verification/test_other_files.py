"""Files that Terraform and OpenTofu read besides ``*.tf``."""

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


def places(files: dict[str, str]) -> list[tuple[str, str, int]]:
    """The rules of all findings, with their files and lines."""
    found = verify(files, rendered=False)
    return sorted((each.rule, each.location.file, each.location.line) for each in found if each.location)


QUEUE = 'resource "aws_sqs_queue" "q" {\n  delay_seconds = 1\n}\n'


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.tf.json": '{\n "output": {"o": {\n  "value": "${var.a}"}}}'}, [("undeclared-reference", "a.tf.json", 3)]),
        ({"a.tf": MAIN, "b.tf.json": '{"variable": {"region": {}}}'}, []),
        ({"a.tf": MAIN, "b.tofu": 'variable "region" {}\n'}, []),
        ({"a.tf": MAIN, "b.tofu.json": '{"variable": {"region": {}}}'}, []),
        ({"a.tofu": MAIN}, [("undeclared-reference", "a.tofu", 2)]),
        ({"a.tf.json": '{\n "resource": {"aws_sqs_queue": {"q": {\n  "nam": 1}}}}'},
         [("unknown-attribute", "a.tf.json", 3)]),
        ({"a.tf": MAIN, "b.tf.json": "{"}, [("syntax", "b.tf.json", 1)]),
        ({"a.tf": MAIN, "b.tf.json": '{"what": {}}'}, [("syntax", "b.tf.json", 1)]),
        ({"a.tfvars.json": "{\n", "a.tf": "locals {}\n"}, [("syntax", "a.tfvars.json", 2)]),
        # Terraform reads only the file without "tofu" in its name.
        ({"a.tf": "locals {}\n", "a.tofu": MAIN}, [("not-checked", "a.tofu", 1)]),
        ({"a.tf": MAIN, "a.tofu": "locals {}\n"}, [("not-checked", "a.tofu", 1), ("undeclared-reference", "a.tf", 2)]),
        ({"a.tf": QUEUE, "b_override.tf": 'resource "aws_sqs_queue" "q" {\n  fifo_queue = true\n}\n'}, []),
        ({"a.tf": QUEUE, "b_override.tf": 'resource "aws_sqs_queue" "q" {\n  fifo = true\n}\n'},
         [("unknown-attribute", "b_override.tf", 2)]),
        ({"a.tf": QUEUE, "override.tf.json": '{"resource": {"aws_sqs_queue": {"q": {"fifo_queue": true}}}}'}, []),
    ],
)  # fmt: skip
def test_every_syntax_is_checked(files: dict[str, str], expected: list[tuple[str, str, int]]) -> None:
    assert places(files) == expected


def test_a_comment_in_a_file_of_opentofu_ignores_a_finding() -> None:
    text = MAIN.replace(
        "var.region\n", "var.region # ticketgen:ignore undeclared-reference generated later\n"
    )
    assert places({"a.tofu": text}) == []


def test_a_module_in_json_syntax_is_not_missing() -> None:
    call = 'module "network" {\n  source = "./network"\n  zones  = 2\n}\n'
    found = verify({"main.tf": call, "network/main.tf.json": "{}"}, rendered=False)
    assert [finding.rule for finding in found] == ["unknown-module-input"]


def test_an_unreadable_module_is_not_missing() -> None:
    call = 'module "network" {\n  source = "./network"\n}\n'
    found = verify({"main.tf": call, "network/main.tf": "locals {"}, rendered=False)
    assert [finding.rule for finding in found] == ["syntax"]


def test_the_files_that_terraform_reads_are_read(tmp_path: Path) -> None:
    names = {"main.tf", "a.tf.json", "a.tofu", "a.tofu.json", "a.tfvars", "a.tfvars.json"}
    names |= {"a.tftest.hcl", "a.tfmock.hcl", "a.tftest.json", "a.tfmock.json", "test_a.py"}
    for name in names | {"a.hcl", "a.tf.bak", ".terraform.lock.hcl"}:
        (tmp_path / name).write_text("")
    read = read_directory(tmp_path)
    assert read.value is not None
    assert read.value.texts.keys() == names
