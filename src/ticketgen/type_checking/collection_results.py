"""The results of functions of lists, sets and tuples; see `result_types`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from ticketgen.hcl.budget import Budget
from ticketgen.hcl.value_size import MAX_ELEMENTS
from ticketgen.type_checking.cty_types import (
    ANYTHING,
    UNKNOWN_VALUE,
    CtyType,
    TypedValue,
    kind_of,
)
from ticketgen.type_checking.refusal import Refused
from ticketgen.type_checking.result_parts import (
    ORDERED,
    SEQUENCES,
    ResultRule,
    known_items,
    refuse_unless,
    sequence_value,
    whole_number,
)
from ticketgen.type_checking.unification import as_type, inner_types, unify_types

__all__ = ["COLLECTION_RESULTS"]


def _element(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    items, index = values[0], whole_number(values[1])
    refuse_unless(items, ORDERED, 0, "a list")
    known: list[TypedValue] | None = known_items(items)
    if kind_of(items.type) == "list":
        if known is None:
            return TypedValue(items.type[1])
        count = len(known)
    else:
        count = len(items.type[1])
        if values[1].value is UNKNOWN_VALUE:
            return ANYTHING
    if not count:
        raise Refused(0, "the list is empty")
    if index is None or index < 0:
        return ANYTHING
    if known is not None:
        return known[index % count]
    return TypedValue(items.type[1][index % count])


def _concat(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    if not values:
        raise Refused(0, "it needs at least one list")
    for position, each in enumerate(values):
        refuse_unless(each, ORDERED, position, "a list")
    known: list[TypedValue] | None = []
    for each in values:
        items = known_items(each)
        known = known + items if known is not None and items is not None else None
    if all(kind_of(each.type) == "list" for each in values):
        type = unify_types((each.type for each in values), budget)
        if type is None or kind_of(type) == "dynamic":
            return ANYTHING
        return TypedValue(
            type, UNKNOWN_VALUE if known is None else [as_type(each, type[1], budget) for each in known]
        )
    types: list[CtyType] = []
    for each in values:
        items = known_items(each)
        if items is None and kind_of(each.type) == "list":
            return ANYTHING
        types += each.type[1] if items is None else [item.type for item in items]
        if len(types) > MAX_ELEMENTS or not budget.spend(len(types)):
            return ANYTHING
    return sequence_value(types, known)


def _flatten(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    if not values[0].known:
        return ANYTHING  # Terraform does not look at its type
    refuse_unless(values[0], SEQUENCES, 0, "a list")
    found: list[TypedValue] = []
    waiting = [values[0]]
    while waiting:
        each = waiting.pop()
        kind = kind_of(each.type)
        if not budget.spend(1) or (kind == "dynamic" and each.value is not None):
            return ANYTHING
        items = known_items(each)
        if kind not in SEQUENCES or each.value is None:
            found.append(each)
        elif items is None:
            return ANYTHING
        else:
            waiting += reversed(items)
    return sequence_value([each.type for each in found], found)


def _one(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    refuse_unless(values[0], SEQUENCES, 0, "a list, set or tuple")
    items = known_items(values[0])
    types = inner_types(values[0].type)
    count = len(types) if kind_of(values[0].type) == "tuple" else None if items is None else len(items)
    if count is not None and count > 1:
        raise Refused(0, f"it has {count} elements, not one")
    if count == 0:
        return TypedValue("dynamic", None)
    return items[0] if items else TypedValue(types[0])


def _like_list(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    element = inner_types(values[0].type)
    return TypedValue(["list", element[0]] if kind_of(values[0].type) == "list" and element else "dynamic")


def _reverse(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    refuse_unless(values[0], SEQUENCES, 0, "a list")
    items = known_items(values[0])
    backwards = None if items is None else items[::-1]
    if kind_of(values[0].type) == "tuple":
        return sequence_value(values[0].type[1][::-1], backwards)
    is_set = kind_of(values[0].type) == "set"
    return TypedValue(
        ["list", values[0].type[1]], UNKNOWN_VALUE if backwards is None or is_set else backwards
    )


def _slice(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    refuse_unless(values[0], ORDERED, 0, "a list")
    start, end, items = whole_number(values[1]), whole_number(values[2]), known_items(values[0])
    is_tuple = kind_of(values[0].type) == "tuple"
    if start is None or end is None:
        return ANYTHING if is_tuple else TypedValue(values[0].type)
    count = len(values[0].type[1]) if is_tuple else None if items is None else len(items)
    if start < 0 or start > end:
        raise Refused(1, "the start is negative or after the end")
    if count is not None and end > count:
        raise Refused(2, f"the list has only {count} elements")
    part = None if items is None else items[start:end]
    if is_tuple:
        return sequence_value(values[0].type[1][start:end], part)
    return TypedValue(values[0].type, UNKNOWN_VALUE if part is None else part)


def _set_of_all(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    elements = [inner_types(each.type) for each in values]
    if not all(len(each) == 1 for each in elements):
        return TypedValue(["set", "dynamic"])
    element = unify_types((each[0] for each in elements), budget)
    return TypedValue(["set", "dynamic" if element is None else element])


def _setproduct(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    if len(values) < 2:
        raise Refused(0, "it needs at least two lists or sets")
    for position, each in enumerate(values):
        refuse_unless(each, SEQUENCES, position, "a list or a set")
    elements: list[CtyType] = []
    for each in values:
        element = unify_types(inner_types(each.type), budget)
        if element is None:
            raise Refused(0, "the elements of a list do not have the same type")
        elements.append(element)
    kind = "list" if any(kind_of(each.type) != "set" for each in values) else "set"
    row = TypedValue(["tuple", elements])
    count = 1
    for each in values:
        items = known_items(each)
        if items is None or kind == "set":
            return TypedValue([kind, row.type])
        count *= len(items)
    return TypedValue(["list", row.type], [row] * count if count <= MAX_ELEMENTS else UNKNOWN_VALUE)


def _chunklist(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    return TypedValue(["list", _like_list(values, budget).type])


def _length(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    data = values[0].value
    if isinstance(data, list | dict):
        return TypedValue("number", len(data))
    is_tuple = kind_of(values[0].type) == "tuple"
    return TypedValue("number", len(values[0].type[1]) if is_tuple else UNKNOWN_VALUE)


def _coalescelist(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    for position, each in enumerate(values):
        items = known_items(each)
        if items is None and not each.known:
            break
        refuse_unless(each, ORDERED, position, "a list")
        if items:
            return each
    return ANYTHING


COLLECTION_RESULTS: Mapping[str, ResultRule] = MappingProxyType(
    {
        "chunklist": _chunklist,
        "coalescelist": _coalescelist,
        "concat": _concat,
        "distinct": _like_list,
        "element": _element,
        "flatten": _flatten,
        "length": _length,
        "matchkeys": _like_list,
        "one": _one,
        "reverse": _reverse,
        "setintersection": _set_of_all,
        "setproduct": _setproduct,
        "setsubtract": _set_of_all,
        "setunion": _set_of_all,
        "slice": _slice,
    }
)
"""The rules by the name of the function."""
