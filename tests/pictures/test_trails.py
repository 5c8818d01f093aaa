"""References lead to the resources that they mean, and to no others."""

from __future__ import annotations

from ticketgen.hcl.budget import Budget
from ticketgen.hcl.parse import parse
from ticketgen.hcl.syntax import File
from ticketgen.pictures.trails import ResourceUse, uses
from ticketgen.pictures.view import View

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


def view() -> View:
    files = [parse("main.tf", ROOT), parse("west/main.tf", WEST)]
    return View(file for file in files if isinstance(file, File))


def uses_of(key: str, attribute: str) -> list[ResourceUse]:
    shown = view()
    (resource,) = (each for each in shown.resources() if each.key == key)
    return [
        use
        for use in uses(resource, Budget(), shown.names, shown.region_of(resource))
        if use.attribute == attribute
    ]


def targets(key: str, attribute: str) -> set[str]:
    return {use.target.key for use in uses_of(key, attribute)}


def test_a_module_is_in_the_region_of_its_passed_provider() -> None:
    assert {scope.path: region for scope, region in view().region_of_scope.items()} == {
        "": "",
        "module.west": "us-west-2",
    }


def test_a_map_key_leads_to_its_own_value_only() -> None:
    function = "module.west.aws_lambda_function.f"
    assert targets(function, "environment.variables") == {"aws_dynamodb_table.sales"}
    assert targets(function, "whole") == {"aws_dynamodb_table.sales", "aws_dynamodb_table.other"}


def test_outputs_locals_data_and_loops_are_followed() -> None:
    assert targets("aws_dynamodb_table.other", "kms") == {"module.west.aws_kms_key.k"}
    assert targets("aws_iam_role_policy.p", "policy") == {"aws_dynamodb_table.sales"}
    assert targets("aws_iam_role_policy.p", "other") == {"aws_dynamodb_table.other"}


def test_the_trail_has_every_reference_on_the_way() -> None:
    use, *_ = uses_of("module.west.aws_lambda_function.f", "environment.variables")
    assert [str(each) for each in use.trail] == [
        "west/main.tf:8 var.tables.sales",
        "main.tf:18 local.tables",
        "main.tf:7 aws_dynamodb_table.sales.name",
    ]
