"""Safe paths below the root: never outside of it, and never through a symbolic link."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from ticketgen.findings import Finding, Location, Stage
from ticketgen.findings.stacks import CASE_COLLISION
from ticketgen.findings.verification import UNREADABLE
from ticketgen.tree.disk import Disk, open_project

__all__ = ["case_clashes", "fingerprint", "unsafe_path"]


def fingerprint(content: bytes) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def unsafe_path(root: Path, path: str) -> Finding | None:
    """The reason not to touch a path below a folder; None if only folders lead to it."""
    try:
        with open_project(root) as disk:
            return disk.unsafe_path(path)
    except OSError as error:
        return UNREADABLE.found(f"the project's folder cannot be read: {error.strerror}", stage=Stage.WRITE)


def case_clashes(disk: Disk, paths: Iterable[str]) -> tuple[Finding, ...]:
    """Findings for paths that differ from each other, or from existing files, in case only."""
    found = []
    seen: dict[str, str] = {}
    names: dict[str, list[str]] = {}
    for path in sorted(paths):
        folder, _, name = path.rpartition("/")
        other = seen.setdefault(path.casefold(), path)
        if folder not in names:
            try:
                names[folder] = disk.list_names(folder)
            except OSError as error:
                names[folder] = []
                found.append(
                    UNREADABLE.found(
                        f"the folder cannot be read: {error.strerror}", at=Location(folder), stage=Stage.WRITE
                    )
                )
        beside = [n for n in names[folder] if n != name and n.casefold() == name.casefold()]
        if other != path or beside:
            twin = other if other != path else beside[0]
            found.append(
                CASE_COLLISION.found(
                    f"its name and {twin!r} differ in case only, so they are one file on macOS and Windows",
                    f"rename {twin}",
                    at=Location(path),
                )
            )
    return tuple(found)
