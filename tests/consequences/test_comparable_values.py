"""Two values are equal if the text says so, however it says so."""

from __future__ import annotations

import pytest
from changed_texts import actions, changes, consequences

AROUND = """
variable "app" {
  default = "shop"
}
variable "given" {}
locals {
  name   = "${var.app}-orders"
  parts  = { queue = "orders", key = aws_kms_key.stack.arn }
  random = uuid()
  half   = "${data.aws_region.here.name}-orders"
  copies = [aws_kms_key.stack.arn, "b"]
  lists  = { "orders" = ["a", "b"] }
}
data "aws_region" "here" {}
data "aws_region" "there" {}
data "aws_kms_alias" "stack" {
  name = "alias/shop"
}
resource "aws_kms_key" "stack" {
  description = "shop"
}
resource "aws_kms_key" "each" {
  for_each    = toset(["a", "b"])
  description = "key ${each.key}"
}
"""

EQUAL = [
    ('"shop-orders"', "local.name"),
    ('"${var.app}-orders"', '"${local.name}"'),
    ("1", '"1"'),
    ("1.0", "1"),
    ("true", '"true"'),
    ("(local.name)", "local.name"),
    ('"${data.aws_region.here.name}-orders"', "local.half"),
    ('"a-${local.half}"', '"a-${data.aws_region.here.name}-orders"'),
    ('"${data.aws_region.here.name}"', "data.aws_region.here.name"),
    ("<<EOT\n${data.aws_region.here.name}\nEOT", '"${data.aws_region.here.name}\\n"'),
    ("aws_kms_key.stack.arn", "local.parts.key"),
    ("aws_kms_key.stack.arn", 'local.parts["key"]'),
    ("aws_kms_key.stack.arn", "local.copies[0]"),
    ("aws_kms_key.stack.arn", "true ? aws_kms_key.stack.arn : null"),
    ("aws_kms_key.stack.description", '"shop"'),
    ('data.aws_kms_alias.stack.name', '"alias/shop"'),
    ('sha256("${var.given}-x")', 'sha256("${var.given}-${"x"}")'),
    ("jsonencode({ a = var.given, b = 1 })", 'jsonencode({ "b" = "1", a = var.given })'),
    ('[for each in var.given : "${each}-${var.app}"]', '[for each in var.given : "${each}-shop"]'),
    ('[for each in ["a"] : "${each}-orders"]', '["a-orders"]'),
    ('lookup(local.lists, "orders")', '["a", "b"]'),
    ('aws_kms_key.each["a"].arn', 'aws_kms_key.each[lower("A")].arn'),
    ("var.given[0]", 'var.given[length(["a"]) - 1]'),
    ("null", 'var.app == "shop" ? null : "x"'),
]  # fmt: skip
DIFFERENT = [
    ('"shop-orders"', '"shop-order"'),
    ('"1"', '"01"'),
    ("true", "1"),
    ("null", '""'),
    ("data.aws_region.here.name", "data.aws_region.there.name"),
    ("data.aws_region.here.name", "data.aws_region.here.id"),
    ("aws_kms_key.stack.arn", "aws_kms_key.stack.id"),
    ('aws_kms_key.each["a"].arn', 'aws_kms_key.each["b"].arn'),
    ('aws_kms_key.each["a"].description', 'aws_kms_key.each["b"].description'),
    ("aws_kms_key.each[var.given].arn", 'aws_kms_key.each["b"].arn'),
    ("local.copies[0]", "local.copies[1]"),
    ('sha256("${var.given}-x")', 'sha256("${var.given}-y")'),
    ("sha256(var.given)", "sha512(var.given)"),
    ("sha256(var.given...)", "sha256(var.given)"),
    ("[for each in var.given : each]", "[for each in var.given : upper(each)]"),
    ("[for each in var.given : each]", "[for each in var.given : each if each != null]"),
    ('var.given == "a" ? 1 : 2', 'var.given == "a" ? 2 : 1'),
    ("var.given + 1", "var.given - 1"),
    ("-var.given", "!var.given"),
    ("var.given[0]", "var.given[1]"),
    ("var.given.a", "var.given.b"),
    ("var.given[*].a", "var.given[0].a"),
    ('"%{ if var.given }a%{ endif }"', '"%{ if var.given }b%{ endif }"'),
    ('"${var.given}-a"', '"a-${var.given}"'),
    ("merge(var.given, { a = 1 })", "merge(var.given, { a = 2 })"),
]


