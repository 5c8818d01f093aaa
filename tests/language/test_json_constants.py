"""Constants and types in the JSON syntax, as Terraform 1.11 judges them."""

from __future__ import annotations

import json

import pytest

from ticketgen.findings import Severity
from ticketgen.verification.verify import verify


def errors(document: object) -> list[str]:
    findings = verify({"main.tf.json": json.dumps(document)}, rendered=False)
    return [each.rule for each in findings if each.severity is Severity.ERROR]


def variable(**arguments: object) -> object:
    return {"variable": {"a": arguments}}


@pytest.mark.parametrize(
    "type",
    [
        "${map(string)}", "${string}", "a ${string}", "$${string}", "list(string", '"string"', "(string)", "", 5, True,
        None, "String", ["string"], {"a": "string"}, 'object({a = optionl(string, "x")})', "tuple(string)",
        'object({a = optional(string, upper("x"))})',
    ],
)  # fmt: skip
def test_other_values_than_types_are_errors(type: object) -> None:
    assert set(errors(variable(type=type))) <= {"invalid-type-constraint", "not-constant"}
    assert errors(variable(type=type))


@pytest.mark.parametrize(
    "type",
    [
        "string", " string ", "any", "map(string)", "list", 'object({a = optional(string, "x")})',
        "object({a = string, b = optional(number, 5)})", "object({\n a = string\n b = number\n})", "tuple([string])",
    ],
)  # fmt: skip
def test_types_are_accepted(type: str) -> None:
    assert errors(variable(type=type)) == []


@pytest.mark.parametrize(
    "document",
    [
        variable(type="string", default="${var.b}"),
        variable(type="string", default="${var.b"),
        variable(type="map(string)", default={"${a}": "${b}"}),
        variable(description="a ${b}"),
        {"output": {"a": {"value": 1, "description": "x ${foo}"}}},
        {"terraform": {"backend": {"local": {"path": "${foo}"}}}},
        {"terraform": {"backend": {"remote": {"organization": "${foo}", "workspaces": {"name": "x"}}}}},
        {"terraform": {"cloud": {"organization": "a", "workspaces": {"name": "x"}}}},
    ],
)
def test_constants_are_no_templates(document: object) -> None:
    assert errors(document) == []


def test_texts_that_are_no_constants_are_templates() -> None:
    assert errors({"output": {"a": {"value": "${var.b}"}}}) == ["undeclared-reference"]
    assert errors(variable(nullable="${true}")) == ["wrong-type"]
    assert errors({"terraform": {"required_version": ">= ${1}"}}) == ["invalid-version-constraint"]
