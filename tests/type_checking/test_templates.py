"""Templates of `templatefile` and `templatestring`; Terraform 1.11 has judged every case alike."""

from __future__ import annotations

import pytest

from ticketgen.findings import Severity
from ticketgen.verification.verify import verify


def errors(expression: str, template: str, more: str = "") -> list[str]:
    text = f'output "a" {{\n  value = {expression}\n}}\n{more}'
    findings = verify({"main.tf": text, "t/x.tftpl": template}, rendered=False)
    return [each.message for each in findings if each.severity is Severity.ERROR]


FLAWED = {
    ("{ a = 1 }", "hello ${name}"): "refers to name, which the variables do not have",
    ("{ a = true }", "%{ if a }x%{ else }${name}%{ endif }"): "refers to name",
    ("{ a = var.v }", "${a} ${b}"): "refers to b",
    ("merge({ a = 1 }, { b = 2 })", "\n${c}"): "t/x.tftpl, line 2: the template refers to c",
    ("{}", "${path.module}"): "refers to path",
    ("{ name = 1 }", "hello ${name"): "line 1: ",
    ("{ x = [] }", "%{ for a in x }${a}"): "Unexpected end of template",
    ("{}", "a %{ endif } b"): "line 1: Unexpected endif",
    ('{ x = "a" }', "${uper(x)}"): "there is no function uper",
    ("{ x = var.l }", "a\n${upper(x)}"): "line 2: argument 1 of upper",
    ("{ x = [1] }", "items: ${x}"): "the interpolated value is a tuple",
    ("{ x = { a = 1 } }", "${x.b}"): "the object has no attribute b",
    ("{ x = [{ a = 1 }] }", "%{ for y in x ~}\n${y.b}\n%{ endfor ~}"): "has no attribute b",
    ("{ x = null }", "${x}"): "the result is null",
    ('{ "a b" = 1 }', "${x}"): "is not a name",
}
VALID = {
    ("{ name = var.v }", "hello ${name} $${other} %%{ if x }"),
    ("{ l = var.v }", "%{ for k, v in l ~}\n${k}=${v.foo}\n%{ endfor ~}\n${jsonencode([for z in l : z])}"),
    ("{ name = null, l = [] }", "%{ if name != null }${name}%{ endif }%{ for i in l }${i.x}%{ endfor }"),
    ("{ name = {} }", '${try(name.x, "d")} ${can(name.y)}'),
    ("{ x = var.l, w = var.v }", "%{ if w }${upper(x)}%{ endif }"),
    ("var.o", "hello ${name}"),
    ("{ name = [1] }", "${name}"),
    ('{ name = "x" }', "#!/bin/bash\nA=$(ls) B=$A printf '%s' \"100%\" $${HOME}\n${name}\n"),
}
VARIABLES = """
variable "v" {}
variable "l" { type = list(string) }
variable "o" { type = object({ a = string }) }
locals { path = "${path.module}/t" }
"""
PATHS = ('"t/x.tftpl"', '"${path.module}/t/x.tftpl"', '"${local.path}/x.tftpl"')


@pytest.mark.parametrize("path", PATHS)
def test_errors_of_a_file_are_found(path: str) -> None:
    for (variables, template), reason in FLAWED.items():
        found = errors(f"templatefile({path}, {variables})", template, VARIABLES)
        assert [reason in each for each in found] == [True], template


def test_valid_files_have_no_errors() -> None:
    for variables, template in VALID:
        assert not errors(f"templatefile({PATHS[1]}, {variables})", template, VARIABLES), template


def test_loop_variables_lead_to_files() -> None:
    call = 'templatefile("${path.module}/t/${each}.tftpl", {})'
    assert errors(f'[for each in ["x"] : {call}]', "${name}")
    assert not errors(f"[for each in var.v : {call}]", "${name}", VARIABLES)


def test_errors_that_try_catches_are_accepted() -> None:
    assert not errors(f"try(templatefile({PATHS[0]}, {{}}), 1)", "${name}", VARIABLES)


@pytest.mark.parametrize(
    ("template", "variables", "is_valid"),
    [
        ("a $${b}", "{}", False),
        ("a $${b", "{ b = 1 }", False),
        ("$${b}", "{ b = [1] }", False),
        ("$${b}", "{ b = 1 }", True),
        ("$${b} $${c.d}", "{ b = 1, c = var.v }", True),
        ("$${b}", "var.o", True),
    ],
)
def test_texts_are_read_as_well(template: str, variables: str, is_valid: bool) -> None:
    more = f'{VARIABLES}locals {{ t = "{template}" }}\n'
    assert bool(errors(f"templatestring(local.t, {variables})", "", more)) is not is_valid
