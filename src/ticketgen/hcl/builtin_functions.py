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
from types import MappingProxyType
from typing import Any

from ticketgen.hcl.value_size import MAX_CHARACTERS, MAX_ELEMENTS
from ticketgen.hcl.values import UNKNOWN, is_known

__all__ = ["FUNCTIONS"]


def _check_size(characters: int, elements: int = 0) -> None:
    """Raise an error before a text or list is built that would be too large."""
    if characters > MAX_CHARACTERS or elements > MAX_ELEMENTS:
        raise OverflowError


def _merge(*maps: Any) -> Any:
    found: dict[str, Any] = {}
    for each in maps:
        if each is None:
            continue
        if not isinstance(each, dict):
            return UNKNOWN
        found.update(each)
    return found


def _concat(*lists: Any) -> Any:
    return (
        [item for each in lists for item in each]
        if all(isinstance(each, list) for each in lists)
        else UNKNOWN
    )


def _flatten(items: Any) -> Any:
    if not isinstance(items, list):
        return UNKNOWN
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


def _keys(map: Any) -> Any:
    return sorted(map) if isinstance(map, dict) else UNKNOWN


def _values(map: Any) -> Any:
    return [map[key] for key in sorted(map)] if isinstance(map, dict) else UNKNOWN


def _lookup(map: Any, key: Any, *default: Any) -> Any:
    if not isinstance(map, dict) or not isinstance(key, str):
        return UNKNOWN
    return map[key] if key in map or not default else default[0]


def _set(items: Any) -> Any:
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        return items if isinstance(items, list) else UNKNOWN
    return sorted(set(items))


def _identity(value: Any) -> Any:
    return value


def _tostring(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else value if isinstance(value, str) else UNKNOWN


def _length(value: Any) -> Any:
    return len(value) if isinstance(value, str | list | dict) else UNKNOWN


def _join(separator: Any, *lists: Any) -> Any:
    texts = [_tostring(item) for each in lists for item in each]
    _check_size(sum(map(len, texts)) + len(separator) * len(texts))
    return separator.join(texts)


def _format(pattern: Any, *values: Any) -> Any:
    """Support only ``%s``, ``%d``, ``%v`` and ``%%``, the verbs that names use."""
    if not isinstance(pattern, str) or not is_known(list(values)):
        return UNKNOWN
    bare = pattern.replace("%%", "").replace("%s", "").replace("%d", "").replace("%v", "")
    texts = tuple(map(_tostring, values))
    _check_size(len(pattern) + sum(map(len, texts)))
    return UNKNOWN if "%" in bare else pattern.replace("%d", "%s").replace("%v", "%s") % texts


def _requires_known_text(function: Callable[..., str]) -> Callable[..., Any]:
    def called(*values: Any) -> Any:
        return function(*values) if all(isinstance(value, str) for value in values) else UNKNOWN

    return called


def _substr(text: Any, offset: Any, length: Any) -> Any:
    if not isinstance(text, str):
        return UNKNOWN
    start = offset if offset >= 0 else max(0, len(text) + offset)
    return text[start:] if length < 0 else text[start : start + length]


def _replace(text: Any, old: Any, new: Any) -> Any:
    if not is_known([text, old, new]) or (len(old) > 1 and old.startswith("/") and old.endswith("/")):
        return UNKNOWN  # a regular expression in Go's dialect
    _check_size(len(text) + text.count(old) * (len(new) - len(old)))
    return text.replace(old, new) if old else UNKNOWN


def _split(separator: Any, text: Any) -> Any:
    if not isinstance(text, str):
        return UNKNOWN
    _check_size(0, text.count(separator))
    return text.split(separator)


def _contains(items: Any, item: Any) -> Any:
    return item in items if is_known([items, item]) and isinstance(items, list) else UNKNOWN


def _range(*bounds: Any) -> Any:
    values = range(*bounds)
    return list(values) if len(values) <= 1024 else UNKNOWN  # the limit of Terraform's range()


def _sort(items: Any) -> Any:
    return sorted(map(_tostring, items)) if is_known(items) and isinstance(items, list) else UNKNOWN


def _slice(items: Any, start: Any, end: Any) -> Any:
    whole = isinstance(items, list) and isinstance(start, int) and isinstance(end, int)
    return items[start:end] if whole and 0 <= start <= end <= len(items) else UNKNOWN


def _zipmap(keys: Any, values: Any) -> Any:
    return dict(zip(keys, values, strict=True)) if all(isinstance(key, str) for key in keys) else UNKNOWN


def _base64decode(text: Any) -> Any:
    return base64.b64decode(text, validate=True).decode() if isinstance(text, str) else UNKNOWN


def _tonumber(value: Any) -> Any:
    if isinstance(value, str) and len(value) < 16 and value.removeprefix("-").isdecimal() and value.isascii():
        return int(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else UNKNOWN


def _tobool(value: Any) -> Any:
    return {"true": True, "false": False}.get(value, UNKNOWN) if isinstance(value, str) else value


def _element(items: Any, index: Any) -> Any:
    return items[index % len(items)] if isinstance(items, list) else UNKNOWN


def _jsonencode(value: Any) -> Any:
    if not is_known(value):
        return UNKNOWN
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False, allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")  # Go escapes these


def _jsondecode(text: Any) -> Any:
    if not isinstance(text, str):
        return UNKNOWN
    found = json.loads(text, parse_constant=_refuse_constant)
    json.dumps(
        found, ensure_ascii=False
    ).encode()  # fails for an escaped lone surrogate, which is not a character
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)  # Infinity and NaN, which only Python accepts


def _compact(items: Any) -> Any:
    return [item for item in items if item not in ("", None)] if is_known(items) else UNKNOWN


def _distinct(items: Any) -> Any:
    return list(dict.fromkeys(items)) if is_known(items) else UNKNOWN


FUNCTIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "base64decode": _base64decode,
        "base64encode": _requires_known_text(lambda text: base64.b64encode(text.encode()).decode()),
        "coalescelist": lambda *lists: next((each for each in lists if each or not is_known(each)), UNKNOWN),
        "compact": _compact,
        "concat": _concat,
        "contains": _contains,
        "distinct": _distinct,
        "element": _element,
        "flatten": _flatten,
        "format": _format,
        "join": _join,
        "jsondecode": _jsondecode,
        "jsonencode": _jsonencode,
        "keys": _keys,
        "length": _length,
        "lookup": _lookup,
        "lower": _requires_known_text(str.lower),
        "merge": _merge,
        "nonsensitive": _identity,
        "one": lambda items: (
            (items[0] if items else None) if isinstance(items, list) and len(items) < 2 else UNKNOWN
        ),
        "range": _range,
        "replace": _replace,
        "reverse": lambda items: items[::-1] if isinstance(items, list) else UNKNOWN,
        "sensitive": _identity,
        "slice": _slice,
        "sort": _sort,
        "split": _split,
        "substr": _substr,
        "tobool": _tobool,
        "tolist": lambda value: value if isinstance(value, list) else UNKNOWN,
        "tomap": lambda value: value if isinstance(value, dict) else UNKNOWN,
        "tonumber": _tonumber,
        "toset": _set,
        "tostring": _tostring,
        "trim": _requires_known_text(lambda text, marks: text.strip(marks) if marks else text),
        "trimprefix": _requires_known_text(str.removeprefix),
        "trimspace": _requires_known_text(str.strip),
        "trimsuffix": _requires_known_text(str.removesuffix),
        "upper": _requires_known_text(str.upper),
        "values": _values,
        "zipmap": _zipmap,
    }
)
"""The functions by name."""
