"""The exact places of edits in the files as they are written.

A check knows where a block or an argument begins, but not where on that line its label or its ``=`` stands. In a file
of another syntax, which is checked as a translation, it knows the line only. An edit whose text is not exactly one
place there is dropped, so no finding offers an edit that does not fit its file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Final

from ticketgen.findings import Finding, TextEdit

__all__ = ["EditPlaces"]

_MAX_SEARCHED: Final = 5_000
"""Characters of a line in which a place is looked for; such lines are in minified files only."""
_WORD: Final = re.compile(r"[\w-]")


class EditPlaces:
    """The places in some files.

    Args:
        texts: the files that may be edited, by path.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._lines: dict[str, list[str]] = {}

    def settled(self, finding: Finding) -> Finding:
        """The finding with the exact places of its edits; without edits if one of them has no place."""
        if not finding.edits:
            return finding
        placed = tuple(edit for each in finding.edits if (edit := self._placed(each)) is not None)
        return replace(finding, edits=placed if len(placed) == len(finding.edits) else ())

    def _placed(self, edit: TextEdit) -> TextEdit | None:
        line = self._line(edit)
        if line is None:
            return None
        start = edit.at.column - 1
        if "\n" in edit.old:
            return edit  # from the text itself
        is_json = edit.at.file.endswith(".json")
        if not is_json and line.startswith(edit.old, start):
            return edit
        if not edit.old or (is_json and edit.old.count('"') != edit.new.count('"')):
            return None
        if len(line) > _MAX_SEARCHED or edit.old.partition(" ")[0] not in line:
            return None
        found = list(_pattern(edit.old).finditer(line, 0 if is_json else start))
        # The columns of a translation are unknown, so the text must stand on the line only once.
        if not found or (is_json and len(found) > 1):
            return None
        return replace(edit, at=replace(edit.at, column=found[0].start() + 1), old=found[0][0])

    def _line(self, edit: TextEdit) -> str | None:
        file = edit.at.file
        if file not in self._texts:
            return None
        if file not in self._lines:
            self._lines[file] = self._texts[file].removeprefix("\ufeff").split("\n")
        lines = self._lines[file]
        return lines[edit.at.line - 1] if 1 <= edit.at.line <= len(lines) else None


@lru_cache(maxsize=256)
def _pattern(old: str) -> re.Pattern[str]:
    """A text between the ends of words, with any blanks where it has some."""
    inner = "[ \t]*+".join(map(re.escape, old.split(" ")))
    before = r"(?<![\w-])" if _WORD.match(old) else ""
    after = r"(?![\w-])" if _WORD.match(old[-1]) else ""
    return re.compile(f"{before}{inner}{after}")
