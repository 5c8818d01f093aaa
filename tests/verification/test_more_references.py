"""Misplaced references, duplicate declarations, cycles, missing files and unused declarations."""

from __future__ import annotations

import pytest

from ticketgen.verification.verify import verify


def found(
    files: dict[str, str], *rules: str, paths: frozenset[str] | None = None
) -> list[tuple[str, str, int]]:
    return [
        (each.rule, each.location.file if each.location else "", each.location.line if each.location else 0)
        for each in verify(files, rendered=False, paths=paths)
        if each.rule in rules
    ]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("locals {\n  a = each.key\n}\n", "misplaced-each"),
        ("locals {\n  a = count.index\n}\n", "misplaced-count"),
        ('output "a" {\n  value = each.value\n}\n', "misplaced-each"),
        ('resource "aws_sqs_queue" "a" {\n  name = each.key\n}\n', "misplaced-each"),
        ('resource "aws_sqs_queue" "a" {\n  count = 2\n  name = each.key\n}\n', "misplaced-each"),
        (
            'resource "aws_sqs_queue" "a" {\n  for_each = toset([])\n  name = count.index\n}\n',
            "misplaced-count",
        ),
        ('resource "aws_sqs_queue" "a" {\n  for_each = [each.key]\n}\n', "misplaced-each"),
        ('module "a" {\n  source = "./m"\n  name = "${each.key}"\n}\n', "misplaced-each"),
        ('resource "aws_sqs_queue" "a" {\n  name = self.arn\n}\n', "misplaced-self"),
    ],
)
def test_misplaced_each_count_and_self_are_reported(text: str, rule: str) -> None:
    assert {
        each[0] for each in found({"main.tf": text}, "misplaced-each", "misplaced-count", "misplaced-self")
    } == {rule}


def test_correct_each_count_and_self_are_accepted() -> None:
    text = """resource "aws_sqs_queue" "a" {
  for_each = { for each in ["x"] : each => each }
  name     = each.key

  dynamic "timeouts" {
    for_each = [each.value]
    iterator = count
    content {
      create = count.value
    }
  }

  lifecycle {
    postcondition {
      condition     = self.name == each.key
      error_message = "No"
    }
  }

  provisioner "local-exec" {
    command = "echo ${self.arn} ${each.key}"
  }
}

module "m" {
  count  = 2
  source = "registry/m/aws"
  index  = count.index
}

import {
  for_each = toset([])
  to       = aws_sqs_queue.a[each.key]
  id       = each.value
}
"""
    assert found({"main.tf": text}, "misplaced-each", "misplaced-count", "misplaced-self") == []


def test_unused_declarations_are_reported_even_with_a_validation() -> None:
    text = """variable "unused" {}

variable "only_validated" {
  validation {
    condition     = var.only_validated != ""
    error_message = "No"
  }
}

variable "used" {}

locals {
  unused = 1
  used   = var.used
}

output "a" {
  value = local.used
}
"""
    assert found({"main.tf": text}, "unused-declaration") == [
        ("unused-declaration", "main.tf", 1),
        ("unused-declaration", "main.tf", 3),
        ("unused-declaration", "main.tf", 13),
    ]


def test_an_unread_file_prevents_findings_about_unused_declarations() -> None:
    text = 'variable "a" {}\n'
    assert found({"main.tf": text, "more.tf": "locals {\n"}, "unused-declaration") == []
    assert found({"main.tf": text, "more.tf.json": "{"}, "unused-declaration") == []


def test_a_duplicate_declaration_is_reported_at_the_second_place() -> None:
    files = {
        "a.tf": 'variable "x" {}\nlocals {\n  y = var.x\n}\nprovider "aws" {}\nprovider "aws" {\n  alias = "b"\n}\n',
        "b.tf": 'variable "x" {}\nlocals {\n  y = 1\n}\nprovider "aws" {}\n',
        "b_override.tf": 'variable "x" {\n  default = 1\n}\n',
        "m/c.tf": 'variable "x" {}\n',
    }
    assert found(files, "duplicate-address") == [
        ("duplicate-address", "b.tf", 1),
        ("duplicate-address", "b.tf", 3),
        ("duplicate-address", "b.tf", 5),
    ]


CHILD = """variable "a" {}
variable "b" {}
output "of_a" {
  value = var.a
}
output "of_b" {
  value = "${var.b}-x"
}
"""


