"""Steps into values, and the common type of two values.

Sources: https://github.com/hashicorp/hcl/blob/main/ops.go and
https://github.com/zclconf/go-cty/blob/main/cty/convert/unify.go
"""

from __future__ import annotations

from ticketgen.type_checking.cty_types import (
    ANYTHING,
    PRIMITIVES,
    UNKNOWN_VALUE,
    CtyType,
    TypedValue,
    describe_type,
    kind_of,
)

__all__ = ["step_into", "unify"]

_INDEX = "choose an element with an index, such as [0], or use a for expression"


def step_into(value: TypedValue, key: TypedValue, *, is_attribute: bool) -> tuple[TypedValue, str, str]:
    """The element or attribute of a value, or else a problem and its fix."""
    kind = kind_of(value.type)
    if kind == "dynamic" or (is_attribute is False and kind_of(key.type) == "dynamic"):
        return ANYTHING, "", ""
    if kind == "map":
        return TypedValue(value.type[1]), "", ""
    if kind == "object":
        return _field(value, key)
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


def _field(value: TypedValue, key: TypedValue) -> tuple[TypedValue, str, str]:
    name = str(key.value) if isinstance(key.value, str | int) and not isinstance(key.value, bool) else None
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


def _element(value: TypedValue, key: TypedValue, kind: str) -> tuple[TypedValue, str, str]:
    index = key.value
    if kind_of(key.type) not in {"string", "number"}:
        return ANYTHING, f"the index is {describe_type(key.type)}, not a number", "write a number"
    if isinstance(index, str):
        if not index.isascii() or not index.isdigit():
            if index[:1].isalpha() or index == "":
                return ANYTHING, f"the index of {describe_type(value.type)} is no number", "write a number"
            return ANYTHING, "", ""
        index = int(index) if len(index) < 10 else UNKNOWN_VALUE
    if kind == "list":
        return TypedValue(value.type[1]), "", ""
    types = value.type[1]
    if not isinstance(index, int):
        return ANYTHING, "", ""
    if not 0 <= index < len(types):
        what = "1 element" if len(types) == 1 else f"{len(types)} elements"
        return (
            ANYTHING,
            f"the index {index} is out of range: the tuple has {what}",
            "use an index within the tuple",
        )
    if isinstance(value.value, list):
        return value.value[index], "", ""
    return TypedValue(types[index]), "", ""


def unify(one: TypedValue, other: TypedValue) -> CtyType | None:
    """The common type of two values; ``dynamic`` if there may be one, None if there is none."""
    kinds = {kind_of(one.type), kind_of(other.type)}
    if one.value is None:
        return other.type
    if other.value is None or one.type == other.type:
        return one.type
    if "dynamic" in kinds:
        return "dynamic"
    if kinds <= PRIMITIVES:
        return "string" if "string" in kinds else None
    groups = (PRIMITIVES, {"list", "set", "tuple"}, {"map", "object"})
    return "dynamic" if any(kinds <= group for group in groups) else None
