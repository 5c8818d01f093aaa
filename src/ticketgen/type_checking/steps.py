"""Steps into values, and the common type of two values.

Sources: https://github.com/hashicorp/hcl/blob/main/ops.go and
https://github.com/zclconf/go-cty/blob/main/cty/convert/unify.go
"""

from __future__ import annotations

from ticketgen.hcl.budget import Budget
from ticketgen.hcl.primitive_conversions import primitive_text
from ticketgen.misspellings import meant_name
from ticketgen.type_checking.cty_types import (
    ANYTHING,
    PRIMITIVES,
    UNKNOWN_VALUE,
    CtyType,
    TypedValue,
    describe_type,
    kind_of,
)
from ticketgen.type_checking.unification import unify_types

__all__ = ["corrected_field", "step_into", "unify"]

_INDEX = "choose an element with an index, such as [0], or use a for expression"


def step_into(value: TypedValue, key: TypedValue, *, is_attribute: bool) -> tuple[TypedValue, str, str]:
    """The element or attribute of a value, or else a problem and its fix."""
    kind = kind_of(value.type)
    if key.value is None and value.value is not None:
        return ANYTHING, "the index is null", "write a number or a string"
    if (kind == "dynamic" and value.value is not None) or (
        is_attribute is False and kind_of(key.type) == "dynamic"
    ):
        return ANYTHING, "", ""
    if value.value is None:
        return (
            ANYTHING,
            "the value is null, so it has no attributes or elements",
            "remove the attribute or the index",
        )
    if kind == "map":
        return _entry(value, key)
    if kind == "object":
        # Terraform does not look into an unknown object for an index.
        return _field(value, key) if is_attribute or value.known else (ANYTHING, "", "")
    if is_attribute:
        help = _INDEX if kind in {"list", "set", "tuple"} else "remove the attribute"
        return ANYTHING, f"{describe_type(value.type)} has no attribute {key.value}", help
    if kind in PRIMITIVES or kind == "set":
        return (
            ANYTHING,
            f"{describe_type(value.type)} has no index",
            "remove the index, or convert it with tolist",
        )
    return _element(value, key, kind)


def _entry(value: TypedValue, key: TypedValue) -> tuple[TypedValue, str, str]:
    if not isinstance(value.value, dict) or not isinstance(key.value, str):
        return TypedValue(value.type[1]), "", ""
    if key.value in value.value:
        return value.value[key.value], "", ""
    return ANYTHING, f"the map has no key {key.value}", "use a key of the map, or lookup with a default"


def _field(value: TypedValue, key: TypedValue) -> tuple[TypedValue, str, str]:
    if kind_of(key.type) not in PRIMITIVES | {"dynamic"}:
        return ANYTHING, f"the index is {describe_type(key.type)}, not a string", "write a string"
    name = primitive_text(key.value)
    if name is None:
        return ANYTHING, "", ""
    fields: dict[str, CtyType] = value.type[1]
    if name not in fields:
        if len(value.type) > 2:
            return ANYTHING, "", ""
        known = ", ".join(sorted(fields)[:5])
        help = f"use one of its attributes, such as {known}" if known else "remove the attribute"
        return ANYTHING, f"the object has no attribute {name}", help
    if isinstance(value.value, dict) and name in value.value:
        return value.value[name], "", ""
    return TypedValue(fields[name]), "", ""


def corrected_field(value: TypedValue, key: TypedValue) -> tuple[str, str] | None:
    """A missing attribute of an object, and the one that is obviously meant; None if there is no such."""
    if kind_of(value.type) != "object" or not isinstance(key.value, str):
        return None
    meant = meant_name(key.value, value.type[1])
    return (key.value, meant) if meant else None


def _element(value: TypedValue, key: TypedValue, kind: str) -> tuple[TypedValue, str, str]:
    index = key.value
    if kind_of(key.type) not in {"string", "number"}:
        return ANYTHING, f"the index is {describe_type(key.type)}, not a number", "write a number"
    if isinstance(index, str):
        if not index.isascii() or not index.isdigit():
            if index[:1].isalpha() or index == "":
                return ANYTHING, f"the index of {describe_type(value.type)} is not a number", "write a number"
            return ANYTHING, "", ""
        index = int(index) if len(index) < 10 else UNKNOWN_VALUE
    if isinstance(index, float) and not index.is_integer():
        return ANYTHING, f"the index {index} is not a whole number", "write a whole number"
    known = value.value if isinstance(value.value, list) else None
    if kind == "list" and (known is None or not isinstance(index, int)):
        return TypedValue(value.type[1]), "", ""
    types = value.type[1] if kind == "tuple" else [each.type for each in known or ()]
    if not isinstance(index, int):
        return ANYTHING, "", ""
    if not 0 <= index < len(types):
        what = "1 element" if len(types) == 1 else f"{len(types)} elements"
        return (
            ANYTHING,
            f"the index {index} is out of range: the {kind} has {what}",
            f"use an index within the {kind}",
        )
    if isinstance(value.value, list):
        return value.value[index], "", ""
    return TypedValue(types[index]), "", ""


def unify(one: TypedValue, other: TypedValue, budget: Budget) -> CtyType | None:
    """The common type of two values; ``dynamic`` if there may be one, None if there is none."""
    if one.value is None:
        return other.type
    if other.value is None or one.type == other.type:
        return one.type
    return unify_types((one.type, other.type), budget)
