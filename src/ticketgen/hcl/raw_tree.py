"""The raw syntax tree of a text from python-hcl2. Only this package reads it.

Tokens have positions; rules have none, because they would double the time of a parse.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from ticketgen.hcl.grammar import parser
from ticketgen.hcl.tokenizer import Unreadable

__all__ = ["Tree", "read"]

Tree: TypeAlias = Any
"""A lark tree for the grammar ``hcl2/hcl2.lark``. The leaves are tokens with their positions in the text."""

_MAX_REASON = 300  # characters


def read(text: str) -> Tree | Unreadable:
    """Read a text that has passed `guards.refusal`; the reason if that fails."""
    from lark.exceptions import LarkError

    try:
        # hcl2.parses_to_tree adds the same line end, because the grammar cannot express the end of the file.
        return parser().parse(text + "\n")
    except LarkError as error:
        line, column = getattr(error, "line", 1), getattr(error, "column", 1)
        reason = str(error).split("\n")[0].rstrip(". ")  # contains the whole token
        if len(reason) > _MAX_REASON:
            reason = f"{reason[:_MAX_REASON]}…"
        return Unreadable(max(1, line or 1), max(1, column or 1), reason)
    except RecursionError:
        return Unreadable(1, 1, "nested too deeply")
