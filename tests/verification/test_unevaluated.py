"""A fault in the content of a dynamic block is an error only if Terraform evaluates it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from terraform_tool import Terraform
from ticketgen.findings import Finding
from ticketgen.verification.verify import verify

DECLARED = 'variable "on" {\n  type = bool\n}\nresource "aws_sqs_queue" "q" {\n  name = "q"\n}\n'
LISTENER = """resource "aws_lb_listener" "%s" {
  load_balancer_arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/a/b"
  dynamic "default_action" {
    for_each = %s
    content {
%s
    }
  }
}
"""
LOOPS = {"unknown": "var.on ? { a = 1 } : {}", "empty": "{}", "full": "{ a = 1 }"}

# Accepted if the elements are unknown.
RESOLVED = {
    "variable": 'type = "forward"\norder = var.nope',
    "local": 'type = "forward"\norder = local.nope',
    "resource": 'type = "forward"\norder = aws_sqs_queue.nope.id',
    "attribute": 'type = "forward"\norder = aws_sqs_queue.q.nope',
    "module": 'type = "forward"\norder = module.nope.x',
    "each": 'type = "forward"\norder = each.value',
    "count": 'type = "forward"\norder = count.index',
    "self": 'type = "forward"\norder = self.port',
    "nested": 'type = "forward"\nredirect {\nstatus_code = var.nope\n}',
    "many": 'type = "forward"\n' + 'redirect {\nstatus_code = "HTTP_301"\n}\n' * 2,
}
# Refused if the elements are unknown.
OF_SCHEMA = {
    "argument": 'type = "forward"\nnope = 1',
    "block": 'type = "forward"\nnope {\n}',
    "inner": 'type = "forward"\nredirect {\nstatus_code = "HTTP_301"\nnope = 1\n}',
    "required": "order = 1",
}


def listeners(contents: Mapping[str, str], loops: Mapping[str, str]) -> tuple[str, dict[int, str]]:
    """A text with a listener for each content in each loop, and the name of the listener for each line."""
    text, names = DECLARED, dict[int, str]()
    for loop, elements in loops.items():
        for fault, content in contents.items():
            start = text.count("\n") + 1
            text += LISTENER % (f"{loop}_{fault}", elements, content)
            names |= dict.fromkeys(range(start, text.count("\n") + 1), f"{loop}_{fault}")
    return text, names


def severities(findings: tuple[Finding, ...], names: Mapping[int, str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for each in findings:
        if each.rule == "missing-block":  # an empty loop lacks a block that the listener requires
            continue
        if each.location is not None and each.severity.value != "note" and each.location.line in names:
            found.setdefault(names[each.location.line], set()).add(each.severity.value)
    return found


def test_what_terraform_does_not_evaluate_is_a_warning() -> None:
    text, names = listeners(RESOLVED | OF_SCHEMA, LOOPS)
    found = severities(verify({"main.tf": text}, rendered=False), names)
    expected = {f"{loop}_{fault}": {"warning"} for loop in ("unknown", "empty") for fault in RESOLVED}
    expected |= {f"empty_{fault}": {"warning"} for fault in OF_SCHEMA}
    expected |= {f"full_{fault}": {"error"} for fault in RESOLVED | OF_SCHEMA}
    expected |= {f"unknown_{fault}": {"error"} for fault in OF_SCHEMA}
    assert found == expected


NESTED = """variable "on" {
  default = {}
}
resource "aws_wafv2_ip_set" "a" {
  dynamic "outer" {
    for_each = OUTER
    iterator = each_outer
    content {
      dynamic "inner" {
        for_each = INNER
        content {
          a = var.nope
        }
      }
      b {
        c = local.nope
      }
    }
  }
}
"""


@pytest.mark.parametrize(
    ("outer", "inner", "expected"),
    [
        ("[[]]", "each_outer.value", ["warning", "error"]),
        ("[[], [1]]", "each_outer.value", ["error", "error"]),
        ("[1]", "var.on", ["warning", "error"]),
        ("var.on", "[1]", ["warning", "warning"]),
        ("[]", "[1]", ["warning", "warning"]),
        ("[for x in [1] : x]", "{ x = 1 }", ["error", "error"]),
        ("toset([])", "[1]", ["warning", "warning"]),
        ("local.gone", "[1]", ["warning", "warning"]),
    ],
)
def test_blocks_in_blocks_are_evaluated_as_often_as_the_outer_ones(
    outer: str, inner: str, expected: list[str]
) -> None:
    text = NESTED.replace("OUTER", outer).replace("INNER", inner)
    found = verify({"main.tf": text}, rendered=False)
    assert [
        each.severity.value
        for name in ("var.nope", "local.nope")
        for each in found
        if each.rule == "undeclared-reference" and each.message.endswith(name)
    ] == expected


@pytest.mark.slow
def test_terraform_evaluates_the_same_content(terraform: Terraform, tmp_path: Path) -> None:
    # An empty loop lacks a block that the listener requires, so it is left out.
    loops = {loop: LOOPS[loop] for loop in ("unknown", "full")}
    text, names = listeners(RESOLVED | OF_SCHEMA, loops)
    (tmp_path / "main.tf").write_text(text)
    assert terraform.init(tmp_path).returncode == 0
    answer = json.loads(terraform.run(tmp_path, "validate", "-json").stdout)
    refused = {names[each["range"]["start"]["line"]] for each in answer["diagnostics"]}
    found = severities(verify({"main.tf": text}, rendered=False), names)
    assert refused == {name for name, values in found.items() if "error" in values}
