"""The raw syntax tree of a text, by python-hcl2. Nothing outside this package reads it.

Compiling the grammar takes a second or two, so ticketgen's cache keeps the result. Positions of rules would double the
time of a parse and are left out; tokens have positions.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from ticketgen.caching import cache_folder
from ticketgen.findings import Location

if TYPE_CHECKING:
    from lark import Lark

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
        return _parser().parse(text + "\n")
    except LarkError as error:
        line, column = getattr(error, "line", 1), getattr(error, "column", 1)
        reason = str(error).split("\n")[0].rstrip(". ")  # contains the whole token
        if len(reason) > _LONGEST_REASON:
            reason = f"{reason[:_LONGEST_REASON]}…"
        return Unreadable(max(1, line or 1), max(1, column or 1), reason)
    except RecursionError:
        return Unreadable(1, 1, "nested too deeply")


@cache
def _parser() -> Lark:
    import sys

    import lark
    from hcl2.parser import PARSER_FILE

    grammar = PARSER_FILE.parent / "hcl2.lark"
    folder = cache_folder()
    if folder is None:
        return _compiled(grammar, None)
    stat = grammar.stat()
    python = ".".join(map(str, sys.version_info[:2]))
    kept = folder / f"grammar-{lark.__version__}-{python}-{stat.st_size}-{stat.st_mtime_ns}.bin"
    if kept.exists():
        return _compiled(grammar, kept)
    # Write to a temporary file and rename it, so that no other run reads half of it.
    own = kept.with_suffix(f".{os.getpid()}")
    parser = _compiled(grammar, own)
    try:
        own.replace(kept)
    except OSError:
        own.unlink(missing_ok=True)
    return parser


def _compiled(grammar: Path, kept: Path | None) -> Lark:
    from hcl2.postlexer import PostLexer
    from lark import Lark

    return Lark.open(
        grammar.name,
        rel_to=str(grammar),
        parser="lalr",
        postlex=PostLexer(),
        cache=str(kept) if kept else False,
        propagate_positions=False,
    )
