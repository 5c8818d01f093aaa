"""Apply the edits of findings to texts."""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ticketgen.findings import Finding, TextEdit

__all__ = ["EditedTexts", "apply_edits"]

_LINE_END = re.compile("\n")
_MARK = "\ufeff"
"""The byte order mark, which locations do not count."""


class EditedTexts(NamedTuple):
    """The result of making edits.

    Attributes:
        texts: the files that change, each as a whole, by path.
        fixed: the findings whose edits were made.
    """

    texts: Mapping[str, str]
    fixed: tuple[Finding, ...]


def apply_edits(texts: Mapping[str, str], findings: Iterable[Finding]) -> EditedTexts:
    """Make the edits of some findings.

    The edits of a finding are left out if a file is missing or does not have the old text at the place, or if they
    overlap those of an earlier one.

    Args:
        texts: by the path that the edits name.
        findings: in the order of their importance.
    """
    open_files: dict[str, _EditedFile] = {}
    fixed = []
    for finding in findings:
        for edit in finding.edits:
            if edit.at.file in texts and edit.at.file not in open_files:
                open_files[edit.at.file] = _EditedFile(texts[edit.at.file])
        files = [open_files.get(edit.at.file) for edit in finding.edits]
        if all(
            file is not None and file.accepts(edit) for file, edit in zip(files, finding.edits, strict=True)
        ):
            fixed.append(finding)
            for edit in finding.edits:
                open_files[edit.at.file].add(edit)
    changed = {path: file.result() for path, file in open_files.items()}
    return EditedTexts({path: text for path, text in changed.items() if text != texts[path]}, tuple(fixed))


class _EditedFile:
    """A text, and the edits to make in it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._plain = text.removeprefix(_MARK)
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(self._plain))]
        self._line_end = "\r\n" if "\r\n" in self._plain else "\n"
        self._taken: dict[tuple[int, int], str] = {}
        self._sorted: list[tuple[int, int]] = []

    def _span(self, edit: TextEdit) -> tuple[int, int] | None:
        """The start and the end of the old text; None if it is not there."""
        if not 1 <= edit.at.line <= len(self._starts):
            return None
        start = self._starts[edit.at.line - 1] + edit.at.column - 1
        end = start + len(edit.old)
        return (start, end) if self._plain[start:end] == edit.old else None

    def _new(self, edit: TextEdit) -> str:
        return edit.new.replace("\n", self._line_end)

    def accepts(self, edit: TextEdit) -> bool:
        """Whether an edit can be made, or is the same as one of the others."""
        span = self._span(edit)
        if span is None:
            return False
        if self._taken.get(span) == self._new(edit):
            return True
        # The spans in order do not overlap, so only the neighbours matter.
        at = bisect_left(self._sorted, span)
        return not any(_overlap(*span, *other) for other in self._sorted[max(at - 1, 0) : at + 1])

    def add(self, edit: TextEdit) -> None:
        """Make an edit that is accepted."""
        span = self._span(edit)
        if span is not None and span not in self._taken:
            self._taken[span] = self._new(edit)
            insort(self._sorted, span)

    def result(self) -> str:
        """The text with all edits."""
        return self._text[: len(self._text) - len(self._plain)] + "".join(self._pieces())

    def _pieces(self) -> Iterator[str]:
        done = 0
        for (start, end), new in ((span, self._taken[span]) for span in self._sorted):
            yield self._plain[done:start]
            yield new
            done = end
        yield self._plain[done:]


def _overlap(start: int, end: int, first: int, last: int) -> bool:
    return start == first or (start < last and first < end)
