"""`ticketgen validate` against `terraform validate`, in one run: the promises of docs/validate.md."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from terraform_tool import Terraform

BENCH = Path(__file__).parents[2] / "scripts/bench_validate.py"


@pytest.mark.slow
@pytest.mark.terraform
def test_validate_uses_a_fraction_of_the_time_and_memory_of_terraform(terraform: Terraform) -> None:
    """Times, elapsed and processor, have slack and are medians of alternating programs; memory has no slack."""
    paths = f"{terraform.binary.parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**terraform.environment, "PATH": paths}
    environment.pop("TICKETGEN_ONE_PROCESS", None)  # the cores are idle in this test
    done = subprocess.run(
        [sys.executable, BENCH, "3"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("at most") == 6
