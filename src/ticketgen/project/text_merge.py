"""Merge the changes of two sides to one text, with git's own ``merge-file``."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ticketgen.conflict_markers import conflict_lines
from ticketgen.project.bases import normalized
from ticketgen.project.git_commands import git_environment
from ticketgen.project.processes import run
from ticketgen.project.scratch import with_temporary_folder

__all__ = [
    "MAX_MERGED",
    "CannotMerge",
    "GitMissing",
    "MergedText",
    "has_windows_lines",
    "merge_texts",
    "union_of_lines",
]

MAX_MERGED: Final = 1_000_000
"""Maximum size of a text to merge, in bytes; the largest template has 24 kB."""
_MAX_CONFLICTS: Final = 127
"""The exit code of ``git merge-file`` is the number of conflicts, at most 127; more is an error.

Source: https://git-scm.com/docs/git-merge-file#_description
"""
_YOURS, _BASE, _OURS = "yours", "base", "ours"


class CannotMerge(Exception):
    """Error of a text that cannot be merged; the message says why."""


class GitMissing(CannotMerge):
    """Error of a machine without a git that can merge."""


@dataclass(frozen=True, slots=True)
class MergedText:
    """A merged text, and the lines where its conflicts begin."""

    content: bytes
    conflicts: tuple[int, ...] = ()


def merge_texts(
    yours: bytes, base: bytes, ours: bytes, labels: Sequence[str], *, favor_yours: bool = False
) -> MergedText:
    """Merge the changes from the base to each side.

    Line ends are those of ``yours``. Without conflicts, every change of both sides is in the result; in a conflict,
    both sides and the base are, between markers.

    Args:
        yours: the text of the project.
        base: the common text.
        ours: the text of this version of ticketgen.
        labels: names of the three sides for the markers, in the order of the arguments.
        favor_yours: take ``yours`` where the sides conflict.

    Raises:
        CannotMerge: a text is binary or too large.
    """
    texts = {_YOURS: yours, _BASE: base, _OURS: ours}
    for content in texts.values():
        if b"\0" in content:
            raise CannotMerge("it is not a text")
        if len(content) > MAX_MERGED:
            raise CannotMerge(f"it is larger than {MAX_MERGED:,} bytes")
    windows = has_windows_lines(yours)
    sides = {name: normalized(content) for name, content in texts.items()} if windows else texts
    arguments = ["--ours"] if favor_yours else ["--diff3"]
    arguments += [word for label in labels for word in ("-L", label)]
    merged = with_temporary_folder(
        Path(tempfile.gettempdir()), lambda folder: _merged(folder, sides, arguments), keep=lambda: True
    )
    content = merged.replace(b"\n", b"\r\n") if windows else merged
    return MergedText(content, conflict_lines(merged.decode("utf-8", "replace")))


def has_windows_lines(content: bytes) -> bool:
    """Whether every line ends with CR and LF, as git checks texts out on Windows."""
    return b"\r\n" in content and content.count(b"\n") == content.count(b"\r\n")


def _merged(folder: Path, sides: dict[str, bytes], arguments: Sequence[str]) -> bytes:
    for name, content in sides.items():
        (folder / name).write_bytes(content)
    # Ignore the settings of the user and of any repository above the temporary folder.
    environment = {
        **git_environment(), "LC_ALL": "C", "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CEILING_DIRECTORIES": str(folder.parent),
    }  # fmt: skip
    try:
        code, output = run(
            ["git", "merge-file", "--quiet", *arguments, _YOURS, _BASE, _OURS],
            folder, environment=environment, capture=True,
        )  # fmt: skip
    except OSError as error:
        raise GitMissing(f"git cannot be run: {error.strerror}") from None
    if not 0 <= code <= _MAX_CONFLICTS:
        raise CannotMerge(f"git cannot merge it: {' '.join(output.split())[:200]}")
    return (folder / _YOURS).read_bytes()


def union_of_lines(before: bytes, content: bytes) -> bytes:
    """Append the lines that a text lacks from another; nothing if only comments are missing.

    It fits files such as ``.gitignore``, where each line stands for itself.
    """
    present = set(before.decode(errors="replace").split("\n"))
    lines = [line for line in content.decode().split("\n") if line.strip() and line not in present]
    if not any(not line.startswith("#") for line in lines):
        return before
    separator = "" if not before or before.endswith(b"\n") else "\n"
    return before + (separator + "\n".join(lines) + "\n").encode()
