"""Terraform's conversions of values, its operators, and the steps into a value."""

from __future__ import annotations

import json

from ticketgen.hcl.primitive_conversions import primitive_number, primitive_text, primitive_truth
from ticketgen.hcl.syntax import GetAttribute, GetIndex, Literal, Step
from ticketgen.hcl.values import UNKNOWN, ResourceReference, Value, is_known

__all__ = ["as_condition", "as_text", "binary", "element", "elements", "step_into", "unary"]


def step_into(link: ResourceReference, step: Step) -> ResourceReference:
    """One step into a resource; an index of an instance or element is ignored."""
    if isinstance(step, GetAttribute):
        return ResourceReference(link.scope, link.resource, (*link.path, step.name))
    if (
        link.path
        and isinstance(step, GetIndex)
        and isinstance(step.key, Literal)
        and isinstance(step.key.value, str)
    ):
        return ResourceReference(link.scope, link.resource, (*link.path, step.key.value))
    return link


def element(value: Value, key: Value) -> Value:
    """One element of a list or map; `UNKNOWN` if there is none."""
    if isinstance(value, dict) and isinstance(key, str):
        return value.get(key, UNKNOWN)
    if isinstance(value, list) and isinstance(key, str) and key.isdecimal() and len(key) < 6:
        key = int(key)
    if isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value):
        return value[key]
    return UNKNOWN


def elements(value: Value) -> list[tuple[Value, Value]] | None:
    """The keys and values that a ``for`` iterates over; None if they are unknown."""
    if isinstance(value, list):
        return list(enumerate(value))
    return [(key, value[key]) for key in sorted(value)] if isinstance(value, dict) else None


def as_condition(value: Value) -> bool | None:
    """The value converted to a bool; None if it is unknown or not a condition."""
    return primitive_truth(value)


def _as_number(value: Value) -> Value:
    """The value as an operand of arithmetic: Terraform converts strings to numbers."""
    number = primitive_number(value)
    return value if number is None else number


def as_text(value: Value) -> str | None:
    """The value as text inside a template; None if it is unknown."""
    return json.dumps(value) if isinstance(value, float) else primitive_text(value)


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def unary(operator: str, operand: Value) -> Value:
    """The result of ``-`` or ``!``."""
    condition = as_condition(operand)
    if operator == "!" and condition is not None:
        return not condition
    if operator == "-" and _is_number(operand):
        return -operand  # type: ignore[operator]
    return UNKNOWN


def binary(operator: str, left: Value, right: Value) -> Value:
    """The result of an operator with two operands.

    Raises:
        ArithmeticError, ValueError: the result is infinite, or not a number.
    """
    if operator in {"&&", "||"}:
        left, right = (each if as_condition(each) is None else as_condition(each) for each in (left, right))
    if operator == "&&" and (left is False or right is False):
        return False
    if operator == "||" and (left is True or right is True):
        return True
    if not is_known(left) or not is_known(right):
        return UNKNOWN
    if operator in {"==", "!="}:
        same = left == right and isinstance(left, bool) == isinstance(right, bool)
        return same if operator == "==" else not same
    if isinstance(left, bool) and isinstance(right, bool):
        return left if operator in {"&&", "||"} else UNKNOWN  # the other cases are decided above
    left, right = _as_number(left), _as_number(right)
    if not _is_number(left) or not _is_number(right):
        return UNKNOWN
    assert isinstance(left, int | float)
    assert isinstance(right, int | float)
    if abs(left) > 1e15 or abs(right) > 1e15:
        return UNKNOWN
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return UNKNOWN if right == 0 else left // right if left % right == 0 else left / right
        case "%":
            return UNKNOWN if right == 0 else left - right * int(left / right)
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case ">=":
            return left >= right
    return UNKNOWN
