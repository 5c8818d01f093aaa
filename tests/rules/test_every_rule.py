"""Every rule reports its bad example as expected, and nothing in its good example."""

from __future__ import annotations

from pathlib import Path

import pytest
from rule_tools import HERE, bad, good, validated

from terraform_tool import Terraform
from ticketgen.findings import Severity
from ticketgen.reports.report import report
from ticketgen.rules.catalogue import CATALOGUE
from ticketgen.rules.registry import RULES

IDS = [rule.id for rule in RULES]
THE_SEVEN = [
    "lambda-code-inline", "suffix-declared", "name-has-suffix", "outputs-complete", "suite-asserts", "suite-paths",
    "security-group-flows",
]  # fmt: skip


@pytest.mark.parametrize("rule", IDS)
def test_a_bad_example_breaks_only_its_own_rule(rule: str) -> None:
    findings = validated(bad(rule))
    assert {finding.rule for finding in findings} == {rule}
    texts = {path.relative_to(bad(rule)).as_posix(): path.read_text() for path in _texts(bad(rule))}
    assert report(findings, "text", texts) + "\n" == (bad(rule) / "expected.txt").read_text("utf-8")


@pytest.mark.parametrize("rule", IDS)
def test_a_good_example_has_no_findings(rule: str) -> None:
    assert validated(good(rule)) == ()


def test_every_rule_has_its_examples_and_every_example_its_rule() -> None:
    assert {path.name for path in (HERE / "bad").iterdir()} == set(IDS)
    assert {path.name for path in (HERE / "good").iterdir()} == set(IDS)


def test_the_seven_failures_come_first_and_are_errors() -> None:
    assert IDS[:7] == THE_SEVEN
    assert {CATALOGUE[rule].severity for rule in THE_SEVEN} == {Severity.ERROR}


@pytest.mark.slow
@pytest.mark.terraform
@pytest.mark.parametrize("rule", IDS)
def test_terraform_accepts_the_examples(rule: str, terraform: Terraform, tmp_path: Path) -> None:
    """The rules find faults that Terraform does not. The archive provider here may be a part of the real one."""
    for kind in (bad, good):
        folder = tmp_path / kind.__name__
        for path in _texts(kind(rule)):
            copy = folder / path.relative_to(kind(rule))
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
        copied = sorted(path.parent for path in folder.rglob("main.tf"))
        for root in [folder] if folder in copied else copied:
            assert terraform.init(root).returncode == 0
            done = terraform.run(root, "validate", "-no-color")
            known = "source_file" in (root / "main.tf").read_text()
            assert done.returncode == 0 or known, done.stdout + done.stderr


def _texts(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "expected.txt"]
