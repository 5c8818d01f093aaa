"""Safe paths below the root: never outside of it, and never through a symbolic link."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from ticketgen.findings import Finding, Location, Stage

__all__ = ["clashes", "fingerprint", "read", "trouble", "unsafe"]

# Characters that Windows forbids in names. ticketgen does not run on Windows, but people clone the folder there.
FORBIDDEN = frozenset('\\:*?"<>|') | {chr(code) for code in range(32)} | {"\x7f"}


def fingerprint(content: bytes) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def trouble(rule: str, message: str, path: str, help: str = "") -> Finding:
    """A finding about a file on the disk; ``path`` is relative to the root."""
    return Finding(rule, message, Stage.WRITE, Location(path) if path else None, help=help)


def unsafe(root: Path, path: str) -> Finding | None:
    """The reason not to touch a path; None if it is an ordinary path below the root.

    Paths come from a rendering, but also from manifests and journals, which anybody may have edited.
    """
    parts = path.split("/")
    if not path or any(part in {"", ".", ".."} or FORBIDDEN & set(part) for part in parts):
        return trouble("path-outside", f"{path!r} is not a path below the project's folder", "")
    folder = root
    for depth, part in enumerate(parts[:-1], start=1):
        folder = folder / part
        try:
            mode = folder.lstat().st_mode
        except FileNotFoundError:
            return None
        except OSError as error:
            return trouble(
                "unreadable", f"the folder cannot be read: {error.strerror}", "/".join(parts[:depth])
            )
        if stat.S_ISLNK(mode):
            return trouble(
                "path-outside",
                "the folder is a symbolic link, and ticketgen does not write through links",
                "/".join(parts[:depth]),
                "replace the link with a folder, or run ticketgen in the folder that it points to",
            )
        if not stat.S_ISDIR(mode):
            return trouble(
                "in-the-way",
                "a file is in the place of a folder",
                "/".join(parts[:depth]),
                "move the file elsewhere, then run `ticketgen render` again",
            )
    return None


def clashes(root: Path, paths: Iterable[str]) -> tuple[Finding, ...]:
    """Findings for paths that differ from each other, or from existing files, in case only."""
    found = []
    seen: dict[str, str] = {}
    names: dict[Path, list[str]] = {}
    for path in sorted(paths):
        folded = path.casefold()
        other = seen.setdefault(folded, path)
        folder = (root / path).parent
        if folder not in names:
            try:
                names[folder] = os.listdir(folder)  # noqa: PTH208 - names only, of folders with thousands of files
            except OSError:
                names[folder] = []
        name = path.rpartition("/")[2]
        beside = [n for n in names[folder] if n != name and n.casefold() == name.casefold()]
        if other != path or beside:
            twin = other if other != path else beside[0]
            found.append(
                trouble(
                    "case-collision",
                    f"its name and {twin!r} differ in case only, so they are one file on macOS and Windows",
                    path,
                    f"rename {twin}",
                )
            )
    return tuple(found)


def read(root: Path, path: str) -> bytes | None:
    """The bytes of a regular file; None if it does not exist.

    Raises:
        OSError: it is not a regular file, or it cannot be read.
    """
    place = root / path
    try:
        mode = place.lstat().st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(mode):
        raise OSError(0, "it is not a regular file")
    return place.read_bytes()
