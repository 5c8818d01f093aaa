"""Override files change a module as Terraform says."""

from __future__ import annotations

import json
from pathlib import Path

from terraform_tool import Terraform
from ticketgen.hcl.configuration import Configuration
from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.override_files import merge_overrides
from ticketgen.hcl.parse import parse
from ticketgen.hcl.syntax import Attribute, Block, File, Object

BASE = """
variable "size" {
  type    = number
  default = 1
}
locals {
  one = "base"
  two = "base"
}
locals {
  three = "base ${local.one}"
}
output "all" {
  value     = "${local.one} ${local.two} ${local.three} ${var.size} ${terraform_data.x.input}"
  sensitive = false
}
resource "terraform_data" "x" {
  input = "base"
  lifecycle {
    create_before_destroy = true
    ignore_changes        = [triggers_replace]
  }
  provisioner "local-exec" {
    command = "true"
  }
  provisioner "local-exec" {
    command = "true"
  }
}
"""
OVERRIDES = {
    "a_override.tf": """
variable "size" {
  default = 2
}
locals {
  one   = "a"
  three = "a ${local.one}"
}
resource "terraform_data" "x" {
  input = "a"
}
""",
    "b_override.tf": """
locals {
  two = "b"
}
resource "terraform_data" "x" {
  input = "b"
  lifecycle {
    create_before_destroy = false
  }
  provisioner "local-exec" {
    command = "echo"
  }
}
""",
}


def merged(texts: dict[str, str]) -> tuple[File, ...]:
    files = [parse(path, text) for path, text in texts.items()]
    return merge_overrides(each for each in files if isinstance(each, File))


def blocks(texts: dict[str, str]) -> dict[tuple[str, ...], Block]:
    return {(each.type, *each.labels): each for file in merged(texts) for each in file.body.blocks}


def test_values_are_those_of_terraform(terraform: Terraform, tmp_path: Path) -> None:
    texts = {"main.tf": BASE, **OVERRIDES}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    terraform.init(tmp_path)
    assert terraform.run(tmp_path, "plan", "-out=tfplan").returncode == 0
    shown = terraform.run(tmp_path, "show", "-json", "tfplan")
    expected = json.loads(shown.stdout)["planned_values"]["outputs"]["all"]["value"]
    scope = Configuration(merged(texts), {}).roots[0]
    (resource,) = scope.resources()
    assert Evaluator().of(resource.value("input"), scope) == "b"
    nodes = [scope.module.locals[name].node for name in ("one", "two", "three")]
    locals = [Evaluator().of(each.value, scope) for each in nodes if isinstance(each, Attribute)]
    default = scope.module.variables["size"].value("default")
    assert expected == " ".join([*map(str, locals), str(Evaluator().of(default, scope)), "b"])


def test_nested_blocks_replace_those_of_their_type_except_lifecycle() -> None:
    found = blocks({"main.tf": BASE, **OVERRIDES})["resource", "terraform_data", "x"]
    (provisioner,) = found.blocks("provisioner")
    assert provisioner.value("command") is not None
    (lifecycle,) = found.blocks("lifecycle")
    assert [each.name for each in lifecycle.body.attributes] == ["create_before_destroy", "ignore_changes"]
    assert getattr(lifecycle.value("create_before_destroy"), "value", None) is False


def test_a_dynamic_block_is_one_of_its_label() -> None:
    text = 'resource "a_b" "c" {{\n  {}\n}}\n'
    dynamic = 'dynamic "rule" {\n    for_each = []\n    content {}\n  }'
    for one, other, left in (("rule {}", dynamic, "dynamic"), (dynamic, "rule {}", "rule")):
        found = blocks({"main.tf": text.format(one), "override.tf": text.format(other)})
        assert [each.type for each in found["resource", "a_b", "c"].blocks()] == [left]


def test_backends_replace_each_other_and_required_providers_are_merged() -> None:
    base = 'terraform {\n  backend "s3" {}\n  required_providers {\n    a = { source = "x/a" }\n  }\n}\n'
    override = 'terraform {\n  cloud {}\n  required_providers {\n    b = { source = "x/b" }\n  }\n}\n'
    found = blocks({"main.tf": base, "main_override.tf": override})[("terraform",)]
    assert [each.type for each in found.blocks()] == ["cloud", "required_providers"]
    (required,) = found.blocks("required_providers")
    assert [each.name for each in required.body.attributes] == ["a", "b"]
    alone = merged({"main.tf": "", "override.tf": override})
    assert [file.path for file in alone] == ["main.tf", "override.tf"]


def test_settings_are_overridden_in_whichever_block_has_them() -> None:
    providers = 'required_providers {{\n    {} = {{ source = "x/{}" }}\n  }}'
    texts = {
        "a.tf": f'terraform {{\n  required_version = ">= 1"\n  {providers.format("a", "a")}\n}}\n',
        "b.tf": f'terraform {{\n  backend "s3" {{}}\n  {providers.format("b", "b")}\n}}\n',
        "z_override.tf": f'terraform {{\n  backend "local" {{}}\n  {providers.format("b", "new")}\n}}\n',
    }
    first, second = (file.body.blocks[0] for file in merged(texts))
    assert [(each.type, each.labels) for each in first.blocks()] == [
        ("required_providers", ()),
        ("backend", ("local",)),
    ]
    (required,) = second.blocks()
    (attribute,) = required.body.attributes
    assert isinstance(attribute.value, Object)
    assert getattr(attribute.value.get("source"), "value", None) == "x/new"
    assert first.value("required_version") is not None


def test_providers_are_told_apart_by_their_alias() -> None:
    base = 'provider "aws" {\n  region = "a"\n}\nprovider "aws" {\n  alias = "x"\n  region = "b"\n}\n'
    override = 'provider "aws" {\n  alias = "x"\n  region = "c"\n}\n'
    (file,) = merged({"main.tf": base, "main_override.tf": override})
    regions = [getattr(each.value("region"), "value", None) for each in file.body.blocks]
    assert regions == ["a", "c"]


def test_an_override_of_nothing_is_left_out() -> None:
    files = merged({"a/main.tf": 'output "x" {}\n', "b/override.tf": 'output "x" {}\nlocals {\n  a = 1\n}\n'})
    assert [(file.path, len(file.body.blocks)) for file in files] == [("a/main.tf", 1)]


def test_translated_files_override_too() -> None:
    (file,) = merged(
        {"main.tf": 'output "x" {\n  value = 1\n}\n', "x_override.tf.json.tf": 'output "x" {\nvalue = 2\n}\n'}
    )
    assert getattr(file.body.blocks[0].value("value"), "value", None) == 2
