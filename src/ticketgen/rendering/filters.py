"""The filters of the templates: the only way from data to output.

A filter takes a value of the context and returns a `Quoted`. It raises an error for a value that it cannot express
without a change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from types import MappingProxyType

from markupsafe import Markup

from ticketgen.rendering import escapes, literals
from ticketgen.rendering.quoted import Quoted, RawExpression

__all__ = [
    "FILTERS", "comment", "expression", "hcl", "heredoc", "identifier", "inside", "json", "lines", "number",
    "python", "yaml",
]  # fmt: skip

_MAX_INDENT = 80


def hcl(value: object, indent: int | None = None) -> Quoted:
    """Any JSON-like value as an HCL expression; on several lines if given an indent."""
    if indent is not None:
        _check_indent(indent)
    return Quoted(literals.hcl_literal(value, indent))


def inside(value: object) -> Quoted:
    """Text inside the quotes of an HCL string: ``"app-{{ what | inside }}"``."""
    return Quoted(escapes.hcl_text(literals.plain_text(value)))


def identifier(value: object) -> Quoted:
    """A name in HCL or Python: letters, digits and underscores, no digit first."""
    text = literals.plain_text(value)
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        raise ValueError(f"{text!r} is not an identifier")
    return Quoted(text)


def number(value: object) -> Quoted:
    """A finite number."""
    return Quoted(literals.number_literal(value))


def expression(value: object) -> Quoted:
    """A raw HCL expression: a `RawExpression` from ticketgen's own code, never text."""
    if not isinstance(value, RawExpression):
        literals.raise_unsupported(value, "an Expression")
    return Quoted(value.text)


def heredoc(value: object, marker: str) -> Quoted:
    """A block of code as an HCL heredoc, verbatim except for ``${`` and ``%{``.

    A newline must follow it.

    Args:
        value: the code: empty, or ending with a newline.
        marker: the word that opens and closes it, such as ``PYTHON``; numbered if the code contains it.

    Raises:
        ValueError: the marker is not a word.
    """
    text = literals.plain_text(value)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,30}", literals.plain_text(marker)):
        raise ValueError(f"{marker[:40]!r} is not a marker: use a word such as PYTHON")
    word = marker if marker not in text else f"{marker}_{_free_number(text, marker)}"
    return Quoted(f"<<{word}\n{escapes.heredoc_text(text)}{word}")


def _free_number(text: str, marker: str) -> int:
    """The first number from 2 on that does not follow the marker; one pass over the text."""
    runs = re.findall(rf"{marker}_([0-9]{{1,9}})", text)
    taken = {run[:length] for run in runs for length in range(1, len(run) + 1)}
    return next(number for number in count(2) if str(number) not in taken)


def comment(value: object) -> Quoted:
    """Text for a one-line ``#`` comment; line breaks become spaces."""
    return Quoted(escapes.comment_text(literals.plain_text(value)))


def json(value: object) -> Quoted:
    """Any JSON-like value as JSON on one line."""
    return Quoted(literals.json_literal(value))


def yaml(value: object) -> Quoted:
    """Any JSON-like value as YAML in flow style."""
    return Quoted(literals.yaml_literal(value))


def python(value: object) -> Quoted:
    """Any JSON-like value as a Python literal."""
    return Quoted(literals.python_literal(value))


def lines(values: Iterable[object], indent: int = 0, end: str = "") -> Quoted:
    """Values of filters or macros, one per line, without a newline after the last.

    Args:
        values: values of filters and macros.
        indent: spaces before every line except the first, which the template indents.
        end: the end of every line: nothing or a comma.

    Raises:
        ValueError: the end is something else.
    """
    if end not in ("", ","):
        raise ValueError(f"{str(end)[:40]!r} is not a line end: use '' or ','")
    _check_indent(indent)
    texts = []
    for value in values:
        if not isinstance(value, Quoted | Markup):
            literals.raise_unsupported(value, "quoted")
        texts.append(value.__html__() + end)
    return Quoted(("\n" + " " * indent).join(texts))


def _check_indent(indent: int) -> None:
    """Check a number of spaces, which each line of a value may repeat."""
    if type(indent) is not int or not 0 <= indent <= _MAX_INDENT:
        raise ValueError(f"{str(indent)[:20]} is not an indent from 0 to {_MAX_INDENT}")


FILTERS: Mapping[str, Callable[..., Quoted]] = MappingProxyType(
    {
        function.__name__: function
        for function in (
            hcl,
            inside,
            identifier,
            number,
            expression,
            heredoc,
            comment,
            json,
            yaml,
            python,
            lines,
        )
    }
)
"""The filters by their names in templates."""
