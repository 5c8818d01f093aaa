"""Modules as Terraform sees them: the files of a folder, and what they declare by address."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from ticketgen.findings import Location
from ticketgen.hcl.syntax import (
    Attribute,
    Block,
    Expression,
    File,
    GetAttribute,
    Literal,
    Object,
    Reference,
    Tuple,
)
from ticketgen.hcl.uses import Use, uses

__all__ = ["Declaration", "Module", "modules", "source_folder"]

# Block type → what its address begins with, and how many labels follow.
_ADDRESSES: Mapping[str, tuple[str, int]] = {
    "variable": ("var.", 1),
    "module": ("module.", 1),
    "output": ("output.", 1),
    "check": ("check.", 1),
    "resource": ("", 2),
    "data": ("data.", 2),
    "ephemeral": ("ephemeral.", 2),
}


@dataclass(frozen=True, slots=True)
class Declaration:
    """Something with an address.

    Attributes:
        address: as Terraform writes it: ``var.region``, ``local.tags``, ``aws_vpc.main``, ``data.aws_region.here``,
            ``module.network``, ``output.url``.
        file: the path of the file that declares it.
        node: its block; a local's attribute.
    """

    address: str
    file: str
    node: Block | Attribute

    @property
    def location(self) -> Location:
        """Where it is declared."""
        return self.node.at(self.file)


@dataclass(frozen=True)
class Module:
    """One folder of Terraform.

    Attributes:
        folder: below the directory that is looked at, posix; "" for the directory itself.
        files: sorted by path.
        complete: whether these are all of its files; where not, something may be declared in the rest.
    """

    folder: str
    files: tuple[File, ...]
    complete: bool = True

    @cached_property
    def declarations(self) -> Mapping[str, tuple[Declaration, ...]]:
        """By address; more than one is for others to complain of."""
        found: dict[str, tuple[Declaration, ...]] = {}
        for declaration in _declarations(self.files):
            found[declaration.address] = (*found.get(declaration.address, ()), declaration)
        return found

    @cached_property
    def providers(self) -> frozenset[str]:
        """What resources may name as their provider: ``aws`` and ``aws.us_east_1``, passed in or made here."""
        return frozenset({*self.required_providers, *_provider_blocks(self.files), *self.passed_providers})

    @cached_property
    def required_providers(self) -> Mapping[str, Expression]:
        """The entries of ``required_providers`` by local name."""
        return {
            attribute.name: attribute.value
            for block in self.blocks("terraform")
            for required in block.blocks("required_providers")
            for attribute in required.body.attributes
        }

    @cached_property
    def passed_providers(self) -> frozenset[str]:
        """The aliases in ``configuration_aliases``: whoever calls the module must pass each of them."""
        aliases = (
            value.get("configuration_aliases")
            for value in self.required_providers.values()
            if isinstance(value, Object)
        )
        return frozenset(
            f"{item.root}.{step.name}"
            for alias in aliases
            if isinstance(alias, Tuple)
            for item in alias.items
            if isinstance(item, Reference)
            for step in item.steps[:1]
            if isinstance(step, GetAttribute)
        )

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """Every reference to something that has to be declared, in the order in which they stand."""
        return tuple(uses(self.files))

    def blocks(self, type: str | None = None) -> Iterator[Block]:
        """The top-level blocks of all files, of one type or all."""
        for file in self.files:
            for block in file.body.blocks:
                if type is None or block.type == type:
                    yield block

    def of(self, prefix: str) -> Mapping[str, Declaration]:
        """What is declared under a prefix such as ``var.``, by the rest of the address; the first of each."""
        return {
            address.removeprefix(prefix): found[0]
            for address, found in self.declarations.items()
            if address.startswith(prefix)
        }


def modules(files: Iterable[File], incomplete: Iterable[str] = ()) -> Mapping[str, Module]:
    """The modules that files make up, by folder.

    Args:
        files: parsed, their paths relative to one directory.
        incomplete: the paths of files of that directory that could not be parsed.
    """
    lacking = {posixpath.dirname(path) for path in incomplete if path.endswith((".tf", ".tf.json"))}
    folders: dict[str, list[File]] = {folder: [] for folder in lacking}
    for file in sorted(files, key=lambda file: file.path):
        folders.setdefault(posixpath.dirname(file.path), []).append(file)
    return {
        folder: Module(folder, tuple(own), complete=folder not in lacking)
        for folder, own in sorted(folders.items())
    }


def source_folder(caller: Module, call: Block) -> str | None:
    """The folder that a module call's ``source`` leads to, relative to the directory that is looked at.

    It begins with ``..`` where it leads out of it. None where the source is no local path.
    """
    source = call.attribute("source")
    if source is None or not isinstance(source.value, Literal) or not isinstance(source.value.value, str):
        return None
    path = source.value.value
    if not path.startswith(("./", "../")) and path not in {".", ".."}:
        return None
    folder = posixpath.normpath(posixpath.join(caller.folder, path))
    return "" if folder == "." else folder


def _declarations(files: Iterable[File]) -> Iterator[Declaration]:
    for file in files:
        for block in file.body.blocks:
            if block.type == "locals":
                for attribute in block.body.attributes:
                    yield Declaration(f"local.{attribute.name}", file.path, attribute)
            elif block.type in _ADDRESSES:
                prefix, labels = _ADDRESSES[block.type]
                if len(block.labels) == labels:
                    yield Declaration(prefix + ".".join(block.labels), file.path, block)
            if block.type == "check":
                for data in block.blocks("data"):
                    yield Declaration("data." + ".".join(data.labels), file.path, data)


def _provider_blocks(files: Iterable[File]) -> Iterator[str]:
    for file in files:
        for block in file.body.blocks:
            if block.type == "provider" and block.labels:
                alias = block.attribute("alias")
                if alias is not None and isinstance(alias.value, Literal):
                    yield f"{block.labels[0]}.{alias.value.value}"
                else:
                    yield block.labels[0]
