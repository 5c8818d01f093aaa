"""Snapshots of provider schemas: AWS provider 5.100.0 and 6.25.0, the archive provider, and Terraform's own provider.

``scripts/provider_schema.py`` generates ``aws/`` from ``terraform providers schema -json``, as one compressed JSON file
per service. ``archive/`` is written by hand from
https://registry.terraform.io/providers/hashicorp/archive/2.7.1/docs/data-sources/file, and ``terraform/`` from
``terraform providers schema -json`` of Terraform 1.11. ``aws_6/`` has what 6.25.0 changed
(`ticketgen.aws.provider.schema_changes`). The file of a service is read when one of its types is first used.

The JSON of a service maps ``resource``, ``data``, ``ephemeral`` and ``provider`` from type to an index in ``blocks``. A
block has ``attributes``, from name to flags and Terraform's JSON form of a type, and ``blocks``, from name to nesting
mode, minimum, maximum (0: unlimited) and an index in ``blocks``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

__all__ = [
    "AWS_VERSION",
    "AWS_VERSION_6",
    "PROVIDERS",
    "AttributeSchema",
    "BlockSchema",
    "NestedBlock",
    "Type",
    "required_attributes",
    "required_blocks",
    "schema_of",
    "types_of",
]

AWS_VERSION = (5, 100, 0)
AWS_VERSION_6 = (6, 25, 0)
"""The version of the bindings 21.22.1, the last ones: https://pypi.org/project/cdktf-cdktf-provider-aws/21.22.1/"""

PROVIDERS: Mapping[str, str] = MappingProxyType(
    {
        "hashicorp/aws": "aws",
        "hashicorp/archive": "archive",
        "hashicorp/terraform": "terraform",  # the implied source of a type that begins with terraform_
        "terraform.io/builtin/terraform": "terraform",
    }
)
"""The prefix of a provider's types, by source, for the providers in the snapshot."""

Type: TypeAlias = Any
"""``"string"``, ``"number"``, ``"bool"`` or ``"dynamic"``; ``[kind, element]`` for ``list``, ``set`` and ``map``;
``["object", {name: type}]``; ``["tuple", [type]]``."""

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class AttributeSchema:
    """The schema of an attribute.

    Attributes:
        type: the type of the value.
        required: whether a configuration must set it.
        optional: whether a configuration may set it.
        computed: whether the provider sets it if the configuration does not.
        deprecated: whether the provider warns about it.
        sensitive: whether the provider hides it in its output.
    """

    type: Type
    required: bool
    optional: bool
    computed: bool
    deprecated: bool
    sensitive: bool

    @property
    def read_only(self) -> bool:
        """Whether only the provider sets the attribute."""
        return self.computed and not self.optional and not self.required

    @property
    def fields(self) -> Mapping[str, Type] | None:
        """The fields of an attribute that may be written as blocks; None for any other attribute.

        Source: https://developer.hashicorp.com/terraform/language/attr-as-blocks
        """
        match self.type:
            case ["list" | "set", ["object", fields]]:
                return dict(fields)
        return None


@dataclass(frozen=True, slots=True)
class NestedBlock:
    """A nested block type with its limits; a ``max_items`` of 0 means no maximum."""

    nesting: str
    min_items: int
    max_items: int
    block: BlockSchema


