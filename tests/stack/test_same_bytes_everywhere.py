"""Rendering is deterministic: the same bytes for any process, hash seed, locale, time zone and folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

RENDER = """
import hashlib, json, sys
from pathlib import Path
from ticketgen.pipeline import read_project, stack_of
project = read_project(Path(sys.argv[1])).value
stacks = [stack_of(project, environment).value for environment in project.environments]
print(hashlib.sha256(json.dumps([[s.folder, s.spec, dict(s.files)] for s in stacks]).encode()).hexdigest())
"""
DEMO = Path(__file__).resolve().parents[2] / "examples" / "tap-marketplace" / "ticketgen.yaml"


def _digest(folder: Path, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", RENDER, str(DEMO)],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def usual() -> str:
    return _digest(Path(__file__).parent, PYTHONHASHSEED="0")


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({"PYTHONHASHSEED": "1"}, marks=pytest.mark.slow),
        {"PYTHONHASHSEED": "4294967295", "LC_ALL": "C", "PYTHONUTF8": "0", "TZ": "Pacific/Kiritimati"},
        {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "America/St_Johns", "PYTHONUTF8": "1"},
    ],
    ids=["again", "C", "Turkish"],
)
def test_the_demo_is_the_same_bytes(variables: dict[str, str], usual: str, tmp_path: Path) -> None:
    assert len(usual) == 64
    assert _digest(tmp_path, **variables) == usual
