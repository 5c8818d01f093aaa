"""Probe how the AWS provider validates the arguments of a type, one argument at a time.

Every argument is set in a configuration that is otherwise as small as possible, so that each new error is about it. An
argument that rejects none of the first values is taken to accept all.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc
from provider_plugin import Provider
from provider_values import configuration, value

from ticketgen.aws.provider.schema import BlockSchema, Type, schema_of

__all__ = ["Leaf", "Leaves", "leaves_of"]

LONG = "a" * 20_000
"""A text that is longer than most limits."""
FIRST_TEXTS = ("§", "", LONG, "A", "a", "1000000000", "10.0.0.1/16", "true")
MORE_TEXTS = (
    "x", "Ab", "a-b", "a_b", "a.b", "a/b", "a b", "a:b", "a,b", "a+b", "a@b", "a*", "-a", "a-", "a--b", "_a", "1a", "/a",
    "abcdefgh", "abcdefghijklmnopqrst", "a" * 40, "a" * 70, "a" * 130, "a" * 260, "A" * 40, "0", "1", "-1", "7", "1.5", "1.0",
    "2", "60", "443", "10.0.0.0/16", "10.0.0.0/33", "10.0.0.1", "2001:db8::/56", "2001:db8::1", "0.0.0.0/0", "::/0",
    "arn:aws:iam::123456789012:role/a", "arn:aws:s3:::a", "arn:", "arn:aws:sns:us-east-1:123456789012:a",
    "arn:aws:kms:us-east-1:123456789012:key/10000000-0000-0000-0000-000000000000", "{", "{}", "[]", "[1]", "null",
    '{"a":1}', '{"Version":"2012-10-17","Statement":[]}', " {}", "false", "True", "yes", "2030-01-01T00:00:00Z",
    "2030-01-01", "2030-13-01T00:00:00Z", "2030-01-01T00:00:00", "10:00-11:00", "03:00-04:00", "sun:05:00-sun:06:00",
    "PT1H", "1h", "1h30m", "15m", "100h", "rate(1 minute)", "https://example.com", "http://example.com", "https://",
    "s3://a/b", "example.com", "*.example.com", "a@example.com", "123456789012", "12345", "us-east-1", "us-east-1a",
    "aGVsbG8=", "aGVsbG8", "vpc-12345678", "subnet-12345678", "sg-12345678", "ami-12345678", "Allow", "ENABLED", "enabled",
    "00000000-0000-0000-0000-000000000000", "$Default", "default", "alpha", "beta", "[a-z]+", "(", "a\nb", "é",
    "aws:a", "AWS:a", "12:00", "25:00", "1.2.3", "latest", "$LATEST",
)  # fmt: skip
FIRST_NUMBERS = (-1, 0, 1_000_000_000, 13, 1.5)
MORE_NUMBERS = (1, 2, 3, 5, 7, 10, 30, 60, 100, 128, 300, 512, 1000, 1024, 3600, 10_000, 100_000, -2, 0.5)

_COMBINED = re.compile(
    r"^(?:Conflicting configuration arguments|Invalid combination of arguments|Missing required argument"
    r"|Invalid Attribute Combination|Missing Attribute Configuration)"
)
_CONFLICT = re.compile(r'conflicts with (\S+)$|"([^"]+)" cannot be specified when "[^"]+" is specified')
_ONE_OF = re.compile(r"only one of `([^`]+)`")
_ALL_OF = re.compile(r"all of `([^`]+)` must be")
_INDEX = re.compile(r"\.\d+(?=\.|$)")


@dataclass(frozen=True, slots=True)
class Leaf:
    """An argument that takes a value.

    Attributes:
        path: names joined by dots, without indexes.
        type: the type of the value, or of the elements of a list or set.
        block: the identity of the block that has the argument, and the name.
        is_list: whether the argument is a list or set.
    """

    path: str
    type: Type
    block: tuple[int, str]
    is_list: bool


@dataclass
class Leaves:
    """The provider's errors of one type: texts by value, by path."""

    errors: dict[str, dict[Any, tuple[str, ...]]] = field(default_factory=dict)
    combinations: set[str] = field(default_factory=set)


def leaves_of(schema: BlockSchema, prefix: str = "") -> Iterator[Leaf]:
    """All settable arguments of a block at any depth that have values to validate."""
    for name, (flags, type) in schema.attributes.items():
        if ("r" not in flags and "o" not in flags) or (not prefix and name == "id" and "c" in flags):
            continue
        path = f"{prefix}{name}"
        match type:
            case "string" | "number" | "bool":
                yield Leaf(path, type, (id(schema._document), name), is_list=False)  # noqa: SLF001
            case ["list" | "set", "string" | "number" as element]:
                yield Leaf(path, element, (id(schema._document), name), is_list=True)  # noqa: SLF001
            case ["list" | "set", ["object", fields]]:
                for field_name, inner in fields.items():
                    if inner in ("string", "number"):
                        block = (id(schema._document), f"{name}.{field_name}")  # noqa: SLF001
                        yield Leaf(f"{path}.{field_name}", inner, block, is_list=False)
    for name in schema.blocks:
        nested = schema.nested(name)
        if nested is not None and not (not prefix and name == "timeouts"):
            yield from leaves_of(nested.block, f"{prefix}{name}.")
