"""Python-hcl2's reading of a text: its raw syntax tree, which nothing outside this package sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from ticketgen.findings import Location

__all__ = ["Tree", "Unreadable", "read"]

Tree: TypeAlias = Any
"""A lark tree by the rules of ``hcl2/hcl2.lark``; its leaves are tokens, with their places in the text."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why python-hcl2 cannot read a text, and where: lines and columns count from 1."""

    line: int
    column: int
    reason: str

    def at(self, file: str) -> Location:
        """The place in the file of that name."""
        return Location(file, self.line, self.column)


def read(text: str) -> Tree | Unreadable:
    """The tree of a text that has passed `guards.refusal`, or why there is none."""
    import hcl2
    from lark.exceptions import LarkError

    try:
        return hcl2.parses_to_tree(text)
    except LarkError as error:
        line, column = getattr(error, "line", 1), getattr(error, "column", 1)
        return Unreadable(max(1, line or 1), max(1, column or 1), str(error).split("\n")[0].rstrip(". "))
    except RecursionError:
        return Unreadable(1, 1, "it is nested too deeply")
