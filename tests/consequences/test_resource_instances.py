"""The instances of resources: their addresses, their arguments, and where they are."""

from __future__ import annotations

import pytest
from changed_texts import actions, instances, reasons

from ticketgen.consequences.resource_instances import Placement


def addresses(text: str | dict[str, str]) -> list[str]:
    return sorted(instances(text))


@pytest.mark.parametrize(
    ("repeated", "expected"),
    [
        ("", ["a"]),
        ("count = 0", []),
        ("count = 2", ["a[0]", "a[1]"]),
        ('count = "2"', ["a[*]"]),
        ("count = var.given", ["a[*]"]),
        ('for_each = toset(["x", "y"])', ['a["x"]', 'a["y"]']),
        ("for_each = { 1 = true }", ['a["1"]']),
        ('for_each = toset(["a\\"b", "c\\\\d"])', ['a["a\\"b"]', 'a["c\\\\d"]']),
        ("for_each = {}", []),
        ("for_each = var.given", ["a[*]"]),
        ('for_each = { for n in [1, 2] : "k${n}" => n }', ['a["k1"]', 'a["k2"]']),
    ],
)
def test_keys_are_those_of_terraform(repeated: str, expected: list[str]) -> None:
    text = f'resource "aws_sqs_queue" "a" {{\n  {repeated}\n}}\nvariable "given" {{}}\n'
    assert addresses(text) == [f"aws_sqs_queue.{each}" for each in expected]


OUTER = """
variable "name" {
  default = "n"
}
resource "aws_sqs_queue" "a" {
  name = var.name
}
module "inner" {
  source = "../inner"
  name   = "inner-${var.name}"
}
"""
INNER = """
variable "name" {}
resource "aws_sqs_queue" "b" {
  count = 1
  name  = var.name
}
"""


def called(call: str) -> dict[str, str]:
    main = f'module "m" {{\n  source = "./modules/m"\n  {call}\n}}\n'
    return {"main.tf": main, "modules/m/main.tf": OUTER, "modules/inner/main.tf": INNER}


@pytest.mark.parametrize(
    ("call", "keys"),
    [
        ("", [""]),
        ("count = 0", []),
        ("count = 2", ["[0]", "[1]"]),
        ('for_each = { "x" = 1 }', ['["x"]']),
        ("count = var.unknown", ["[*]"]),
    ],
)
def test_modules_have_instances_too(call: str, keys: list[str]) -> None:
    expected = [f"module.m{key}.aws_sqs_queue.a" for key in keys]
    expected += [f"module.m{key}.module.inner.aws_sqs_queue.b[0]" for key in keys]
    assert addresses(called(call)) == sorted(expected)


def test_each_instance_of_a_module_has_inputs_of_its_own() -> None:
    before = called('for_each = { a = "one", b = "two" }\n  name = each.value')
    after = called('for_each = { a = "one", b = "three" }\n  name = each.value')
    assert instances(before)['module.m["a"].aws_sqs_queue.a'].arguments == {"name": ("one",)}
    assert instances(before)['module.m["a"].module.inner.aws_sqs_queue.b[0]'].arguments == {
        "name": ("inner-one",)
    }
    assert actions(before, after) == {
        'module.m["b"].aws_sqs_queue.a': "replace",
        'module.m["b"].module.inner.aws_sqs_queue.b[0]': "replace",
    }
    assert actions(called("count = 2\n  name = count.index"), called("count = 1\n  name = count.index")) == {
        "module.m[1].aws_sqs_queue.a": "destroy",
        "module.m[1].module.inner.aws_sqs_queue.b[0]": "destroy",
    }


def test_arguments_of_nested_blocks_have_the_path_of_their_block() -> None:
    text = """
    resource "aws_dynamodb_table" "sales" {
      name = "sales"
      ttl {
        enabled = true
      }
      dynamic "attribute" {
        for_each = { b = "S", a = "N" }
        iterator = each_one
        content {
          name = each_one.key
          type = each_one.value
        }
      }
      dynamic "replica" {
        for_each = var.unknown
        content {
          region_name = replica.value
        }
      }
      timeouts {
        create = "1h"
      }
      lifecycle {
        prevent_destroy = true
      }
      depends_on = [aws_kms_key.stack]
    }
    variable "unknown" {}
    """
    found = instances(text)["aws_dynamodb_table.sales"].arguments
    assert {path: values for path, values in found.items() if not path.startswith("replica")} == {
        "name": ("sales",),
        "ttl": ("block",),
        "ttl.enabled": ("true",),
        "attribute": ("block", "block"),
        "attribute.name": ("a", "b"),
        "attribute.type": ("N", "S"),
    }
    assert found["replica"] == ("block",)
    more = text.replace('b = "S",', 'b = "S", c = "S",')
    assert reasons(text, more) == {
        "aws_dynamodb_table.sales": ("attribute changes", "attribute.name changes", "attribute.type changes")
    }


def test_a_null_argument_equals_a_missing_one() -> None:
    text = 'resource "aws_sqs_queue" "a" {{\n  {}\n}}\n'
    assert actions(text.format("name = null"), text.format("")) == {}
    assert actions(text.format(""), text.format("name = true ? null : 1")) == {}
    assert actions(text.format(""), text.format('name = ""')) == {"aws_sqs_queue.a": "replace"}


