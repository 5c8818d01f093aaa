"""The results of the functions whose type, or length, depends on their arguments.

Each rule gets the arguments, of which none has an unknown type unless the rule allows it, and raises `Refused` for an
argument that Terraform refuses because of its type.
Sources: https://github.com/hashicorp/terraform/blob/main/internal/lang/funcs/collection.go and
https://github.com/zclconf/go-cty/blob/main/cty/function/stdlib/collection.go
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from ticketgen.hcl.budget import Budget
from ticketgen.hcl.value_size import MAX_ELEMENTS
from ticketgen.type_checking.cty_types import (
    ANYTHING,
    UNKNOWN_VALUE,
    CtyType,
    TypedValue,
    conversion_problem,
    describe_type,
    kind_of,
)
from ticketgen.type_checking.go_patterns import read_pattern
from ticketgen.type_checking.refused_calls import Refused
from ticketgen.type_checking.unification import as_type, inner_types, unify_types

__all__ = ["DYNAMIC_ALLOWED", "RESULT_RULES"]

_Rule = Callable[[Sequence[TypedValue], Budget], TypedValue]
DYNAMIC_ALLOWED: Final = frozenset(
    {"coalesce", "merge", "tolist", "toset", "tomap", "tostring", "tonumber", "tobool"}
)
"""Functions whose rule gets arguments of unknown type, too."""
_MAX_BOUND: Final = 10**15
"""The bounds of a ``range`` that is computed are smaller."""
_ORDERED: Final = frozenset({"list", "tuple"})
_SEQUENCES: Final = _ORDERED | {"set"}


def _refuse_unless(value: TypedValue, kinds: frozenset[str], position: int, what: str) -> None:
    kind = kind_of(value.type)
    if kind not in kinds and kind != "dynamic":
        raise Refused(position, f"{what} is required, not {describe_type(value.type)}")


def _sequence(types: Sequence[CtyType], items: Sequence[TypedValue] | None) -> TypedValue:
    return TypedValue(["tuple", list(types)], UNKNOWN_VALUE if items is None else list(items))


def _items(value: TypedValue) -> list[TypedValue] | None:
    """The elements of a value whose number is known."""
    return value.value if isinstance(value.value, list) else None


def _is_open(type: CtyType) -> bool:
    return kind_of(type) == "object" and len(type) > 2


def _whole(value: TypedValue) -> int | None:
    number = value.value
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def _element(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    items, index = values[0], _whole(values[1])
    _refuse_unless(items, _ORDERED, 0, "a list")
    known: list[TypedValue] | None = _items(items)
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


def _lookup(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    if len(values) > 3:
        raise Refused(3, "it takes two or three arguments")
    source, key, *default = values
    _refuse_unless(source, frozenset({"map", "object"}), 0, "a map")
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
    if _is_open(source.type):
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
        _refuse_unless(each, frozenset({"map", "object"}), position, "a map or an object")
        types.append(each.type)
        if not budget.spend(1 + len(inner_types(each.type))):
            return ANYTHING
        if isinstance(each.value, dict):
            fields.update(each.value)
        elif kind_of(each.type) == "object" and not _is_open(each.type):
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


def _concat(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    if not values:
        raise Refused(0, "it needs at least one list")
    for position, each in enumerate(values):
        _refuse_unless(each, _ORDERED, position, "a list")
    known: list[TypedValue] | None = []
    for each in values:
        items = _items(each)
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
        items = _items(each)
        if items is None and kind_of(each.type) == "list":
            return ANYTHING
        types += each.type[1] if items is None else [item.type for item in items]
        if len(types) > MAX_ELEMENTS or not budget.spend(len(types)):
            return ANYTHING
    return _sequence(types, known)


def _flatten(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    if not values[0].known:
        return ANYTHING  # Terraform does not look at its type
    _refuse_unless(values[0], _SEQUENCES, 0, "a list")
    found: list[TypedValue] = []
    waiting = [values[0]]
    while waiting:
        each = waiting.pop()
        kind = kind_of(each.type)
        if not budget.spend(1) or (kind == "dynamic" and each.value is not None):
            return ANYTHING
        items = _items(each)
        if kind not in _SEQUENCES or each.value is None:
            found.append(each)
        elif items is None:
            return ANYTHING
        else:
            waiting += reversed(items)
    return _sequence([each.type for each in found], found)


def _fields(value: TypedValue) -> list[tuple[str, TypedValue]] | None:
    """The attributes or elements in the order of their names; None if they are unknown."""
    if isinstance(value.value, dict):
        return sorted(value.value.items())
    if kind_of(value.type) == "object" and not _is_open(value.type):
        return [(name, TypedValue(type)) for name, type in sorted(value.type[1].items())]
    return None


def _keys(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    _refuse_unless(values[0], frozenset({"map", "object"}), 0, "a map or an object")
    found = _fields(values[0])
    names = None if found is None else [TypedValue("string", name) for name, _ in found]
    if kind_of(values[0].type) == "map":
        return TypedValue(["list", "string"], UNKNOWN_VALUE if names is None else names)
    return ANYTHING if names is None else _sequence(["string"] * len(names), names)


def _values(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    _refuse_unless(values[0], frozenset({"map", "object"}), 0, "a map or an object")
    found = _fields(values[0])
    items = None if found is None else [value for _, value in found]
    if kind_of(values[0].type) == "map":
        return TypedValue(["list", values[0].type[1]], UNKNOWN_VALUE if items is None else items)
    if items is None:
        return ANYTHING
    return _sequence([each.type for each in items], items if values[0].known else None)


def _zipmap(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    keys, items = _items(values[0]), _items(values[1])
    _refuse_unless(values[1], _ORDERED, 1, "a list")
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


def _conversion(kind: str) -> _Rule:
    """The rule of ``tolist``, ``toset`` or ``tomap``, whose result has a known element type only if it is known."""

    def convert(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
        given = values[0]
        _refuse_unless(given, frozenset({"map", "object"}) if kind == "map" else _SEQUENCES, 0, f"a {kind}")
        if not given.known or given.value is None or kind_of(given.type) == "dynamic":
            return TypedValue([kind, "dynamic"], None if given.value is None else UNKNOWN_VALUE)
        items = given.value.values() if isinstance(given.value, dict) else given.value
        element = unify_types((each.type for each in items), budget)
        if element is None:
            raise Refused(0, f"its elements do not have the same type, as those of a {kind} do")
        if not items or element == "dynamic":
            return TypedValue([kind, "dynamic"], given.value if not items else UNKNOWN_VALUE)
        return _collected(as_type(_retyped(given), [_source_kind(kind), element], budget), kind, element)

    return convert


def _source_kind(kind: str) -> str:
    return "map" if kind == "map" else "list"


def _retyped(value: TypedValue) -> TypedValue:
    """The value with a type that is never equal to the wanted one, so that its elements are converted."""
    return TypedValue(["known"], value.value)


def _collected(value: TypedValue, kind: str, element: CtyType) -> TypedValue:
    data: Any = value.value
    if kind == "set":
        texts = [each.value for each in data]
        if not all(isinstance(text, str) for text in texts):
            return TypedValue(["set", element])
        by_text = dict(zip(texts, data, strict=True))
        data = [by_text[text] for text in sorted(by_text)]
    return TypedValue([kind, element], data)


def _primitive(kind: str) -> _Rule:
    def convert(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
        problem = conversion_problem(values[0], kind, budget)
        if problem:
            raise Refused(0, problem)
        return as_type(values[0], kind, budget) if values[0].type != "dynamic" else TypedValue(kind)

    return convert


def _one(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    _refuse_unless(values[0], _SEQUENCES, 0, "a list, set or tuple")
    items = _items(values[0])
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
    _refuse_unless(values[0], _SEQUENCES, 0, "a list")
    items = _items(values[0])
    backwards = None if items is None else items[::-1]
    if kind_of(values[0].type) == "tuple":
        return _sequence(values[0].type[1][::-1], backwards)
    is_set = kind_of(values[0].type) == "set"
    return TypedValue(
        ["list", values[0].type[1]], UNKNOWN_VALUE if backwards is None or is_set else backwards
    )


def _slice(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    _refuse_unless(values[0], _ORDERED, 0, "a list")
    start, end, items = _whole(values[1]), _whole(values[2]), _items(values[0])
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
        return _sequence(values[0].type[1][start:end], part)
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
        _refuse_unless(each, _SEQUENCES, position, "a list or a set")
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
        items = _items(each)
        if items is None or kind == "set":
            return TypedValue([kind, row.type])
        count *= len(items)
    return TypedValue(["list", row.type], [row] * count if count <= MAX_ELEMENTS else UNKNOWN_VALUE)


def _coalesce(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    type = unify_types((each.type for each in values), budget) if values else None
    if type is None:
        raise Refused(0, "the arguments do not have the same type")
    for each in values:
        if each.value is UNKNOWN_VALUE:
            break
        if each.value is not None and each.value != "":
            return as_type(each, type, budget)
    return TypedValue(type)


def _coalescelist(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    for position, each in enumerate(values):
        items = _items(each)
        if items is None and not each.known:
            break
        _refuse_unless(each, _ORDERED, position, "a list")
        if items:
            return each
    return ANYTHING


def _pattern_type(pattern: object) -> CtyType:
    read = read_pattern(pattern) if isinstance(pattern, str) else None
    if read is None:
        return "dynamic"
    if read.fault:
        raise Refused(0, f"the pattern is not valid: {read.fault}")
    if read.names and read.unnamed:
        raise Refused(0, "groups with and without a name are mixed")
    if read.names:
        return ["object", dict.fromkeys(read.names, "string")]
    return ["tuple", ["string"] * read.unnamed] if read.unnamed else "string"


def _regex(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    return TypedValue(_pattern_type(values[0].value))


def _regexall(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    return TypedValue(["list", _pattern_type(values[0].value)])


def _cidrsubnets(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    return TypedValue(["list", "string"], [TypedValue("string")] * (len(values) - 1))


def _csvdecode(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    text = values[0].value
    if not isinstance(text, str) or '"' in text or "\r" in text:
        return ANYTHING
    columns = text.lstrip("\n").partition("\n")[0].split(",")
    return TypedValue(["list", ["object", dict.fromkeys(columns, "string")]])


def _chunklist(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    return TypedValue(["list", _like_list(values, budget).type])


def _parseint(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    _refuse_unless(values[0], frozenset({"string"}), 0, "a string")
    return TypedValue("number")


def _range(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    bounds = [_whole(each) for each in values]
    whole = [each for each in bounds if each is not None and abs(each) < _MAX_BOUND]
    if not 1 <= len(bounds) <= 3 or len(whole) < len(bounds):
        return TypedValue(["list", "number"])
    start, end = (0, whole[0]) if len(whole) == 1 else whole[:2]
    step = whole[2] if len(whole) == 3 else 1 if start <= end else -1
    numbers = range(start, end, step) if step else range(0)
    if len(numbers) > MAX_ELEMENTS or not budget.spend(len(numbers)):
        return TypedValue(["list", "number"])
    return TypedValue(["list", "number"], [TypedValue("number", each) for each in numbers])


def _length(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    data = values[0].value
    if isinstance(data, list | dict):
        return TypedValue("number", len(data))
    is_tuple = kind_of(values[0].type) == "tuple"
    return TypedValue("number", len(values[0].type[1]) if is_tuple else UNKNOWN_VALUE)


def _always(type: CtyType) -> _Rule:
    return lambda values, budget: TypedValue(type)


RESULT_RULES: Mapping[str, _Rule] = MappingProxyType(
    {
        "chunklist": _chunklist,
        "cidrsubnets": _cidrsubnets,
        "coalesce": _coalesce,
        "coalescelist": _coalescelist,
        "concat": _concat,
        "contains": _always("bool"),
        "csvdecode": _csvdecode,
        "distinct": _like_list,
        "element": _element,
        "flatten": _flatten,
        "format": _always("string"),
        "formatlist": _always(["list", "string"]),
        "index": _always("number"),
        "keys": _keys,
        "length": _length,
        "lookup": _lookup,
        "matchkeys": _like_list,
        "merge": _merge,
        "one": _one,
        "parseint": _parseint,
        "range": _range,
        "regex": _regex,
        "regexall": _regexall,
        "reverse": _reverse,
        "setintersection": _set_of_all,
        "setproduct": _setproduct,
        "setsubtract": _set_of_all,
        "setunion": _set_of_all,
        "slice": _slice,
        "sum": _always("number"),
        "tobool": _primitive("bool"),
        "tolist": _conversion("list"),
        "tomap": _conversion("map"),
        "tonumber": _primitive("number"),
        "toset": _conversion("set"),
        "tostring": _primitive("string"),
        "values": _values,
        "zipmap": _zipmap,
    }
)
"""The rules by the name of the function."""
