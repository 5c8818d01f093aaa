"""Calls about text, times and encodings with known arguments that Terraform refuses; see `refused_calls`."""

from __future__ import annotations

import re
import string
from calendar import monthrange
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from ticketgen.hcl.primitive_conversions import TRUTHS
from ticketgen.type_checking.go_patterns import read_pattern, surely_unmatched
from ticketgen.type_checking.refusal import Refused, is_no_number

__all__ = ["TEXT_REFUSALS"]

_MAX_TEXT: Final = 10_000
"""Characters of a text whose characters are checked."""

_MAX_YAML: Final = 1_000
"""Characters of a YAML document that is parsed. No key in it is too long for either parser."""
_YAML_CHARACTERS: Final = frozenset(string.printable) - frozenset("\t\r\x0b\x0c%")

_TIME: Final = re.compile(r"\d{4}-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)

_TIME_RANGES: Final = ((1, 12), (1, 31), (0, 23), (0, 59), (0, 59))

_DURATION: Final = re.compile(r"[+-]?((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+|[+-]?0", re.ASCII)

_VERB: Final = re.compile(r"%(?:%|[ +#0-]*(?:[1-9]\d*)?(?:\.\d*)?(?:\[(\d+)\])?([^\W\d_]|$))", re.ASCII)

_UUID: Final = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

_VERBS: Final = frozenset("vtbdoxXeEfgGsq")

_DATE_WORDS: Final = frozenset(
    {"YYYY", "YY", "MMMM", "MMM", "MM", "M", "DD", "D", "EEEE", "EEE", "hh", "h", "HH", "H", "AA", "aa"}
    | {"mm", "m", "ss", "s", "ZZZZZ", "ZZZZ", "ZZZ", "Z"}
)


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


def _jsondecode(text: str) -> None:
    import json

    try:
        json.loads(text)
    except ValueError:
        # Only what both parsers refuse: Python also reads NaN, and Go some escapes that Python refuses.
        if "\\" not in text:
            raise Refused(0, "it is not JSON") from None


def _yamldecode(text: str) -> None:
    if not text.strip():
        raise Refused(0, "it is not a YAML document")
    # Both parsers descend from libyaml; they differ in tabs, in long keys and in which characters are printable.
    if len(text) < _MAX_YAML and text.isascii() and not set(text) - _YAML_CHARACTERS:
        import yaml

        try:
            for _ in yaml.parse(text, yaml.SafeLoader):
                pass
        except yaml.YAMLError:
            raise Refused(0, "it is not YAML") from None


def _time(position: int) -> Callable[..., None]:
    def check(*values: Any) -> None:
        text = values[position]
        match = _TIME.fullmatch(text)
        parts = [int(match[each]) for each in range(1, 6)] if match else [0] * 5
        if not all(low <= part <= high for part, (low, high) in zip(parts, _TIME_RANGES, strict=True)):
            raise Refused(position, "it is not a timestamp such as 2030-01-31T12:00:00Z")
        month, day = parts[:2]
        if day > 28 and day > monthrange(int(text[:4]) or 4, month)[1]:
            raise Refused(position, "the month does not have that day")

    return check


def _timeadd(time: str, duration: str) -> None:
    _time(0)(time)
    if not _DURATION.fullmatch(duration):
        raise Refused(1, "it is not a duration such as 1h30m")


def _timecmp(one: str, other: str) -> None:
    _time(0)(one)
    _time(1)(one, other)


def _formatdate(layout: str, time: str) -> None:
    _time(1)(layout, time)
    if layout.count("'") % 2:
        raise Refused(0, "a quoted part of it is not closed")
    for run in re.findall(r"([A-Za-z])(\1*)", re.sub(r"'[^']*'", " ", layout)):
        word = "".join(run)
        if word not in _DATE_WORDS:
            raise Refused(0, f"{word} is not a format sequence of formatdate")


def _decoded(text: str) -> bytes:
    import base64

    try:
        return base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except ValueError:
        raise Refused(0, "it is not Base64") from None


def _base64decode(text: str) -> None:
    try:
        _decoded(text).decode()
    except ValueError:
        raise Refused(0, "it is not the Base64 of a text") from None


def _encoding(name: str) -> str:
    """The canonical name of an encoding, if Python knows it; other names with digits may be known to Terraform."""
    import codecs

    try:
        return codecs.lookup(name).name
    except (LookupError, ValueError):
        word = name.lower()
        if any(map(str.isdigit, word)) or word.startswith(("cs", "x-")) or word in {"mac", "us"}:
            return ""
        raise Refused(1, "it is not the name of an encoding") from None


def _textdecodebase64(text: str, encoding: str) -> None:
    data = _decoded(text)
    if _encoding(encoding).startswith("utf-16-") and len(data) % 2:
        raise Refused(0, f"it is not the Base64 of a text in {encoding}")


def _textencodebase64(text: str, encoding: str) -> None:
    if _encoding(encoding) == "ascii" and not text.isascii():
        raise Refused(0, f"it has characters that {encoding} lacks")


def _rsadecrypt(text: str, key: str) -> None:
    _decoded(text)
    if "-----BEGIN " not in key:
        raise Refused(1, "it is not a private key in PEM")


def _indent(spaces: Any, text: str) -> None:
    if isinstance(spaces, int) and spaces < 0:
        raise Refused(0, "it is negative")


def _pow(base: Any, exponent: Any) -> None:
    is_whole = isinstance(exponent, int) or (isinstance(exponent, float) and exponent.is_integer())
    if isinstance(base, int | float) and base < 0 and isinstance(exponent, float) and not is_whole:
        raise Refused(1, "a negative number has no such power")


def _log(number: Any, base: Any) -> None:
    # The logarithm of zero is infinite, which Terraform accepts.
    for position, value in enumerate((number, base)):
        if isinstance(value, int | float) and value < 0:
            raise Refused(position, "it is less than zero")


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
        raise Refused(0, f"it is not a whole number in base {base}")


def _format(pattern: str, *values: Any) -> None:
    used = position = 0
    bare = _VERB.sub("", pattern)
    if "%*" in bare:
        raise Refused(0, "* is not a width")
    if "%" in bare:
        return  # a form that this reader does not know
    for match in _VERB.finditer(pattern):
        if match[0] == "%%":
            continue
        verb = match[2]
        if verb not in _VERBS:
            raise Refused(0, f"{match[0]} is not a format verb")
        position = int(match[1]) if match[1] else position + 1
        used = max(used, position)
        if not 1 <= position <= len(values):
            raise Refused(0, f"it has no argument for {match[0]}")
        problem = _verb_problem(verb, values[position - 1])
        if problem:
            raise Refused(position, f"{match[0]} requires {problem}")
    if used < len(values):
        raise Refused(used + 1, f"the format uses only {used} arguments")


def _verb_problem(verb: str, value: Any) -> str:
    if value is None or verb == "v":
        return ""
    if isinstance(value, list | dict):
        return "a string" if verb in "sq" else "a number" if verb in "bdoxXeEfgG" else "a bool"
    if verb in "bdoxXeEfgG" and isinstance(value, bool):
        return "a number"
    if verb in "bdoxXeEfgG" and is_no_number(value):
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


def _uuidv5(namespace: str, name: str) -> None:
    is_short = len(namespace) not in {
        32,
        36,
        38,
        45,
    }  # the forms of https://pkg.go.dev/github.com/google/uuid#Parse
    if namespace not in {"dns", "url", "oid", "x500"} and (
        is_short or (len(namespace) == 36 and not _UUID.fullmatch(namespace))
    ):
        raise Refused(0, "it is neither dns, oid, url or x500 nor a UUID")


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
        raise Refused(0, "a row does not have as many fields as the header")


TEXT_REFUSALS: Mapping[str, Callable[..., None]] = MappingProxyType(
    {
        "base64decode": _base64decode,
        "csvdecode": _csvdecode,
        "format": _format,
        "formatdate": _formatdate,
        "formatlist": _formatlist,
        "indent": _indent,
        "jsondecode": _jsondecode,
        "log": _log,
        "parseint": _parseint,
        "pow": _pow,
        "regex": _regex,
        "regexall": lambda pattern, text: _regex(pattern, None),
        "replace": _replace,
        "rsadecrypt": _rsadecrypt,
        "textdecodebase64": _textdecodebase64,
        "textencodebase64": _textencodebase64,
        "timeadd": _timeadd,
        "timecmp": _timecmp,
        "uuidv5": _uuidv5,
        "yamldecode": _yamldecode,
    }
)
"""The checks by the name of the function."""
