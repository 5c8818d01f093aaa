"""Values are the ones that Terraform computes, or unknown, and are always computed in bounded time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from terraform_tool import Terraform
from ticketgen.hcl.configuration import Configuration, Scope
from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.instances import instances, nested_blocks
from ticketgen.hcl.origins import Origins
from ticketgen.hcl.parse import parse
from ticketgen.hcl.syntax import Attribute, Expression, File
from ticketgen.hcl.values import (
    UNKNOWN,
    EvaluationContext,
    PartialText,
    ResourceReference,
    Unknown,
    Value,
    is_known,
)


def configured(texts: Mapping[str, str]) -> Configuration:
    files = []
    for path, text in texts.items():
        file = parse(path, text)
        assert isinstance(file, File), file
        files.append(file)
    return Configuration(files, texts)


def root(text: str, **others: str) -> Scope:
    texts = {"main.tf": text, **{f"{folder}/main.tf": other for folder, other in others.items()}}
    return configured(texts).scopes[""][0]


def local_of(scope: Scope, name: str) -> Expression:
    node = scope.module.locals[name].node
    assert isinstance(node, Attribute)
    return node.value


def local(text: str, name: str = "x", **others: str) -> Value:
    scope = root(text, **others)
    return Evaluator().of(local_of(scope, name), scope)


EXPRESSIONS = {
    "text": '"a-${1 + 1}-${true}"',
    "math": "7 / 2 + 7 % 3 - -1 * 2",
    "whole": "8 / 2",
    "logic": '!(1 > 2) && "a" == "a" || false',
    "choice": 'length("abc") == 3 ? "yes" : "no"',
    "merged": 'merge({ a = 1, b = 2 }, { b = 3 }, { "c-d" = [1, 2] })',
    "made": 'join(",", [for n in ["a", "b"] : upper(n) if n != "b"])',
    "keyed": '{ for k, v in { b = 1, a = 2 } : "${k}!" => v + 1 }',
    "keys": "keys({ b = 1, a = 2 })",
    "worth": "values({ b = 1, a = 2 })",
    "flat": 'flatten([["a", ["b"]], []])',
    "both": 'concat(["a"], ["b", "c"])',
    "looked": 'lookup({ a = "b" }, "c", "d")',
    "index": '["a", "b"][1]',
    "field": '{ a = { b = "c" } }.a.b',
    "splat": "[{ a = 1 }, { a = 2 }][*].a",
    "element": 'element(["a", "b"], 3)',
    "named": 'format("%s-%d%%", "a", 3)',
    "split": 'split("-", "a-b")',
    "inner": 'substr("hello", 1, 3)',
    "end": 'substr("hello", -2, -1)',
    "other": 'replace("a.b", ".", "-")',
    "trimmed": 'trimsuffix(trimprefix("a-b-c", "a-"), "-c")',
    "encoded": 'jsonencode({ b = [1, "x", null], a = true })',
    "decoded": 'jsondecode("{\\"a\\": 1}").a',
    "set": 'sort(toset(["b", "a", "b"]))',
    "range": "range(1, 7, 2)",
    "compact": 'compact(["a", "", "b"])',
    "distinct": 'distinct(["a", "b", "a"])',
    "contains": 'contains(["a"], "a")',
    "first": 'coalesce("", null, "a")',
    "one": 'one(["a"])',
    "tried": 'try("a", "b")',
    "directives": '"%{ if 1 < 2 }a%{ else }b%{ endif }%{ for i, x in ["c", "d"] }${i}${x}%{ endfor }"',
    "converted": '"2" + 1 == 3 && "true" ? "yes" : "no"',
    "grouped": '{ for x in ["a", "b", "a"] : x => upper(x)... }',
    "turned": 'reverse(slice(["a", "b", "c"], 1, 3))',
    "sorted": 'sort(["b", "a", "B"])',
    "bytes": 'base64decode(base64encode("a/b"))',
    "zipped": 'zipmap(["a", "b"], [1, 2])',
    "expanded": 'coalesce(["", "a"]...)',
    "trim": 'trim("?!a!?", "?!")',
    "number": 'tonumber("22") + 1.0',
    "either": 'coalescelist([], ["a"])',
    "single": "{ a = 1 }[*].a",
    "verb": 'format("%v-%v", "a", 3)',
    "heredoc": '<<-EOT\n    a\n      ${"b"}\n  EOT\n',
}


@pytest.mark.terraform
def test_values_match_terraform(terraform: Terraform, tmp_path: Path) -> None:
    text = "".join(
        f"output {json.dumps(name)} {{\n  value = {value}\n}}\n" for name, value in EXPRESSIONS.items()
    )
    (tmp_path / "main.tf").write_text(text)
    applied = terraform.run(tmp_path, "apply", "-auto-approve", "-no-color")
    assert applied.returncode == 0, applied.stderr
    computed = json.loads(terraform.run(tmp_path, "output", "-json").stdout)
    scope = root(text)
    ours = {name: Evaluator().of(scope.module.outputs[name].value("value"), scope) for name in EXPRESSIONS}
    known = {name: value for name, value in ours.items() if not isinstance(value, Unknown)}
    assert known == {name: computed[name]["value"] for name in known}
    assert set(EXPRESSIONS) == set(known)


@pytest.mark.parametrize(
    ("expression", "is_beyond"),
    [
        ('regex("a", "a")', True), ('upper(regex("a", "a"))', True), ('[regex("a", "a"), var.a]', True),
        ('file("a")', True), ("try(local.y.b, 1)", True), ('provider::a::b("c")', True), ("[1, 2][9]", True),
        ("[for a in range(200) : [for b in range(200) : a]]", True), ("local.z", True), ("range(1e9)", True),
        ("regex(var.a, var.a)", False), ("var.a", False), ("aws_vpc.v.id", False), ("timestamp()", False),
        ("try(aws_vpc.v.id, 1)", False), ("local.w", False), ("each.key", False), ("upper(aws_vpc.v.id)", False),
        ("module.m.o", False), ("path.cwd", False), ("{ a = 1 }.a", False), ("[var.a, 1]", False),
    ],
)  # fmt: skip
def test_determined_values_that_are_not_computed_are_noted(expression: str, is_beyond: bool) -> None:
    scope = root(
        f'locals {{\n  x = {expression}\n  y = {{}}\n  z = md5("a")\n  w = upper(var.a)\n}}\n'
        'variable "a" {\n}\nresource "aws_vpc" "v" {\n}\n'
    )
    values = Evaluator()
    for _ in range(2):  # the second time, locals are known
        values.of(local_of(scope, "x"), scope)
        assert bool(values.not_computed) == is_beyond


@pytest.mark.parametrize(
    "expression",
    [
        "var.a", '"${var.a}-b"', "data.x.y.z", "path.cwd", "terraform.workspace", "timestamp()", "each.key", "local.y",
        "[1, 2][9]", "{ a = 1 }.b", "1 / 0", "lower(1)", "1 + var.a", "var.a ? 1 : 2", "{ (var.a) = 1 }", "module.m.o",
        "[for x in var.a : x]", 'regex("a", "b")', "substr(1, 2, 3)", "9e999 * 2",
    ],
)  # fmt: skip
def test_a_value_known_only_to_a_plan_is_unknown(expression: str) -> None:
    value = local(f'locals {{\n  x = {expression}\n}}\nvariable "a" {{\n  default = "d"\n}}\n')
    assert isinstance(value, Unknown)
    assert not is_known(value)


def test_the_known_parts_of_a_text_are_known() -> None:
    scope = root(
        'locals {\n  n = 1\n  x = { a = "a-${local.n}-${var.a}-${aws_sqs_queue.q.arn}" }\n  y = local.x.a\n}\n'
        'variable "a" {\n}\nresource "aws_sqs_queue" "q" {\n}\n'
    )
    values = Evaluator()
    text = values.of(local_of(scope, "y"), scope)
    assert isinstance(text, PartialText)
    *known, link = values.parts(text)
    assert known == ["a-", "1", "-", UNKNOWN, "-"]
    assert isinstance(link, ResourceReference)
    assert link.path == ("arn",)


def test_a_default_is_used_only_on_request() -> None:
    scope = root('variable "a" {\n  default = "d"\n}\nlocals {\n  x = var.a\n}\n')
    value = local_of(scope, "x")
    assert Evaluator().of(value, scope) is UNKNOWN
    assert Evaluator(assume_defaults=True).of(value, scope) == "d"


MODULE = """variable "given" {}
variable "left" {
  default = "own"
}
resource "aws_sqs_queue" "q" {
  name = var.given
}
output "both" {
  value = "${var.given}-${var.left}"
}
output "queue" {
  value = aws_sqs_queue.q.arn
}
"""


def test_values_pass_into_and_out_of_modules() -> None:
    text = 'module "a" {\n  source = "./m"\n  given = "x"\n}\nlocals {\n  x = module.a.both\n  q = module.a.queue\n}\n'
    assert local(text, m=MODULE) == "x-own"
    link = local(text, "q", m=MODULE)
    assert isinstance(link, ResourceReference)
    assert (str(link.resource.address), link.path, link.scope.path) == (
        "aws_sqs_queue.q",
        ("arn",),
        "module.a",
    )


def test_a_loop_may_bind_any_name() -> None:
    assert local('locals {\n  x = "%{ for self, where in ["a"] }${self}${where}%{ endfor }"\n}\n') == "0a"
    text = """resource "aws_security_group" "g" {
      dynamic "ingress" {
        for_each = ["a"]
        iterator = self
        content {
          description = self.value
        }
      }
    }
    """
    scope = root(text)
    values = Evaluator()
    (group,) = scope.module.resources
    ((content, where),) = nested_blocks(values, group.block, "ingress", EvaluationContext(scope))
    assert values.of(content.value("description"), where) == "a"


def test_each_call_of_a_module_has_its_own_values() -> None:
    calls = "".join(f'module "{n}" {{\n  source = "./m"\n  given = "{n}"\n}}\n' for n in ("a", "b"))
    scopes = configured({"main.tf": calls, "m/main.tf": MODULE}).scopes["m"]
    values = Evaluator()
    assert [values.of(scope.module.outputs["both"].value("value"), scope) for scope in scopes] == [
        "a-own",
        "b-own",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "locals {\n  x = local.x\n}\n",
        "locals {\n  x = [local.y]\n  y = [local.x]\n}\n",
        'module "m" {\n  source = "./m"\n}\nlocals {\n  x = module.m.o\n}\n',
        "locals {\n"
        + "".join(f'  x{n} = "${{local.x{n + 1}}}${{local.x{n + 1}}}"\n' for n in range(64))
        + '  x64 = "a"\n  x = local.x0\n}\n',
        "locals {\n"
        + "".join(f"  x{n} = local.x{n + 1}\n" for n in range(3000))
        + "  x3000 = 1\n  x = local.x0\n}\n",
        "locals {\n  l = range(1000)\n  x = [for a in local.l : [for b in local.l : [for c in local.l : a]]]\n}\n",
    ],
)
def test_evaluation_always_terminates(text: str) -> None:
    again = 'module "again" {\n  source = "../m"\n}\noutput "o" {\n  value = module.again.o\n}\n'
    assert not is_known(local(text, m=again))


def test_origins_are_followed_to_the_inputs_of_the_root() -> None:
    text = (
        'variable "suffix" {}\nlocals {\n  app = "tickets"\n  x = module.a.both\n  fixed = "${local.app}-x"\n}\n'
        'module "a" {\n  source = "./m"\n  given = "${local.app}-${var.suffix}"\n}\n'
        'resource "random_id" "r" {\n  byte_length = 2\n}\n'
        "locals {\n  random = random_id.r.hex\n  far = module.registry.x\n  w = terraform.workspace\n}\n"
    )
    scope = configured({"main.tf": text, "m/main.tf": MODULE}).scopes[""][0]

    def of(name: str) -> set[str]:
        return set(map(str, Origins().of(local_of(scope, name), scope)))

    assert of("x") == {"var.suffix"}
    assert of("fixed") == set()
    assert of("random") == {"random_id"}
    assert of("far") == {"unknown"}
    assert of("w") == {"terraform.workspace"}


def test_the_values_of_instances_depend_on_the_call_and_on_defaults() -> None:
    """The loop decides which instances exist in each call; their texts may need defaults of the root's variables."""
    module = """
variable "suffix" {}
variable "region" {}
locals {
  tables = { sales = { name = "sales-${var.suffix}" } }
}
resource "aws_dynamodb_table" "shared" {
  for_each = var.region == "us-east-1" ? local.tables : {}
  name     = each.value.name
}
"""
    call = 'module "m" {{\n  source = "../modules/data"\n  suffix = var.suffix\n  region = "{}"\n}}\n'
    suffix = 'variable "suffix" {\n  default = "dev"\n}\n'
    texts = {f"{each}/main.tf": suffix + call.format(each) for each in ("us-east-1", "eu-west-1")}
    scopes = configured({**texts, "modules/data/main.tf": module}).scopes["modules/data"]
    found = {}
    for scope in scopes:
        (table,) = scope.module.resources
        certain, assumed = Evaluator(), Evaluator(assume_defaults=True)
        found[scope.root.module.folder] = [
            (certain.of(table.value("name"), where), assumed.of(table.value("name"), where))
            for where in instances(certain, table, scope)
        ]
    assert found["eu-west-1"] == []
    ((certain_name, name),) = found["us-east-1"]
    assert isinstance(certain_name, PartialText)
    assert name == "sales-dev"
