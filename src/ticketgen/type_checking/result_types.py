"""The results of the functions whose type, or length, depends on their arguments.

Each rule gets the arguments, of which none has an unknown type unless the rule allows it, and raises `Refused` for an
argument that Terraform refuses because of its type.
Sources: https://github.com/hashicorp/terraform/blob/main/internal/lang/funcs/collection.go and
https://github.com/zclconf/go-cty/blob/main/cty/function/stdlib/collection.go
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from ticketgen.hcl.budget import Budget
from ticketgen.hcl.value_size import MAX_ELEMENTS
from ticketgen.type_checking.collection_results import COLLECTION_RESULTS
from ticketgen.type_checking.cty_types import (
    ANYTHING,
    UNKNOWN_VALUE,
    CtyType,
    TypedValue,
    conversion_problem,
    kind_of,
)
from ticketgen.type_checking.go_patterns import read_pattern
from ticketgen.type_checking.object_results import OBJECT_RESULTS
from ticketgen.type_checking.refusal import Refused
from ticketgen.type_checking.result_parts import (
    SEQUENCES,
    ResultRule,
    refuse_unless,
    whole_number,
)
from ticketgen.type_checking.unification import as_type, unify_types

__all__ = ["DYNAMIC_ALLOWED", "RESULT_RULES"]

DYNAMIC_ALLOWED: Final = frozenset(
    {"coalesce", "merge", "tolist", "toset", "tomap", "tostring", "tonumber", "tobool"}
)
"""Functions whose rule gets arguments of unknown type, too."""

_MAX_BOUND: Final = 10**15
"""The bounds of a ``range`` that is computed are smaller."""


def _conversion(kind: str) -> ResultRule:
    """The rule of ``tolist``, ``toset`` or ``tomap``, whose result has a known element type only if it is known."""

    def convert(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
        given = values[0]
        refuse_unless(given, frozenset({"map", "object"}) if kind == "map" else SEQUENCES, 0, f"a {kind}")
        if not given.known or given.value is None or kind_of(given.type) == "dynamic":
            return TypedValue([kind, "dynamic"], None if given.value is None else UNKNOWN_VALUE)
        items = given.value.values() if isinstance(given.value, dict) else given.value
        element = unify_types((each.type for each in items), budget)
        if element is None:
            raise Refused(0, f"its elements do not have the same type, as those of a {kind} do")
        if kind == "set" and items and all(each.value is None for each in items):
            return TypedValue([kind, element], [next(iter(items))])
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
        keys = [each.value for each in data]
        if len(data) > 1 and not all(isinstance(key, str | int | float) for key in keys):
            return TypedValue(["set", element])
        if len(data) > 1:
            by_key = dict(zip(keys, data, strict=True))
            data = [by_key[key] for key in sorted(by_key)]
    return TypedValue([kind, element], data)


def _primitive(kind: str) -> ResultRule:
    def convert(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
        problem = conversion_problem(values[0], kind, budget)
        if problem:
            raise Refused(0, problem)
        return as_type(values[0], kind, budget) if values[0].type != "dynamic" else TypedValue(kind)

    return convert


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


def _parseint(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    refuse_unless(values[0], frozenset({"string"}), 0, "a string")
    return TypedValue("number")


def _range(values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    bounds = [whole_number(each) for each in values]
    whole = [each for each in bounds if each is not None and abs(each) < _MAX_BOUND]
    if not 1 <= len(bounds) <= 3 or len(whole) < len(bounds):
        return TypedValue(["list", "number"])
    start, end = (0, whole[0]) if len(whole) == 1 else whole[:2]
    step = whole[2] if len(whole) == 3 else 1 if start <= end else -1
    numbers = range(start, end, step) if step else range(0)
    if len(numbers) > MAX_ELEMENTS or not budget.spend(len(numbers)):
        return TypedValue(["list", "number"])
    return TypedValue(["list", "number"], [TypedValue("number", each) for each in numbers])


def _always(type: CtyType) -> ResultRule:
    return lambda values, budget: TypedValue(type)


RESULT_RULES: Mapping[str, ResultRule] = MappingProxyType(
    {
        **COLLECTION_RESULTS,
        **OBJECT_RESULTS,
        "cidrsubnets": _cidrsubnets,
        "coalesce": _coalesce,
        "contains": _always("bool"),
        "csvdecode": _csvdecode,
        "format": _always("string"),
        "formatlist": _always(["list", "string"]),
        "index": _always("number"),
        "parseint": _parseint,
        "range": _range,
        "regex": _regex,
        "regexall": _regexall,
        "sum": _always("number"),
        "tobool": _primitive("bool"),
        "tolist": _conversion("list"),
        "tomap": _conversion("map"),
        "tonumber": _primitive("number"),
        "toset": _conversion("set"),
        "tostring": _primitive("string"),
    }
)
"""The rules by the name of the function."""
