"""JSON-like values as literals of HCL, Python, YAML and JSON.

A value is None, a bool, an int, a finite float, a str, or a sequence or mapping of values, with text as keys. In HCL it
may also be a `RawExpression`. Mappings keep their order. Sets are rejected, because they have no order.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from jinja2 import Undefined
from markupsafe import Markup

from ticketgen.rendering.escapes import double_quoted, hcl_key, hcl_string, require_encodable
from ticketgen.rendering.quoted import RawExpression

__all__ = [
    "hcl_literal",
    "json_literal",
    "number_literal",
    "plain_text",
    "python_literal",
    "raise_unsupported",
    "yaml_literal",
]

# Characters, including quotes and escapes. YAML 1.2 §7.4.2 allows 1,024 for an implicit key.
_YAML_LONGEST_KEY = 1000
_MAX_SHOWN = 80  # characters of a value in a message


def plain_text(value: object) -> str:
    """The value, if it is text that is not rendered yet.

    Raises:
        TypeError: it is something else.
    """
    if isinstance(value, str) and not isinstance(value, Markup):
        return str.__str__(value)
    return raise_unsupported(value, "plain text")


def raise_unsupported(value: object, wanted: str) -> NoReturn:
    """Raise an error that names the expected kind of value.

    Raises:
        TypeError: always, for a value.
        jinja2.UndefinedError: always, for a name that the template's context lacks.
    """
    if isinstance(value, Undefined):
        str(value)
    shown = repr(value)
    short = shown if len(shown) <= _MAX_SHOWN else f"{shown[:_MAX_SHOWN]}…"
    raise TypeError(f"{short} ({type(value).__name__}) should be {wanted}")


def number_literal(value: object) -> str:
    """A finite number, in digits that HCL, Python and JSON all read."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise_unsupported(value, "a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value!r} is not a finite number")
    return repr(value)


def _collection(value: object, literal: Callable[[object], str]) -> str:
    """A list, or a mapping with quoted keys, in the syntax of Python and JSON."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{literal(plain_text(k))}: {literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    return raise_unsupported(value, "a JSON-like value")


def python_literal(value: object) -> str:
    """The value as a Python expression on one line."""
    if value is None or isinstance(value, bool):
        return repr(value)
    if isinstance(value, int | float):
        return number_literal(value)
    if isinstance(value, str):
        return double_quoted(plain_text(value))
    return _collection(value, python_literal)


def json_literal(value: object) -> str:
    """The value as JSON on one line, in ASCII."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int | float):
        return number_literal(value)
    if isinstance(value, str):
        return json.dumps(require_encodable(plain_text(value)))
    return _collection(value, json_literal)


def yaml_literal(value: object) -> str:
    """The value as YAML in flow style on one line, with all strings in double quotes."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, float):
        digits = number_literal(
            value
        )  # YAML 1.1 reads 1e-07 as text, because it requires a point in the mantissa
        return digits if "." in digits or "e" not in digits else digits.replace("e", ".0e")
    if isinstance(value, int):
        return number_literal(value)
    if isinstance(value, str):
        return double_quoted(plain_text(value))
    if isinstance(value, Mapping):
        for key in value:
            if len(double_quoted(plain_text(key))) > _YAML_LONGEST_KEY:
                raise ValueError(f"the YAML key {key[:40]!r}… has more than {_YAML_LONGEST_KEY} characters")
    return _collection(value, yaml_literal)


def hcl_literal(value: object, indent: int | None = None) -> str:
    """The value as an HCL expression.

    Args:
        value: JSON-like, or a `RawExpression`, at any depth.
        indent: the indentation of the line on which it starts, to write every list and object on several lines; None
            to write all on one line. ``=`` is not aligned here.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_literal(value)
    if isinstance(value, str):
        return hcl_string(plain_text(value))
    if isinstance(value, RawExpression):
        return value.text
    inner = None if indent is None else indent + 2
    if isinstance(value, Mapping):
        items = [f"{hcl_key(plain_text(key))} = {hcl_literal(item, inner)}" for key, item in value.items()]
        return _hcl_lines("{", items, "}", indent)
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return _hcl_lines("[", [hcl_literal(item, inner) for item in value], "]", indent)
    return raise_unsupported(value, "a JSON-like value or an Expression")


def _hcl_lines(opening: str, items: Sequence[str], closing: str, indent: int | None) -> str:
    if not items:
        return opening + closing
    if indent is None:
        padding = " " if opening == "{" else ""
        return opening + padding + ", ".join(items) + padding + closing
    end = "," if opening == "[" else ""
    lines = [f"{' ' * (indent + 2)}{item}{end}" for item in items]
    return "\n".join([opening, *lines, " " * indent + closing])
