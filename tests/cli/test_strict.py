"""`ticketgen validate --strict`: no addition that Terraform accepts turns a finding into a note and exit code 0."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_tools import run

from ticketgen.hcl.guards import MAX_BYTES

EXAMPLES = Path(__file__).resolve().parents[1] / "rules/bad"
MANIFEST = ".ticketgen.json"


def file(name: str, text: str) -> Callable[[Path], None]:
    def add(folder: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")

    return add


def appended(text: str) -> Callable[[Path], None]:
    def add(folder: Path) -> None:
        with (folder / "main.tf").open("a", encoding="utf-8") as stream:
            stream.write(text)

    return add


OVERRIDE = 'resource "aws_security_group" "web" {\n  ingress {\n    protocol = "tcp"\n  }\n}\n'

# Name → what a stranger adds to a stack to hide its findings.
ADDITIONS: dict[str, Callable[[Path], None]] = {
    "an expression that python-hcl2 cannot read": appended('locals {\n  a = "${~ 1 ~}"\n}\n'),
    "deep brackets": appended("locals {\n  a = " + "[" * 300 + "]" * 300 + "\n}\n"),
    "a large comment": appended("# x\n" * (MAX_BYTES // 4)),
    "many operators": appended("#" + "-" * 100_001 + "\n"),
    "the JSON syntax": file("more.tf.json", "{}"),
    "a file for OpenTofu": file("more.tofu", "locals {}\n"),
    "a file for OpenTofu in the JSON syntax": file("more.tofu.json", "{}"),
    "values in the JSON syntax": file("more.auto.tfvars.json", "{}"),
    "a test in the JSON syntax": file("more.tftest.json", "{}"),
    "an override": file("a_override.tf", OVERRIDE),
    "another override": file("override.tf", OVERRIDE),
    "a module from a registry": appended(
        'module "more" {\n  source  = "terraform-aws-modules/vpc/aws"\n  version = "5.0.0"\n}\n'
    ),
    "a module from a repository": appended(
        'module "more" {\n  source = "git::https://example.com/x.git"\n}\n'
    ),
    "a module outside the directory": appended('module "more" {\n  source = "../more"\n}\n'),
    "a resource of an unknown provider": appended('resource "other_thing" "this" {\n}\n'),
}


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory without findings, which is the current folder."""
    folder = tmp_path / "stack"
    folder.mkdir()
    (folder / "main.tf").write_text('terraform {\n  required_version = ">= 1.9"\n}\n', encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder


def rules(*arguments: str) -> set[tuple[str, str]]:
    document = json.loads(run("validate", *arguments, "--format", "json").stdout)
    return {(each["rule"], each["severity"]) for each in document["findings"]}


@pytest.mark.parametrize("add", ADDITIONS.values(), ids=ADDITIONS)
def test_an_addition_that_is_not_checked_fails_the_gate(add: Callable[[Path], None], stack: Path) -> None:
    assert run("validate", "--strict").exit_code == 0
    add(stack)
    assert run("validate").exit_code == 0
    assert run("validate", "--strict").exit_code == 1
    (stack.parent / MANIFEST).write_text("{}", encoding="utf-8")
    assert run("validate").exit_code == 1, "a stack that ticketgen rendered is strict by default"
    assert run("validate", "--no-strict").exit_code == 0
    assert {severity for _, severity in rules()} == {"error"}


@pytest.mark.parametrize("add", ADDITIONS.values(), ids=ADDITIONS)
@pytest.mark.parametrize("rule", ["open-security-group", "iam-wildcard", "plain-secret"])
def test_an_addition_hides_no_finding_of_a_strict_run(
    add: Callable[[Path], None], rule: str, stack: Path
) -> None:
    """Either the finding is still there, or the file that is not checked is an error, whatever is selected."""
    for path in (EXAMPLES / rule).glob("*.tf"):
        (stack / path.name).write_text(path.read_text("utf-8"), encoding="utf-8")
    add(stack)
    chosen = rules("--strict", "--select", rule, "--ignore", "not-checked")
    assert ("not-checked", "error") in chosen or rule in {each for each, _ in chosen}
    assert run("validate", "--strict").exit_code == 1


@pytest.mark.parametrize("rule", ["not-checked", "schema-not-checked", "module-not-checked", "round-trip"])
def test_no_comment_hides_that_something_is_not_checked(rule: str, stack: Path) -> None:
    text = f'locals {{\n  a = "${{~ 1 ~}}" # ticketgen:ignore {rule} it is fine\n}}\n'
    appended(text)(stack)
    assert ("not-checked", "error") in rules("--strict")
    assert ("ignore-unknown-rule", "error") in rules()


def test_an_override_does_not_replace_the_block_that_the_rules_see(stack: Path) -> None:
    bad = (EXAMPLES / "open-security-group/main.tf").read_text("utf-8")
    (stack / "main.tf").write_text(bad, encoding="utf-8")
    before = rules("--select", "open-security-group")
    file("a_override.tf", OVERRIDE)(stack)
    assert before
    assert rules("--select", "open-security-group") == before


def test_a_call_of_a_root_module_with_harmless_values_hides_no_finding(stack: Path) -> None:
    long = (
        'variable "project" {\n  default = "x"\n}\n\n'
        'resource "aws_sqs_queue" "q" {\n  name = "${var.project}-q"\n}\n'
    )
    (stack / "main.tf").write_text(long.replace('"x"', f'"{"x" * 90}"'), encoding="utf-8")
    before = rules("--select", "name-limit")
    assert before
    file("examples/main.tf", 'module "stack" {\n  source  = "../"\n  project = "x"\n}\n')(stack)
    assert rules("--select", "name-limit") == before


def test_the_configuration_file_sets_it_and_the_command_line_wins(stack: Path) -> None:
    file("more.tf.json", "{}")(stack)
    file("ticketgen.toml", "[validate]\nstrict = true\n")(stack)
    assert run("validate").exit_code == 1
    assert run("validate", "--no-strict").exit_code == 0
    file("ticketgen.toml", "[validate]\nstrict = 1\n")(stack)
    assert run("validate").exit_code == 2
    assert "strict: 1 is neither true nor false" in run("validate").stderr
