"""The command ``import``: what it prints and writes, and what a hostile directory cannot do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from adopted_stacks import STACKS, expected_file
from typer.testing import CliRunner, Result

from ticketgen.cli.app import app

_QUEUE = 'provider "aws" {\n  region = "eu-west-1"\n}\nresource "aws_sqs_queue" "a" {}\n'


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["import", *map(str, arguments)])


def test_the_report_ends_with_the_spec(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(STACKS)
    done = run("flat-aliases")
    assert done.exit_code == 0
    report, _, spec = done.stdout.partition("\nThe spec\n\n")
    assert report == expected_file("flat-aliases", "txt").read_text("utf-8")
    assert spec == expected_file("flat-aliases", "yaml").read_text("utf-8")


def test_the_spec_is_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(STACKS)
    spec = tmp_path / "ticketgen.yaml"
    assert run("workspaces", "--output", spec).exit_code == 0
    assert spec.read_bytes() == expected_file("workspaces", "yaml").read_bytes()
    spec.write_text("mine\n")
    refused = run("flat-aliases", "--output", spec)
    assert refused.exit_code == 4
    assert "[spec-in-the-way]" in refused.stderr
    assert spec.read_text() == "mine\n"
    assert run("flat-aliases", "--output", spec, "--force").exit_code == 0
    assert spec.read_bytes() == expected_file("flat-aliases", "yaml").read_bytes()


def test_standard_output_has_the_spec_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(STACKS)
    done = run("region-argument", "--output", "-")
    assert done.stdout == expected_file("region-argument", "yaml").read_text("utf-8")
    assert done.stderr == expected_file("region-argument", "txt").read_text("utf-8")


def test_json_has_all_of_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(STACKS)
    document = json.loads(run("seven-failures", "--format", "json").stdout)
    assert [each["status"] for each in document["failures"]] == ["broken"] * 7
    assert document["failures"][0]["places"][0]["line"] == 42
    assert document["spec"] == expected_file("seven-failures", "yaml").read_text("utf-8")
    types = {each["type"]: each for each in document["resources"]}
    assert types["aws_instance"]["counterpart"] is None
    assert types["aws_sqs_queue"]["addresses"] == [
        {"address": "aws_sqs_queue.orders", "file": "legacy/main.tf", "line": 5}
    ]
    assert document["findings"] == []


def test_root_and_var_choose_what_is_read(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        tmp_path.joinpath(folder).mkdir()
        tmp_path.joinpath(folder, "main.tf").write_text(
            'variable "region" {}\nprovider "aws" {\n  region = var.region\n}\n'
            f'resource "aws_sqs_queue" "{folder}" {{}}\n'
        )
    document = json.loads(
        run(tmp_path, "--root", "b/", "--var", "region=eu-west-2", "--format", "json").stdout
    )
    assert document["roots"] == ["b"]
    assert "- eu-west-2 # b/main.tf:5 aws_sqs_queue.b" in document["spec"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("nowhere",), 2, "nowhere does not exist"),
        (("flat-aliases", "--root", "elsewhere"), 2, "flat-aliases/elsewhere does not exist"),
        (("seven-failures", "--root", "lambda"), 2, "seven-failures/lambda has no Terraform"),
        (("modules-providers", "--root", "modules"), 2, "modules-providers/modules has no root module"),
        (("flat-aliases", "--var", "region"), 2, "write NAME=VALUE"),
        (("flat-aliases", "--output", "-", "--format", "json"), 2, "exclude each other"),
    ],
)
def test_wrong_usage(
    arguments: tuple[str, ...], code: int, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(STACKS)
    done = run(*arguments)
    assert done.exit_code == code
    assert message in done.stderr


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("main.tf", b'resource "aws_sqs_queue" "a" {\n', "[syntax]"),
        ("main.tf", b'variable "a" { type = "string", default = "x" }\n', "[syntax]"),
        ("main.tf", b'locals {\n  a = "\xff"\n}\n', "[unreadable]"),
        ("main.tf.json", b'{"resource":', "[syntax]"),
    ],
)
def test_code_that_could_not_be_read_is_reported_if_nothing_else_is_deployed(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    tmp_path.joinpath(name).write_bytes(content)
    done = run(tmp_path)
    assert done.exit_code == 2
    assert f"{name}:" in done.stderr
    assert message in done.stderr
    assert "deploys nothing [nothing-deployed]" in done.stderr


def test_links_that_lead_out_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.tf"
    secret.write_text('locals {\n  app_name = "leaked"\n}\n')
    stack = tmp_path / "stack"
    stack.mkdir()
    stack.joinpath("main.tf").write_text(_QUEUE)
    stack.joinpath("names.tf").symlink_to(secret)
    stack.joinpath("names.tf.json").symlink_to(secret)
    stack.joinpath("prod.auto.tfvars").symlink_to(secret)
    done = run(stack)
    assert done.exit_code == 0
    assert "leaked" not in done.output


def test_text_of_the_stack_cannot_leave_its_comment(tmp_path: Path) -> None:
    name = "x\nprotect: true"
    tmp_path.joinpath("main.tf").write_text(
        'provider "aws" {\n  region = "eu-west-1"\n  default_tags {\n'
        f'    tags = {{ "a: b" = "c: d", "k\\nprotect" = "v", "\u202eevil" = "x" }}\n  }}\n}}\n'
        f'resource "aws_sqs_queue" "a" {{\n  name = {json.dumps(name)}\n}}\n'
    )
    done = run(tmp_path, "--output", "-")
    assert done.exit_code == 0
    assert '"a: b": "c: d"' in done.stdout
    assert "\nprotect: true" not in done.stdout
    assert "\u202e" not in done.output


@pytest.mark.parametrize(
    "files",
    [
        {"main.tf": "locals {" * 5000},
        {"main.tf": _QUEUE, "bad.tf": "resource {{{"},
        {"main.tf": _QUEUE, "a.tf.json": '{"locals": {"a": ' + "[" * 50_000},
        {"main.tf": _QUEUE, "a.tf.json": json.dumps({"locals": {"a": "\ud800"}})},
        {"main.tf": _QUEUE, "a.tf.json": '{"provider": {"aws": [[[]]]}}'},
        {"main.tf": _QUEUE, "x.auto.tfvars": "a = " + "[" * 3000},
        {"main.tf": _QUEUE, "x.tfvars": 'environment = "' + "e" * 100_000 + '"\n'},
        {"main.tf": _QUEUE + 'locals {\n  a = local.b\n  b = local.a\n  regions = local.regions\n}\n'},
        {"main.tf": _QUEUE.replace('"eu-west-1"', "local.x") + 'locals {\n  x = [for i in range(900000) : i]\n}\n'},
        {"main.tf": _QUEUE + 'resource "aws_sqs_queue" "b" {\n  count = 1000000\n}\n'},
        {"main.tf": _QUEUE + 'module "m" {\n  source = "./"\n  providers = { aws = aws.x }\n}\n'},
        {"main.tf": 'terraform {\n  backend "s3" { bucket = "${var.x}" }\n}\nprovider "aws" { alias = 1 }\n' + _QUEUE},
    ],
)  # fmt: skip
def test_hostile_files_end_with_a_documented_code(tmp_path: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        tmp_path.joinpath(name).write_bytes(text.encode("utf-8", "surrogatepass"))
    before = sorted(tmp_path.iterdir())
    done = run(tmp_path)
    assert done.exit_code in {0, 1, 2}
    assert not isinstance(done.exception, Exception), done.exception
    assert sorted(tmp_path.iterdir()) == before