IGNORING = """
resource "aws_dynamodb_table" "sales" {{
  name         = "{name}"
  billing_mode = "{mode}"
  tags         = {{ Owner = "{owner}" }}
  server_side_encryption {{
    enabled     = true
    kms_key_arn = "{key}"
  }}
  lifecycle {{
    ignore_changes = {ignored}
  }}
}}
"""
OLD = {"name": "sales", "mode": "PROVISIONED", "owner": "a", "key": "old"}
NEW = {"name": "sold", "mode": "PAY_PER_REQUEST", "owner": "b", "key": "new"}


@pytest.mark.parametrize(
    ("ignored", "left"),
    [
        ("[]", {"name", "billing_mode", "tags", "server_side_encryption.kms_key_arn"}),
        ("[name]", {"billing_mode", "tags", "server_side_encryption.kms_key_arn"}),
        ('[name, tags["Owner"], billing_mode]', {"server_side_encryption.kms_key_arn"}),
        ("[name, tags, billing_mode, server_side_encryption[0].kms_key_arn]", set()),
        ("[name, tags, billing_mode, server_side_encryption]", set()),
        ("[name, tags, billing_mode, server_side_encryption[0].enabled]", {"server_side_encryption.kms_key_arn"}),
        ("all", set()),
    ],
)  # fmt: skip
def test_changes_that_terraform_ignores_are_none(ignored: str, left: set[str]) -> None:
    before, after = (IGNORING.format(**each, ignored=ignored) for each in (OLD, NEW))
    found = reasons(before, after).get("aws_dynamodb_table.sales", ())
    if "name" in left:
        assert found == ("name changes from sales to sold",)
    else:
        assert {each.removesuffix(" changes") for each in found} == left


def test_only_the_new_configuration_says_what_is_ignored() -> None:
    before, after = IGNORING.format(**OLD, ignored="[]"), IGNORING.format(**OLD, ignored="[name, tags]")
    assert actions(before, after) == {}
    assert actions(after, before) == {}
    renamed = IGNORING.format(**(OLD | {"name": "sold"}), ignored="[]")
    assert actions(after, renamed) == {"aws_dynamodb_table.sales": "replace"}


PROVIDERS = """
provider "aws" {{
  region              = "{home}"
  allowed_account_ids = [{account}]
}}
provider "aws" {{
  alias  = "far"
  region = "{far}"
  assume_role {{
    role_arn = "arn:aws:iam::{role}:role/deploy"
  }}
}}
resource "aws_sqs_queue" "near" {{}}
resource "aws_sqs_queue" "far" {{
  provider = aws.far
}}
resource "aws_iam_role" "far" {{
  provider = aws.far
}}
module "m" {{
  source = "./modules/m"
  providers = {{
    aws.there = aws.far
  }}
}}
"""
ALIASED = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws", configuration_aliases = [aws.there] }
  }
}
resource "aws_sqs_queue" "through_module" {
  provider = aws.there
}
"""


def placed(**changed: str) -> dict[str, str]:
    values = {"home": "eu-west-1", "far": "us-east-1", "account": '"111111111111"', "role": "222222222222"}
    return {"main.tf": PROVIDERS.format(**(values | changed)), "modules/m/main.tf": ALIASED}


def test_a_resource_is_where_its_provider_works_also_through_modules() -> None:
    found = {address: each.placement for address, each in instances(placed()).items()}
    far = found["aws_sqs_queue.far"]
    assert far == Placement("us-east-1", frozenset({"222222222222"}))
    assert found["module.m.aws_sqs_queue.through_module"] == far
    near = found["aws_sqs_queue.near"]
    assert near == Placement("eu-west-1", frozenset({"111111111111"}))


def test_another_region_or_account_replaces_and_global_resources_have_no_region() -> None:
    assert reasons(placed(), placed(far="us-west-2")) == {
        "aws_sqs_queue.far": ("its Region changes from us-east-1 to us-west-2",),
        "module.m.aws_sqs_queue.through_module": ("its Region changes from us-east-1 to us-west-2",),
    }
    moved = "its account changes from 222222222222 to 333333333333"
    assert reasons(placed(), placed(role="333333333333")) == {
        "aws_sqs_queue.far": (moved,),
        "module.m.aws_sqs_queue.through_module": (moved,),
        "aws_iam_role.far": (moved,),
    }
    assert actions(placed(), placed(account="111111111111")) == {}
    assert actions(placed(), placed(account='"111111111111", "444444444444"')) == {}


def test_the_region_argument_of_version_6_wins_over_the_provider() -> None:
    text = """
    provider "aws" {{
      region = "eu-west-1"
    }}
    resource "aws_sqs_queue" "each" {{
      for_each = {{ a = "{}" }}
      region   = each.value
    }}
    """
    without = text.replace("region   = each.value", "")
    assert actions(text.format("eu-west-1"), without.format("eu-west-1")) == {}
    assert reasons(text.format("eu-west-1"), text.format("us-east-1")) == {
        'aws_sqs_queue.each["a"]': ("its Region changes from eu-west-1 to us-east-1",)
    }
    assert reasons(without.format("x"), text.format("us-east-1")) == {
        'aws_sqs_queue.each["a"]': ("its Region changes from eu-west-1 to us-east-1",)
    }


def test_an_override_file_counts_for_both_sides() -> None:
    base = 'resource "aws_sqs_queue" "a" {\n  name = "%s"\n}\n'
    override = 'resource "aws_sqs_queue" "a" {\n  tags = { a = "b" }\n}\n'
    before = {"main.tf": base % "one", "more_override.tf": override}
    assert actions(before, before | {"main.tf": base % "two"}) == {"aws_sqs_queue.a": "replace"}
