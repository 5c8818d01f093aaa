"""The tokens of HCL's native syntax.

This follows HCL's own scanner, hclsyntax/scan_tokens.rl
(https://github.com/hashicorp/hcl/blob/v2.24.0/hclsyntax/scan_tokens.rl), for texts that HCL's own parser accepts. In
other texts it may accept more, such as characters that no identifier may contain. It takes linear time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from ticketgen.findings import Location
from ticketgen.hcl_tokens import ESCAPED_TEMPLATE, GO_SPACE, HEREDOC, LINE_COMMENT, TEMPLATE

__all__ = ["EndKind", "SyntaxToken", "Unreadable", "UnreadableText", "tokenize"]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why and where a text cannot be read; lines and columns count from 1."""

    line: int
    column: int
    reason: str

    def at(self, file: str) -> Location:
        """The location in a file."""
        return Location(file, self.line, self.column)


class UnreadableText(Exception):
    """A part of the text is unreadable."""

    def __init__(self, line: int, column: int, reason: str) -> None:
        super().__init__(reason)
        self.reason = Unreadable(line, column, reason)


class EndKind:
    """The kinds of tokens that end something and have no sign of their own."""

    QUOTE: Final = "end of a string"
    HEREDOC: Final = "end of a heredoc"
    TEMPLATE: Final = "end of a template sequence"
    FILE: Final = "end of the file"


class SyntaxToken(NamedTuple):
    """A token.

    Attributes:
        kind: ``word``, ``number``, ``string`` (one without templates), ``"`` (the start of another string), ``<<`` (the
            start of a heredoc), ``text`` (a piece of either, at most one line), ``newline`` (one or more, with
            comments), one of `EndKind`, or the sign itself.
        text: the written text; of a string, without the quotes.
        line, column: the place, counted from 1.
    """

    kind: str
    text: str
    line: int
    column: int


_LITERAL: Final = r'[^"\\$%\r\n]*+'
_LINE: Final = r"[^$%\n]*+"
_DOLLAR: Final = r"[$%](?!\{)"
_CODE: Final = re.compile(
    r"[ \t]*+(?:"
    # Anything beyond ASCII outside of text is a part of an identifier, because HCL accepts it nowhere else.
    r"(?P<word>[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\-\x80-\U0010ffff]*+)"
    rf"|(?P<newline>(?:(?:{LINE_COMMENT}|\r)?+\n[ \t]*+)++|{LINE_COMMENT})"
    rf'|(?P<string>"{_LITERAL}(?:(?:\\[^\r\n]|{_DOLLAR}){_LITERAL})*+")'
    rf"|(?P<heredoc>{HEREDOC})"
    r"|(?P<sign>==|!=|>=|<=|&&|\|\||::|\.\.\.|=>|[\[\]().,*%+\-=<>!?:]|/(?!\*))"
    r"|(?P<number>[0-9]++(?:(?:\.*+[eE][+-]?|\.++)[0-9]++)*+)"
    r'|(?P<quote>")|(?P<open>\{)|(?P<close>~?\})|(?P<comment>/\*))'
)
_QUOTED: Final = re.compile(rf"{_LITERAL}(?:(?:\\[^\r\n]|{ESCAPED_TEMPLATE}|{_DOLLAR}){_LITERAL})*+")
_IN_HEREDOC: Final = re.compile(rf"{_LINE}(?:(?:{ESCAPED_TEMPLATE}|{_DOLLAR}){_LINE})*+\n?")
_TEMPLATE: Final = re.compile(rf"(?P<kind>{TEMPLATE})~?")
_BLANK: Final = re.compile(r"[ \t]*+")


def tokenize(text: str, first_line: int = 1) -> list[SyntaxToken]:
    """Split a text without a byte order mark into tokens; the last one is the end of the file.

    Args:
        text: the text.
        first_line: the number of its first line.

    Raises:
        UnreadableText: the text is invalid.
    """
    return _Tokenizer(text, first_line).tokens()


