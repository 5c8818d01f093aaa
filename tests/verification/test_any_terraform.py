"""Verification of any text, valid or not, ends with well-formed findings and without a crash."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ticketgen.findings import Finding, Severity
from ticketgen.reports.report import report
from ticketgen.rules.catalogue import CATALOGUE
from ticketgen.verification.verify import verify

EXAMPLES = [
    path.read_text("utf-8")
    for kind in ("bad", "good")
    for path in sorted((Path(__file__).parents[1] / "rules" / kind).rglob("*.tf"))
]

names = st.sampled_from(
    ["a", "b", "name", "for_each", "count", "each", "var", "local", "content", "source", "x-y"]
)
types = st.sampled_from([
    "aws_sqs_queue", "aws_dynamodb_table", "aws_lambda_function", "aws_security_group", "aws_security_group_rule",
    "aws_iam_role_policy", "aws_iam_policy_document", "archive_file", "aws_vpc_endpoint", "aws_region", "random_id",
    "aws_cloudwatch_event_rule", "aws_api_gateway_method", "aws_lambda_event_source_mapping",
])  # fmt: skip
attributes = st.sampled_from([
    "name", "function_name", "filename", "output_path", "policy", "role", "runtime", "environment", "variables",
    "ingress", "egress", "security_groups", "cidr_blocks", "protocol", "from_port", "type", "schedule_expression",
    "source", "content", "filename", "replica", "for_each", "count", "provider", "actions", "resources", "statement",
    "subnet_ids", "vpc_config", "depends_on", "alias", "value", "default", "tags",
])  # fmt: skip
texts = st.text(st.sampled_from("ab1-*/._ ():é\u2028%"), max_size=12).map(
    lambda text: text.replace("%", "%%")
)


def _quoted(text: str) -> str:
    return '"' + text.replace("%%", "%") + '"'


scalars = st.one_of(
    texts.map(_quoted),
    st.integers(-5, 70_000).map(str),
    st.sampled_from([
        "true", "null", "each.key", "each.value.x", "count.index", "path.module", "var.a", "local.a", "local.b[0]",
        "module.m.a", "module.m", "self.arn", "aws_sqs_queue.a.arn", "aws_sqs_queue.a[*].id", "aws_iam_role.a",
        "data.archive_file.a.output_path", "aws_security_group.a.id", "terraform.workspace", "1e400", "0.5",
        "<<EOT\nimport redis\n${local.a}\nEOT\n", '"${var.a}-${local.b}"', "data.aws_iam_policy_document.a.json",
    ]),
)  # fmt: skip
expressions = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(names, inner, max_size=3).map(
            lambda items: "{ " + ", ".join(f'"{key}" = {value}' for key, value in items.items()) + " }"
        ),
        st.tuples(st.sampled_from(["+", "-", "*", "/", "%", "==", "&&", "<"]), inner, inner).map(
            lambda parts: f"({parts[1]} {parts[0]} {parts[2]})"
        ),
        st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} ? {parts[1]} : {parts[2]})"),
        st.tuples(
            st.sampled_from([
                "merge", "concat", "jsonencode", "jsondecode", "lookup", "join", "format", "range", "element", "try",
                "substr", "replace", "split", "flatten", "toset", "file", "keys", "values", "one", "lower", "length",
            ]),
            st.lists(inner, max_size=3),
        ).map(lambda parts: f"{parts[0]}({', '.join(parts[1])})"),
        st.tuples(inner, inner).map(lambda parts: f"[for a in {parts[0]} : {parts[1]}]"),
        st.tuples(inner, inner).map(lambda parts: f"{{ for a, b in {parts[0]} : a => {parts[1]} }}"),
    ),
    max_leaves=6,
)  # fmt: skip


@st.composite
def bodies(draw: st.DrawFn, depth: int = 2) -> str:
    lines = [
        f"{name} = {value}\n"
        for name, value in draw(st.dictionaries(attributes, expressions, max_size=4)).items()
    ]
    for _ in range(draw(st.integers(0, 2)) if depth else 0):
        inner = draw(bodies(depth - 1))
        if draw(st.booleans()):
            lines.append(f"{draw(attributes)} {{\n{inner}}}\n")
        else:
            loop = draw(expressions)
            lines.append(f'dynamic "{draw(attributes)}" {{\nfor_each = {loop}\ncontent {{\n{inner}}}\n}}\n')
    return "".join(lines)


@st.composite
def files(draw: st.DrawFn) -> str:
    blocks = []
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(
            st.sampled_from(["resource", "data", "locals", "variable", "output", "module", "provider"])
        )
        labels = {"resource": f'"{draw(types)}" "{draw(names)}" ', "data": f'"{draw(types)}" "{draw(names)}" ',
                  "locals": ""}.get(kind, f'"{draw(names)}" ')  # fmt: skip
        blocks.append(f"{kind} {labels}{{\n{draw(bodies())}}}\n")
    return "".join(blocks)


def sound(files: Mapping[str, str]) -> tuple[Finding, ...]:
    """Verify some files, and check that every finding is well-formed."""
    found = verify(files, rendered=False)
    for finding in found:
        assert finding.rule in CATALOGUE
        assert finding.message
        assert finding.location is None or finding.location.file in files
        if finding.location:
            lines = files[finding.location.file].count("\n") + 1
            assert 1 <= finding.location.line <= lines + 1
            assert finding.location.column >= 1
    for format in ("text", "json", "github", "sarif", "junit"):
        report(found, format, files, CATALOGUE)
    return found


FUZZ = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=60)
LONG = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=1_000)


def _generated(root: str, child: str) -> None:
    call = 'module "m" {\n  source = "./m"\n  a = local.a\n}\n'
    sound({"main.tf": f"{call}{root}", "m/main.tf": child})


def _mutated(text: str, other: str, start: int, length: int, at: int) -> None:
    start, at = start % (len(text) + 1), at % (len(other) + 1)
    sound({"main.tf": text[:start] + other[at : at + length] + text[start + length // 2 :]})


@FUZZ
@given(files(), files())
def test_generated_files_are_handled(root: str, child: str) -> None:
    _generated(root, child)


@FUZZ
@given(
    st.sampled_from(EXAMPLES), st.sampled_from(EXAMPLES), st.integers(0), st.integers(0, 60), st.integers(0)
)
def test_mixed_examples_are_handled(text: str, other: str, start: int, length: int, at: int) -> None:
    _mutated(text, other, start, length, at)


@pytest.mark.slow
@LONG
@given(files(), files())
def test_many_generated_files_are_handled(root: str, child: str) -> None:
    _generated(root, child)


@pytest.mark.slow
@LONG
@given(
    st.sampled_from(EXAMPLES), st.sampled_from(EXAMPLES), st.integers(0), st.integers(0, 400), st.integers(0)
)
def test_many_mixed_examples_are_handled(text: str, other: str, start: int, length: int, at: int) -> None:
    _mutated(text, other, start, length, at)


@pytest.mark.parametrize(
    "text",
    [
        "\0", "[" * 200_000, "a = 1e99999999\n", "\ufeff", "\r\n", "a = <<EOT\n" + "\n" * 50_000 + "EOT\n",
        'resource "a" "b" {}\n' * 2_000, "locals {\n  a = " + "[" * 90 + "]" * 90 + "\n}\n", 'resource {}\n',
        'resource "aws_sqs_queue" {}\n', 'data "a" "b" "c" {}\n', "variable {}\n", 'module "m" {}\n',
        'module "m" {\n  source = 1\n}\n', "terraform {\n  required_providers {\n    aws = 1\n  }\n}\n",
        'provider "aws" {\n  alias = 1\n}\n', 'resource "aws" "x" {}\n', 'resource "_" "x" {}\n',
        'resource "aws_" "x" {}\n', 'resource "aws_lambda_function" "x" {\n  filename = aws_lambda_function.x\n}\n',
    ],
    ids=range(20),
)  # fmt: skip
def test_known_difficult_texts_are_handled(text: str) -> None:
    sound({"main.tf": text})


def test_a_module_that_calls_itself_terminates() -> None:
    found = sound(
        {
            "main.tf": 'module "a" {\n  source = "./b"\n}\n',
            "b/main.tf": 'module "c" {\n  source = "../b"\n}\n',
        }
    )
    assert [each.rule for each in found if each.severity is Severity.ERROR] == ["dependency-cycle"]
