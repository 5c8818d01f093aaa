"""Conversions between strings, numbers and bools, as Terraform makes them.

Source: https://developer.hashicorp.com/terraform/language/expressions/types#type-conversion and, for the texts,
https://github.com/zclconf/go-cty/blob/v1.16.2/cty/convert/conversion_primitive.go
"""

from __future__ import annotations

from typing import Final

__all__ = ["TRUTHS", "primitive_number", "primitive_text", "primitive_truth"]

TRUTHS: Final = {"true": True, "1": True, "false": False, "0": False}
"""The strings that convert to a bool."""

_MAX_DIGITS: Final = 18
_MAX_WHOLE: Final = 10**300


def primitive_text(value: object) -> str | None:
    """A string, whole number or bool as a string; None for anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < _MAX_WHOLE else None
    return value if isinstance(value, str) else None


def primitive_truth(value: object) -> bool | None:
    """A bool or string as a bool; None for anything else."""
    if isinstance(value, str):
        return TRUTHS.get(value)
    return value if isinstance(value, bool) else None


def primitive_number(value: object) -> int | float | None:
    """A number, or a string of a few decimal digits, as a number; None for anything else, even if it converts."""
    if isinstance(value, str):
        digits = value.removeprefix("-")
        return int(value) if len(digits) <= _MAX_DIGITS and digits.isascii() and digits.isdecimal() else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