@dataclass(frozen=True, slots=True, eq=False)
class BlockSchema:
    """The schema of a block: a lazy view of the service's JSON. A block has one schema, compared by identity.

    Attributes:
        is_inside_open: whether a block around it is open.
    """

    _service: _Service
    _document: Mapping[str, Any]
    is_inside_open: bool = False
    _attributes: dict[str, AttributeSchema] = field(init=False, repr=False, default_factory=dict)

    @property
    def deprecated(self) -> bool:
        """Whether the provider warns about the whole block."""
        return bool(self._document.get("deprecated"))

    @property
    def is_open(self) -> bool:
        """Whether the block may have names that the snapshot lacks, as all blocks in such a block may."""
        return self.is_inside_open or bool(self._document.get("open"))

    @property
    def attributes(self) -> Mapping[str, list[Any]]:
        """The attributes by name; use `attribute` to read one."""
        return self._document["attributes"]  # type: ignore[no-any-return]

    @property
    def blocks(self) -> Mapping[str, list[Any]]:
        """The nested blocks by name; use `nested` to read one."""
        return self._document["blocks"]  # type: ignore[no-any-return]

    def attribute(self, name: str) -> AttributeSchema | None:
        """The attribute of that name; None if there is none."""
        try:
            return self._attributes[name]
        except KeyError:
            pass
        found = self._document["attributes"].get(name)
        if found is None:
            return None  # not kept: a configuration may ask for any number of names
        flags, type = found
        known = AttributeSchema(type, "r" in flags, "o" in flags, "c" in flags, "d" in flags, "s" in flags)
        self._attributes[name] = known
        return known

    def nested(self, name: str) -> NestedBlock | None:
        """The nested block of that name; None if there is none."""
        found = self._document["blocks"].get(name)
        if found is None:
            return None
        nesting, minimum, maximum, index = found
        block = self._service.block_at(index, is_inside_open=self.is_open)
        return NestedBlock(nesting, minimum, 1 if nesting == "single" else maximum, block)


class _Service:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self._blocks: dict[tuple[int, bool], BlockSchema] = {}

    def block_at(self, index: int, *, is_inside_open: bool = False) -> BlockSchema:
        key = index, is_inside_open
        if key not in self._blocks:
            self._blocks[key] = BlockSchema(self, self.document["blocks"][index], is_inside_open)
        return self._blocks[key]


@cache
def required_attributes(schema: BlockSchema) -> tuple[str, ...]:
    """The names of the attributes that a configuration must set."""
    return tuple(name for name, (flags, _) in schema.attributes.items() if "r" in flags)


@cache
def required_blocks(schema: BlockSchema) -> Mapping[str, int]:
    """The minimum number of each nested block that a configuration must have."""
    return {name: minimum for name, (_, minimum, _, _) in schema.blocks.items() if minimum}


@cache
def schema_of(kind: str, type: str, version: tuple[int, ...] = AWS_VERSION) -> BlockSchema | None:
    """The schema of a type; None if the snapshot lacks it.

    Args:
        kind: ``resource``, ``data``, ``ephemeral`` or ``provider``.
        type: such as ``aws_dynamodb_table``; for a provider, its conventional local name, such as ``aws``.
        version: `AWS_VERSION` or `AWS_VERSION_6`; other providers have one version.
    """
    if kind == "provider":
        service = _service(type, "provider", version)
    else:
        provider, _, rest = type.partition("_")
        service = _service(provider, rest.partition("_")[0], version)
    index = service.document.get(kind, {}).get(type) if service else None
    return service.block_at(index) if service and index is not None else None


def types_of(kind: str, version: tuple[int, ...]) -> frozenset[str]:
    """The names of all types of the AWS provider, for the help; reads the whole snapshot.

    Args:
        kind: ``resource``, ``data`` or ``ephemeral``.
        version: `AWS_VERSION` or `AWS_VERSION_6`.
    """
    names = {
        path.name.partition(".")[0] for folder in ("aws", "aws_6") for path in (_HERE / folder).iterdir()
    }
    services = (_service("aws", name, version) for name in names)
    return frozenset(type for each in services if each for type in each.document.get(kind, ()))


@cache
def _service(provider: str, name: str, version: tuple[int, ...]) -> _Service | None:
    if provider not in PROVIDERS.values() or not name.isidentifier():
        return None
    if provider != "aws" or version == AWS_VERSION:
        document = _json(_HERE / provider, name)
        return None if document is None else _Service(document)
    from ticketgen.aws.provider.schema_changes import change_service

    before = _service(provider, name, AWS_VERSION)
    changes = _json(_HERE / "aws_6", name)
    if changes is None:
        return before
    return _Service(change_service(before.document if before else None, changes))


def _json(folder: Path, name: str) -> Mapping[str, Any] | None:
    import json

    plain, compressed = (folder / f"{name}.json{suffix}" for suffix in ("", ".gz"))
    found: Mapping[str, Any] | None = None
    if plain.exists():
        found = json.loads(plain.read_bytes())
    elif compressed.exists():
        import gzip

        found = json.loads(gzip.decompress(compressed.read_bytes()))
    return found
