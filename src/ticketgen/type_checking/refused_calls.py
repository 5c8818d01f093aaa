"""Calls with known arguments that Terraform refuses.

Each check gets the arguments, converted to the types of the parameters, and raises `Refused` for what Terraform surely
refuses. What it is not sure about passes.
Sources: https://github.com/hashicorp/terraform/tree/main/internal/lang/funcs and
https://github.com/zclconf/go-cty/tree/main/cty/function/stdlib
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from ticketgen.hcl.primitive_conversions import TRUTHS
from ticketgen.type_checking.go_patterns import read_pattern, surely_unmatched

__all__ = ["REFUSALS", "Refused"]


class Refused(Exception):
    """Terraform refuses the call: the index of the argument, and why."""

    def __init__(self, argument: int, reason: str) -> None:
        super().__init__(reason)
        self.argument = argument
        self.reason = reason


_MAX_TEXT: Final = 10_000
"""Characters of a text whose characters are checked."""
_MAX_RANGE: Final = 1024
"""The elements that ``range`` generates at most."""
_TIME: Final = re.compile(r"\d{4}-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_TIME_RANGES: Final = ((1, 12), (1, 31), (0, 23), (0, 59), (0, 59))
_DURATION: Final = re.compile(r"[+-]?((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+|[+-]?0", re.ASCII)
_VERB: Final = re.compile(r"%(?:%|[ +#0-]*(?:[1-9]\d*)?(?:\.\d*)?(?:\[(\d+)\])?([^\W\d_]|$))", re.ASCII)
_WORD: Final = re.compile("[A-Za-z_ ]*")
_VERBS: Final = frozenset("vtbdoxXeEfgGsq")
_DATE_WORDS: Final = frozenset(
    {"YYYY", "YY", "MMMM", "MMM", "MM", "M", "DD", "D", "EEEE", "EEE", "hh", "h", "HH", "H", "AA", "aa"}
    | {"mm", "m", "ss", "s", "ZZZZZ", "ZZZZ", "ZZZ", "Z"}
)
_MAX_BITS: Final = 32
"""The bits by which the functions extend the prefix of a network at most."""


def _regex(pattern: str, text: str | None) -> None:
    read = read_pattern(pattern)
    if read is not None and read.fault:
        raise Refused(0, f"the pattern is not valid: {read.fault}")
    if text is not None and read is not None and surely_unmatched(pattern, text):
        raise Refused(1, "the pattern does not match the string")


def _replace(text: str, old: str, new: str) -> None:
    if len(old) > 1 and old.startswith("/") and old.endswith("/"):
        read = read_pattern(old[1:-1])
        if read is not None and read.fault:
            raise Refused(1, f"the pattern is not valid: {read.fault}")


def _network(prefix: str) -> tuple[int, int]:
    """The length of the prefix, and of the addresses."""
    from ipaddress import ip_interface

    address, slash, length = prefix.partition("/")
    # Terraform reads numbers with leading zeros, as earlier versions did.
    address = ".".join(each.lstrip("0") or each[:1] for each in address.split("."))
    try:
        network = ip_interface(f"{address}/{length}").network
        if not slash or not length.isdigit():
            raise ValueError
    except ValueError:
        raise Refused(0, "it is no range of addresses in CIDR notation") from None
    return network.prefixlen, network.max_prefixlen


def _cidrsubnet(prefix: str, bits: Any, number: Any) -> None:
    length, longest = _network(prefix)
    if isinstance(bits, int) and length + bits > longest:
        raise Refused(1, f"the prefix of {length} bits cannot be extended by {bits}")
    if isinstance(bits, int) and isinstance(number, int) and 0 <= bits <= 128 and number >= 1 << bits:
        raise Refused(2, f"there is no network {number} with {bits} more bits")


def _cidrsubnets(prefix: str, *bits: Any) -> None:
    length, longest = _network(prefix)
    for position, each in enumerate(bits, 1):
        if isinstance(each, int) and (each < 1 or each > _MAX_BITS or length + each > longest):
            raise Refused(position, f"the prefix of {length} bits cannot be extended by {each}")


def _cidrhost(prefix: str, number: Any) -> None:
    length, longest = _network(prefix)
    size = 1 << (longest - length)
    if isinstance(number, int) and not -size <= number < size:
        raise Refused(1, f"the range has no host {number}")


def _cidrnetmask(prefix: str) -> None:
    if _network(prefix)[1] != 32:
        raise Refused(0, "ranges of IPv6 have no netmask")


def _jsondecode(text: str) -> None:
    import json

    try:
        json.loads(text)
    except ValueError:
        # Only what both parsers refuse: Python also reads NaN, and Go some escapes that Python refuses.
        if "\\" not in text:
            raise Refused(0, "it is no JSON") from None


def _yamldecode(text: str) -> None:
    if not text.strip():
        raise Refused(0, "it is no YAML document")


def _time(position: int) -> Callable[..., None]:
    def check(*values: Any) -> None:
        text = values[position]
        match = _TIME.fullmatch(text)
        parts = [int(match[each]) for each in range(1, 6)] if match else [0] * 5
        if not all(low <= part <= high for part, (low, high) in zip(parts, _TIME_RANGES, strict=True)):
            raise Refused(position, "it is no timestamp such as 2030-01-31T12:00:00Z")

    return check


def _timeadd(time: str, duration: str) -> None:
    _time(0)(time)
    if not _DURATION.fullmatch(duration):
        raise Refused(1, "it is no duration such as 1h30m")


def _timecmp(one: str, other: str) -> None:
    _time(0)(one)
    _time(1)(one, other)


def _formatdate(layout: str, time: str) -> None:
    _time(1)(layout, time)
    if layout.count("'") % 2:
        raise Refused(0, "a quoted text in it has no end")
    for run in re.findall(r"([A-Za-z])(\1*)", re.sub(r"'[^']*'", " ", layout)):
        word = "".join(run)
        if word not in _DATE_WORDS:
            raise Refused(0, f"{word} is no part of a date")


def _base64decode(text: str) -> None:
    import base64

    try:
        base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True).decode()
    except ValueError:
        raise Refused(0, "it is no text in Base64") from None


def _parseint(text: Any, base: Any) -> None:
    if not isinstance(base, int) or not 2 <= base <= 62:
        raise Refused(1, "the base is not between 2 and 62")
    if not isinstance(text, str):
        raise Refused(0, "a string is required")
    if base > 36:
        return
    digits = text.lower().removeprefix("-" if text.startswith("-") else "+")
    allowed = (string.digits + string.ascii_lowercase)[:base]
    if not digits or (len(text) < _MAX_TEXT and set(digits) - set(allowed)):
        raise Refused(0, f"it is no whole number of base {base}")


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


def _format(pattern: str, *values: Any) -> None:
    used = position = 0
    bare = _VERB.sub("", pattern)
    if "%" in bare:
        return  # a form that this reader does not know
    for match in _VERB.finditer(pattern):
        if match[0] == "%%":
            continue
        verb = match[2]
        if verb not in _VERBS:
            raise Refused(0, f"{match[0]} is no verb of a format")
        position = int(match[1]) if match[1] else position + 1
        used = max(used, position)
        if not 1 <= position <= len(values):
            raise Refused(0, f"it has no argument for {match[0]}")
        problem = _verb_problem(verb, values[position - 1])
        if problem:
            raise Refused(position, f"{match[0]} requires {problem}")
    if used < len(values):
        raise Refused(used + 1, f"the format uses only {used} arguments")


def _is_no_number(value: Any) -> bool:
    """Whether a value surely does not convert to a number."""
    if isinstance(value, str):
        return bool(_WORD.fullmatch(value)) and not value.lower().startswith(("inf", "nan"))
    return isinstance(value, bool | list | dict)


def _verb_problem(verb: str, value: Any) -> str:
    if value is None or verb == "v":
        return ""
    if isinstance(value, list | dict):
        return "a string" if verb in "sq" else "a number" if verb in "bdoxXeEfgG" else "a bool"
    if verb in "bdoeEfgG" and isinstance(value, bool):
        return "a number"
    if verb in "bdoeEfgG" and _is_no_number(value):
        return "a number"
    if verb in "bdo" and isinstance(value, float) and not value.is_integer():
        return "a whole number"
    if verb == "t" and not isinstance(value, bool) and value not in TRUTHS:
        return "a bool"
    return ""


def _formatlist(pattern: str, *values: Any) -> None:
    sizes = {len(each) for each in values if isinstance(each, list)}
    if len(sizes) > 1:
        raise Refused(1, "the lists have different lengths")
    for row in range(min(sizes, default=1)):
        _format(pattern, *(each[row] if isinstance(each, list) else each for each in values))


def _one(items: Any) -> None:
    if isinstance(items, list) and len(items) > 1:
        raise Refused(0, f"the list has {len(items)} elements, not one")


def _coalesce(*values: Any) -> None:
    if all(each is None or each == "" for each in values):
        raise Refused(0, "all arguments are null or empty")


def _coalescelist(*values: Any) -> None:
    if values and all(isinstance(each, list) and not each for each in values):
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
    if any(map(_is_no_number, items)):
        raise Refused(0, "an element is no number")


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
        raise Refused(1, "there is not one key for each value")


def _uuidv5(namespace: str, name: str) -> None:
    if namespace not in {"dns", "url", "oid", "x500"} and len(namespace) < 32:
        raise Refused(0, "it is no namespace and no UUID")


def _elements_known(items: Any, what: str) -> None:
    if isinstance(items, list) and any(each is None for each in items):
        raise Refused(0, f"{what} is null")


def _join(separator: str, *lists: Any) -> None:
    for position, each in enumerate(lists, 1):
        if isinstance(each, list) and any(item is None for item in each):
            raise Refused(position, "an element is null")


def _csvdecode(text: str) -> None:
    if '"' in text or "\r" in text:
        return
    rows = [row for row in text.split("\n") if row]
    if not rows:
        raise Refused(0, "it has no header")
    columns = rows[0].split(",")
    if len(set(columns)) < len(columns):
        raise Refused(0, "two columns have the same name")
    if any(row.count(",") + 1 != len(columns) for row in rows):
        raise Refused(0, "a row has not as many fields as the header")


REFUSALS: Mapping[str, Callable[..., None]] = MappingProxyType(
    {
        "base64decode": _base64decode,
        "chunklist": _chunklist,
        "cidrhost": _cidrhost,
        "cidrnetmask": _cidrnetmask,
        "cidrsubnet": _cidrsubnet,
        "cidrsubnets": _cidrsubnets,
        "coalesce": _coalesce,
        "coalescelist": _coalescelist,
        "contains": lambda items, item: _list_required(items),
        "csvdecode": _csvdecode,
        "format": _format,
        "formatdate": _formatdate,
        "formatlist": _formatlist,
        "index": _index,
        "join": _join,
        "jsondecode": _jsondecode,
        "matchkeys": _matchkeys,
        "max": _minmax,
        "min": _minmax,
        "one": _one,
        "parseint": _parseint,
        "range": _range,
        "regex": _regex,
        "regexall": lambda pattern, text: _regex(pattern, None),
        "replace": _replace,
        "slice": _slice,
        "sort": lambda items: _elements_known(items, "an element"),
        "sum": _sum,
        "timeadd": _timeadd,
        "timecmp": _timecmp,
        "uuidv5": _uuidv5,
        "yamldecode": _yamldecode,
    }
)
"""The checks by the name of the function."""
