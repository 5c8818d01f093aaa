"""The changes of a write, as a unified diff from the disk to the rendering."""

from __future__ import annotations

import difflib
import io
from collections.abc import Iterable

from ticketgen.tree.changes import Change, State

__all__ = ["diff", "unified"]

SILENT = frozenset({State.UNCHANGED, State.KEPT})


def diff(changes: Iterable[Change]) -> str:
    """A unified diff from the disk to the rendering; empty if nothing would change."""
    return "".join(one(change) for change in changes if change.state not in SILENT)


def one(change: Change) -> str:
    before = (change.before or b"").decode("utf-8", "replace")
    after = change.after or ""
    return unified(
        before,
        after,
        "/dev/null" if change.before is None else f"a/{change.path}",
        "/dev/null" if change.after is None else f"b/{change.path}",
    )


def unified(before: str, after: str, before_name: str, after_name: str, context: int = 3) -> str:
    """A unified diff of two texts; empty if they are the same."""
    changed = difflib.unified_diff(lines(before), lines(after), before_name, after_name, n=context)
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in changed
    )


def lines(text: str) -> list[str]:
    """The lines with their ends; unlike in ``str.splitlines``, only a line feed ends a line."""
    return io.StringIO(text, newline="\n").readlines()
