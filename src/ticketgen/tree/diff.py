"""The changes of a write, as a unified diff from the disk to the rendering.

A file on the disk may be anything, and difflib's time grows quadratically with repeated lines or worse. So the work is
counted, and files that are too large are not compared line by line.
"""

from __future__ import annotations

import difflib
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Final

from ticketgen.tree.file_states import Change, FileState

__all__ = ["MAX_LINES", "MAX_STEPS", "changes_diff", "split_lines", "unified"]

_UNSHOWN_STATES = frozenset({FileState.UNCHANGED, FileState.KEPT})

MAX_LINES: Final = 100_000
"""Maximum lines of a file that is compared line by line; the longest rendered files have a few thousand."""

_MAX_CHARACTERS: Final = 4_000_000
"""Maximum characters of such a file."""

MAX_STEPS: Final = 3_000_000
"""Maximum pairs of equal lines to compare for one file: about a second."""


_MAX_COMPARED: Final = 10
"""The factor of these limits for all files of a diff together."""


class _DiffBudget:
    """The remaining lines and steps for the files of a diff."""

    def __init__(self, times: int = 1) -> None:
        self.lines = times * MAX_LINES
        self.steps = times * MAX_STEPS


def changes_diff(changes: Iterable[Change]) -> str:
    """A unified diff from the disk to the rendering; empty if nothing would change."""
    left = _DiffBudget(_MAX_COMPARED)
    return "".join(_file_diff(change, left) for change in changes if change.state not in _UNSHOWN_STATES)


def _file_diff(change: Change, left: _DiffBudget) -> str:
    before = (change.before or b"").decode("utf-8", "replace")
    after = change.after or ""
    return _compare(
        before,
        after,
        "/dev/null" if change.before is None else f"a/{change.path}",
        "/dev/null" if change.after is None else f"b/{change.path}",
        3,
        left,
    )


def unified(before: str, after: str, before_name: str, after_name: str, context: int = 3) -> str:
    """A unified diff of two texts; empty if they are the same. For large texts it only states that they differ."""
    return _compare(before, after, before_name, after_name, context, _DiffBudget())


def _compare(
    before: str, after: str, before_name: str, after_name: str, context: int, left: _DiffBudget
) -> str:
    if before == after:
        return ""
    longest, count = max(len(before), len(after)), max(before.count("\n"), after.count("\n"))
    names = f"{before_name} and {after_name}"
    if longest > _MAX_CHARACTERS or count > MAX_LINES:
        size = f"{count:,} lines" if count > MAX_LINES else f"{longest:,} characters"
        return f"Files {names} differ, and {size} are too many to compare\n"
    if count > left.lines:
        return f"Files {names} differ; they are not compared, because the differences above are long enough\n"
    left.lines -= count
    changed = _unified(split_lines(before), split_lines(after), before_name, after_name, context, left)
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in changed
    )


def split_lines(text: str) -> list[str]:
    """The lines with their ends; unlike in ``str.splitlines``, only a line feed ends a line."""
    return io.StringIO(text, newline="\n").readlines()


def _unified(
    a: list[str], b: list[str], a_name: str, b_name: str, context: int, left: _DiffBudget
) -> Iterator[str]:
    """The lines of ``difflib.unified_diff``, from a matcher with bounded work."""
    yield f"--- {a_name}\n"
    yield f"+++ {b_name}\n"
    for group in _BoundedMatcher(a, b, left).get_grouped_opcodes(context):
        _, a_start, _, b_start, _ = group[0]
        _, _, a_end, _, b_end = group[-1]
        yield f"@@ -{_range(a_start, a_end)} +{_range(b_start, b_end)} @@\n"
        for tag, a1, a2, b1, b2 in group:
            if tag == "equal":
                yield from (f" {line}" for line in a[a1:a2])
            else:
                yield from (f"-{line}" for line in a[a1:a2])
                yield from (f"+{line}" for line in b[b1:b2])


def _range(start: int, end: int) -> str:
    """A range in the header of a hunk, as ``diff -u`` writes it; an empty range has the number of the line before."""
    if end - start == 1:
        return f"{start + 1}"
    return f"{start + 1 if end > start else start},{end - start}"


class _BoundedMatcher(difflib.SequenceMatcher[str]):
    """A matcher that finds the longest common runs of lines within a limit, and beyond it common ends only."""

    a: Sequence[str]
    b: Sequence[str]
    b2j: dict[str, list[int]]
    """Documented only in difflib's source: the positions of each line in ``b``."""

    def __init__(self, a: Sequence[str], b: Sequence[str], left: _DiffBudget) -> None:
        super().__init__(None, a, b)
        twins = (len(self.b2j.get(line, ())) for line in a)
        self._steps = [0, *accumulate(1 + each for each in twins)]
        self._own = MAX_STEPS
        self._all = left

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> difflib.Match:
        """The longest run in both ranges, or their common beginning or end once the steps are used up."""
        ahi = len(self.a) if ahi is None else ahi
        bhi = len(self.b) if bhi is None else bhi
        steps = self._steps[ahi] - self._steps[alo]
        if steps <= min(self._own, self._all.steps):
            self._own -= steps
            self._all.steps -= steps
            return super().find_longest_match(alo, ahi, blo, bhi)
        most = min(ahi - alo, bhi - blo)
        size = 0
        while size < most and self.a[alo + size] == self.b[blo + size]:
            size += 1
        if size:
            return difflib.Match(alo, blo, size)
        while size < most and self.a[ahi - 1 - size] == self.b[bhi - 1 - size]:
            size += 1
        return difflib.Match(ahi - size, bhi - size, size)
