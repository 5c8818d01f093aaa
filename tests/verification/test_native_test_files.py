"""Findings about the files for ``terraform test``: what Terraform refuses is found, and nothing else."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from terraform_tool import Terraform
from ticketgen.findings import Finding, Severity
from ticketgen.verification.verify import verify

_CASES = tomllib.loads(Path(__file__).with_name("native_tests.toml").read_text(encoding="utf-8"))
_FILE = re.compile(r"^== (.+)\n", re.MULTILINE)
_TEST = "tests/main.tftest.hcl"
_PREPARED = 'run "setup" {\n  module {\n    source = "./setup"\n  }\n}\n'
"""A test for ``terraform init``, which installs the modules that tests run."""


def files(text: str) -> dict[str, str]:
    """The files of a text."""
    first, *others = _FILE.split(text)
    return {_TEST: first} if not others else dict(zip(others[::2], others[1::2], strict=True))


MODULE = files(_CASES["module"])


def findings(text: str) -> list[Finding]:
    """What is found, without the notes about files of OpenTofu."""
    written = {**MODULE, **files(text)}
    found = verify(written, rendered=False, paths=frozenset(written))
    return [each for each in found if each.severity is not Severity.NOTE]


def flawed() -> Iterator[tuple[str, str, str, str]]:
    """Each case with its severity, the summary that Terraform prints, and the rule."""
    for group in _CASES["flawed"]:
        for text in group["cases"]:
            yield text, group.get("severity", "error"), group["terraform"], group["rule"]


@pytest.mark.parametrize("rule", sorted({rule for *_, rule in flawed()}))
def test_every_flaw_in_a_test_is_found(rule: str) -> None:
    for text, severity, summary, expected in flawed():
        if expected == rule:
            found = findings(text)
            assert (rule, severity) in {(each.rule, each.severity.value) for each in found}, (summary, text)
            assert {each.location.file for each in found if each.location} <= {*files(text), "setup/main.tf"}


@pytest.mark.parametrize("name", _CASES["accepted"])
def test_nothing_is_found_in_a_test_that_terraform_accepts(name: str) -> None:
    assert findings(_CASES["accepted"][name]) == []


def test_the_module_that_a_test_runs_must_exist() -> None:
    (found,) = findings(_PREPARED.replace("./setup", "./nope"))
    assert (found.rule, found.location and found.location.line) == ("missing-module", 2)


def test_a_later_version_of_terraform_may_have_other_blocks() -> None:
    text = 'run "a" {\n  later = true\n}\nmore {}\n'
    assert len(findings(text)) == 2
    assert findings(f'{text}== main.tf\nterraform {{\n  required_version = ">= 1.14"\n}}\n') == []


@pytest.mark.parametrize(
    "text",
    [
        'override_resource {\n  target = terraform_data.main\n  values = { id = upper("x") }\n}\n',
        'mock_provider "aws" {\n  mock_resource "a" {\n    defaults = { a = upper("x") }\n  }\n}\n',
    ],
)
def test_functions_in_mock_data_are_warnings_because_later_versions_accept_them(text: str) -> None:
    (found,) = findings(text)
    assert (found.rule, found.severity) == ("not-constant", Severity.WARNING)


@pytest.mark.parametrize("extra", ['== x.tofu\nlocals {\n  x = 1\n}\noutput "x" {\n  value = local.x\n}\n'])
def test_nothing_is_found_in_tests_that_only_opentofu_reads(extra: str) -> None:
    assert findings(f"== {_TEST}\nx = 1\n{extra}") == []


@pytest.mark.terraform
@pytest.mark.slow
def test_terraform_says_the_same_about_every_test(terraform: Terraform, tmp_path: Path) -> None:
    def write(written: dict[str, str]) -> None:
        for path, text in written.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text, encoding="utf-8")

    def said(text: str) -> set[tuple[str, str]]:
        own = files(text)
        write(own)
        answer = json.loads(terraform.run(tmp_path, "validate", "-json").stdout)
        for path in own:
            (tmp_path / path).unlink()
        write({path: text for path, text in MODULE.items() if path in own})
        return {(each["severity"], each["summary"]) for each in answer["diagnostics"]}

    write({**MODULE, _TEST: _PREPARED})
    assert terraform.init(tmp_path).returncode == 0
    (tmp_path / _TEST).unlink()
    differing = [
        (text, summary) for text, severity, summary, _ in flawed() if (severity, summary) not in said(text)
    ]
    refused = [name for name, text in _CASES["accepted"].items() if said(text)]
    assert (differing, refused) == ([], [])
