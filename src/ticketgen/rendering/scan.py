"""A scanner for the few kinds of HCL token that layout depends on.

For valid HCL it follows HCL's own scanner. For invalid text, its only guarantee is that it terminates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from ticketgen.hcl_tokens import ESCAPED_TEMPLATE, HEREDOC, LINE_COMMENT, OPENING_BRACKET, TEMPLATE

__all__ = ["Scan", "Token", "TokenKind", "scan"]


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


@dataclass(frozen=True, slots=True)
class Scan:
    """The tokens in order, and the places of heredocs.

    ``heredocs`` are pairs (start of the first line, start of the closing marker's line).
    """

    tokens: tuple[Token, ...]
    heredocs: tuple[tuple[int, int], ...]


_CODE = re.compile(
    rf"""
    (?P<space>[ \t\r]+)
    |(?P<newline>\n)
    |(?P<comment>{LINE_COMMENT}|/\*.*?(?:\*/|\Z))
    |(?P<heredoc>{HEREDOC})
    |(?P<quote>")
    |(?P<open>{OPENING_BRACKET})
    |(?P<end>~?\}})
    |(?P<close>[\])])
    |(?P<operator>==|!=|>=|<=|=>|&&|\|\||::|\.\.\.)
    |(?P<equal>=)
    |(?P<number>\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)
    |(?P<name>[^\W\d][\w-]*)
    |(?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_QUOTED = re.compile(
    rf'(?P<open>{TEMPLATE}~?)|(?P<end>")|(?:\\.|{ESCAPED_TEMPLATE}|[$%](?!\{{)|[^"\\$%])+', re.DOTALL
)
_HEREDOC = re.compile(rf"(?P<open>{TEMPLATE}~?)|(?:{ESCAPED_TEMPLATE}|[$%](?!\{{)|[^$%\n])*(?P<line>\n)?")


def scan(text: str) -> Scan:
    """Split HCL into tokens."""
    return _Scanner(text).run()


class _Scanner:
    """One pass over a text. ``modes`` is the stack of enclosing constructs."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.tokens: list[Token] = []
        self.heredocs: list[tuple[int, int]] = []
        self.modes: list[_Mode] = [_Code()]

    def run(self) -> Scan:
        while self.place < len(self.text):
            mode = self.modes[-1]
            if isinstance(mode, _Code):
                self.code(mode)
            elif isinstance(mode, _Heredoc):
                self.heredoc(mode)
            else:
                self.quoted()
        return Scan(tuple(self.tokens), tuple(self.heredocs))

    def emit(self, kind: TokenKind, match: re.Match[str], end: int | None = None) -> None:
        end = match.end() if end is None else end
        if end > match.start():
            self.tokens.append(Token(kind, match.start(), end))
        self.place = end

    def code(self, mode: _Code) -> None:
        match = _CODE.match(self.text, self.place)
        assert match is not None
        name = match.lastgroup
        if name == "space":
            self.place = match.end()
        elif name == "heredoc":
            self.emit(TokenKind.MARKER, match, match.end() - 1)
            self.place = match.end()
            self.modes.append(_Heredoc(match["marker"], match.end()))
        elif name == "quote":
            self.emit(TokenKind.QUOTE, match)
            self.modes.append(_Quoted())
        elif name == "end":
            if mode.braces == 0 and len(self.modes) > 1:
                self.emit(TokenKind.END_TEMPLATE, match)
                self.modes.pop()
            else:
                self.emit(TokenKind.CLOSE, match)
                mode.braces -= 1
        else:
            mode.braces += match[0] == "{"
            self.emit(_KINDS.get(name or "", TokenKind.OTHER), match)

    def interpolation(self, match: re.Match[str]) -> None:
        self.emit(TokenKind.TEMPLATE, match)
        self.modes.append(_Code())

    def quoted(self) -> None:
        match = _QUOTED.match(self.text, self.place)
        if match is None:  # a lone backslash at the end of the text
            self.tokens.append(Token(TokenKind.LITERAL, self.place, len(self.text)))
            self.place = len(self.text)
        elif match["open"]:
            self.interpolation(match)
        else:
            self.emit(TokenKind.END_QUOTE if match["end"] else TokenKind.LITERAL, match)
            if match["end"]:
                self.modes.pop()

    def heredoc(self, mode: _Heredoc) -> None:
        match = _HEREDOC.match(self.text, self.place)
        assert match is not None
        if match["open"]:
            mode.line_start = False
            self.interpolation(match)
            return
        if mode.line_start and match[0].strip() == mode.marker:
            self.heredocs.append((mode.start, match.start()))
            self.emit(TokenKind.END_MARKER, match, match.end() - len(match["line"] or ""))
            self.modes.pop()
            return
        self.emit(TokenKind.LITERAL, match)
        mode.line_start = match["line"] is not None


_KINDS = {
    "newline": TokenKind.NEWLINE,
    "comment": TokenKind.COMMENT,
    "open": TokenKind.OPEN,
    "close": TokenKind.CLOSE,
    "equal": TokenKind.EQUAL,
    "name": TokenKind.NAME,
    "number": TokenKind.NUMBER,
}


@dataclass(slots=True)
class _Code:
    braces: int = 0


@dataclass(slots=True)
class _Heredoc:
    marker: str
    start: int
    line_start: bool = True


@dataclass(slots=True)
class _Quoted:
    pass


_Mode = _Code | _Heredoc | _Quoted
