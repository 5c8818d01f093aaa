"""The tokens of HCL that several readers need: their patterns, and a scan of what begins and ends something.

They follow HCL's own scanner (hashicorp/hcl v2.24, ``hclsyntax/scan_tokens.rl``), and the patterns mean the same with
and without `re.VERBOSE`. The scan reads no expressions. It serves code that must tell code from strings, heredocs and
comments without a parser, also in invalid text: the guards, the weight of a text, the templates in heredocs, and the
layout.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

__all__ = [
    "ESCAPED_TEMPLATE",
    "GO_SPACE",
    "HEREDOC",
    "LINE_COMMENT",
    "TEMPLATE",
    "heredoc_bodies",
    "scan_marks",
]

LINE_COMMENT: Final = r"\#[^\n]*|//[^\n]*"

HEREDOC: Final = r"<<-?(?P<marker>[^\W\d][\w-]*)\r?\n"
"""The first line of a heredoc; the group ``marker`` is what ends it."""

TEMPLATE: Final = r"[$%]\{"
"""The start of an interpolation or a directive, where it is not an `ESCAPED_TEMPLATE`."""

ESCAPED_TEMPLATE: Final = r"\$\$\{|%%\{"

GO_SPACE: Final = (
    " \t\n\v\f\r\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
    "\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""The white space of Go's unicode.IsSpace."""

_CODE: Final = re.compile(
    rf"(?P<remark>{LINE_COMMENT})|(?P<comment>/\*)|{HEREDOC}"
    rf'|(?P<open>[\[({{])|(?P<close>[\])}}])|(?P<quote>")'
)
_QUOTED: Final = re.compile(rf'\\.|{ESCAPED_TEMPLATE}|(?P<template>{TEMPLATE})|(?P<end>")', re.DOTALL)
_HEREDOC: Final = re.compile(rf"{ESCAPED_TEMPLATE}|(?P<template>{TEMPLATE})|(?P<line>\n)")
_LINE: Final = re.compile(r"[^\n]*")
_UNENDING: Final = "\n"
"""The end marker of a heredoc whose end is not in the text: no line equals it."""


def scan_marks(text: str, *, in_heredoc: bool = False) -> Iterator[tuple[str, str, int, re.Match[str]]]:
    """The marks in a text that begin or end something, in order.

    Each mark is a kind, its context, the offset after the previous mark, and its match. The context is "" for code,
    ``"`` for a quoted string, and the marker for a heredoc. The kinds are ``open``, ``close``, ``template``,
    ``template end``, ``quote``, ``end`` (of a quoted string), ``marker``, ``marker end``, ``comment``, ``line`` (in a
    heredoc) and ``escape``. In invalid text, there may be too many opening marks, but never too few: the guards rely on
    them to protect a parser that would abort the process.

    Args:
        text: the text.
        in_heredoc: whether the text is the body of a heredoc, and not code.
    """
    last_comment_end = text.rfind("*/")
    braces = 0
    # The enclosing templates: the number of open braces at a `${`, or the end mark of a quoted string or heredoc.
    inside: list[int | str] = [_UNENDING] if in_heredoc else []
    position = 0
    while True:
        here = inside[-1] if inside else 0
        where = here if isinstance(here, str) else ""
        before = position
        if where and where != '"' and text[position - 1 : position] == "\n":
            match = _LINE.match(text, position)
            if match is not None and match[0].strip(GO_SPACE) == where:
                inside.pop()
                position = match.end()
                yield "marker end", where, before, match
                continue
        pattern = _CODE if not where else _QUOTED if where == '"' else _HEREDOC
        match = pattern.search(text, position)
        if match is None:
            return
        position = match.end()
        kind = match.lastgroup or "escape"
        match kind:
            case "open":
                braces += match[0] == "{"
            case "template":
                braces += 1
                inside.append(braces)
            case "close":
                if match[0] == "}":
                    if inside and braces == here:
                        inside.pop()
                        kind = "template end"
                    braces -= 1
            case "quote":
                inside.append('"')
            case "end":
                inside.pop()
            case "marker":
                inside.append(match["marker"])
            case "comment":
                if position <= last_comment_end:
                    position = text.index("*/", position) + 2
        yield kind, where, before, match


def heredoc_bodies(text: str) -> Iterator[tuple[int, int]]:
    """The heredocs in a text: the start of the first line of each, and the start of the line that ends it."""
    starts: list[int] = []
    for kind, _, _, match in scan_marks(text):
        if kind == "marker":
            starts.append(match.end())
        elif kind == "marker end":
            start = starts.pop()
            if not starts:
                yield start, match.start()
