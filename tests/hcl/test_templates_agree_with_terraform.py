"""Strings and heredocs have the same text in the model as in Terraform."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from terraform_tool import Terraform
from ticketgen.hcl.parse import parse
from ticketgen.hcl.syntax import (
    Block,
    Expression,
    File,
    ForDirective,
    IfDirective,
    Interpolation,
    Literal,
    Part,
    Reference,
    Template,
    Text,
    Tuple,
)

TEMPLATES = r"""
locals {
  yes = true
  x   = "X"
  l   = ["p", "q"]

  quoted = "\n\r\t\"\\é\U0001F3AB $${x} %%{x} $x % $$ %% $$$x"
  mixed  = "a-${local.x}-%{ if local.yes }y%{ else }n%{ endif }-%{ for v in local.l }<${v}>%{ endfor }."
  trims  = "a %{ if local.yes ~}  y  %{~ endif } b %{~ for v in local.l ~} ${v} %{~ endfor ~} c"

  plain = <<EOT
  two spaces ${local.x}
    four \n "quoted" $${x}

  last
EOT

  flush = <<-EOT
      six

    four ${local.x}
   TABbehind three
     five
    EOT

  starts_with_sequence = <<-EOT
    ${local.x} stays where it is
      six
    EOT

  sequence_in_column_one = <<-EOT
${local.x} forbids dedenting
      six
    EOT

  directives = <<-EOT
    %{ for v in local.l ~}
    item ${v}
    %{ endfor ~}
    %{ if local.yes }yes%{ else }no%{ endif }
      end "}" ${"}"} ${ local.x }
    EOT

  trimmed = <<EOT
  a  ${~ local.x ~}

  b
%{~ if local.yes ~}

  c
%{ endif ~}
EOT

  empty = <<EOT
EOT

  marker_within = <<EOT
 EOTX
not EOT
  EOT
}
""".replace("TAB", "\t")


def _evaluated(expression: Expression, scope: dict[str, object]) -> object:
    match expression:
        case Literal(value=value):
            return value
        case Template(parts=parts):
            return "".join(_part(part, scope) for part in parts)
        case Reference(root=root, steps=steps):
            return scope[f"{root}.{steps[0].name}" if steps else root]  # type: ignore[union-attr]
        case Tuple(items=items):
            return [_evaluated(item, scope) for item in items]
    raise AssertionError(expression)


def _part(part: Part, scope: dict[str, object]) -> str:
    match part:
        case Text(value=value):
            return value
        case Interpolation(expression=expression):
            return str(_evaluated(expression, scope))
        case IfDirective():
            chosen = part.then if _evaluated(part.condition, scope) else part.otherwise
            return "".join(_part(each, scope) for each in chosen)
        case ForDirective():
            values = _evaluated(part.collection, scope)
            assert isinstance(values, list)
            return "".join(_part(each, scope | {part.name: value}) for value in values for each in part.body)


def _locals() -> Block:
    file = parse("main.tf", TEMPLATES)
    assert isinstance(file, File), file
    return file.body.blocks[0]


@pytest.mark.terraform
def test_every_template_evaluates_to_the_same_text(terraform: Terraform, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(TEMPLATES, encoding="utf-8")
    block = _locals()
    names = [attribute.name for attribute in block.body.attributes]
    query = f"jsonencode({{ {', '.join(f'{name} = local.{name}' for name in names)} }})"
    done = subprocess.run(
        [str(terraform.binary), f"-chdir={tmp_path}", "console"],
        input=query,
        env=dict(terraform.environment),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    texts = json.loads(json.loads(done.stdout))
    scope: dict[str, object] = {}
    for attribute in block.body.attributes:
        scope[f"local.{attribute.name}"] = _evaluated(attribute.value, scope)
    assert {name: scope[f"local.{name}"] for name in names} == texts
