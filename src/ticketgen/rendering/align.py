"""Align ``=`` and trailing comments exactly as ``terraform fmt`` does.

The rules are those of ``formatCells`` in hashicorp/hcl's ``hclwrite/format.go``. A line of tokens (a heredoc belongs to
the line that opens it) has up to three cells: a lead; an assign cell that starts at the first ``=``, if the brackets
after it are balanced; and a trailing comment. The assign cells of consecutive lines are aligned in one column, and so
are the comments.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from ticketgen.rendering.scan import Token, TokenKind, scan

__all__ = ["align"]


_MAX_PADDING = 1_000_000  # spaces in a text: one long line moves the right sides of all lines around it


class _Cells(NamedTuple):
    """A line of tokens, split where ``terraform fmt`` aligns; "" for a missing cell."""

    lead: str
    assign: str
    comment: str


def align(text: str) -> str:
    """Align HCL that matches ``terraform fmt`` in all other respects. Idempotent."""
    lines = list(_lines(text))
    assigned = _aligned((line.lead, line.assign) for line in lines)
    return "\n".join(_aligned(zip(assigned, (line.comment for line in lines), strict=True)))


def _lines(text: str) -> Iterator[_Cells]:
    start = 0
    line: list[Token] = []
    for token in scan(text).tokens:
        if token.kind is TokenKind.NEWLINE:
            yield _cells(text, start, token.start, line)
            start, line = token.end, []
        else:
            line.append(token)
    yield _cells(text, start, len(text), line)


def _cells(text: str, start: int, end: int, tokens: list[Token]) -> _Cells:
    comment_start = end
    if (
        len(tokens) > 1
        and tokens[-1].kind is TokenKind.COMMENT
        and not text.startswith("/*", tokens[-1].start)
    ):
        comment_start = tokens.pop().start
    assign_start = comment_start
    first = next((i for i, token in enumerate(tokens) if i > 0 and token.kind is TokenKind.EQUAL), None)
    if first is not None:
        kinds = [token.kind for token in tokens[first:]]
        if kinds.count(TokenKind.OPEN) == kinds.count(TokenKind.CLOSE):
            assign_start = tokens[first].start
    return _Cells(
        text[start:assign_start].rstrip(" \t"),
        text[assign_start:comment_start].rstrip(" \t"),
        text[comment_start:end].rstrip(" \t"),
    )


def _aligned(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Join pairs; the right sides of consecutive pairs start in the same column."""
    joined: list[str] = []
    padding = 0
    for has_right, chain in groupby(pairs, key=lambda pair: bool(pair[1])):
        rows = list(chain)
        if not has_right:
            joined.extend(left for left, _ in rows)
            continue
        widths = [_width(left) for left, _ in rows]
        widest = max(widths)
        padding += widest * len(rows) - sum(widths)
        if padding > _MAX_PADDING:
            raise ValueError(f"{len(rows):,} lines in a row to align at column {widest:,} are too many")
        joined.extend(
            left + " " * (widest - width + 1) + right
            for (left, right), width in zip(rows, widths, strict=True)
        )
    return joined


def _width(text: str) -> int:
    """The width as ``terraform fmt`` counts it: characters except combining marks."""
    if text.isascii():
        return len(text)
    return sum(unicodedata.category(character) not in {"Mn", "Me", "Mc", "Cf"} for character in text)
