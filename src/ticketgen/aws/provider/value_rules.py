"""The rules by which AWS provider 5.100.0 validates a value without asking AWS.

A rule is a list in JSON: its kind, and the arguments of the kind's function in `KINDS`. Most functions repeat one of
https://github.com/hashicorp/terraform-plugin-sdk/tree/main/helper/validation or of
https://github.com/hashicorp/terraform-provider-aws/tree/v5.100.0/internal/verify. A function returns None for a value
that the provider accepts, and for one that is too long to decide.
"""

from __future__ import annotations

import ipaddress
import re
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from ticketgen.wording import join_words

__all__ = ["KINDS", "MAX_MATCHED", "ValueRule", "violation"]

ValueRule: TypeAlias = Sequence[Any]
_Broken: TypeAlias = "tuple[str, str] | None"

MAX_MATCHED: Final = 300
"""Maximum characters of a text that is matched, because patterns may be quadratic."""
_MAX_JSON: Final = 100_000
_MAX_LISTED: Final = 12
_INT_64: Final = 1 << 63

_PARTITION = re.compile(r"aws(-[a-z]+)*")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]{1,2}")
_ACCOUNT = re.compile(r"aws|aws-managed|third-party|aws-marketplace|[0-9]{12}|cw.{10}")
_RFC_3339 = re.compile(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T"
    r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.,][0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_DURATION = re.compile(r"[+-]?(?:0|(?:(?:[0-9]++\.?+[0-9]*+|\.[0-9]++)(?:ns|us|µs|μs|ms|s|m|h))++)")
_SIGNED = re.compile(r"[+-]?[0-9]+")
_FLOAT = re.compile(r"[+-]?(?:[0-9]++\.?+[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]+)?")
# https://pkg.go.dev/strconv#ParseBool
_TRUTHS = frozenset({"1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"})


def violation(rule: ValueRule, value: str | float) -> _Broken:
    """What a value violates, as the end of a sentence with "it", and the fix; None if the value is accepted."""
    kind, *arguments = rule
    return KINDS[kind](value, *arguments)


def _quote(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _one_of(value: str | float, allowed: Sequence[str | float], any_case: bool = False) -> _Broken:
    if value in allowed or str(value) in allowed:  # the provider lists the choices of some numbers as texts
        return None
    if any_case and str(value).casefold() in {str(each).casefold() for each in allowed}:
        return None
    shown = [_quote(each) for each in allowed[:_MAX_LISTED]]
    if len(allowed) > _MAX_LISTED:
        shown.append(f"{len(allowed) - _MAX_LISTED} more")
    choice = join_words(shown, "or")
    return f"it must be {choice}", f"write {choice}"


def _none_of(value: str | float, refused: Sequence[str | float]) -> _Broken:
    if value not in refused:
        return None
    choice = join_words(list(map(_quote, refused)), "or")
    return f"it must not be {choice}", "write another value"


def _between(least: float | None, most: float | None) -> str:
    if least is None:
        return f"at most {most}"
    return f"at least {least}" if most is None else f"from {least} to {most}"


def _range(value: str | float, least: float | None, most: float | None) -> _Broken:
    number = _number(value)
    if number is None or ((least is None or number >= least) and (most is None or number <= most)):
        return None
    within = _between(least, most)
    return f"it must be {within}", f"write a number {within}"


def _number(value: str | float) -> float | None:
    if not isinstance(value, str):
        return value
    return int(value) if _SIGNED.fullmatch(value) and len(value) < 20 else None


def _divisible(value: str | float, divisor: int) -> _Broken:
    if not isinstance(value, int) or value % divisor == 0:
        return None
    lower = value - value % divisor
    return f"it must be a multiple of {divisor}", f"write {lower} or {lower + divisor}"


def _whole(value: str | float) -> _Broken:
    if not isinstance(value, float) or value.is_integer():
        return None
    return "it must be a whole number", f"write {int(value)} or {int(value) + 1}"


def _length(value: str | float, least: int | None, most: int | None) -> _Broken:
    # The provider counts bytes in most places and characters in others: both must be too few or too many.
    text = str(value)
    characters, size = len(text), len(text.encode("utf-8", "surrogatepass"))
    if (least is None or size >= least) and (most is None or characters <= most):
        return None
    if not text:
        return "it must not be empty", "write a text"
    within = _between(least, most)
    unit = "character" if (most or least) == 1 else "characters"
    return f"it must have {within} {unit}, and has {characters:,}", f"write a text that has {within} {unit}"


def _matches(value: str | float, patterns: Sequence[str], requirement: str) -> _Broken:
    return _pattern_error(value, patterns, requirement, wanted=True)


def _not_matches(value: str | float, patterns: Sequence[str], requirement: str) -> _Broken:
    return _pattern_error(value, patterns, requirement, wanted=False)


def _pattern_error(value: str | float, patterns: Sequence[str], requirement: str, *, wanted: bool) -> _Broken:
    """The violation of a pattern; of several, the provider has one, so none of them may accept the value."""
    text = str(value)
    if len(text) > MAX_MATCHED or any(
        (_compiled(each).search(text) is not None) == wanted for each in patterns
    ):
        return None
    shown = requirement or f"it must match {patterns[0]}"
    return shown, "correct the text"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


def _arn(value: str | float, empty: bool = True) -> _Broken:
    # https://github.com/hashicorp/terraform-provider-aws/blob/v5.100.0/internal/verify/validate.go
    text = str(value)
    if not text and empty:
        return None
    example = "write an ARN, such as arn:aws:iam::123456789012:role/name"
    sections = text.split(":", 5)
    if sections[0] != "arn":
        return 'an ARN must begin with "arn:"', example
    if len(sections) < 6:
        return "an ARN must have six parts, separated by colons", example
    _, partition, _, region, account, resource = sections
    if not _PARTITION.fullmatch(partition):
        return f"{_quote(partition)} is not a partition of AWS", example
    if region and not _REGION.fullmatch(region):
        return f"{_quote(region)} is not a Region of AWS", example
    if account and not _ACCOUNT.fullmatch(account):
        return (
            f"{_quote(account)} is not an AWS account ID, which has 12 digits",
            "write the 12 digits of the account",
        )
    return ("an ARN must name a resource in its last part", example) if not resource else None


def _json(value: str | float, empty: bool = False, policy: bool = False) -> _Broken:
    text = str(value).strip() if policy else str(value)
    if (not text and empty) or len(text) > _MAX_JSON:
        return None
    if not text:
        return "it must not be empty", "write JSON, or use jsonencode"
    if policy and text[0] != "{":
        return "a policy must be a JSON object", "write the policy as a JSON object, or use jsonencode"
    import json

    try:
        pairs = json.loads(
            text, parse_constant=_refuse_constant, object_pairs_hook=_pairs if policy else None
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        return f"it is not valid JSON: {error.msg.lower()} at {where}", "correct the JSON, or use jsonencode"
    except _DuplicateKeyError as error:
        return f"its JSON has the key {_quote(str(error))} twice", "remove one of the two keys"
    except (ValueError, RecursionError):
        return None  # a number that only Python refuses, or too deep
    del pairs
    return None


class _DuplicateKeyError(Exception):
    """A JSON object has a key twice."""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _DuplicateKeyError(key)
        found[key] = value
    return found


def _refuse_constant(name: str) -> Any:
    import json

    raise json.JSONDecodeError("no such literal in JSON", name, 0)


def _cidr(value: str | float, network: bool = False, version: int = 0, empty: bool = False) -> _Broken:
    text = str(value)
    if not text and empty:
        return None
    example = "write a CIDR block, such as 10.0.0.0/16"
    address, slash, length = text.partition("/")
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "it is not a CIDR block", example
    if "%" in address or not slash or not length.isdecimal() or not length.isascii():
        return "it is not a CIDR block", example
    if int(length[:4]) > parsed.max_prefixlen:
        most = parsed.max_prefixlen
        return (
            f"the prefix length of an IPv{parsed.version} block is at most {most}",
            f"write {address}/{most} or less",
        )
    if version and parsed.version != version:
        return f"it must be an IPv{version} block", f"write an IPv{version} CIDR block"
    block = ipaddress.ip_network((parsed, int(length)), strict=False)
    if network and block.network_address != parsed:
        return f"the network of this block begins at {block.network_address}", f"write {block}"
    return None


def _address(value: str | float, version: int = 0, empty: bool = False) -> _Broken:
    text = str(value)
    if not text and empty:
        return None
    what = f"an IPv{version} address" if version else "an IP address"
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return f"it is not {what}", f"write {what}"
    if "%" in text:
        return f"it is not {what}", f"write {what}"
    return None if version in (0, parsed.version) else (f"it is not {what}", f"write {what}")


def _time(value: str | float) -> _Broken:
    if _RFC_3339.fullmatch(str(value)):
        return None
    return "it is not a time in RFC 3339 format", "write a time such as 2030-01-31T12:00:00Z"


def _duration(value: str | float) -> _Broken:
    if _DURATION.fullmatch(str(value)[:MAX_MATCHED]) or len(str(value)) > MAX_MATCHED:
        return None
    return "it is not a duration", "write a duration such as 30m or 1h30m"


def _integer_text(value: str | float, empty: bool = True) -> _Broken:
    text = str(value)
    if (not text and empty) or (
        _SIGNED.fullmatch(text) and (len(text) > 18 or -_INT_64 <= int(text) < _INT_64)
    ):
        return None
    return "it is not a whole number", "write a whole number"


def _truth_text(value: str | float, empty: bool = True) -> _Broken:
    if (not value and empty) or str(value) in _TRUTHS:
        return None
    return "it is neither true nor false", "write true or false"


def _base64(value: str | float) -> _Broken:
    text = str(value).replace("\n", "").replace("\r", "")
    try:
        b64decode(text, validate=True)
    except ValueError:
        return "it is not Base64", "encode the text with base64encode"
    return None


def _empty(value: str | float) -> _Broken:
    return ("it must be empty", "remove the argument") if value else None


def _any_of(value: str | float, rules: Sequence[ValueRule]) -> _Broken:
    found = [violation(rule, value) for rule in rules]
    return found[0] if all(found) else None


KINDS: Final[Mapping[str, Callable[..., _Broken]]] = MappingProxyType(
    {
        "one of": _one_of,
        "none of": _none_of,
        "range": _range,
        "divisible": _divisible,
        "whole": _whole,
        "length": _length,
        "matches": _matches,
        "not matches": _not_matches,
        "arn": _arn,
        "json": _json,
        "cidr": _cidr,
        "address": _address,
        "time": _time,
        "duration": _duration,
        "integer": _integer_text,
        "truth": _truth_text,
        "base64": _base64,
        "empty": _empty,
        "any of": _any_of,
    }
)
"""The function of each kind of rule."""