class _Tokenizer:
    def __init__(self, text: str, first_line: int) -> None:
        self.source = text
        self.at = 0
        self.line = first_line
        self.line_start = 0
        self.braces = 0
        # The enclosing templates: the number of open braces at a `${`, or `"`, or the marker of a heredoc.
        self.inside: list[int | str] = []
        self.found: list[SyntaxToken] = []

    def tokens(self) -> list[SyntaxToken]:
        while True:
            where = self.inside[-1] if self.inside else 0
            if isinstance(where, int):
                if self.code(where):
                    break
            elif where == '"':
                self.quoted()
            else:
                self.heredoc(where)
        return self.found

    def error(self, reason: str) -> UnreadableText:
        return UnreadableText(self.line, self.at - self.line_start + 1, reason)

    def add(self, kind: str, text: str) -> None:
        self.found.append(SyntaxToken(kind, text, self.line, self.at - self.line_start + 1))
        self.at += len(text)

    def code(self, outer_braces: int) -> bool:
        """Read code, up to the start or the end of a template; whether the text ends."""
        source, found, at = self.source, self.found, self.at
        line, line_start = self.line, self.line_start
        new, match_code = tuple.__new__, _CODE.match
        while True:
            match = match_code(source, at)
            if match is None:
                blank = _BLANK.match(source, at)
                self.at, self.line, self.line_start = blank.end() if blank else at, line, line_start
                if self.at < len(source) or self.inside:
                    raise self.error(
                        "unexpected character" if self.at < len(source) else "unexpected end of the file"
                    )
                self.add(EndKind.FILE, "")
                return True
            kind = match.lastgroup
            if kind == "marker":
                kind = "heredoc"
            assert kind is not None
            text = match[kind]
            at = match.end()
            column = at - len(text) - line_start + 1
            match kind:
                case "word" | "number":
                    found.append(new(SyntaxToken, (kind, text, line, column)))
                case "string":
                    found.append(new(SyntaxToken, (kind, text[1:-1], line, column)))
                case "sign":
                    found.append(new(SyntaxToken, (text, text, line, column)))
                case "newline":
                    if not found or found[-1][0] != "newline":
                        found.append(new(SyntaxToken, (kind, "", line, column)))
                    if "\n" in text:
                        line += text.count("\n")
                        line_start = at - len(text) + text.rindex("\n") + 1
                case "open":
                    self.braces += 1
                    found.append(new(SyntaxToken, (text, text, line, column)))
                case "close":
                    self.braces -= 1
                    if self.inside and self.braces + 1 == outer_braces:
                        self.inside.pop()
                        found.append(new(SyntaxToken, (EndKind.TEMPLATE, text, line, column)))
                        break
                    found.append(new(SyntaxToken, (text, text, line, column)))
                case "comment":
                    end = source.find("*/", at) + 2
                    if end < 2:
                        self.at, self.line, self.line_start = at, line, line_start
                        raise self.error("a comment is not closed")
                    if newlines := source.count("\n", at, end):
                        line += newlines
                        line_start = source.rindex("\n", at, end) + 1
                    at = end
                case "quote":
                    self.inside.append('"')
                    found.append(new(SyntaxToken, ('"', text, line, column)))
                    break
                case _:
                    self.inside.append(match["marker"])
                    found.append(new(SyntaxToken, ("<<", text.rstrip("\r\n"), line, column)))
                    line, line_start = line + 1, at
                    break
        self.at, self.line, self.line_start = at, line, line_start
        return False

    def quoted(self) -> None:
        """Read a string up to its end or to a template sequence."""
        match = _QUOTED.match(self.source, self.at)
        assert match is not None
        if match[0]:
            self.add("text", match[0])
        if not self.template():
            if not self.source.startswith('"', self.at):
                raise self.error("a string is not closed")
            self.inside.pop()
            self.add(EndKind.QUOTE, '"')

    def heredoc(self, marker: str) -> None:
        """Read a heredoc up to its end or to a template sequence."""
        source = self.source
        while True:
            if self.at >= len(source):
                raise self.error(f"the heredoc {marker} is not closed")
            if self.at == self.line_start:
                end = source.find("\n", self.at)
                end = len(source) if end < 0 else end
                if marker in (line := source[self.at : end]) and line.strip(GO_SPACE) == marker:
                    self.inside.pop()
                    self.add(EndKind.HEREDOC, line)
                    return
            match = _IN_HEREDOC.match(source, self.at)
            assert match is not None
            if match[0]:
                self.add("text", match[0])
            if match[0].endswith("\n"):
                self.line, self.line_start = self.line + 1, self.at
            elif self.template():
                return

    def template(self) -> bool:
        """Read the start of a template sequence, if one is here."""
        match = _TEMPLATE.match(self.source, self.at)
        if match is None:
            return False
        self.braces += 1
        self.inside.append(self.braces)
        self.add(match["kind"], match[0])
        return True
