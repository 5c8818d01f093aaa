"""What ``terraform fmt`` rewrites besides blanks: labels, types and lone interpolations.

Source: https://github.com/hashicorp/terraform/blob/v1.11.0/internal/command/fmt.go
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from ticketgen.rendering.scan import TokenKind

__all__ = ["LayoutPiece", "rewritten"]

_COLLECTIONS: Final = frozenset({"list", "map", "set"})
_QUOTED_TYPES: Final = {"string": "string", "list": "list(string)", "map": "map(string)"}
"""What is written for the types in quotes of Terraform 0.11."""


class LayoutPiece(NamedTuple):
    """A token and its text."""

    kind: TokenKind
    text: str

    @property
    def brackets(self) -> int:
        """The change of the number of open brackets."""
        return _BRACKETS.get(self.kind, 0)


_BRACKETS: Final = {
    TokenKind.OPEN: 1,
    TokenKind.TEMPLATE: 1,
    TokenKind.CLOSE: -1,
    TokenKind.END_TEMPLATE: -1,
}


def rewritten(pieces: Iterable[LayoutPiece]) -> list[LayoutPiece]:
    """The tokens of a file, rewritten."""
    return _Rewriting(list(pieces)).run()


class _Rewriting:
    """One pass over the tokens of a file, with the types of the blocks that contain the current one."""

    def __init__(self, pieces: list[LayoutPiece]) -> None:
        self.pieces = pieces
        self.place = 0
        self.within: list[str] = []

    def run(self) -> list[LayoutPiece]:
        done: list[LayoutPiece] = []
        while self.place < len(self.pieces):
            piece = self.pieces[self.place]
            if piece.kind is TokenKind.NAME:
                done += self._argument_or_block()
                continue
            if piece.kind is TokenKind.CLOSE and self.within:
                self.within.pop()
            done.append(piece)
            self.place += 1
        return done

    def _argument_or_block(self) -> list[LayoutPiece]:
        """The tokens of an attribute, or of a block up to its brace."""
        head = self._head()
        if self.place == len(self.pieces):
            return head
        sign = self.pieces[self.place]
        self.place += 1
        if sign.kind is TokenKind.EQUAL:
            value = self._value()
            is_type = self.within == ["variable"] and head[0].text == "type"
            return [*head, sign, *(_type(value) if is_type else _unwrapped(value))]
        if sign.text == "{":
            self.within.append(head[0].text)
        return [*head, sign]

    def _head(self) -> list[LayoutPiece]:
        """The name of an attribute, or the type of a block with its labels, which get quotes."""
        start = self.place
        while self.place < len(self.pieces) and self.pieces[self.place].kind not in _ENDS_OF_HEADS:
            self.place += 1
        head = self.pieces[start : self.place]
        is_block = self.place < len(self.pieces) and self.pieces[self.place].text == "{"
        if not is_block:
            return head
        labels: list[LayoutPiece] = []
        for piece in head[1:]:
            if piece.kind is TokenKind.NAME:
                labels += (LayoutPiece(TokenKind.QUOTE, '"'), LayoutPiece(TokenKind.LITERAL, piece.text))
                labels.append(LayoutPiece(TokenKind.END_QUOTE, '"'))
            elif piece.kind is not TokenKind.COMMENT:
                labels.append(piece)
        return [head[0], *labels]

    def _value(self) -> list[LayoutPiece]:
        """The tokens of an expression."""
        start, depth = self.place, 0
        while self.place < len(self.pieces):
            piece = self.pieces[self.place]
            if depth == 0 and piece.kind in {TokenKind.NEWLINE, TokenKind.CLOSE}:
                break
            if depth == 0 and piece.kind is TokenKind.COMMENT and not piece.text.startswith("/*"):
                break
            depth += piece.brackets
            self.place += 1
        return self.pieces[start : self.place]


_ENDS_OF_HEADS: Final = frozenset({TokenKind.EQUAL, TokenKind.OPEN, TokenKind.CLOSE, TokenKind.NEWLINE})


def _unwrapped(value: list[LayoutPiece]) -> list[LayoutPiece]:
    """The expression of a string that is one interpolation, or else the value as it is."""
    kinds = [piece.kind for piece in value]
    if len(value) < 5 or kinds[:2] != [TokenKind.QUOTE, TokenKind.TEMPLATE]:
        return value
    if kinds[-2:] != [TokenKind.END_TEMPLATE, TokenKind.END_QUOTE]:
        return value
    quotes = 0
    for kind in kinds[2:-2]:
        quotes += (kind is TokenKind.QUOTE) - (kind is TokenKind.END_QUOTE)
        if quotes == 0 and kind in _TEMPLATE_PARTS:
            return value
    inside = _trimmed(value[2:-2])
    lines = any(piece.kind is TokenKind.NEWLINE for piece in inside[1:])
    if lines and not (inside[0].text == "(" and inside[-1].text == ")"):
        return [LayoutPiece(TokenKind.OPEN, "("), *inside, LayoutPiece(TokenKind.CLOSE, ")")]
    return inside


_TEMPLATE_PARTS: Final = frozenset({TokenKind.TEMPLATE, TokenKind.END_TEMPLATE, TokenKind.LITERAL})


def _trimmed(pieces: Sequence[LayoutPiece]) -> list[LayoutPiece]:
    inner = [place for place, piece in enumerate(pieces) if piece.kind is not TokenKind.NEWLINE]
    return list(pieces[inner[0] : inner[-1] + 1]) if inner else []


def _type(value: list[LayoutPiece]) -> list[LayoutPiece]:
    """The type of a variable, without quotes and with the type of the elements."""
    if len(value) == 1 and value[0].text in _COLLECTIONS:
        return [
            *value,
            LayoutPiece(TokenKind.OPEN, "("),
            LayoutPiece(TokenKind.NAME, "any"),
            LayoutPiece(TokenKind.CLOSE, ")"),
        ]
    if len(value) == 3 and value[0].kind is TokenKind.QUOTE and value[1].text in _QUOTED_TYPES:
        return [LayoutPiece(TokenKind.NAME, _QUOTED_TYPES[value[1].text])]
    return value
