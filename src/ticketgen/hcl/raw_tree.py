"""The raw syntax tree of a text, by python-hcl2. Nothing outside this package reads it.

Positions of rules would double the time of a parse and are left out; tokens have positions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from ticketgen.findings import Location
from ticketgen.hcl.grammar import parser

__all__ = ["Tree", "Unreadable", "read"]

Tree: TypeAlias = Any
"""A lark tree by the rules of ``hcl2/hcl2.lark``, whose leaves are tokens with their places in the text."""

_LONGEST_REASON = 300  # characters


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The reason why python-hcl2 cannot read a text, and the place: lines and columns count from 1."""

    line: int
    column: int
    reason: str

    def at(self, file: str) -> Location:
        """The place in a file."""
        return Location(file, self.line, self.column)


def read(text: str) -> Tree | Unreadable:
    """The tree of a text that has passed `guards.refusal`, or the reason why python-hcl2 cannot read it."""
    from lark.exceptions import LarkError

    try:
        # A line end, as hcl2.parses_to_tree adds it, because the grammar cannot express the end of the file.
        return parser().parse(text + "\n")
    except LarkError as error:
        line, column = getattr(error, "line", 1), getattr(error, "column", 1)
        reason = str(error).split("\n")[0].rstrip(". ")  # contains the whole token
        if len(reason) > _LONGEST_REASON:
            reason = f"{reason[:_LONGEST_REASON]}…"
        return Unreadable(max(1, line or 1), max(1, column or 1), reason)
    except RecursionError:
        return Unreadable(1, 1, "nested too deeply")
