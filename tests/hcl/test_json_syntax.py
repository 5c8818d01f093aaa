"""Terraform's JSON syntax becomes HCL of the same meaning."""

from __future__ import annotations

import json

import pytest

from ticketgen.aws.provider.schema import schema_of
from ticketgen.hcl.configuration import Configuration
from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.json_syntax import InvalidJson, TranslatedJson, translate_json, translate_values
from ticketgen.hcl.parse import parse
from ticketgen.hcl.syntax import Attribute, File
from ticketgen.verification.file_checks import check_syntax


def translated(document: object) -> TranslatedJson:
    return translate_json(json.dumps(document, indent=2), schema_of)


def lines(document: object) -> list[str]:
    return translated(document).text.splitlines()


def test_blocks_and_attributes_are_told_apart_by_the_schema() -> None:
    table = {"name": "a", "attribute": [{"name": "id", "type": "S"}], "tags": {"A": "b"}, "replica": []}
    assert lines({"resource": {"aws_dynamodb_table": {"t": table}}}) == [
        'resource "aws_dynamodb_table" "t" {', 'name = "a"', "attribute {", 'name = "id"', 'type = "S"', "}",
        'tags = { "A" = "b" }', "}",
    ]  # fmt: skip


def test_several_blocks_may_be_in_a_list() -> None:
    assert lines({"provider": {"aws": [{"region": "a"}, {"alias": "b"}]}}) == [
        'provider "aws" {', 'region = "a"', "}", 'provider "aws" {', 'alias = "b"', "}",
    ]  # fmt: skip


def test_the_blocks_of_terraform_itself_need_no_schema() -> None:
    document = {
        "terraform": {"backend": {"s3": {"bucket": "b"}}, "required_providers": {"x": {"source": "a/x"}}},
        "resource": {
            "x_y": {
                "z": {
                    "lifecycle": {"prevent_destroy": True},
                    "dynamic": {"rule": {"for_each": "${var.a}", "content": {"b": 1}}},
                }
            }
        },
    }
    text = translated(document).text
    assert 'backend "s3" {\nbucket = "b"\n}' in text
    assert 'required_providers {\nx = { "source" = "a/x" }\n}' in text
    assert "lifecycle {\nprevent_destroy = true\n}" in text
    assert 'dynamic "rule" {\nfor_each = "${var.a}"\ncontent {\nb = 1\n}\n}' in text


def test_addresses_of_terraform_itself_are_no_strings() -> None:
    document = {
        "moved": [{"from": "aws_sqs_queue.a", "to": 'module.eu["x-1"].aws_sqs_queue.a[0]'}],
        "resource": {
            "x_y": {
                "z": {
                    "depends_on": ["x_y.a"],
                    "lifecycle": {"ignore_changes": ["tags", "a[0].b"], "replace_triggered_by": ["${x_y.a}"]},
                }
            }
        },
    }
    text = translated(document).text
    assert 'from = aws_sqs_queue.a\nto = module.eu["x-1"].aws_sqs_queue.a[0]\n' in text
    assert "depends_on = [x_y.a]" in text
    assert 'ignore_changes = [tags, a[0].b]\nreplace_triggered_by = ["${x_y.a}"]' in text


def test_values_of_variables_are_no_templates() -> None:
    text = '{\n  "a": "${b}",\n\n  "c": {"d.e": [1, true, null, "%{x}"]}\n}\n'
    done = translate_values(text)
    assert done == TranslatedJson('a = "$${b}"\nc = { "d.e" = [1, true, null, "%%{x}"] }\n', (2, 4))
    for wrong in ("[]", '{"a b": 1}', "{"):
        with pytest.raises(InvalidJson, match="line 1"):
            translate_values(wrong)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("plain", "plain"),
        ('a "quoted" \\ word\n\t\u00e9 \u0001', 'a "quoted" \\ word\n\t\u00e9 \u0001'),
        ("$${x} %%{y} $ %", "${x} %{y} $ %"),
        ("${1 + 1}", 2),
        ('a-${join("}", ["b", "c"])}-d', "a-b}c-d"),
        ("%{ if true }yes%{ endif }", "yes"),
        (["${2 * 2}", 1.5, None, False], [4, 1.5, None, False]),
        ({"${upper(\"k\")}": {"a": []}}, {"K": {"a": []}}),
        (-12, -12),
    ],
)  # fmt: skip
def test_a_string_is_a_template(written: object, value: object) -> None:
    text = translated({"locals": {"x": written}}).text
    assert not check_syntax("main.tf", text, rendered=False).findings
    file = parse("main.tf", text)
    assert isinstance(file, File)
    scope = Configuration([file], {}).roots[0]
    node = scope.module.locals["x"].node
    assert isinstance(node, Attribute)
    assert Evaluator().of(node.value, scope) == value


def test_each_line_knows_the_line_in_the_json() -> None:
    text = '{\n "locals": {\n\n  "a": 1,\n  "//": "a comment",\n  "b": [\n 1]\n }}'
    found = translate_json(text, schema_of)
    assert list(zip(found.text.splitlines(), found.lines, strict=True)) == [
        ("locals {", 2), ("a = 1", 4), ("b = [1]", 6), ("}", 2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: no JSON value"),
        ('{"locals": {"a": 01}}', "line 1: } is missing"),
        ('{"locals": {"a" 1}}', "line 1: : is missing"),
        ("{locals: 1}", "line 1: no key in quotes"),
        ('{"locals": 1}', "line 1: the block locals is not an object"),
        ('{\n"bucket": {}}', "line 2: bucket is not a block of Terraform"),
        ('{"locals": {"a b": 1}}', "line 1: 'a b' is not a name"),
        ('{"locals": {"a": "${"}}', "line 1: an interpolation is not closed"),
        ('{"locals": {}} x', "line 1: there is more after the value"),
        ('{"locals": {"a": "\n"}}', "line 1: Invalid control character at"),
        ("[" * 10_000, "line 1: nested deeper than 100 levels"),
    ],
)  # fmt: skip
def test_invalid_json_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(InvalidJson) as caught:
        translate_json(text, schema_of)
    assert str(caught.value) == message
