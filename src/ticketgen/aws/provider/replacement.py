"""Which arguments force the replacement of a resource when they change, as AWS provider 5.100.0 plans it.

``scripts/provider_replacements.py`` generates ``replacements.json.gz`` by asking the provider itself. For each type,
``always`` lists the paths at which every change replaces the resource. ``sometimes`` maps a path to the kinds of
changes that replace it (see `ArgumentChange`; null: it depends on other arguments). ``unknown`` lists paths at which
the provider planned no change, and, with a dot at the end, blocks in which no path was tried. All other paths are
updated in place.

A path has no indexes: ``attribute.type`` is the type in any block ``attribute``. If a block itself is listed, adding or
removing such a block replaces the resource. If it is not listed, its arguments may be, so compare the arguments of
added and removed blocks, too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from ticketgen.aws.name_limits import NAME_LIMITS
from ticketgen.aws.provider.schema import schema_of

__all__ = [
    "CONDITIONS",
    "ArgumentChange",
    "ReplacementCondition",
    "forces_replacement",
    "identity_attributes",
    "keeps_value",
    "replacement_types",
    "replacing_attributes",
]

ArgumentChange: TypeAlias = Literal["added", "removed", "forth", "back", "more", "fewer"]
"""A kind of change: an argument or first block is added or removed; a value grows or changes from true to false
(``forth``), or shrinks or changes from false to true (``back``); there are more or fewer blocks."""

_FILE = Path(__file__).with_name("replacements.json.gz")
_VERSION = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,5}")
_REPLICATION_GROUP = "https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/elasticache_replication_group"
_TABLE = "https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/dynamodb_table"
_CLUSTER = "https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/rds_cluster"
_PROBED = "plans of provider 5.100.0"


@dataclass(frozen=True, slots=True)
class ReplacementCondition:
    """The condition under which a change replaces a resource.

    Attributes:
        when: the condition, as the end of a sentence that begins with "A change replaces the resource".
        source: the provider's documentation, or its plans.
        elsewhere: whether it depends on arguments other than the changed one, so that the change alone does not
            decide it.
        unless: another argument, and the beginning of its value that prevents the replacement; ("", "") for none.
    """

    when: str
    source: str
    elsewhere: bool = False
    unless: tuple[str, str] = ("", "")


CONDITIONS: Mapping[tuple[str, str], ReplacementCondition] = MappingProxyType(
    {
        ("aws_dynamodb_table", "local_secondary_index"): ReplacementCondition(
            "always: AWS creates local secondary indexes only with the table", _TABLE
        ),
        ("aws_dynamodb_table", "restore_source_name"): ReplacementCondition(
            "unless the argument is removed", _PROBED
        ),
        ("aws_dynamodb_table", "restore_source_table_arn"): ReplacementCondition(
            "unless the argument is removed", _PROBED
        ),
        ("aws_elasticache_replication_group", "engine"): ReplacementCondition(
            "if the engine goes back from Valkey to Redis OSS", _PROBED
        ),
        ("aws_elasticache_replication_group", "engine_version"): ReplacementCondition(
            "if the version is lower", _PROBED
        ),
        ("aws_elasticache_replication_group", "transit_encryption_enabled"): ReplacementCondition(
            "if the engine's version is below 7.0.5", _REPLICATION_GROUP, elsewhere=True
        ),
        ("aws_rds_cluster", "storage_type"): ReplacementCondition(
            "unless the engine is Aurora", _CLUSTER, elsewhere=True, unless=("engine", "aurora")
        ),
    }
)
"""Conditions for arguments whose changes replace the resource only sometimes, by type and path."""


_IN_PLACE = frozenset({
    ("aws_dynamodb_table", "attribute"),
    ("aws_dynamodb_table", "attribute.name"),
    ("aws_dynamodb_table", "attribute.type"),
})  # fmt: skip
"""Arguments that the provider updates in place only together with others: attributes come and go with the indexes that
use them. If only the type of an attribute changes, the provider plans no change, and the table keeps the old type."""


@cache
def _types() -> Mapping[str, Any]:
    import gzip
    import json

    return json.loads(gzip.decompress(_FILE.read_bytes()))["types"]  # type: ignore[no-any-return]


@cache
def replacement_types() -> frozenset[str]:
    """The resource types in the table."""
    return frozenset(_types())


@cache
def replacing_attributes(type: str) -> frozenset[str] | None:
    """The paths at which every change replaces a resource of that type; None if the type is not in the table."""
    entry = _types().get(type)
    return frozenset(entry["always"]) if entry else None


def forces_replacement(
    type: str, path: str, before: Sequence[object] = (), after: Sequence[object] = ()
) -> bool | None:
    """Whether a change at the path replaces a resource; None if that is not known.

    Args:
        type: the resource type.
        path: names without indexes; the content of a map or an object belongs to its argument.
        before: the values before the change, one for each block that has the path; empty if the path is not set.
            Known values are texts, because Terraform converts them.
        after: the values after the change. If both are empty, the values are not known.
    """
    found = _verdict(type, path)
    if found is False or (before and not after and keeps_value(type, path)):
        return False
    if found is None or found is True:
        return found
    if not before or not after:
        return None if before == after else found.get("removed" if before else "added")
    if len(before) != len(after):
        return found.get("fewer" if len(before) > len(after) else "more")
    if found.get("forth") == found.get("back"):
        return found.get("forth")
    shrinks = _shrinks(before[0], after[0]) if len(before) == 1 else None
    return None if shrinks is None else found.get("back" if shrinks else "forth")


def keeps_value(type: str, path: str) -> bool:
    """Whether an argument keeps its value if the configuration no longer sets it."""
    block = schema_of("resource", type)
    *blocks, last = path.split(".")
    for name in blocks:
        nested = block.nested(name) if block else None
        block = nested.block if nested else None
    attribute = block.attribute(last) if block else None
    return attribute is not None and attribute.computed


def _shrinks(before: object, after: object) -> bool | None:
    """Whether the change is of the kind ``back``; None if the values do not decide it."""
    match before, after:
        case ("true" | "false", "true" | "false") | ("redis" | "valkey", "redis" | "valkey"):
            return after in ("true", "redis")
        case str(), str() if _VERSION.fullmatch(before) and _VERSION.fullmatch(after):
            return [int(part) for part in after.split(".")] < [int(part) for part in before.split(".")]
    return None


def _verdict(type: str, path: str) -> bool | Mapping[str, bool | None] | None:
    entry = _types().get(type)
    known = _argument(type, path) if entry else None
    if entry is None or known is None or _elsewhere(type, known):
        return None
    if (type, known) in _IN_PLACE:
        return False
    if known in entry["always"]:
        return True
    if known in entry["sometimes"]:
        return entry["sometimes"][known]  # type: ignore[no-any-return]
    unknown = any(
        known == each or (each.endswith(".") and known.startswith(each)) for each in entry["unknown"]
    )
    return None if unknown else False


def _elsewhere(type: str, path: str) -> bool:
    condition = CONDITIONS.get((type, path))
    return condition is not None and condition.elsewhere


def _argument(type: str, path: str) -> str | None:
    """The prefix of the path that the schema names, a block or an argument; None if the schema lacks it."""
    block = schema_of("resource", type)
    names = path.split(".")
    for index, name in enumerate(names):
        if block is None:
            return None
        if name in block.attributes:
            return ".".join(names[: index + 1])
        nested = block.nested(name)
        block = nested.block if nested else None
    return None if block is None else path


@cache
def _identities() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for type, path in NAME_LIMITS:
        if "." not in path and forces_replacement(type, path):
            found[type] = (*found.get(type, ()), path)
    return MappingProxyType(found)


def identity_attributes(type: str) -> tuple[str, ...]:
    """The arguments that name a resource of that type in AWS and that cannot change: another name is another resource.

    They are the arguments that have a limit in `NAME_LIMITS`; for types without a limit, the result is empty.
    """
    return _identities().get(type, ())
