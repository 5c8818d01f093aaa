"""Make and read the patch of one file: a unified diff with git's headers.

A patch records the git object id of the rendering that it was made from, in the ``index`` line. So a later render
knows whether line numbers still hold. A deletion has that line and no hunks, as ``git diff --irreversible-delete``
writes it: it applies whatever the file contains.

Source: https://git-scm.com/docs/diff-format#generate_patch_text_with_p
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from ticketgen.patches.places import find_places
from ticketgen.tree.diff import split_lines, unified

__all__ = ["MAX_HUNKS", "FilePatch", "Hunk", "PatchSyntaxError", "blob_id", "make_patch", "parse_patch"]

MAX_HUNKS = 500
"""The maximum number of hunks in a patch; an edit with more hunks amounts to a different file."""

_CONTEXTS = (3, 6, 12, 24, 48)
"""Numbers of unchanged lines around a change to try, until the lines occur in one place only."""

_HUNK = re.compile(r"@@ -(\d{1,7})(?:,(\d{1,7}))? \+\d{1,7}(?:,(\d{1,7}))? @@(?: [^\n]*)?\n")
_INDEX = re.compile(r"index ([0-9a-f]{7,64})\.\.[0-9a-f]{7,64}(?: [0-7]{6})?\n")
_DELETED = re.compile(r"deleted file mode [0-7]{6}\n")
_NO_NEWLINE = "\\"  # begins "\ No newline at end of file", in any language
_NO_FILE_ID = "0" * 40


class PatchSyntaxError(ValueError):
    """Error of a text that is not a patch of the file: the reason and the line, from 1."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


@dataclass(frozen=True, slots=True)
class Hunk:
    """One change with the lines around it.

    Attributes:
        number: from 1.
        line: the line of its header in the patch, from 1.
        start: the first line that it replaces in the rendering, from 1; without old lines, the line before it.
        old: the text that it replaces, context included.
        new: the text in its place.
    """

    number: int
    line: int
    start: int
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class FilePatch:
    """The patch of one file.

    Attributes:
        hunks: the hunks in the order of the file; none for a deletion.
        deletes: whether it deletes the file.
        base: the first digits of the git object id of the rendering that it was made from; empty if unknown.
    """

    hunks: tuple[Hunk, ...] = ()
    deletes: bool = False
    base: str = ""

    def is_made_from(self, text: str) -> bool:
        """Whether it was made from this rendering, so that its line numbers hold."""
        return bool(self.base) and blob_id(text).startswith(self.base)


def blob_id(text: str) -> str:
    """The id that git gives a file with this text: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects."""
    content = text.encode()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def make_patch(path: str, before: str, after: str | None) -> str:
    """The patch from a rendering to an edited file; None deletes it.

    A change has as many unchanged lines around it as tell it apart from similar places, at least three. If the texts
    are too large to compare, the patch has no hunks, and `parse_patch` refuses it.
    """
    head = f"diff --git a/{path} b/{path}\n"
    if after is None:
        return f"{head}deleted file mode 100644\nindex {blob_id(before)}..{_NO_FILE_ID}\n"
    head += f"index {blob_id(before)}..{blob_id(after)}\n"
    smallest = ""
    for context in _CONTEXTS:
        made = head + unified(before, after, f"a/{path}", f"b/{path}", context)
        smallest = smallest or made
        try:
            hunks = parse_patch(made, path).hunks
        except PatchSyntaxError:
            break
        if all(len(find_places(before, hunk.old)) == 1 for hunk in hunks):
            return made
    return smallest


def parse_patch(text: str, path: str) -> FilePatch:
    """Read the patch of one file.

    Args:
        text: the patch, with LF line ends.
        path: the path of the file that the headers must name.

    Raises:
        PatchSyntaxError: it is not a patch, or not one of this file.
    """
    lines = split_lines(text)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    return _Parser(lines, path).patch()


class _Parser:
    def __init__(self, lines: list[str], path: str) -> None:
        self._lines = lines
        self._path = path
        self._at = 0

    def patch(self) -> FilePatch:
        base, deletes = "", False
        if self._peek().startswith("diff --git "):
            self._expect(f"diff --git a/{self._path} b/{self._path}")
            while (line := self._peek()) and not line.startswith("--- "):
                if found := _INDEX.fullmatch(line):
                    base = found[1].strip("0") and found[1]
                elif _DELETED.fullmatch(line):
                    deletes = True
                else:
                    raise self._error(
                        f"{_shown(line)} is not a line of a patch that changes or deletes a rendered text"
                    )
                self._at += 1
        if deletes and not self._peek():
            return FilePatch(deletes=True, base=base)
        self._expect(f"--- a/{self._path}")
        self._expect("+++ /dev/null" if deletes else f"+++ b/{self._path}")
        hunks: list[Hunk] = []
        while self._peek():
            hunks.append(self._hunk(len(hunks) + 1))
            if len(hunks) > MAX_HUNKS:
                raise self._error(f"it has more than {MAX_HUNKS} hunks")
        if not hunks:
            raise self._error("it has no hunk")
        return FilePatch(() if deletes else tuple(hunks), deletes, base)

    def _hunk(self, number: int) -> Hunk:
        header = self._at + 1
        found = _HUNK.fullmatch(self._peek())
        if not found:
            raise self._error(f"{_shown(self._peek())} is not the header of a hunk")
        self._at += 1
        start, *counts = (1 if each is None else int(each) for each in found.groups())
        left = dict(zip("-+", counts, strict=True))  # sign → remaining lines
        sides: dict[str, list[str]] = {"-": [], "+": []}
        while left["-"] or left["+"]:
            line = self._peek()
            if not line:
                raise self._error(f"hunk {number} ends before its last line")
            sign = " " if line == "\n" else line[0]  # editors strip the space of an empty line
            affected = {" ": "-+", "-": "-", "+": "+"}.get(sign, "")
            if not affected or not all(left[side] for side in affected):
                raise self._error(
                    f"{_shown(line)} does not belong to hunk {number}, according to the numbers in its header"
                )
            for side in affected:
                left[side] -= 1
                sides[side].append(line[1:] or "\n")
            self._at += 1
            if self._peek().startswith(_NO_NEWLINE):
                self._at += 1
                for side in affected:
                    sides[side][-1] = sides[side][-1][:-1]
        if any("\n" not in line for side in sides.values() for line in side[:-1]):
            raise self._error(f"hunk {number} has a line without its end before its last line")
        return Hunk(number, header, start, "".join(sides["-"]), "".join(sides["+"]))

    def _expect(self, expected: str) -> None:
        line = self._peek()
        if line.partition("\t")[0].rstrip("\n") != expected:  # diff -u adds a time after a tab
            raise self._error(
                f"{_shown(line)} is in the place of {expected!r}" if line else f"it has no {expected!r}"
            )
        self._at += 1

    def _peek(self) -> str:
        """The next line; "" at the end."""
        return self._lines[self._at] if self._at < len(self._lines) else ""

    def _error(self, reason: str) -> PatchSyntaxError:
        return PatchSyntaxError(reason, max(1, min(self._at + 1, len(self._lines))))


def _shown(line: str) -> str:
    text = line.rstrip("\n")
    return repr(text if len(text) <= 80 else f"{text[:80]}…")
