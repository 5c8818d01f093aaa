"""Terraform's pure functions, as far as checks need them.

A function may raise any Python exception for an invalid call; callers treat the result as unknown. Arguments may be or
contain `UNKNOWN`; the result is then unknown or contains it. Callers bound the size of every result. A function whose
result may be more than a few times as large as its arguments calls `_check_size` before it builds the result.
Source: https://developer.hashicorp.com/terraform/language/functions
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from itertools import chain, repeat
from types import MappingProxyType, UnionType
from typing import Any

from ticketgen.hcl.primitive_conversions import primitive_number, primitive_text, primitive_truth
from ticketgen.hcl.value_size import MAX_CHARACTERS, MAX_ELEMENTS
from ticketgen.hcl.values import UNKNOWN, is_known

__all__ = ["FUNCTIONS"]


def _check_size(characters: int, elements: int = 0) -> None:
    """Raise an error before a text or list is built that would be too large."""
    if characters > MAX_CHARACTERS or elements > MAX_ELEMENTS:
        raise OverflowError


def _typed(*types: type | UnionType) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make the result unknown unless the arguments have some types; the last type is that of all further ones."""

    def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
        def called(*values: Any) -> Any:
            expected = chain(types, repeat(types[-1]))
            is_valid = all(isinstance(value, type) for value, type in zip(values, expected, strict=False))
            return function(*values) if is_valid else UNKNOWN

        return called

    return wrap


def _known(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make the result unknown unless all arguments are known."""

    def called(*values: Any) -> Any:
        return function(*values) if is_known(list(values)) else UNKNOWN

    return called


def _merge(*maps: Any) -> Any:
    found: dict[str, Any] = {}
    for each in maps:
        if each is None:
            continue
        if not isinstance(each, dict):
            return UNKNOWN
        found.update(each)
    return found


@_typed(list)
def _flatten(items: Any) -> Any:
    found: list[Any] = []
    waiting = list(reversed(items))
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(reversed(item))
        elif is_known(item) or isinstance(item, dict):
            found.append(item)
        else:
            return UNKNOWN  # it may be a list
    return found


@_typed(list)
def _set(items: Any) -> Any:
    return sorted(set(items)) if all(isinstance(item, str) for item in items) else items


def _tostring(value: Any) -> Any:
    text = primitive_text(value)
    return UNKNOWN if text is None else text


def _join(separator: Any, *lists: Any) -> Any:
    texts = [_tostring(item) for each in lists for item in each]
    _check_size(sum(map(len, texts)) + len(separator) * len(texts))
    return separator.join(texts)


@_known
def _format(pattern: Any, *values: Any) -> Any:
    """Support only ``%s``, ``%d``, ``%v`` and ``%%``, the verbs that names use."""
    bare = pattern.replace("%%", "").replace("%s", "").replace("%d", "").replace("%v", "")
    texts = tuple(map(_tostring, values))
    _check_size(len(pattern) + sum(map(len, texts)))
    return UNKNOWN if "%" in bare else pattern.replace("%d", "%s").replace("%v", "%s") % texts


@_typed(str, object)
def _substr(text: Any, offset: Any, length: Any) -> Any:
    start = offset if offset >= 0 else max(0, len(text) + offset)
    return text[start:] if length < 0 else text[start : start + length]


@_known
def _replace(text: Any, old: Any, new: Any) -> Any:
    if len(old) > 1 and old.startswith("/") and old.endswith("/"):
        return UNKNOWN  # a regular expression in Go's dialect
    _check_size(len(text) + text.count(old) * (len(new) - len(old)))
    return text.replace(old, new) if old else UNKNOWN


@_typed(str)
def _split(separator: Any, text: Any) -> Any:
    _check_size(0, text.count(separator))
    return text.split(separator)


def _range(*bounds: Any) -> Any:
    values = range(*bounds)
    return list(values) if len(values) <= 1024 else UNKNOWN  # the limit of Terraform's range()


@_typed(list, int)
def _slice(items: Any, start: Any, end: Any) -> Any:
    return items[start:end] if 0 <= start <= end <= len(items) else UNKNOWN


def _zipmap(keys: Any, values: Any) -> Any:
    return dict(zip(keys, values, strict=True)) if all(isinstance(key, str) for key in keys) else UNKNOWN


def _tonumber(value: Any) -> Any:
    number = primitive_number(value)
    return UNKNOWN if number is None else number


def _tobool(value: Any) -> Any:
    truth = primitive_truth(value)
    return UNKNOWN if truth is None else truth


@_known
def _jsonencode(value: Any) -> Any:
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False, allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")  # Go escapes these


@_typed(str)
def _jsondecode(text: Any) -> Any:
    found = json.loads(text, parse_constant=_refuse_constant)
    json.dumps(
        found, ensure_ascii=False
    ).encode()  # fails for an escaped lone surrogate, which is not a character
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)  # Infinity and NaN, which only Python accepts


FUNCTIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "base64decode": _typed(str)(lambda text: base64.b64decode(text, validate=True).decode()),
        "base64encode": _typed(str)(lambda text: base64.b64encode(text.encode()).decode()),
        "coalescelist": lambda *lists: next((each for each in lists if each or not is_known(each)), UNKNOWN),
        "compact": _known(lambda items: [item for item in items if item not in ("", None)]),
        "concat": _typed(list)(lambda *lists: list(chain.from_iterable(lists))),
        "contains": _known(_typed(list, object)(lambda items, item: item in items)),
        "distinct": _known(lambda items: list(dict.fromkeys(items))),
        "element": _typed(list, object)(lambda items, index: items[index % len(items)]),
        "flatten": _flatten,
        "format": _format,
        "join": _join,
        "jsondecode": _jsondecode,
        "jsonencode": _jsonencode,
        "keys": _typed(dict)(sorted),
        "length": _typed(str | list | dict)(len),
        "lookup": _typed(dict, str, object)(
            lambda map, key, *default: map[key] if key in map or not default else default[0]
        ),
        "lower": _typed(str)(str.lower),
        "merge": _merge,
        "nonsensitive": lambda value: value,
        "one": _typed(list)(lambda items: UNKNOWN if len(items) > 1 else items[0] if items else None),
        "range": _range,
        "replace": _replace,
        "reverse": _typed(list)(lambda items: items[::-1]),
        "sensitive": lambda value: value,
        "slice": _slice,
        "sort": _known(_typed(list)(lambda items: sorted(map(_tostring, items)))),
        "split": _split,
        "substr": _substr,
        "tobool": _tobool,
        "tolist": _typed(list)(lambda value: value),
        "tomap": _typed(dict)(lambda value: value),
        "tonumber": _tonumber,
        "toset": _set,
        "tostring": _tostring,
        "trim": _typed(str)(lambda text, marks: text.strip(marks) if marks else text),
        "trimprefix": _typed(str)(str.removeprefix),
        "trimspace": _typed(str)(str.strip),
        "trimsuffix": _typed(str)(str.removesuffix),
        "upper": _typed(str)(str.upper),
        "values": _typed(dict)(lambda map: [map[key] for key in sorted(map)]),
        "zipmap": _zipmap,
    }
)
"""The functions by name."""
