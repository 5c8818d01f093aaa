"""What the rules for the results of functions have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from ticketgen.hcl.budget import Budget
from ticketgen.type_checking.cty_types import (
    UNKNOWN_VALUE,
    CtyType,
    TypedValue,
    describe_type,
    kind_of,
)
from ticketgen.type_checking.refusal import Refused

__all__ = [
    "ORDERED",
    "SEQUENCES",
    "ResultRule",
    "is_open",
    "known_items",
    "refuse_unless",
    "sequence_value",
    "whole_number",
]

ResultRule = Callable[[Sequence[TypedValue], Budget], TypedValue]
"""From the arguments of a call to its result."""

ORDERED: Final = frozenset({"list", "tuple"})

SEQUENCES: Final = ORDERED | {"set"}


def refuse_unless(value: TypedValue, kinds: frozenset[str], position: int, what: str) -> None:
    """Refuse an argument of another kind, if its type is known."""
    kind = kind_of(value.type)
    if kind not in kinds and kind != "dynamic":
        raise Refused(position, f"{what} is required, not {describe_type(value.type)}")


def sequence_value(types: Sequence[CtyType], items: Sequence[TypedValue] | None) -> TypedValue:
    """A tuple; its elements are unknown for None."""
    return TypedValue(["tuple", list(types)], UNKNOWN_VALUE if items is None else list(items))


def known_items(value: TypedValue) -> list[TypedValue] | None:
    """The elements of a value whose number is known."""
    return value.value if isinstance(value.value, list) else None


def is_open(type: CtyType) -> bool:
    """Whether an object may have other attributes than its type names."""
    return kind_of(type) == "object" and len(type) > 2


def whole_number(value: TypedValue) -> int | None:
    """The value as a whole number; None if it is none, or unknown."""
    number = value.value
    return number if isinstance(number, int) and not isinstance(number, bool) else None
