"""ticketgen finds the flaws in Terraform's own blocks that Terraform finds, and no others."""

from __future__ import annotations

import pytest
from language_cases import CASES, error_rules, fails

from ticketgen.findings import Severity
from ticketgen.findings.verification import LEVELS
from ticketgen.language.block_grammar import BlockGrammar
from ticketgen.language.blocks import TOP_LEVEL
from ticketgen.verification.verify import verify


def test_every_flaw_in_the_language_is_found() -> None:
    assert {name: missed for name, case in CASES["flawed"].items() if (missed := fails(case))} == {}


def test_nothing_is_found_in_unusual_valid_configurations() -> None:
    found = {name: rules for name, case in CASES["valid"].items() if (rules := error_rules(case))}
    assert found == {}


def test_flaws_that_terraform_finds_after_validate_are_found() -> None:
    assert {name: missed for name, case in CASES["later"].items() if (missed := fails(case))} == {}


def test_every_kind_of_the_level_has_a_case() -> None:
    reported = {
        rule
        for cases in (CASES["flawed"], CASES["later"])
        for each in cases.values()
        for rule in each["rules"]
    }
    assert {kind.id for kind in LEVELS["Language"]} <= reported


def grammars(grammar: BlockGrammar) -> list[BlockGrammar]:
    inner = [each.block for each in grammar.blocks.values()]
    return [grammar, *(found for each in (*inner, *grammar.by_label.values()) for found in grammars(each))]


def test_every_block_is_declared_without_contradiction() -> None:
    every = [each for top in TOP_LEVEL.values() for each in grammars(top.block)]
    for grammar in every:
        assert not grammar.arguments.keys() & grammar.blocks.keys()
        assert set(grammar.exclusive) <= grammar.arguments.keys()
        assert not grammar.by_label or len(grammar.labels) == 1


TERRAFORM = """
variable "state" {}
terraform {
  backend "s3" {
    bucket = var.state
  }
}
provider "aws" {
  alias    = "by_region"
  for_each = toset(["eu-central-1"])
  region   = each.key
}
resource "aws_sns_topic" "alarms" {
  for_each = toset(["eu-central-1"])
  provider = aws.by_region[each.key]
}
module "network" {
  source = var.state
}
"""
OPENTOFU = TERRAFORM.replace("terraform {", "terraform {\n  encryption {\n  }")


@pytest.mark.parametrize(
    ("text", "expected"),
    [(TERRAFORM, {"invalid-address", "not-constant", "unknown-attribute"}), (OPENTOFU, set())],
    ids=["terraform", "opentofu"],
)
def test_only_modules_of_opentofu_may_use_its_language(text: str, expected: set[str]) -> None:
    assert error_rules({"files": {"main.tf": text}}) == expected


def test_beside_files_of_opentofu_the_version_of_terraform_does_not_count() -> None:
    text = 'terraform {\n  required_version = ">= 999"\n}\n'
    assert error_rules({"files": {"main.tf": text}}) == {"contradicting-versions"}
    assert error_rules({"files": {"main.tf": text, "more.tofu": ""}}) == set()
    assert error_rules({"files": {"main.tf": "", "more.tofu": text}}) == {"contradicting-versions"}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("a = 1\n", ""),
        ('a = { b = [true, null, "x"] }\n', ""),
        ("a = var.b\n", "not-constant"),
        ('a = upper("x")\n', "not-constant"),
        ("locals {\n  a = 1\n}\n", "misplaced-block"),
    ],
)
def test_a_file_of_variables_has_constants_only(text: str, rule: str) -> None:
    found = verify({"main.tf": 'variable "a" {}\n', "terraform.tfvars": text}, rendered=False)
    assert [each.rule for each in found if each.severity is Severity.ERROR] == ([rule] if rule else [])
