"""Terraform's values in Python, and the functions of its language that the stack calls.

Known values are plain Python. A value that only AWS knows, such as an ARN or an endpoint, is an `Unknown`: it holds the
address that it is read from, which is enough to check wiring.
"""

from __future__ import annotations

import ipaddress
import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["FUNCTIONS", "CannotEvaluate", "Unknown", "text"]


class CannotEvaluate(Exception):
    """The expression has no value: Terraform would refuse it, or the suites do not support it."""


class Unknown:
    """A value that exists only after an apply, by the address that it is read from."""

    __slots__ = ("address",)

    def __init__(self, address: str) -> None:
        self.address = address

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unknown) and other.address == self.address

    def __hash__(self) -> int:
        return hash(self.address)

    def __repr__(self) -> str:
        return f"${{{self.address}}}"


def text(value: Any) -> str:
    """A value inside a string."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, list | dict):
        raise CannotEvaluate(f"{value!r} inside a string")
    return str(value)


def _jsonencode(value: Any) -> str:
    return json.dumps(value, default=repr)


def _jsondecode(value: str) -> Any:
    def known(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: known(inner) for key, inner in part.items()}
        if isinstance(part, list):
            return [known(inner) for inner in part]
        found = re.fullmatch(r"\$\{(.+)\}", part) if isinstance(part, str) else None
        return Unknown(found[1]) if found else part

    return known(json.loads(value))


def _one(values: list[Any]) -> Any:
    if len(values) > 1:
        raise CannotEvaluate(f"one({values!r})")
    return values[0] if values else None


def _merge(*parts: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for part in parts for key, value in part.items()}


def _cidrsubnet(prefix: str, bits: int, number: int) -> str:
    network = ipaddress.ip_network(prefix)
    try:
        return str(list(network.subnets(prefixlen_diff=bits))[number])
    except (ValueError, IndexError) as error:
        raise CannotEvaluate(f"cidrsubnet({prefix!r}, {bits}, {number}): {error}") from error


def _regex(pattern: str, subject: str) -> str:
    found = re.search(pattern.replace("$", r"\Z"), subject)
    if found is None:
        raise CannotEvaluate(f"{subject!r} does not match {pattern}")
    return found[0]


def _replace(subject: Any, old: str, new: str) -> Any:
    return subject if isinstance(subject, Unknown) else text(subject).replace(old, new)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "cidrsubnet": _cidrsubnet,
    "compact": lambda values: [value for value in values if value],
    "concat": lambda *parts: [item for part in parts for item in part],
    "floor": math.floor,
    "join": lambda separator, parts: separator.join(map(text, parts)),
    "jsondecode": _jsondecode,
    "jsonencode": _jsonencode,
    "length": len,
    "lookup": lambda values, key, default: values.get(key, default),
    "merge": _merge,
    "one": _one,
    "range": lambda *limits: list(range(*limits)),
    "regex": _regex,
    "replace": _replace,
    "sha256": lambda value: Unknown(f"sha256({value})"),
    "startswith": lambda value, start: text(value).startswith(start),
}
"""By their names in Terraform. `can` is missing because it evaluates its argument itself."""
