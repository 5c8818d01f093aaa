"""Find the markers that a merge with conflicts leaves in a text."""

from __future__ import annotations

from typing import Final

__all__ = ["conflict_lines"]

_BEGINS: Final = "<<<<<<< "
_OTHERS: Final = ("||||||| ", ">>>>>>> ")


def conflict_lines(text: str) -> tuple[int, ...]:
    """The numbers of the lines where conflicts begin, or of the first marker that is left of one; from 1.

    A line of ``=======`` alone is no marker: it underlines a heading in Markdown.
    """
    lines = text.split("\n")
    begins = tuple(number for number, line in enumerate(lines, 1) if line.startswith(_BEGINS))
    return begins or tuple(number for number, line in enumerate(lines, 1) if line.startswith(_OTHERS))[:1]
