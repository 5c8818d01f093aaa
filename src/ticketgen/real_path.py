"""Resolve links in a path with bounded work, because the links may be untrusted.

`os.path.realpath` recurses for each link, so that a chain of a thousand links raises `RecursionError`, and looks up
every part of every target: forty long targets have 80,000 parts.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import Final

__all__ = ["MAX_LINKS", "MAX_PARTS", "ResolvedPath", "follow", "real_path"]

MAX_LINKS: Final = 40
"""Maximum links on the way, as in Linux: https://man7.org/linux/man-pages/man7/path_resolution.7.html."""
MAX_PARTS: Final = 5_000
"""Maximum parts of the path and of link targets that are looked up."""


@dataclass(frozen=True, slots=True)
class ResolvedPath:
    """The result of resolving a path.

    Attributes:
        path: the absolute path without links; the given path if there are too many links or parts.
        mode: the file mode at the path; 0 if nothing is there, or if it is unknown.
        parts: the number of parts that were looked up.
    """

    path: str
    mode: int
    parts: int


def follow(path: str) -> ResolvedPath:
    """Follow an absolute path, link by link."""
    if os.name != "posix":  # there, Python resolves the path with a single system call
        there = os.path.realpath(path)
        return ResolvedPath(there, os.lstat(there).st_mode if os.path.lexists(there) else 0, 1)
    real, mode, links, parts = "/", stat.S_IFDIR, 0, 0
    waiting = path.split("/")[::-1]
    while waiting:
        part = waiting.pop()
        if part in {"", "."}:
            continue
        parts += 1
        if parts > MAX_PARTS:
            return ResolvedPath(path, 0, parts)
        if part == "..":
            real, mode = os.path.dirname(real), stat.S_IFDIR  # noqa: PTH120 - there are no links in it
            continue
        inner = os.path.join(real, part)  # noqa: PTH118
        try:
            mode = os.lstat(inner).st_mode
            target = os.readlink(inner) if stat.S_ISLNK(mode) else None  # noqa: PTH115
        except (OSError, ValueError):  # it does not exist, or is not a valid path
            mode, target = 0, None
        if target is None:
            real = inner
            continue
        links += 1
        if links > MAX_LINKS:
            return ResolvedPath(path, 0, parts)
        if target.startswith("/"):
            real = "/"
        waiting += target.split("/")[::-1]
    return ResolvedPath(real, mode, parts)


def real_path(path: str | os.PathLike[str]) -> str:
    """The absolute path without links, whether or not something is there."""
    # Not abspath(), which takes "link/.." for the folder that has the link.
    return follow(os.path.join(os.getcwd(), path)).path  # noqa: PTH109, PTH118
