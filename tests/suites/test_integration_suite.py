"""The integration suite on a stack that Terraform applied to the emulated AWS, and without an applied stack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from stacks import SHAPES, written

from terraform_tool import Terraform
from ticketgen.rehearsal.credentials import isolated_environment
from ticketgen.rehearsal.emulator_client import EmulatedAws
from ticketgen.stack.roots import root_modules

STATE = json.dumps(
    {"version": 4, "outputs": {"environment_suffix": {"value": "dev", "type": "string"}}, "resources": []}
)
"""A root module's state with an output."""


def run(stack: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The integration suite of a stack."""
    command = [
        sys.executable,
        "-P",
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        str(stack / "tests/integration"),
    ]
    kept = {name: value for name, value in environment.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        command, cwd="/", env=kept, capture_output=True, text=True, timeout=1200, check=False
    )


@pytest.mark.terraform
def test_without_outputs_the_suite_is_skipped_with_a_reason(terraform: Terraform, tmp_path: Path) -> None:
    stack = written(SHAPES["dev"](), tmp_path)
    done = run(stack, dict(terraform.environment))
    assert done.returncode == 0, done.stdout
    assert "passed" not in done.stdout.splitlines()[-1]
    assert "was not applied" in done.stdout or "cannot read the outputs" in done.stdout


@pytest.mark.terraform
def test_the_suite_fails_where_only_some_root_modules_were_applied(
    terraform: Terraform, tmp_path: Path
) -> None:
    stack = written(SHAPES["dev"](), tmp_path)
    (stack / "global" / "terraform.tfstate").write_text(STATE, encoding="utf-8")
    done = run(stack, dict(terraform.environment))
    assert done.returncode == 1, done.stdout
    assert "data/us-east-1 has no outputs: it was not applied" in done.stdout
    assert "global has no outputs" not in done.stdout


@pytest.mark.slow
@pytest.mark.terraform
def test_two_parallel_runs_pass_on_the_emulator_and_leave_nothing(
    terraform: Terraform, tmp_path: Path
) -> None:
    subject = SHAPES["dev"]()
    stack = written(subject, tmp_path / "stack")
    with EmulatedAws(tmp_path / "emulator.log") as aws:
        environment = isolated_environment(os.environ, aws.variables)
        for root in root_modules(subject):
            assert terraform.init(stack / root.path).returncode == 0
            applied = terraform.run(stack / root.path, "apply", "-auto-approve", "-no-color", **environment)
            assert applied.returncode == 0, applied.stderr[-3000:]
        aws.control("run")  # streams and schedules
        with ThreadPoolExecutor(2) as pool:
            for done in pool.map(run, [stack] * 2, [environment] * 2):
                assert done.returncode == 0, done.stdout[-5000:]
        aws.control("pause")
