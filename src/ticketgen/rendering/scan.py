"""Split HCL into the few kinds of token that layout depends on.

For valid HCL this follows HCL's own scanner. For invalid text, its only guarantee is that it terminates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple

from ticketgen.hcl_tokens import scan_marks

__all__ = ["Token", "TokenKind", "scan"]


class TokenKind(Enum):
    """The role of a token in the layout."""

    NEWLINE = auto()
    COMMENT = auto()  # from # or // up to but not including its newline; or /* ... */
    EQUAL = auto()  # the = of an attribute or of an object's item
    OPEN = auto()  # a bracket
    CLOSE = auto()
    TEMPLATE = auto()  # the start of an interpolation or of a directive
    END_TEMPLATE = auto()
    QUOTE = auto()  # the start of a quoted string
    END_QUOTE = auto()
    MARKER = auto()  # the start of a heredoc, without its newline
    END_MARKER = auto()  # with the blanks before it
    LITERAL = auto()  # text in a string or in a heredoc
    NAME = auto()
    NUMBER = auto()
    OTHER = auto()


class Token(NamedTuple):
    """A piece of the text, ``text[start:end]``. White space belongs to no token."""

    kind: TokenKind
    start: int
    end: int


_PLAIN = re.compile(
    r"""
    [ \t\r]+
    |(?P<newline>\n)
    |(?P<operator>==|!=|>=|<=|=>|&&|\|\||::|\.\.\.)
    |(?P<equal>=)
    |(?P<number>\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)
    |(?P<name>[^\W\d][\w-]*)
    |(?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
"""Code without comments, brackets, strings and heredocs."""

_KINDS = {
    "newline": TokenKind.NEWLINE,
    "equal": TokenKind.EQUAL,
    "name": TokenKind.NAME,
    "number": TokenKind.NUMBER,
}
_MARKS = {
    "open": TokenKind.OPEN,
    "close": TokenKind.CLOSE,
    "remark": TokenKind.COMMENT,
    "comment": TokenKind.COMMENT,
    "quote": TokenKind.QUOTE,
    "end": TokenKind.END_QUOTE,
    "marker": TokenKind.MARKER,
    "marker end": TokenKind.END_MARKER,
    "template": TokenKind.TEMPLATE,
    "template end": TokenKind.END_TEMPLATE,
}
"""The marks that are tokens; the others are parts of literal text."""


def scan(text: str) -> Iterator[Token]:
    """Yield the tokens of a text, in order."""
    at = 0
    where: list[str] = []
    for kind, context, _, match in scan_marks(text):
        if kind == "escape":
            continue
        start, end = match.start(), match.end()
        if kind == "line":
            yield Token(TokenKind.LITERAL, at, end)
            at = end
            continue
        if kind == "comment":
            close = text.find("*/", end)
            end = len(text) if close < 0 else close + 2
        elif kind == "template":
            end += text.startswith("~", end)
        elif kind == "template end":
            start -= text.endswith("~", at, start)
        yield from _between(text, at, start, literal=bool(context))
        yield Token(_MARKS[kind], start, end - (kind == "marker"))
        at = end
        if kind in {"quote", "marker"}:
            where.append(kind)
        elif kind == "template":
            where.append("")
        elif kind in {"end", "marker end", "template end"}:
            where.pop()
    yield from _between(text, at, len(text), literal=bool(where and where[-1]))


def _between(text: str, start: int, end: int, *, literal: bool) -> Iterator[Token]:
    """The tokens between two marks."""
    if literal:
        if start < end:
            yield Token(TokenKind.LITERAL, start, end)
        return
    for match in _PLAIN.finditer(text, start, end):
        if match.lastgroup is not None:
            yield Token(_KINDS.get(match.lastgroup, TokenKind.OTHER), match.start(), match.end())
