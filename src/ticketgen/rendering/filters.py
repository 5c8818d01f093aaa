"""The filters of the templates: the only way from data to output.

Each takes a value of the context and gives a `Quoted`, or raises for what it cannot carry unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from markupsafe import Markup

from ticketgen.rendering import escapes, literals
from ticketgen.rendering.quoted import Expression, Quoted

__all__ = ["FILTERS"]


def hcl(value: object, indent: int | None = None) -> Quoted:
    """Any JSON-like value as an HCL expression: on one line, or over several from a line indented so far."""
    return Quoted(literals.hcl_literal(value, indent))


def inside(value: object) -> Quoted:
    """Text inside the quotes of an HCL string that the template wrote: ``"app-{{ what | inside }}"``."""
    return Quoted(escapes.hcl_text(literals.plain_text(value)))


def identifier(value: object) -> Quoted:
    """A name of HCL or Python: letters, digits and underscores, no digit first."""
    text = literals.plain_text(value)
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        raise ValueError(f"{text!r} is no identifier")
    return Quoted(text)


def number(value: object) -> Quoted:
    """A finite number."""
    return Quoted(literals.number_literal(value))


def expression(value: object) -> Quoted:
    """A raw HCL expression: an `Expression` that ticketgen's own code made, never text."""
    if not isinstance(value, Expression):
        literals.refuse(value, "an Expression")
    return Quoted(value.text)


def heredoc(value: object, marker: str) -> Quoted:
    """A block of code as an HCL heredoc, verbatim but for ``${`` and ``%{``. A newline must follow it.

    Args:
        value: the code: empty, or ending with a newline.
        marker: the word that opens and closes it, ``PYTHON``; numbered when the code itself contains it.
    """
    text = literals.plain_text(value)
    word, count = marker, 1
    while word in text:
        count += 1
        word = f"{marker}_{count}"
    return Quoted(f"<<{word}\n{escapes.heredoc_text(text)}{word}")


def comment(value: object) -> Quoted:
    """Text on the one line of a ``#`` comment; line breaks in it become spaces."""
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
    """Each of the quoted values (or macros' values) on a line of its own; no newline after the last.

    Args:
        values: what filters and macros made.
        indent: spaces before every line but the first, whose place the template sets.
        end: what every line ends with: nothing, or a comma.
    """
    if end not in ("", ","):
        raise ValueError(f"{end!r} does not end a line")
    texts = []
    for value in values:
        if not isinstance(value, Quoted | Markup):
            literals.refuse(value, "quoted")
        texts.append(value.__html__() + end)
    return Quoted(("\n" + " " * indent).join(texts))


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
"""The filters by the name under which templates know them."""
