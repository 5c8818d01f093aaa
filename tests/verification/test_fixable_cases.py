"""Every kind of obvious correction is made as expected, and Terraform accepts the result."""

from __future__ import annotations

import json
import re
import tomllib
from functools import partial
from pathlib import Path

import pytest

from terraform_tool import Terraform
from ticketgen.findings import Finding, Location
from ticketgen.verification.fixes import fix
from ticketgen.verification.verify import verify

_CORRECTION = re.compile(r"«(.*?)→(.*?)»", re.DOTALL)
_CASES = tomllib.loads(Path(__file__).with_name("fixable.toml").read_text(encoding="utf-8"))
_VARIABLE = re.compile(r'^variable "(\w+)"', re.MULTILINE)

check = partial(verify, rendered=False)


def written(name: str) -> str:
    return _CORRECTION.sub(r"\1", _CASES[name])


def corrected(name: str) -> str:
    return _CORRECTION.sub(r"\2", _CASES[name])


@pytest.mark.parametrize("name", _CASES)
def test_each_flaw_is_corrected_and_nothing_else_changes(name: str) -> None:
    texts = {"main.tf": written(name)}
    findings = check(texts)
    done = fix(texts, findings, check)
    assert done.texts == {"main.tf": corrected(name)}
    assert not [each for each in done.findings if each.edits]


@pytest.mark.parametrize(
    "name", ["argument", "first-words", "quotes", "repeated-argument", "brace-on-the-next-line"]
)
def test_a_file_with_carriage_returns_is_corrected_alike(name: str) -> None:
    texts = {"main.tf": written(name).replace("\n", "\r\n")}
    assert fix(texts, check(texts), check).texts == {"main.tf": corrected(name).replace("\n", "\r\n")}


def test_every_edit_names_the_text_at_its_place() -> None:
    for name in _CASES:
        lines = written(name).split("\n")
        for finding in check({"main.tf": written(name)}):
            for edit in finding.edits:
                text = "\n".join(lines[edit.at.line - 1 :])
                assert text.startswith(edit.old, edit.at.column - 1), (name, finding.message)


@pytest.mark.terraform
@pytest.mark.slow
def test_terraform_accepts_every_corrected_configuration(terraform: Terraform, tmp_path: Path) -> None:
    """Each is a module of one root module, because every run of Terraform takes a second."""
    calls = []
    for name in _CASES:
        (tmp_path / name).mkdir()
        (tmp_path / name / "main.tf").write_text(corrected(name), encoding="utf-8")
        inputs = "".join(f"  {variable} = null\n" for variable in _VARIABLE.findall(corrected(name)))
        calls.append(f'module "{name}" {{\n  source = "./{name}"\n{inputs}}}\n')
    (tmp_path / "main.tf").write_text("".join(calls), encoding="utf-8")
    prepared = terraform.init(tmp_path)
    assert prepared.returncode == 0, prepared.stderr
    answer = json.loads(terraform.run(tmp_path, "validate", "-json").stdout)
    told = {each["summary"] for each in answer["diagnostics"]}
    assert told <= {"Backend configuration ignored"}  # a warning, because each is a module here


@pytest.mark.parametrize(
    "text",
    [
        'resource "aws_sqs_queue" "q" {\n  name = "q"\n  nme  = "r"\n}\n',
        'resource "aws_sqs_queue" "q" {\n  name = "q"\n  name = "r"\n}\n',
        'output "x" {\n  value = subnt("10.0.0.0/16")\n}\n',
        'variable "a1" {}\noutput "x" {\n  value = [var.a1, var.a2]\n}\n',
        'resource "aws_sqs_queue" "q" {\n  name = \n}\n',
    ],
)
def test_what_has_no_obvious_correction_stays(text: str) -> None:
    assert not fix({"main.tf": text}, check({"main.tf": text}), check).texts


_JSON = """{
  "resource": {
    "aws_sqs_queue": {
      "jobs": {
        "nme": "é"
      }
    }
  },
  "output": {
    "arn": { "value": "é ${aws_sqs_queue.jbos.arn}" },
    "url": { "value": "${aws_sqs_queue.jobs.ulr} ${aws_sqs_queue.jobs.ulr}" }
  }
}
"""


def test_in_json_a_text_that_stands_once_on_its_line_is_corrected() -> None:
    done = fix({"main.tf.json": _JSON}, check({"main.tf.json": _JSON}), check)
    expected = _JSON.replace('"nme"', '"name"').replace("jbos", "jobs")
    assert done.texts == {"main.tf.json": expected}


def test_a_fix_of_a_file_outside_is_not_offered() -> None:
    call = 'module "net" {\n  source = "./net"\n  cidr_blok = "a"\n}\n'
    texts = {"main.tf": call, "net/main.tf": 'variable "cidr_block" {\n  type = strng\n}\n'}
    (own,) = (each for each in check(texts) if each.location == Location("net/main.tf", 2, 10))
    assert fix(texts, check(texts), check, lambda each: each != own).texts.keys() == {"main.tf"}


def test_errors_that_a_fix_reveals_are_fixed_with_it() -> None:
    text = 'resourse "terraform_data" "x" {\n  lifecyle {\n    prevent_destory = true\n  }\n}\n'
    done = fix({"main.tf": text}, check({"main.tf": text}), check)
    assert not done.findings
    assert len(done.fixed) == 3


def test_a_finding_that_its_edits_do_not_remove_is_not_fixed() -> None:
    def verify_the_same(texts: object) -> tuple[Finding, ...]:
        return findings

    text = 'output "x" {\n  value = path.moduel\n}\n'
    findings = check({"main.tf": text})
    assert not fix({"main.tf": text}, findings, verify_the_same).texts


_MODULE = 'variable "cidr" {\n  type = string\n}\noutput "id" {\n  value = var.cidr\n}\n'


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("sorce", "source"),
        ('"net"', '"./net"'),
        ("cird ", "cidr "),
        ("for_eech", "for_each"),
        ("modul.net", "module.net"),
        ("module.nte", "module.net"),
    ],
)
def test_a_call_of_a_module_is_corrected(wrong: str, right: str) -> None:
    call = (
        'module "net" {\n  source   = "./net"\n  cidr     = "10.0.0.0/16"\n  for_each = { a = 1 }\n}\n'
        'output "id" {\n  value = module.net["a"].id\n}\n'
    )
    texts = {"main.tf": call.replace(right, wrong, 1), "net/main.tf": _MODULE}
    assert fix(texts, check(texts), check).texts == {"main.tf": call}


def test_an_output_of_a_sensitive_value_becomes_sensitive() -> None:
    text = 'variable "p" {\n  type      = string\n  sensitive = true\n}\noutput "p" {\n  %svalue = var.p\n}\n'
    done = fix({"main.tf": text % ""}, check({"main.tf": text % ""}), check)
    assert done.texts == {"main.tf": text % "sensitive = true\n  "}
