"""What `validate --fix` modernizes although it is no fault: types of variables, and the syntax of Terraform 0.11."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from ticketgen.findings import Finding
from ticketgen.findings.verification import LEGACY_SYNTAX, NOT_FORMATTED, UNTYPED_VARIABLE
from ticketgen.verification.fixes import fix
from ticketgen.verification.requested_checks import requested_findings
from ticketgen.verification.verify import verify


def check(texts: Mapping[str, str]) -> tuple[Finding, ...]:
    found = verify(texts, rendered=False)
    return (*found, *requested_findings(texts, found, lambda kind: kind is not NOT_FORMATTED))


def fixed(text: str, **others: str) -> str:
    texts = {"main.tf": text, **{name.replace("__", "."): content for name, content in others.items()}}
    done = fix(texts, check(texts), check)
    assert done.texts.keys() <= {"main.tf"}
    return done.texts.get("main.tf", text)


def variable(default: str, *others: str) -> str:
    return "\n  ".join(['variable "x" {', *others, f"default = {default}"]) + "\n}\n"


@pytest.mark.parametrize(
    ("default", "type"),
    [
        ('"a"', "string"),
        ("-1.5", "number"),
        ("false", "bool"),
        ('["a", "é"]', "list(string)"),
        ("[1, -2]", "list(number)"),
    ],
)
def test_a_default_shows_the_type(default: str, type: str) -> None:
    description = 'description = "é" # kept'
    expected = variable(default, f"type = {type}", description)
    assert fixed(variable(default, description)) == expected
    assert fixed(expected) == expected


@pytest.mark.parametrize("default", ["null", "[]", "{}", '{ a = "b" }', '["a", 1]', '[["a"]]', "-true"])
def test_other_defaults_show_no_type(default: str) -> None:
    assert fixed(variable(default)) == variable(default)


@pytest.mark.parametrize(
    "others",
    [
        {"terraform__tfvars": 'x = ["a"]\n'},
        {"x.auto__tfvars__json": '{ "x": ["a"] }'},
        {"main_override__tf": 'variable "x" {\n  type = any\n}\n'},
        {"x__tftest__hcl": 'variables {\n  x = ["a"]\n}\n'},
    ],
)
def test_a_variable_that_other_files_set_may_have_another_type(others: dict[str, str]) -> None:
    assert fixed(variable('"a"'), **others) == variable('"a"')
    assert "type = string" in fixed(variable('"a"'), terraform__tfvars='x = "b"\n')


def test_a_variable_that_a_caller_sets_otherwise_has_another_type() -> None:
    call = 'module "m" {\n  source = "./m"\n  x      = ["a"]\n}\n'
    texts = {"main.tf": call, "m/main.tf": variable('"a"')}
    assert not fix(texts, check(texts), check).texts


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('["${var.x}", "${ local.b }"]', "[var.x, local.b]"),
        ('[for v in ["a"] : "${v}"]', '[for v in ["a"] : v]'),
        ("local.b.0", "local.b[0]"),
        ("terraform_data.c.0.id", "terraform_data.c[0].id"),
        ('{ "${var.x}" = "a${var.x}" }', '{ "${var.x}" = "a${var.x}" }'),
        ('["${upper(var.x)}", "${var.x}${var.x}"]', '["${upper(var.x)}", "${var.x}${var.x}"]'),
        ("<<EOT\n${var.x}\nEOT", "<<EOT\n${var.x}\nEOT"),
        ("local.b[0.0]", "local.b[0.0]"),
    ],
)
def test_the_syntax_of_terraform_0_11_is_replaced(old: str, new: str) -> None:
    text = (
        'variable "x" {\n  type = string\n}\nlocals {\n  b = [1]\n  d = %s\n}\n'
        'resource "terraform_data" "c" {\n  count = 1\n}\n'
    )
    assert fixed(text % old) == text % new


def test_only_requested_findings_are_looked_for() -> None:
    texts = {"main.tf": 'variable "x" {\n  default="a"\n}\noutput "x" {\n  value = ["${var.x}"]\n}\n'}
    for kind in (NOT_FORMATTED, LEGACY_SYNTAX, UNTYPED_VARIABLE):
        found = requested_findings(texts, (), lambda each, kind=kind: each is kind)  # type: ignore[misc]
        assert [each.rule for each in found] == [kind.id]
