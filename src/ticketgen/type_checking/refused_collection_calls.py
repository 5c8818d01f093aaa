"""Calls about lists, sets and numbers with known arguments that Terraform refuses; see `refused_calls`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from ticketgen.type_checking.refusal import Refused, is_no_number

__all__ = ["COLLECTION_REFUSALS"]

_MAX_RANGE: Final = 1024
"""The elements that ``range`` generates at most."""


def _range(*bounds: Any) -> None:
    if not 1 <= len(bounds) <= 3:
        raise Refused(0, "it takes one to three numbers")
    if not all(isinstance(each, int) and not isinstance(each, bool) for each in bounds):
        return
    start, end = (0, bounds[0]) if len(bounds) == 1 else bounds[:2]
    step = bounds[2] if len(bounds) == 3 else 1 if start <= end else -1
    if step == 0:
        if start != end:
            raise Refused(2, "the step is zero")
        return
    if (end < start and step > 0) or (start < end and step < 0):
        raise Refused(2, "the step leads away from the end")
    if abs(end - start) > _MAX_RANGE * abs(step):
        raise Refused(0, f"the range has more than {_MAX_RANGE} elements")


def _chunklist(items: Any, size: Any) -> None:
    if isinstance(size, int) and size < 0:
        raise Refused(1, "the size is negative")


def _slice(items: Any, start: Any, end: Any) -> None:
    if isinstance(start, int) and start < 0:
        raise Refused(1, "the start is negative")
    if not isinstance(start, int) or not isinstance(end, int):
        return
    if isinstance(items, list) and end > len(items):
        raise Refused(2, f"the list has only {len(items)} elements")
    if start > end:
        raise Refused(1, "the start is after the end")


def _one(items: Any) -> None:
    if isinstance(items, list) and len(items) > 1:
        raise Refused(0, f"the list has {len(items)} elements, not one")


def _coalesce(*values: Any) -> None:
    if all(each is None or each == "" for each in values):
        raise Refused(0, "all arguments are null or empty")


def _coalescelist(*values: Any) -> None:
    if all(isinstance(each, list) and not each for each in values):
        raise Refused(0, "all lists are empty")


def _list_required(items: Any) -> None:
    if not isinstance(items, list):
        raise Refused(0, "a list, set or tuple is required")


def _sum(items: Any) -> None:
    _list_required(items)
    if not items:
        raise Refused(0, "the list is empty")
    if any(each is None for each in items):
        raise Refused(0, "an element is null")
    if any(map(is_no_number, items)):
        raise Refused(0, "an element is not a number")


def _minmax(*values: Any) -> None:
    if not values:
        raise Refused(0, "it needs at least one number")


def _index(items: Any, item: Any) -> None:
    _list_required(items)
    if not items:
        raise Refused(0, "the list is empty")
    if all(type(each) is type(item) and each != item for each in items):
        raise Refused(1, "the list has no such element")


def _matchkeys(values: Any, keys: Any, wanted: Any) -> None:
    if isinstance(values, list) and isinstance(keys, list) and len(values) != len(keys):
        raise Refused(1, "the lists of values and keys have different lengths")


def _elements_known(items: Any, what: str) -> None:
    if isinstance(items, list) and any(each is None for each in items):
        raise Refused(0, f"{what} is null")


def _join(separator: str, *lists: Any) -> None:
    if not lists:
        raise Refused(0, "it needs at least one list")
    for position, each in enumerate(lists, 1):
        if isinstance(each, list) and any(item is None for item in each):
            raise Refused(position, "an element is null")


def _transpose(lists: Any) -> None:
    if isinstance(lists, dict) and any(each is None or None in each for each in lists.values()):
        raise Refused(0, "a list or an element is null")


COLLECTION_REFUSALS: Mapping[str, Callable[..., None]] = MappingProxyType(
    {
        "chunklist": _chunklist,
        "coalesce": _coalesce,
        "coalescelist": _coalescelist,
        "contains": lambda items, item: _list_required(items),
        "index": _index,
        "join": _join,
        "matchkeys": _matchkeys,
        "max": _minmax,
        "min": _minmax,
        "one": _one,
        "range": _range,
        "slice": _slice,
        "sort": lambda items: _elements_known(items, "an element"),
        "sum": _sum,
        "transpose": _transpose,
    }
)
"""The checks by the name of the function."""
