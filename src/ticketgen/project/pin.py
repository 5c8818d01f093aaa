"""Compare the running ticketgen with the one that a project installs."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from ticketgen.project.source import DEPENDENCIES, REQUIREMENTS, VERSION_TEXT, WHEEL
from ticketgen.project.wheel import MAX_BYTES
from ticketgen.safe_open import MAX_TEXT, read_below
from ticketgen.version import VERSION, origin

__all__ = ["Pin", "read_pin"]

_TICKETGEN_REQUIREMENT = re.compile(r"(?:[^\s/=]*[/=])*ticketgen\b(?![-._]?[A-Za-z])")


@dataclass(frozen=True, slots=True)
class Pin:
    """The ticketgen that a project installs.

    Attributes:
        wanted: its version or commit.
        running: the version that runs instead; empty if it is the same.
        command: the command that installs the wanted version, to be run in the project's folder.
    """

    wanted: str
    running: str
    command: str


def read_pin(project: Path) -> Pin | None:
    """The pin of a project; None if it has no readable one.

    The file may be untrusted: only regular files of the project are read, and only a commit or a version is taken
    from them.
    """
    try:
        text = read_below(project, REQUIREMENTS, MAX_TEXT).decode()
    except (OSError, UnicodeDecodeError):
        return None
    line = next((each for each in text.split("\n") if _TICKETGEN_REQUIREMENT.match(each)), None)
    if line is None:
        return None
    command = f"python -m pip install -r {REQUIREMENTS}"
    if (project / DEPENDENCIES).is_file():
        command = (
            f"python -m pip install --no-deps -r {REQUIREMENTS} && python -m pip install -r {DEPENDENCIES}"
        )
    commit = re.search(r"@([0-9a-f]{40,64})(?![0-9a-f])", line) if "git+" in line else None
    if commit:
        running = origin().get("vcs_info", {}).get("commit_id")
        return Pin(f"commit {commit[1]}", "" if running == commit[1] else _running(running), command)
    wheel = WHEEL.search(line)
    version = re.match(rf"ticketgen(?:\[[^]]*\])?\s*==\s*({VERSION_TEXT})(?![^\s;\\])", line) or wheel
    if version is None:
        return None
    if version[1] != VERSION:
        return Pin(version[1], VERSION, command)
    path = line.split()[0].removeprefix("./")
    return Pin(VERSION, _other_build(project, path), command)


def _running(commit: str | None) -> str:
    return f"commit {commit}" if commit else f"{VERSION} from {origin().get('url') or 'an index'}"


def _other_build(project: Path, wheel: str) -> str:
    """The running build, if its wheel has the version but not the content of the project's wheel."""
    recorded = origin().get("archive_info", {}).get("hashes", {}).get("sha256")
    if not recorded:
        return ""
    try:
        wanted = hashlib.sha256(read_below(project, wheel, MAX_BYTES)).hexdigest()
    except OSError:
        return ""  # not a file of the project
    return "" if recorded == wanted else f"another build of {VERSION}, from {origin().get('url')}"
