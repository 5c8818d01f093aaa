"""Required arguments and types in blocks that `dynamic` or another expression writes, as Terraform 1.11 judges them."""

from __future__ import annotations

import pytest

from ticketgen.findings import Severity
from ticketgen.verification.verify import verify

LISTENER = """resource "aws_lb_listener" "a" {{
  load_balancer_arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/a/b"
  {}
}}
"""
GROUP = """resource "aws_security_group" "a" {{
  {}
}}
"""
NAMES = 'variable "v" {}\nlocals {\n  n = null\n  l = ["a"]\n  v = var.v\n}\n'
PORTS = "from_port = 1\nto_port = 1"


def errors(text: str) -> list[str]:
    findings = verify({"main.tf": text + NAMES}, rendered=False)
    return [each.message for each in findings if each.severity is Severity.ERROR]


def loop(type: str, loop: str, content: str) -> str:
    return f'dynamic "{type}" {{\nfor_each = {loop}\ncontent {{\n{content}\n}}\n}}'


FLAWED = {
    "field": GROUP.format(loop("ingress", "[1]", PORTS)),
    "null field": GROUP.format(loop("ingress", "[1]", f"{PORTS}\nprotocol = null")),
    "field of an element": GROUP.format(
        loop("ingress", "[{ p = null }]", f"{PORTS}\nprotocol = ingress.value.p")
    ),
    "type of a field": GROUP.format(loop("ingress", "[1]", f'{PORTS}\nprotocol = "tcp"\ncidr_blocks = "a"')),
    "type of a static field": GROUP.format(f"ingress {{\n{PORTS}\nprotocol = local.l\n}}"),
    "null static field": GROUP.format(f"ingress {{\n{PORTS}\nprotocol = local.n\n}}"),
    "null argument": LISTENER.format("default_action {\ntype = local.n\n}"),
    "null argument in a loop": LISTENER.format(loop("default_action", "[1]", "type = null")),
    "null of an element": LISTENER.format(
        loop("default_action", "[{ t = null }]", "type = default_action.value.t")
    ),
    "top": 'resource "aws_iam_role_policy" "a" {\n  role   = local.n\n  policy = "{}"\n}\n',
}
VALID = {
    "unknown": GROUP.format(loop("ingress", "var.v", PORTS)),
    "empty": GROUP.format(loop("ingress", "[]", PORTS)),
    "complete": GROUP.format(
        loop("ingress", "{ a = 1 }", f'{PORTS}\nprotocol = "tcp"\ndescription = local.n')
    ),
    "null of unknown elements": LISTENER.format(loop("default_action", "var.v", "type = null")),
    "unknown field": GROUP.format(f"ingress {{\n{PORTS}\nprotocol = local.v\n}}"),
    "optional": GROUP.format(f'ingress {{\n{PORTS}\nprotocol = "tcp"\nself = local.n\n}}'),
}


@pytest.mark.parametrize("text", FLAWED.values(), ids=FLAWED)
def test_missing_and_mistyped_arguments_are_errors(text: str) -> None:
    assert len(errors(text)) == 1


@pytest.mark.parametrize("text", VALID.values(), ids=VALID)
def test_what_terraform_accepts_has_no_error(text: str) -> None:
    assert errors(text) == []
