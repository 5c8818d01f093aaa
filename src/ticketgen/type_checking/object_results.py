"""The results of functions of maps and objects; see `result_types`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from ticketgen.hcl.budget import Budget
from ticketgen.type_checking.cty_types import (
    ANYTHING,
    UNKNOWN_VALUE,
    CtyType,
    TypedValue,
    conversion_problem,
    kind_of,
)
from ticketgen.type_checking.refusal import Refused
from ticketgen.type_checking.result_parts import (
    ORDERED,
    ResultRule,
    is_open,
    known_items,
    refuse_unless,
    sequence_value,
)
from ticketgen.type_checking.unification import as_type, inner_types

__all__ = ["OBJECT_RESULTS"]


def _lookup(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    if len(values) > 3:
        raise Refused(3, "it takes two or three arguments")
    source, key, *default = values
    refuse_unless(source, frozenset({"map", "object"}), 0, "a map")
    name = key.value if isinstance(key.value, str) and not key.sensitive else None
    known: dict[str, TypedValue] | None = source.value if isinstance(source.value, dict) else None
    if kind_of(source.type) == "map":
        problem = conversion_problem(default[0], source.type[1], budget) if default else ""
        if problem:
            raise Refused(2, f"the default does not fit the elements of the map: {problem}")
        if known is None or name is None:
            return TypedValue(source.type[1])
        if name in known:
            return known[name]
        if default:
            return as_type(default[0], source.type[1], budget)
        raise Refused(0, f"the map has no key {name}")
    if name is None:
        return ANYTHING
    if name in source.type[1]:
        return TypedValue(source.type[1][name]) if known is None else known[name]
    if is_open(source.type):
        return ANYTHING
    if default:
        return default[0]
    raise Refused(0, f"the object has no attribute {name}")


def _merge(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    fields: dict[str, TypedValue] = {}
    is_complete = True
    types: list[CtyType] = []
    if any(each.type == "dynamic" and each.value is not None for each in values):
        return ANYTHING
    for position, each in enumerate(values):
        if each.value is None:
            is_complete = is_complete and kind_of(each.type) != "dynamic"
            continue
        refuse_unless(each, frozenset({"map", "object"}), position, "a map or an object")
        types.append(each.type)
        if not budget.spend(1 + len(inner_types(each.type))):
            return ANYTHING
        if isinstance(each.value, dict):
            fields.update(each.value)
        elif kind_of(each.type) == "object" and not is_open(each.type):
            fields.update({name: TypedValue(type) for name, type in each.type[1].items()})
        else:
            is_complete = False
    if not types and is_complete:
        return TypedValue(["object", {}], {})
    if types and all(each == types[0] for each in types):
        are_known = all(isinstance(each.value, dict) for each in values if each.value is not None)
        return TypedValue(types[0], fields if are_known and is_complete else UNKNOWN_VALUE)
    if not is_complete:
        return ANYTHING
    are_known = all(isinstance(each.value, dict) for each in values if each.value is not None)
    return TypedValue(
        ["object", {name: each.type for name, each in fields.items()}], fields if are_known else UNKNOWN_VALUE
    )


def _fields(value: TypedValue) -> list[tuple[str, TypedValue]] | None:
    """The attributes or elements in the order of their names; None if they are unknown."""
    if isinstance(value.value, dict):
        return sorted(value.value.items())
    if kind_of(value.type) == "object" and not is_open(value.type):
        return [(name, TypedValue(type)) for name, type in sorted(value.type[1].items())]
    return None


def _keys(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    refuse_unless(values[0], frozenset({"map", "object"}), 0, "a map or an object")
    found = _fields(values[0])
    names = None if found is None else [TypedValue("string", name) for name, _ in found]
    if kind_of(values[0].type) == "map":
        return TypedValue(["list", "string"], UNKNOWN_VALUE if names is None else names)
    return ANYTHING if names is None else sequence_value(["string"] * len(names), names)


def _values(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    refuse_unless(values[0], frozenset({"map", "object"}), 0, "a map or an object")
    found = _fields(values[0])
    items = None if found is None else [value for _, value in found]
    if kind_of(values[0].type) == "map":
        return TypedValue(["list", values[0].type[1]], UNKNOWN_VALUE if items is None else items)
    if items is None:
        return ANYTHING
    return sequence_value([each.type for each in items], items if values[0].known else None)


def _zipmap(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    keys, items = known_items(values[0]), known_items(values[1])
    refuse_unless(values[1], ORDERED, 1, "a list")
    is_list = kind_of(values[1].type) == "list"
    count = len(values[1].type[1]) if not is_list else None if items is None else len(items)
    if keys is not None and count is not None and len(keys) != count:
        raise Refused(1, f"there are {len(keys)} keys, but {count} values")
    names = None if keys is None else [each.value for each in keys]
    if names is None or not all(isinstance(name, str) for name in names):
        return TypedValue(["map", values[1].type[1]]) if is_list else ANYTHING
    if items is None:
        if is_list:
            return TypedValue(["map", values[1].type[1]])
        return TypedValue(["object", dict(zip(names, values[1].type[1], strict=True))])
    fields = dict(zip(names, items, strict=True))
    if is_list:
        return TypedValue(["map", values[1].type[1]], fields)
    return TypedValue(["object", {name: each.type for name, each in fields.items()}], fields)


OBJECT_RESULTS: Mapping[str, ResultRule] = MappingProxyType(
    {
        "keys": _keys,
        "lookup": _lookup,
        "merge": _merge,
        "values": _values,
        "zipmap": _zipmap,
    }
)
"""The rules by the name of the function."""
