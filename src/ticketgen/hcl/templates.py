"""Templates: text, interpolations and directives, by HCL's rules.

A template is first a flat list of `Piece`s, each with at most one line of a heredoc. Trimming at ``~``, dedenting of
``<<-`` and nesting of directives follow hclsyntax/parser_template.go (hashicorp/hcl v2.24).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import cast

from ticketgen.hcl.frozen_records import record
from ticketgen.hcl.guards import MAX_DEPTH
from ticketgen.hcl.syntax import Expression, ForDirective, IfDirective, Interpolation, Part, Text
from ticketgen.hcl_tokens import GO_SPACE, scan_marks

__all__ = [
    "Directive",
    "InvalidTemplate",
    "Piece",
    "decode",
    "dedent",
    "nest",
    "split_template",
    "trim",
    "unescape",
]


class InvalidTemplate(Exception):
    """A template has unbalanced interpolations or directives."""


@record
class Directive:
    """A single ``%{ … }``.

    Attributes:
        keyword: ``if``, ``else``, ``endif``, ``for`` or ``endfor``.
        subject: the condition of an ``if``, or the collection of a ``for``.
        names: the one or two names of a ``for``.
    """

    keyword: str
    subject: Expression | None = None
    names: tuple[str, ...] = ()


@record
class Piece:
    """A piece of a template; on which sides a ``~`` trims the text around it."""

    line: int
    column: int
    value: str | Expression | Directive
    trims_before: bool = False
    trims_after: bool = False


_ESCAPE = re.compile(r'\\(?:([nrt"\\])|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))|([$%])\4(?=\{)')
_SIMPLE_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


def decode(quoted: str) -> str:
    """Decode the escapes in a piece of a quoted string."""
    if "\\" not in quoted and "{" not in quoted:
        return quoted
    return _ESCAPE.sub(_character, quoted)


def _character(escape: re.Match[str]) -> str:
    if escape[1]:
        return _SIMPLE_ESCAPES[escape[1]]
    if escape[4]:
        return escape[4]
    code = int(escape[2] or escape[3], 16)
    return chr(code) if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else "\ufffd"


def unescape(text: str) -> str:
    """Decode the escapes in a piece of a heredoc."""
    return text.replace("$${", "${").replace("%%{", "%{") if "{" in text else text


def split_template(body: str) -> Iterator[str]:
    """The lines of a body, and the interpolations and directives between them."""
    begin = depth = 0
    for kind, _, _, mark in scan_marks(body, in_heredoc=True):
        if kind == "template":
            if depth == 0 and begin < mark.start():
                yield body[begin : mark.start()]
                begin = mark.start()
            depth += 1
        elif kind == "template end":
            depth -= 1
        if depth == 0 and kind in {"template end", "line"}:
            yield body[begin : mark.end()]
            begin = mark.end()
    if depth:
        raise InvalidTemplate("an interpolation is not closed")
    if begin < len(body):
        yield body[begin:]


def trim(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Trim the white space beside each ``~``: in a heredoc, at most one line."""
    for number, piece in enumerate(pieces):
        if isinstance(piece.value, str):
            text = piece.value
            if number > 0 and pieces[number - 1].trims_after:
                text = text.lstrip(GO_SPACE)
            if number + 1 < len(pieces) and pieces[number + 1].trims_before:
                text = text.rstrip(GO_SPACE)
            yield piece if text == piece.value else replace(piece, value=text)
        else:
            yield piece


def dedent(pieces: Sequence[Piece]) -> list[Piece]:
    """Remove the common indentation from the trimmed pieces of a ``<<-`` heredoc.

    As in HCL, a line counts as part of the previous one if a ``~`` trimmed the line end between them.
    """
    indents: dict[int, int] = {}
    at_line_start = True
    for number, piece in enumerate(pieces):
        text = piece.value if isinstance(piece.value, str) else None
        if at_line_start and text is None:
            return list(pieces)  # a line has no indentation, so there is none in common
        if at_line_start and text is not None:
            indent = len(text) - len(text.lstrip(GO_SPACE))
            if indent < len(text) or not text.endswith("\n"):  # blank lines do not count
                indents[number] = indent
        at_line_start = text is not None and text.endswith("\n")
    shared = min(indents.values(), default=0)
    return [
        replace(piece, value=piece.value[shared:], column=piece.column + shared)
        if number in indents and isinstance(piece.value, str)
        else piece
        for number, piece in enumerate(pieces)
    ]


def nest(pieces: Sequence[Piece]) -> tuple[Part, ...]:
    """Build a template's parts from trimmed pieces: join texts, nest directives.

    Raises:
        InvalidTemplate: the directives are unbalanced.
    """
    return _parts_until(list(reversed(pieces)), frozenset(), MAX_DEPTH)[0]


def _parts_until(waiting: list[Piece], ends: frozenset[str], room: int) -> tuple[tuple[Part, ...], str]:
    """The parts before a closing directive, and its keyword; "" at the end."""
    if room == 0:
        raise InvalidTemplate(f"directives are nested deeper than {MAX_DEPTH} levels")
    parts: list[Part] = []
    while waiting:
        piece = waiting.pop()
        value = piece.value
        if isinstance(value, str):
            if value:
                texts = [value]
                while waiting and isinstance(waiting[-1].value, str):
                    texts.append(cast("str", waiting.pop().value))
                parts.append(Text(piece.line, piece.column, "".join(texts)))
        elif not isinstance(value, Directive):
            parts.append(Interpolation(piece.line, piece.column, value))
        elif value.keyword in ends:
            return tuple(parts), value.keyword
        else:
            parts.append(_directive_part(piece, value, waiting, room - 1))
    if ends:
        raise InvalidTemplate("a directive is not closed")
    return tuple(parts), ""


def _directive_part(piece: Piece, directive: Directive, waiting: list[Piece], room: int) -> Part:
    if directive.subject is None:
        raise InvalidTemplate(f"%{{ {directive.keyword} }} has no opening directive")
    if directive.keyword == "for":
        body, _ = _parts_until(waiting, frozenset({"endfor"}), room)
        *key, name = directive.names
        return ForDirective(piece.line, piece.column, key[0] if key else None, name, directive.subject, body)
    then, keyword = _parts_until(waiting, frozenset({"else", "endif"}), room)
    otherwise = _parts_until(waiting, frozenset({"endif"}), room)[0] if keyword == "else" else ()
    return IfDirective(piece.line, piece.column, directive.subject, then, otherwise)