@pytest.mark.parametrize(("before", "after"), EQUAL)
def test_the_same_value_in_other_words_is_no_change(before: str, after: str) -> None:
    assert not changes(before, after, AROUND)
    assert not changes(after, before, AROUND)


@pytest.mark.parametrize(("before", "after"), DIFFERENT)
def test_another_value_is_a_change(before: str, after: str) -> None:
    assert changes(before, after, AROUND)


def test_an_unknown_value_equals_itself() -> None:
    for value in (
        "local.random",
        "var.given",
        "timestamp()",
        "aws_kms_key.stack.arn",
        "[for k, v in var.given : k]",
    ):
        assert not changes(value, value, AROUND), value


QUEUE = """
variable "name" {}
resource "aws_sqs_queue" "orders" {
  name = "${var.name}-orders"
}
output "label" {
  value = "label-${aws_sqs_queue.orders.name}"
}
"""


def test_inputs_and_outputs_of_modules_are_followed() -> None:
    def files(name: str, log: str) -> dict[str, str]:
        main = (
            f'module "queues" {{\n  source = "./modules/queues"\n  name = {name}\n}}\n'
            f'resource "aws_cloudwatch_log_group" "logs" {{\n  name = {log}\n}}\n'
            'variable "app" {\n  default = "shop"\n}\n'
        )
        return {"main.tf": main, "modules/queues/main.tf": QUEUE}

    start = files('"shop"', "module.queues.label")
    assert actions(start, files("var.app", '"label-shop-orders"')) == {}
    assert actions(start, files('"store"', "module.queues.label")) == {
        "module.queues.aws_sqs_queue.orders": "replace",
        "aws_cloudwatch_log_group.logs": "replace",
    }


def test_a_name_that_follows_from_the_name_of_another_resource_changes_with_it() -> None:
    text = """
    resource "aws_lambda_function" "seller" {
      function_name = "NAME"
    }
    resource "aws_cloudwatch_log_group" "seller" {
      name = "/aws/lambda/${aws_lambda_function.seller.function_name}"
    }
    """
    found = {each.address: each for each in consequences(text, text.replace("NAME", "seller"))}
    group = found["aws_cloudwatch_log_group.seller"]
    assert group.action.value == "replace"
    assert group.reasons == ("name changes from /aws/lambda/NAME to /aws/lambda/seller",)


def test_values_that_refer_to_each_other_come_to_an_end() -> None:
    text = """
    resource "aws_sqs_queue" "one" {
      name = aws_sqs_queue.two.name
    }
    resource "aws_sqs_queue" "two" {
      name = aws_sqs_queue.one.name
    }
    locals {
      a = local.b
      b = local.a
    }
    """
    from ticketgen.consequences.stack_plan import StackFiles, plan_stack

    planned = plan_stack(StackFiles("prod", {"main.tf": text}, {"main.tf": f"{text}\n# more\n"}))
    assert planned.value is not None
    assert planned.value.roots == ()
    assert planned.value.shortages == ("values refer to each other over 100 times",)


@pytest.mark.parametrize(
    ("before", "after", "address"),
    [
        ("aws_sqs_queue.a.name", "aws_sqs_queue.b.name", 'aws_cloudwatch_metric_alarm.each["a"]'),
        ("aws_sqs_queue.a.url", "aws_sqs_queue.b.url", 'aws_cloudwatch_metric_alarm.each["a"]'),
        ('"${aws_sqs_queue.a.url}-1"', '"${aws_sqs_queue.a.url}-2"', 'aws_cloudwatch_metric_alarm.each["a"]'),
    ],
)
def test_what_an_instance_takes_from_its_for_each_is_compared(before: str, after: str, address: str) -> None:
    text = """
    resource "aws_sqs_queue" "a" {
      name = "a"
    }
    resource "aws_sqs_queue" "b" {
      name = "b"
    }
    locals {
      alarms = {
        a = { dimensions = { QueueName = VALUE } }
        b = { dimensions = { QueueName = "b" } }
      }
    }
    resource "aws_cloudwatch_metric_alarm" "each" {
      for_each   = local.alarms
      alarm_name = each.key
      dimensions = each.value.dimensions
    }
    """
    assert actions(text.replace("VALUE", before), text.replace("VALUE", before) + "# more\n") == {}
    assert actions(text.replace("VALUE", before), text.replace("VALUE", after)) == {address: "update"}
