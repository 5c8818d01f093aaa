"""The Containerfile, without an engine: its install commands run on the copied files."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def instructions() -> list[tuple[str, str]]:
    text = re.sub(r"^#.*\n", "", (ROOT / "Containerfile").read_text("utf-8"), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines) if name]


def copied() -> list[str]:
    """Everything that comes from the checkout."""
    found = [rest.split()[:-1] for name, rest in instructions() if name == "COPY" and "--from" not in rest]
    return [source for sources in found for source in sources]


def test_every_base_is_pinned_and_the_last_stage_runs_without_privileges() -> None:
    bases = [rest.split()[0] for name, rest in instructions() if name == "FROM"]
    assert len(bases) == 2
    assert all(re.fullmatch(r"docker\.io/library/python:3\.\d+-slim", base) for base in bases)
    last = instructions()[-1 - [name for name, _ in reversed(instructions())].index("FROM") :]
    users = [rest for name, rest in last if name == "USER"]
    assert users
    assert users[-1].isdecimal()
    assert users[-1] != "0"
    assert ("ENTRYPOINT", '["ticketgen"]') in last


def test_the_build_context_has_exactly_the_copied_files() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()  # Podman and Docker read it
    assert ignored[1] == "*"
    assert {line[1:] for line in ignored if line.startswith("!")} == set(copied())
    assert not [name for name in copied() if not (ROOT / name).exists()]


@pytest.mark.slow
def test_the_build_installs_ticketgen_from_the_copied_files(tmp_path: Path) -> None:
    source, target = tmp_path / "src", tmp_path / "opt"
    source.mkdir()
    for name in copied():
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name)
        else:
            shutil.copy2(ROOT / name, source / name)
    first = [rest for name, rest in instructions() if name == "RUN"][:2]
    for command in first:
        here = command.replace("/opt/ticketgen", str(target)).replace(
            "python -m venv", f"{sys.executable} -m venv", 1
        )
        subprocess.run(["sh", "-ec", here], cwd=source, check=True, capture_output=True, timeout=600)
    done = subprocess.run(
        [str(target / "bin/ticketgen"), "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("ticketgen ")
