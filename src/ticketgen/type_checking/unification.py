"""The common type of several types, and values as plain data and back.

Source: https://github.com/zclconf/go-cty/blob/main/cty/convert/unify.go
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from ticketgen.hcl.budget import Budget
from ticketgen.hcl.primitive_conversions import primitive_number, primitive_text, primitive_truth
from ticketgen.hcl.value_size import MAX_ELEMENTS
from ticketgen.hcl.values import UNKNOWN
from ticketgen.type_checking.cty_types import (
    PRIMITIVES,
    UNKNOWN_VALUE,
    CtyType,
    TypedValue,
    kind_of,
    object_value,
    tuple_value,
)

__all__ = ["as_type", "inner_types", "plain_value", "structural_value", "unify_types"]

_SEQUENCES: Final = frozenset({"list", "set", "tuple"})
_MAPS: Final = frozenset({"map", "object"})


def inner_types(type: CtyType) -> list[CtyType]:
    """The types of the elements of a collection, tuple or object."""
    kind = kind_of(type)
    if kind == "tuple":
        return list(type[1])
    if kind == "object":
        return list(type[1].values())
    return [type[1]] if kind in {"list", "set", "map"} else []


def unify_types(types: Iterable[CtyType], budget: Budget) -> CtyType | None:
    """The type to which all of the types convert; ``dynamic`` if there may be one, None if there is none."""
    distinct: list[CtyType] = []
    for each in types:
        if not budget.spend(1):
            return "dynamic"
        if each not in distinct:
            distinct.append(each)
        if len(distinct) > MAX_ELEMENTS // 100:
            return "dynamic"
    if len(distinct) == 1:
        return distinct[0]
    kinds = {kind_of(each) for each in distinct}
    if not distinct or "dynamic" in kinds or any(len(each) > 2 for each in distinct if each[0] == "object"):
        return "dynamic"
    if kinds <= PRIMITIVES:
        return "string" if "string" in kinds else None
    if kinds <= _SEQUENCES:
        return _unify_sequences(distinct, kinds, budget)
    return _unify_maps(distinct, kinds, budget) if kinds <= _MAPS else None


def _unify_sequences(types: Sequence[CtyType], kinds: set[str], budget: Budget) -> CtyType | None:
    if kinds == {"tuple"} and len({len(each[1]) for each in types}) == 1:
        columns = [unify_types(column, budget) for column in zip(*(each[1] for each in types), strict=True)]
        return None if None in columns else ["tuple", columns]
    element = unify_types((inner for each in types for inner in inner_types(each)), budget)
    if element is None or "set" not in kinds:
        return element and ["list", element]
    return ["set", element] if kinds == {"set"} else "dynamic"


def _unify_maps(types: Sequence[CtyType], kinds: set[str], budget: Budget) -> CtyType | None:
    if kinds == {"object"} and all(each[1].keys() == types[0][1].keys() for each in types):
        fields = {name: unify_types((each[1][name] for each in types), budget) for name in types[0][1]}
        return None if None in fields.values() else ["object", fields]
    element = unify_types((inner for each in types for inner in inner_types(each)), budget)
    return element and ["map", element]


def plain_value(value: TypedValue, budget: Budget) -> Any:
    """The value as plain data; `UNKNOWN` unless it and all of its elements are known."""
    if not budget.spend(1):
        return UNKNOWN
    if isinstance(value.value, list):
        items = [plain_value(each, budget) for each in value.value]
        return UNKNOWN if any(item is UNKNOWN for item in items) else items
    if isinstance(value.value, dict):
        fields = {name: plain_value(each, budget) for name, each in value.value.items()}
        return UNKNOWN if any(field is UNKNOWN for field in fields.values()) else fields
    return UNKNOWN if value.value is UNKNOWN_VALUE else value.value


def structural_value(data: Any, budget: Budget) -> TypedValue:
    """Plain data as a value, with lists as tuples and dicts as objects."""
    if not budget.spend(1) or data is UNKNOWN or data is None:
        return TypedValue("dynamic", None if data is None else UNKNOWN_VALUE)
    if isinstance(data, list):
        return tuple_value([structural_value(each, budget) for each in data])
    if isinstance(data, dict):
        return object_value({name: structural_value(each, budget) for name, each in data.items()})
    if isinstance(data, bool):
        return TypedValue("bool", data)
    return TypedValue("string" if isinstance(data, str) else "number", data)


def as_type(value: TypedValue, type: CtyType, budget: Budget) -> TypedValue:
    """The value converted to a type to which it converts, with what remains known of it."""
    if value.type == type or type == "dynamic" or not budget.spend(1):
        return value
    data: Any = UNKNOWN_VALUE
    kind = kind_of(type)
    if value.value is None:
        data = None
    elif kind in PRIMITIVES:
        data = _as_primitive(value.value, kind)
    elif isinstance(value.value, list) and kind == "list":
        data = [as_type(each, type[1], budget) for each in value.value]
    elif isinstance(value.value, dict) and kind == "map":
        data = {name: as_type(each, type[1], budget) for name, each in value.value.items()}
    return TypedValue(type, data, value.sensitive, value.ephemeral)


def _as_primitive(data: Any, kind: str) -> Any:
    convert = {"string": primitive_text, "bool": primitive_truth, "number": primitive_number}[kind]
    converted = convert(data)
    return UNKNOWN_VALUE if converted is None else converted
