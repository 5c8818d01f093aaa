"""Rendering is deterministic: the same bytes for any process, hash seed, locale, time zone and folder."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).resolve().parents[2] / "examples" / "tap-marketplace" / "ticketgen.yaml"


def digest(spec: str) -> str:
    """The hash of all files of all stacks of a project. Its text also runs in another process."""
    import hashlib
    import json
    from pathlib import Path

    from ticketgen.pipeline import read_project, stack_of

    project = read_project(Path(spec)).value
    assert project is not None
    stacks = [stack_of(project, environment).value for environment in project.environments]
    texts = [[stack.folder, stack.spec, dict(stack.files)] for stack in stacks if stack is not None]
    assert len(texts) == len(project.environments)
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()


def digest_elsewhere(folder: Path, **variables: str) -> str:
    """The digest of the demo in a process with other variables and another folder."""
    script = f"import sys\n{inspect.getsource(digest)}\nprint(digest(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", script, str(DEMO)],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def usual() -> str:
    return digest(str(DEMO))


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({"PYTHONHASHSEED": "1"}, marks=pytest.mark.slow),
        {"PYTHONHASHSEED": "4294967295", "LC_ALL": "C", "PYTHONUTF8": "0", "TZ": "Pacific/Kiritimati"},
        {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "America/St_Johns", "PYTHONUTF8": "1"},
    ],
    ids=["again", "C", "Turkish"],
)
def test_rendering_the_demo_is_deterministic(variables: dict[str, str], usual: str, tmp_path: Path) -> None:
    assert len(usual) == 64
    assert digest_elsewhere(tmp_path, **variables) == usual
