"""Find the markers that a merge with conflicts leaves in a text."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["OWN_SIDE", "any_conflict_lines", "conflict_lines", "label_of"]

OWN_SIDE: Final = "yours"
"""The label of the user's side of a conflict."""

_OURS: Final = r"ticketgen \S{1,64}"
_BEGINS = re.compile(f"<<<<<<< {OWN_SIDE}")
_OTHERS = re.compile(rf"(?:\|\|\|\|\|\|\||>>>>>>>) {_OURS}")
_ANY_BEGINS = re.compile(r"<<<<<<< .*")
_ANY_OTHERS = re.compile(r"(?:\|\|\|\|\|\|\||>>>>>>>) .*")


def label_of(version: str) -> str:
    """The label of a side that a version of ticketgen wrote."""
    return f"ticketgen {version}"


def conflict_lines(text: str) -> tuple[int, ...]:
    """The numbers of the lines where ticketgen's conflicts begin, or of the first marker that is left of one; from 1.

    Other labels do not count: a README may show a conflict as an example. Neither does a line of ``=======`` alone: it
    underlines a heading in Markdown.
    """
    return _lines(text, _BEGINS, _OTHERS)


def any_conflict_lines(text: str) -> tuple[int, ...]:
    """Like `conflict_lines`, for the markers of any merge: for texts that never show one, such as templates."""
    return _lines(text, _ANY_BEGINS, _ANY_OTHERS)


def _lines(text: str, begins: re.Pattern[str], others: re.Pattern[str]) -> tuple[int, ...]:
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    found = tuple(number for number, line in enumerate(lines, 1) if begins.fullmatch(line))
    return found or tuple(number for number, line in enumerate(lines, 1) if others.fullmatch(line))[:1]
