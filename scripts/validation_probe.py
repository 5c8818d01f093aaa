"""Probe how the AWS provider validates the arguments of a type, one argument at a time.

Every argument is set in a configuration that is otherwise as small as possible, so that each new error is about it. An
argument that rejects none of the first values is taken to accept all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import Any

import grpc
from provider_plugin import Provider
from provider_values import value

from ticketgen.aws.provider.schema import BlockSchema, Type, schema_of

__all__ = ["LONG", "Leaf", "answers_of", "leaves_of"]

LONG = "a" * 20_000
"""A text that is longer than most limits."""
FIRST_TEXTS = ("§", "", LONG, "A", "a", "1000000000", "10.0.0.1/16", "true")
MORE_TEXTS = (
    "x", "Ab", "a-b", "a_b", "a.b", "a/b", "a b", "a:b", "a,b", "a+b", "a@b", "a*", "-a", "a-", "a--b", "_a",
    "1a", "/a", "abcdefgh", "abcdefghijklmnopqrst", "a" * 40, "a" * 70, "a" * 130, "a" * 260, "A" * 40, "0", "1",
    "-1", "7", "1.5", "1.0", "2", "60", "443", "10.0.0.0/16", "10.0.0.0/33", "10.0.0.1", "2001:db8::/56",
    "2001:db8::1", "0.0.0.0/0", "::/0", "arn:aws:iam::123456789012:role/a", "arn:aws:s3:::a", "arn:",
    "arn:aws:sns:us-east-1:123456789012:a",
    "arn:aws:kms:us-east-1:123456789012:key/10000000-0000-0000-0000-000000000000", "{", "{}", "[]", "[1]", "null",
    '{"a":1}', '{"Version":"2012-10-17","Statement":[]}', " {}", "false", "True", "yes", "2030-01-01T00:00:00Z",
    "2030-01-01", "2030-13-01T00:00:00Z", "2030-01-01T00:00:00", "10:00-11:00", "03:00-04:00",
    "sun:05:00-sun:06:00", "PT1H", "1h", "1h30m", "15m", "100h", "rate(1 minute)", "https://example.com",
    "http://example.com", "https://", "s3://a/b", "example.com", "*.example.com", "a@example.com", "123456789012",
    "12345", "us-east-1", "us-east-1a", "aGVsbG8=", "aGVsbG8", "vpc-12345678", "subnet-12345678", "sg-12345678",
    "ami-12345678", "Allow", "ENABLED", "enabled", "00000000-0000-0000-0000-000000000000", "$Default", "default",
    "alpha", "beta", "[a-z]+", "(", "a\nb", "é", "aws:a", "AWS:a", "12:00", "25:00", "1.2.3", "latest", "$LATEST",
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
_MAX_ATTEMPTS = 6
"""How many arguments to add or remove until no combination of arguments is an error."""
_MANY = 1000
"""Of a type with so many arguments, those that equal blocks share are tried once."""


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


def leaves_of(schema: BlockSchema, prefix: str = "") -> Iterator[Leaf]:
    """All settable arguments of a block at any depth that have values to validate."""
    for name, (flags, type) in schema.attributes.items():
        if ("r" not in flags and "o" not in flags) or (not prefix and name == "id" and "c" in flags):
            continue
        path = f"{prefix}{name}"
        match type:
            case "string" | "number" | "bool":
                yield Leaf(path, type, (id(schema._document), name), is_list=False)
            case ["list" | "set", "string" | "number" as element]:
                yield Leaf(path, element, (id(schema._document), name), is_list=True)
            case ["list" | "set", ["object", fields]]:
                for field_name, inner in fields.items():
                    block = (id(schema._document), f"{name}.{field_name}")
                    if inner in ("string", "number"):
                        yield Leaf(f"{path}.{field_name}", inner, block, is_list=False)
                    elif inner in (["list", "string"], ["set", "string"]):
                        yield Leaf(f"{path}.{field_name}", "string", block, is_list=True)
    for name in schema.blocks:
        nested = schema.nested(name)
        if nested is not None and not (not prefix and name == "timeouts"):
            yield from leaves_of(nested.block, f"{prefix}{name}.")


def configured(
    type: str, schema: BlockSchema, kept: Set[str], dropped: Set[str] = frozenset(), prefix: str = ""
) -> dict[str, Any]:
    """The smallest configuration with some arguments, the blocks around them, and without others."""
    found: dict[str, Any] = {}
    for name, (flags, written) in schema.attributes.items():
        path = f"{prefix}{name}"
        wanted = "r" in flags or any(each == path or each.startswith(f"{path}.") for each in kept)
        found[name] = value(type, path, written, 0) if wanted and path not in dropped else None
    for name in schema.blocks:
        nested = schema.nested(name)
        assert nested is not None
        path = f"{prefix}{name}"
        wanted = nested.min_items > 0 or any(each == path or each.startswith(f"{path}.") for each in kept)
        wanted = wanted and path not in dropped
        inner = configured(type, nested.block, kept, dropped, f"{path}.") if wanted else None
        if nested.nesting in ("single", "group"):
            found[name] = inner
        elif nested.nesting == "map":
            found[name] = {} if inner is None else {"key": inner}
        else:
            found[name] = [] if inner is None else [inner]
    return found


def put(config: dict[str, Any], path: str, new: Any) -> None:
    """Set an argument in the first block of each name."""
    *blocks, last = path.split(".")
    holder = config
    for block in blocks:
        inner = holder[block]
        holder = inner[0] if isinstance(inner, list) else inner.get("key", inner)
    holder[last] = new


def answers_of(provider: Provider, kind: str, type: str) -> dict[str, dict[str, list[str]]]:
    """The errors about each value of each argument of a type, by path and the value's JSON.

    Arguments that accept the first values are left out.
    """
    schema = schema_of(kind, type)
    assert schema is not None
    leaves = [
        leaf for leaf in leaves_of(schema) if kind != "provider" or not leaf.path.startswith("endpoints.")
    ]
    shared: dict[tuple[int, str], dict[str, list[str]]] = {}
    found: dict[str, dict[str, list[str]]] = {}
    for leaf in leaves:
        if leaf.type == "bool":
            continue
        if len(leaves) <= _MANY or leaf.block not in shared:
            shared[leaf.block] = _answers(provider, kind, type, schema, leaf)
        if shared[leaf.block]:
            found[leaf.path] = shared[leaf.block]
    return found


def _surroundings(
    provider: Provider, kind: str, type: str, schema: BlockSchema, leaf: Leaf
) -> dict[str, Any]:
    """A configuration in which no combination of arguments hides the errors about a value."""
    kept, dropped = {leaf.path}, set[str]()
    config = configured(type, schema, kept)
    for _ in range(_MAX_ATTEMPTS):
        required, refused = set[str](), set[str]()
        for error in provider.validate(kind, type, config):
            if not _COMBINED.match(error.text):
                continue
            if match := _ALL_OF.search(error.text):
                required |= {_INDEX.sub("", each) for each in match[1].split(",")}
            elif match := _ONE_OF.search(error.text):
                refused |= {_INDEX.sub("", each) for each in match[1].split(",")}
            elif match := _CONFLICT.search(error.text):
                refused.add(_INDEX.sub("", match[1] or match[2]))
        refused = {each for each in refused if not leaf.path.startswith(each)} - dropped
        if not refused and required <= kept:
            break
        kept = (kept | required) - refused
        dropped |= refused
        config = configured(type, schema, kept, dropped)
    return config


def _other_cases(found: dict[str, list[str]]) -> tuple[str, ...]:
    """Choices in the other case: only some arguments accept them."""
    shown = " ".join(found.get(json.dumps(FIRST_TEXTS[0]), ()))
    lists = re.findall(r"(?:one of:? |Valid Values: )\[([^\]]*)\]", shown)
    choices = [each.strip('"') for each in lists for each in each.split()]
    return tuple(each.swapcase() for each in choices if each.swapcase() != each)[:2]


def _answers(
    provider: Provider, kind: str, type: str, schema: BlockSchema, leaf: Leaf
) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    try:
        config = _surroundings(provider, kind, type, schema, leaf)
        put(config, leaf.path, None)
        before = {error.text for error in provider.validate(kind, type, config)}
    except grpc.RpcError:
        return {}  # the provider crashes without any value
    first, more = (FIRST_TEXTS, MORE_TEXTS) if leaf.type == "string" else (FIRST_NUMBERS, MORE_NUMBERS)
    for stage in range(3):
        for each in (first, more, _other_cases(found))[stage]:
            put(config, leaf.path, [each] if leaf.is_list else each)
            try:
                texts = [error.text for error in provider.validate(kind, type, config)]
            except grpc.RpcError:
                continue
            key = json.dumps("<LONG>" if each == LONG else each)
            found[key] = [
                text.replace(LONG, "<LONG>")
                for text in texts
                if text not in before and not _COMBINED.match(text)
            ]
        if not any(found.values()):
            return {}
    return found
