"""References lead to the resources that they mean, and to no others."""

from __future__ import annotations

from ticketgen.hcl.modules import modules
from ticketgen.hcl.parse import parse
from ticketgen.hcl.syntax import File
from ticketgen.pictures.instances import Instance, instances, uses

ROOT = """
provider "aws" {
  alias  = "west"
  region = "us-west-2"
}
locals {
  tables = merge({ other = aws_dynamodb_table.other.name }, { sales = aws_dynamodb_table.sales.name })
  keys   = { "eu-west-1" = module.west.key }
}
resource "aws_dynamodb_table" "sales" {
}
resource "aws_dynamodb_table" "other" {
  kms = local.keys["eu-west-1"]
}
module "west" {
  source    = "./west"
  providers = { aws = aws.west }
  tables    = local.tables
}
data "aws_iam_policy_document" "p" {
  statement {
    resources = [aws_dynamodb_table.sales.arn]
  }
}
resource "aws_iam_role_policy" "p" {
  policy = data.aws_iam_policy_document.p.json
  other  = [for table in [aws_dynamodb_table.other] : table.arn if each.value.x]
}
"""
WEST = """
variable "tables" {}
resource "aws_kms_key" "k" {
}
resource "aws_lambda_function" "f" {
  environment {
    variables = {
      SALES = var.tables.sales
      BOTH  = "${var.tables["sales"]}-x"
    }
  }
  whole = var.tables
}
output "key" {
  value = (aws_kms_key.k).arn
}
"""


def found() -> dict[str, Instance]:
    files = [parse("main.tf", ROOT), parse("west/main.tf", WEST)]
    return {each.name: each for each in instances(modules(file for file in files if isinstance(file, File)))}


def targets(instance: str, address: str, attribute: str) -> set[str]:
    every = found()
    resource = every[instance].resources[address]
    children = {name: each for name, each in every.items() if name}
    return {use.target.key for use in uses(resource, children) if use.attribute == attribute}


def test_a_module_is_in_the_region_of_the_provider_that_it_is_given() -> None:
    assert {name: each.region for name, each in found().items()} == {"": "", "west": "us-west-2"}


def test_a_key_of_a_map_leads_to_its_value_only() -> None:
    assert targets("west", "aws_lambda_function.f", "environment.variables") == {"aws_dynamodb_table.sales"}
    assert targets("west", "aws_lambda_function.f", "whole") == {
        "aws_dynamodb_table.sales",
        "aws_dynamodb_table.other",
    }


def test_outputs_locals_data_and_loops_are_followed() -> None:
    assert targets("", "aws_dynamodb_table.other", "kms") == {"module.west.aws_kms_key.k"}
    assert targets("", "aws_iam_role_policy.p", "policy") == {"aws_dynamodb_table.sales"}
    assert targets("", "aws_iam_role_policy.p", "other") == {"aws_dynamodb_table.other"}


def test_the_trail_has_every_place_on_the_way() -> None:
    every = found()
    children = {name: each for name, each in every.items() if name}
    use = next(
        use
        for use in uses(every["west"].resources["aws_lambda_function.f"], children)
        if use.attribute == "environment.variables"
    )
    assert [str(each) for each in use.trail] == [
        "west/main.tf:8 var.tables.sales",
        "main.tf:18 local.tables",
        "main.tf:7 aws_dynamodb_table.sales.name",
    ]
