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
def test_validate_takes_a_fraction_of_terraform_s_time_and_memory(terraform: Terraform) -> None:
    """Times with slack, as medians of programs that take turns, in processor time as well; memory without."""
    paths = f"{terraform.binary.parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**terraform.environment, "PATH": paths}
    environment.pop("TICKETGEN_ONE_PROCESS", None)  # here, nothing else keeps the cores busy
    done = subprocess.run(
        [sys.executable, BENCH, "3"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("at most") == 5
