"""The pre-commit hooks, run by pre-commit itself from this checkout."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]


def run(*command: str, cwd: Path, home: Path) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    known = {"PRE_COMMIT_HOME": str(home), "GIT_CONFIG_GLOBAL": os.devnull}
    return subprocess.run(
        command, cwd=cwd, env={**kept, **known}, capture_output=True, text=True, timeout=900, check=False
    )


def test_the_manifest_is_valid() -> None:
    command = [sys.executable, "-m", "pre_commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "end",
    [
        "tf",
        "tf.json",
        "tofu",
        "tofu.json",
        "tfvars",
        "tfvars.json",
        "tftest.hcl",
        "tftest.json",
        "tfmock.hcl",
        "tofutest.hcl",
    ],
)
def test_a_commit_with_any_file_that_validate_reads_or_notes_runs_it(end: str) -> None:
    hooks = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    files = re.compile(hooks["ticketgen-validate"]["files"])
    assert files.search(f"modules/main.{end}")
    assert not files.search(f"modules/main.{end}.orig")


@pytest.mark.slow
def test_the_hooks_pass_on_a_project_and_fail_on_drift(small_project: Path, tmp_path: Path) -> None:
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("pre-commit takes hooks from a git repository, and this is no checkout")
    home = tmp_path / "pre-commit"

    def hooks() -> subprocess.CompletedProcess[str]:
        run("git", "add", ".", cwd=small_project, home=home)
        command = (sys.executable, "-m", "pre_commit", "try-repo", str(ROOT), "--all-files", "--verbose")
        return run(*command, cwd=small_project, home=home)

    run("git", "init", "--quiet", cwd=small_project, home=home)
    done = hooks()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ticketgen render --check" in done.stdout
    assert done.stdout.count("Passed") == 2
    with (small_project / "stacks/dev/global/outputs.tf").open("a") as file:
        file.write('output "x" { value = var.missing }\n')
    done = hooks()
    assert done.returncode == 1
    assert done.stdout.count("Failed") == 2, done.stdout
    assert "stacks/dev/global/outputs.tf" in done.stdout
