"""Literals that cannot be converted to the type of an attribute."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.aws.provider.schema import Type
from ticketgen.escaping import quoted
from ticketgen.hcl.primitive_conversions import primitive_text
from ticketgen.hcl.syntax import Expression, Literal, Object, Parentheses, Template, Tuple, Unary
from ticketgen.type_checking.cty_types import reads_as

__all__ = ["is_null", "literal_value", "mismatches"]

_MAX_SHOWN = 40  # characters of a string in a message


def mismatches(value: Expression, type: Type) -> Iterator[tuple[Expression, str, str]]:
    """Literals that cannot be converted, with the required type and the actual value.

    The rules are those of cty's conversion.
    Source: https://developer.hashicorp.com/terraform/language/expressions/types#type-conversion
    """
    while isinstance(value, Parentheses):
        value = value.inner
    if is_null(value):
        return
    kind = type if isinstance(type, str) else type[0]
    shape = _shape(value)
    if kind in {"string", "number", "bool"}:
        if shape in {"a list", "an object"}:
            yield value, f"a {kind}", shape
        elif kind != "string" and shape:
            literal = literal_value(value)
            if not _converts(literal, kind):
                yield value, f"a {kind}", _format_literal(literal)
    elif kind in {"list", "set"}:
        if isinstance(value, Tuple):
            for item in value.items:
                yield from mismatches(item, type[1])
        elif shape and shape != "a list":
            yield value, f"a {kind}", shape
    elif kind == "map":
        if isinstance(value, Object):
            for field in value.items:
                yield from mismatches(field.value, type[1])
        elif shape and shape != "an object":
            yield value, "a map", shape
    elif kind == "object":
        if isinstance(value, Object):
            for field in value.items:
                name = literal_value(field.key)
                if isinstance(name, str) and name in type[1]:
                    yield from mismatches(field.value, type[1][name])
        elif shape and shape != "an object":
            yield value, "an object", shape


def _shape(value: Expression) -> str:
    """The kind or value of a literal; "" for a value that is known only at plan time."""
    if isinstance(value, Tuple):
        return "a list"
    if isinstance(value, Object):
        return "an object"
    if isinstance(value, Template):
        return ""
    literal = literal_value(value)
    return "" if literal is None else _format_literal(literal)


def _format_literal(literal: object) -> str:
    if not isinstance(literal, str):
        return primitive_text(literal) or str(literal)
    return quoted(literal if len(literal) <= _MAX_SHOWN else f"{literal[:_MAX_SHOWN]}…")


def literal_value(value: Expression) -> object:
    """The value of a literal or a negative number; None for anything else."""
    if isinstance(value, Literal):
        return value.value
    if isinstance(value, Unary) and value.operator == "-" and isinstance(value.operand, Literal):
        number = value.operand.value
        return -number if isinstance(number, int | float) and not isinstance(number, bool) else None
    return None


def _converts(literal: object, kind: str) -> bool:
    if isinstance(literal, str):
        return reads_as(literal, kind)
    return isinstance(literal, bool) == (kind == "bool")


def is_null(value: Expression) -> bool:
    """Whether an expression is ``null``."""
    return isinstance(value, Literal) and value.value is None
