"""Unified diffs as they are shown: paths as seen from where the user stands, colours on a terminal."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

from ticketgen.cli.paths import seen

__all__ = ["shown_diff"]

_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_HEADER = re.compile(r"(---|\+\+\+) (a/|b/|)((?:\s*+\S++)*+)(\s*+)")
_BOLD, _RED, _GREEN, _CYAN, _PLAIN = "\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[36m", "\x1b[0m"


def shown_diff(difference: str, root: Path, *, color: bool = False) -> str:
    """A diff whose headers name files as they are seen from here.

    Args:
        difference: its headers name files from the project's folder on.
        root: the project's folder.
        color: whether to colour it.
    """
    return "".join(_lines(difference, root, color))


def _lines(difference: str, root: Path, color: bool) -> Iterator[str]:
    old = new = 0  # remaining lines of the hunk, in which --- is a removed line
    for line in io.StringIO(
        difference, newline="\n"
    ):  # only a line feed ends a line, other than for splitlines()
        if old > 0 or new > 0:
            old -= line[:1] in {" ", "-", "\n"}
            new -= line[:1] in {" ", "+", "\n"}
            yield _painted(line, {"-": _RED, "+": _GREEN}.get(line[:1], ""), color)
        elif match := _HUNK.match(line):
            old, new = (1 if count is None else int(count) for count in match.groups())
            yield _painted(line, _CYAN, color)
        elif match := _HEADER.fullmatch(line):
            yield _painted(_header(match, root), _BOLD, color)
        else:
            yield line


def _header(match: re.Match[str], root: Path) -> str:
    sign, side, name, end = match.groups()
    if name != "/dev/null" and (side or (root / name).exists()):
        name = seen(root / name)
    return f"{sign} {side}{name}{end}"


def _painted(line: str, code: str, color: bool) -> str:
    if not (color and code):
        return line
    text = line.rstrip("\n")
    return f"{code}{text}{_PLAIN}{line[len(text) :]}"