@pytest.mark.parametrize(
    ("text", "circles"),
    [
        ("locals {\n  a = local.a\n}\n", 1),
        ("locals {\n  a = local.b\n  b = [local.c]\n  c = { x = local.a }\n}\n", 1),
        ("locals {\n  a = local.b\n  b = 1\n  c = [local.a, local.b]\n}\n", 0),
        ('resource "aws_sqs_queue" "a" {\n  name = aws_sqs_queue.b.arn\n}\n'
         'resource "aws_sqs_queue" "b" {\n  depends_on = [aws_sqs_queue.a]\n}\n', 1),
        ('module "m" {\n  source = "./m"\n  a = module.m.of_a\n  b = 1\n}\n', 1),
        ('module "m" {\n  source = "./m"\n  a = 1\n  b = module.m.of_a\n}\n', 0),  # of_a depends on a only
        ('module "m" {\n  source = "./m"\n  a = module.n.of_a\n  b = 1\n}\n'
         'module "n" {\n  source = "./m"\n  a = 1\n  b = module.m.of_b\n}\n', 0),
        ('module "m" {\n  source = "./m"\n  a = module.n.of_b\n  b = 1\n}\n'
         'module "n" {\n  source = "./m"\n  a = 1\n  b = module.m.of_a\n}\n', 1),
        ('module "far" {\n  source = "x/y/aws"\n  a = module.far.b\n}\n', 0),  # the inputs of its outputs are unknown
        ('module "far" {\n  source = "x/y/aws"\n  a = length(module.far)\n}\n', 1),
        ('module "m" {\n  source = "./m"\n  a = 1\n  b = length(module.m)\n}\n', 1),
        ('module "m" {\n  source = "./m"\n  a = length(module.n)\n  b = 1\n}\n'
         'module "n" {\n  source = "./m"\n  a = 1\n  b = module.m.of_b\n}\n', 0),
        # Terraform's graph has no edge from a resource to itself, but it refuses most blocks that refer to themselves.
        ('resource "terraform_data" "a" {\n  input = terraform_data.a.id\n}\n', 1),
        ('resource "terraform_data" "a" {\n  count = length(terraform_data.a)\n}\n', 1),
        ('resource "terraform_data" "a" {\n  lifecycle {\n    replace_triggered_by = [terraform_data.a]\n  }\n}\n', 1),
        ('resource "terraform_data" "a" {\n  depends_on = [terraform_data.a]\n}\n', 0),
        ('resource "terraform_data" "a" {\n  connection {\n    host = terraform_data.a.id\n  }\n}\n', 0),
        ('resource "terraform_data" "a" {\n  provisioner "local-exec" {\n    command = terraform_data.a.id\n  }\n}\n',
         0),
        ('locals {\n  a = terraform_data.a.id\n}\n'
         'resource "terraform_data" "a" {\n  provisioner "local-exec" {\n    command = local.a\n  }\n}\n', 1),
        ('variable "v" {\n  validation {\n    condition = var.v != ""\n    error_message = ""\n  }\n}\n', 0),
    ],
)  # fmt: skip
def test_cycles_are_reported_and_modules_are_not_nodes(text: str, circles: int) -> None:
    assert len(found({"main.tf": text, "m/main.tf": CHILD}, "dependency-cycle")) == circles


def test_missing_files_are_reported() -> None:
    text = """locals {
  there    = file("${path.module}/a.txt")
  too      = templatefile("a.txt", {})
  gone     = file("${path.module}/b.txt")
  far      = filebase64sha256("${path.module}/../../c.zip")
  absolute = file("/etc/passwd")
  guarded  = fileexists("d.txt") ? file("d.txt") : ""
  tried    = try(file("e.txt"), "")
  made     = filemd5("${path.root}/made.zip")
  given    = file(var.given)
}

variable "given" {
  default = "f.txt"
}

data "archive_file" "made" {
  type        = "zip"
  output_path = "made.zip"
  source_dir  = "src"
}

module "m" {
  source = "./m"
  name   = "g.txt"
}
"""
    child = 'variable "name" {}\noutput "x" {\n  value = file("${path.module}/${var.name}")\n}\n'
    paths = frozenset({"main.tf", "a.txt", "m/main.tf"})
    assert sorted(found({"main.tf": text, "m/main.tf": child}, "missing-file", paths=paths)) == [
        ("missing-file", "m/main.tf", 3),
        ("missing-file", "main.tf", 4),
    ]
    assert found({"main.tf": text, "m/main.tf": child}, "missing-file") == []  # the paths are unknown
