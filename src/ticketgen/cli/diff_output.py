"""Print unified diffs, with paths relative to the current folder, and colours.

A diff contains lines of untrusted files. A terminal and the log of a CI show them with escapes, as
everything else; a pipe or a file gets them unchanged, so that `patch` and `git apply` can read them.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from ticketgen.cli.displayed_paths import display_path
from ticketgen.cli.session import use_color
from ticketgen.cli.streams import write_escaped
from ticketgen.escaping import visible_lines

__all__ = ["format_diff", "plain_diff", "print_diff"]

_CI = ("CI", "GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION")
"""Variables set by a CI that takes some lines of output as commands."""

_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_HEADER = re.compile(r"(---|\+\+\+) (a/|b/|)((?:\s*+\S++)*+)(\s*+)")
_BOLD, _RED, _GREEN, _CYAN, _PLAIN = "\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[36m", "\x1b[0m"


def print_diff(difference: str, root: Path, *, err: bool = False) -> None:
    """Print a diff; see `format_diff` for its arguments."""
    stream = sys.stderr if err else sys.stdout
    color = use_color(stream)
    if color or stream.isatty() or any(os.environ.get(name) for name in _CI):
        write_escaped(format_diff(difference, root, color=color), err=err)
    else:
        write_escaped(plain_diff(difference, root), err=err)


def plain_diff(difference: str, root: Path) -> str:
    """A diff as `patch` reads it, for programs."""
    return "".join(_lines(difference, root, False))


def format_diff(difference: str, root: Path, *, color: bool = False) -> str:
    """A diff for people, with escapes.

    Args:
        difference: its headers name files from the project's folder on.
        root: the project's folder.
        color: whether to colour it.
    """
    # Escaped line by line, without the colours. A tab stays: Makefiles need it, and it only moves the text after it.
    return "".join(_lines(difference, root, color, lambda line: visible_lines(line, keep="\n\t")))


def _lines(
    difference: str, root: Path, color: bool, shown: Callable[[str], str] = lambda line: line
) -> Iterator[str]:
    old = new = 0  # remaining lines of the hunk, in which --- is a removed line
    for line in io.StringIO(difference, newline="\n"):  # only a line feed ends a line, unlike in splitlines()
        if old > 0 or new > 0:
            old -= line[:1] in {" ", "-", "\n"}
            new -= line[:1] in {" ", "+", "\n"}
            yield _colored(shown(line), {"-": _RED, "+": _GREEN}.get(line[:1], ""), color)
        elif match := _HUNK.match(line):
            old, new = (1 if count is None else int(count) for count in match.groups())
            yield _colored(shown(line), _CYAN, color)
        elif match := _HEADER.fullmatch(line):
            yield _colored(shown(_header(match, root)), _BOLD, color)
        else:
            yield shown(line)


def _header(match: re.Match[str], root: Path) -> str:
    sign, side, name, end = match.groups()
    if name != "/dev/null" and (side or (root / name).exists()):
        name = display_path(root / name)
    return f"{sign} {side}{name}{end}"


def _colored(line: str, code: str, color: bool) -> str:
    if not (color and code):
        return line
    text = line.rstrip("\n")
    return f"{code}{text}{_PLAIN}{line[len(text) :]}"
