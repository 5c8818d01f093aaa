"""Apply the edits of findings to texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from ticketgen.findings import TextEdit

__all__ = ["apply_edits"]

_LINE_END = re.compile("\n")
_MARK = "\ufeff"
"""The byte order mark, which locations do not count."""


def apply_edits(texts: Mapping[str, str], edits: Iterable[TextEdit]) -> dict[str, str]:
    """The texts that some edits change, each as a whole.

    An edit is left out if its file is missing or does not have the old text at that place, or if it overlaps an
    earlier one.

    Args:
        texts: by the path that the edits name.
        edits: in the order of their importance.
    """
    by_file: dict[str, list[TextEdit]] = {}
    for edit in dict.fromkeys(edits):
        if edit.at.file in texts:
            by_file.setdefault(edit.at.file, []).append(edit)
    changed = {file: _edited(texts[file], own) for file, own in by_file.items()}
    return {file: text for file, text in changed.items() if text != texts[file]}


def _edited(text: str, edits: Iterable[TextEdit]) -> str:
    plain = text.removeprefix(_MARK)
    starts = [0, *(match.end() for match in _LINE_END.finditer(plain))]
    line_end = "\r\n" if "\r\n" in plain else "\n"
    taken: list[tuple[int, int, str]] = []
    for edit in edits:
        if not 1 <= edit.at.line <= len(starts):
            continue
        start = starts[edit.at.line - 1] + edit.at.column - 1
        end = start + len(edit.old)
        if plain[start:end] != edit.old or any(_overlap(start, end, first, last) for first, last, _ in taken):
            continue
        taken.append((start, end, edit.new.replace("\n", line_end)))
    return text[: len(text) - len(plain)] + "".join(_pieces(plain, sorted(taken)))


def _overlap(start: int, end: int, first: int, last: int) -> bool:
    return start == first or (start < last and first < end)


def _pieces(text: str, taken: Iterable[tuple[int, int, str]]) -> Iterator[str]:
    done = 0
    for start, end, new in taken:
        yield text[done:start]
        yield new
        done = end
    yield text[done:]
