"""Workflows and actions, read and run as GitHub would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

__all__ = ["ROOT", "WORKFLOWS", "check_schema", "resolve", "run_step", "steps"]

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def check_schema(name: str, *files: Path) -> None:
    """Check files against a schema that check-jsonschema carries."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", name, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def steps(file: Path) -> list[dict[str, Any]]:
    """The steps of a composite action, or of every job of a workflow."""
    content = yaml.safe_load(file.read_text("utf-8"))
    if "runs" in content:
        return list(content["runs"]["steps"])
    return [step for job in content["jobs"].values() for step in job["steps"]]


def resolve(text: str, values: Mapping[str, str]) -> str:
    """Put values in the place of ``${{ … }}``; an expression without a value is an error."""
    return re.sub(r"\$\{\{\s*(.*?)\s*\}\}", lambda found: values[found[1]], text)


def run_step(
    step: Mapping[str, Any], values: Mapping[str, str], folder: Path, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a step as ``shell: bash`` does, in a folder."""
    declared = {name: resolve(str(value), values) for name, value in step.get("env", {}).items()}
    assert "${{" not in step["run"], "an expression in a script can run commands"
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=folder,
        env={**os.environ, **variables, **declared},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
