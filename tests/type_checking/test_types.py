"""The types of expressions, as `terraform validate` sees them."""

from __future__ import annotations

import json
import random
import tomllib
from pathlib import Path

import pytest

from terraform_tool import Terraform
from ticketgen.findings import Severity
from ticketgen.verification.verify import verify

HERE = Path(__file__).parent
FLAWED = tomllib.loads((HERE / "flawed.toml").read_text())["case"]
VALID = tomllib.loads((HERE / "valid.toml").read_text())["case"]
KINDS = {"invalid-expression", "sensitive-output", "ephemeral-value"}


def lines_with_errors(text: str) -> set[tuple[str, int]]:
    findings = verify({"main.tf": text}, rendered=False)
    return {
        (each.rule, each.location.line)
        for each in findings
        if each.severity is Severity.ERROR and each.location
    }


def test_every_flaw_is_found_in_its_line() -> None:
    for case in FLAWED:
        found = lines_with_errors(case["text"])
        assert {line for _, line in found} == {1}, case["text"]
        assert {kind for kind, _ in found} <= KINDS, case["text"]


def test_no_accepted_configuration_has_an_error() -> None:
    assert [case["text"] for case in VALID if lines_with_errors(case["text"])] == []


@pytest.mark.slow
def test_terraform_judges_the_configurations_alike(
    tmp_path: Path, terraform: Terraform, request: pytest.FixtureRequest
) -> None:
    """All cases take ten minutes; with ``--cases``, a sample does."""
    cases = [*FLAWED, *VALID]
    if request.config.getoption("cases"):
        cases = random.Random(20).sample(cases, 20)
    for number, case in enumerate(cases):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "main.tf").write_text(case["text"])
        assert terraform.run(folder, "init", "-backend=false", "-input=false").returncode == 0
        diagnostics = json.loads(terraform.run(folder, "validate", "-json").stdout)["diagnostics"]
        errors = [each["summary"] for each in diagnostics if each["severity"] == "error"]
        assert (case.get("summary") in errors) if "summary" in case else not errors, case["text"]
