"""Format HCL exactly as ``terraform fmt`` does.

The rules are those of ``hclwrite/format.go`` in hashicorp/hcl (v2.23); `format_rewrites` has those of Terraform itself.
A line of tokens (a heredoc belongs to the line that opens it) has up to three cells: a lead; an assign cell that starts
at the first ``=``, if the brackets after it are balanced; and a trailing comment. The assign cells of consecutive lines
are aligned in one column, and so are the comments.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from ticketgen.rendering.format_rewrites import LayoutPiece, rewritten
from ticketgen.rendering.scan import TokenKind, scan

__all__ = ["formatted"]

_MAX_PADDING: Final = (
    1_000_000  # spaces in a text: one long line moves the right sides of all lines around it
)

_TEXT: Final = frozenset({TokenKind.LITERAL, TokenKind.QUOTE, TokenKind.MARKER})
_BEFORE_TEXT: Final = frozenset({TokenKind.LITERAL, TokenKind.END_QUOTE, TokenKind.END_MARKER})
_NEGATED_AFTER: Final = frozenset({
    "", "(", "{", "[", "=", ":", ",", "?", "+", "*", "/", "%", "-", "==", "!=", ">", ">=", "<", "<=", "&&", "||", "!",
})  # fmt: skip
"""Tokens after which a minus is a negation, not a subtraction."""


class _Cells(NamedTuple):
    """A line of tokens in its cells; "" for a missing one."""

    lead: str
    assign: str
    comment: str


_NOTHING: Final = LayoutPiece(TokenKind.OTHER, "")


def formatted(text: str) -> str:
    """The text in Terraform's layout. Idempotent.

    Args:
        text: valid HCL with line ends of one line feed, without a byte order mark.

    Raises:
        ValueError: a long line would move too many others.
    """
    lines = list(_laid_out(_lines(rewritten(_pieces(text)))))
    assigned = _aligned((line.lead, line.assign) for line in lines)
    return "\n".join(_aligned(zip(assigned, (line.comment for line in lines), strict=True)))


def _pieces(text: str) -> Iterator[LayoutPiece]:
    for kind, start, end in scan(text):
        # The newline of a heredoc's first line belongs to no token.
        yield LayoutPiece(kind, text[start : end + (kind is TokenKind.MARKER)])


def _lines(pieces: Iterable[LayoutPiece]) -> Iterator[list[LayoutPiece]]:
    line: list[LayoutPiece] = []
    for piece in pieces:
        if piece.kind is TokenKind.NEWLINE:
            yield line
            line = []
        else:
            line.append(piece)
    yield line


def _laid_out(lines: Iterable[list[LayoutPiece]]) -> Iterator[_Cells]:
    """Each line in its cells, with its indentation and the blanks between its tokens."""
    indents: list[int] = []
    for line in lines:
        if not line:
            yield _Cells("", "", "")
            continue
        lead, assign, comment = _split(line)
        change = sum(each.brackets for each in _before_heredoc(lead)) + sum(each.brackets for each in assign)
        closed = -change
        while closed > 0 and indents:
            last = indents[-1]
            if closed < last:
                indents[-1] -= closed
                break
            indents.pop()
            closed = closed - last if closed > last else 0
        indent = "  " * len(indents)
        if change > 0:
            indents.append(change)
        yield _Cells(indent + _joined(lead), _joined(assign), comment)


def _before_heredoc(lead: Sequence[LayoutPiece]) -> Sequence[LayoutPiece]:
    markers = [place for place, each in enumerate(lead) if each.kind is TokenKind.MARKER]
    return lead[: markers[0]] if markers else lead


def _split(line: list[LayoutPiece]) -> tuple[list[LayoutPiece], list[LayoutPiece], str]:
    comment = ""
    if len(line) > 1 and line[-1].kind is TokenKind.COMMENT and not line[-1].text.startswith("/*"):
        comment = line[-1].text
        line = line[:-1]
    for place, piece in enumerate(line):
        if place > 0 and piece.kind is TokenKind.EQUAL:
            if sum(each.brackets for each in line[place:]) == 0:
                return line[:place], line[place:], comment
            break
    return line, [], comment


def _joined(pieces: Sequence[LayoutPiece]) -> str:
    done = []
    before = _NOTHING
    for place, piece in enumerate(pieces):
        done.append(piece.text)
        if place + 1 < len(pieces) and _has_space(before, piece, pieces[place + 1]):
            done.append(" ")
        before = piece
    return "".join(done)


def _has_space(before: LayoutPiece, piece: LayoutPiece, after: LayoutPiece) -> bool:
    """Whether there is a blank between a token and the next one; the cases are in the order of ``format.go``."""
    is_name = piece.kind is TokenKind.NAME
    if is_name and after.text == "(" and after.kind is TokenKind.OPEN:
        return False
    if (is_name and after.text == "::") or (piece.text == "::" and after.kind is TokenKind.NAME):
        return False
    if piece.kind is TokenKind.OTHER or after.kind is TokenKind.OTHER:
        if "." in {piece.text, after.text} or after.text in {",", "..."}:
            return False
        if piece.text == ",":
            return True
    if piece.kind in _TEXT or after.kind in _BEFORE_TEXT:
        return False
    if is_name and piece.text == "in" and before.kind is TokenKind.NAME:
        return True
    if after.text == "[" and (is_name or piece.kind is TokenKind.NUMBER or piece.brackets < 0):
        return False
    if piece.text == "!":
        return False
    if piece.text == "-":
        return before.text not in _NEGATED_AFTER
    if (piece.text == "{" and piece.kind is TokenKind.OPEN) or (
        after.text == "}" and after.kind is TokenKind.CLOSE
    ):
        return not (piece.text == "{" and after.text == "}")
    if piece.kind is TokenKind.TEMPLATE and after.text == "{":
        return True
    if piece.text == "}" and piece.kind is TokenKind.CLOSE and after.kind is TokenKind.END_TEMPLATE:
        return True
    if piece.kind is TokenKind.END_TEMPLATE and after.kind is TokenKind.TEMPLATE:
        return False
    return piece.brackets <= 0 and after.brackets >= 0


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
