"""Whether the running ticketgen is the one that a project installs."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from ticketgen.project.source import DEPENDENCIES, REQUIREMENTS
from ticketgen.version import VERSION, origin

__all__ = ["Pin", "read_pin"]


@dataclass(frozen=True, slots=True)
class Pin:
    """The ticketgen that a project installs.

    Attributes:
        wanted: its version or commit.
        running: what runs instead; empty if it is the same.
        command: installs the wanted one, in the project's folder.
    """

    wanted: str
    running: str
    command: str


def read_pin(project: Path) -> Pin | None:
    """The pin of a project, None if it has no readable one."""
    try:
        text = (project / REQUIREMENTS).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    found = re.search(r"^(?:\S*[/=])?ticketgen\b(?![-._]?[A-Za-z]).*", text, re.MULTILINE)
    if found is None:
        return None
    line = found[0][:1_000]  # the patterns below are quadratic
    command = f"python -m pip install -r {REQUIREMENTS}"
    if (project / DEPENDENCIES).is_file():
        command = (
            f"python -m pip install --no-deps -r {REQUIREMENTS} && python -m pip install -r {DEPENDENCIES}"
        )
    commit = re.search(r"git\+\S+@([0-9a-f]{40,64})", line)
    if commit:
        running = origin().get("vcs_info", {}).get("commit_id")
        return Pin(f"commit {commit[1]}", "" if running == commit[1] else _running(running), command)
    version = re.match(r"ticketgen(?:\[[^]]*\])?\s*==\s*([^\s;\\]+)", line) or re.search(
        r"ticketgen-([^-/]+)-[^/]*\.whl", line
    )
    if version is None:
        return None
    if version[1] != VERSION:
        return Pin(version[1], VERSION, command)
    return Pin(VERSION, _other_build(project / line.split()[0]), command)


def _running(commit: str | None) -> str:
    return f"commit {commit}" if commit else f"{VERSION} from {origin().get('url') or 'an index'}"


def _other_build(wheel: Path) -> str:
    """The build that runs, if it was installed from a wheel with other content than the project's of that version."""
    recorded = origin().get("archive_info", {}).get("hashes", {}).get("sha256")
    if not recorded or not wheel.is_file():
        return ""
    wanted = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return "" if recorded == wanted else f"another build of {VERSION}, from {origin().get('url')}"
