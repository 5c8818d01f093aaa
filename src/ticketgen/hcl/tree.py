"""Python-hcl2's reading of a text: its raw syntax tree, which nothing outside this package sees.

Its grammar is compiled in a second or two. What comes of that is kept: beside python-hcl2 itself where it did so, else
in ticketgen's own cache. Positions of rules, which double the time of a parse, are left out; tokens have theirs.
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
    from lark.exceptions import LarkError

    try:
        # As hcl2.parses_to_tree does: the grammar cannot ask for the end of the file.
        return _parser().parse(text + "\n")
    except LarkError as error:
        line, column = getattr(error, "line", 1), getattr(error, "column", 1)
        return Unreadable(max(1, line or 1), max(1, column or 1), str(error).split("\n")[0].rstrip(". "))
    except RecursionError:
        return Unreadable(1, 1, "it is nested too deeply")


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
    # Written beside and moved: another run must never see half of it.
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
