"""Terraform modules: the files of a folder, and their declarations by address."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from ticketgen.hcl.address import Address
from ticketgen.hcl.declarations import Declaration, declared_in, declared_in_checks, provider_address
from ticketgen.hcl.syntax import (
    Attribute,
    Block,
    Call,
    Expression,
    File,
    GetAttribute,
    Literal,
    Object,
    Reference,
    Tuple,
)
from ticketgen.hcl.traversal import free_references, nested
from ticketgen.hcl.uses import BUILT_INS, Use, uses

__all__ = ["Module", "is_override", "modules", "source_folder"]

_OVERRIDE: Final = re.compile(r"(?s:(?:.*_)?override\.(?:tf|tf\.json\.tf|tofu\.tf|tofu\.json\.tf))")


@dataclass(frozen=True)
class Module:
    """One folder of Terraform files.

    Attributes:
        folder: the posix path below the verified directory; "" for the directory itself.
        files: the files, sorted by path, override files last.
        complete: whether all files could be read; an unread file may contain declarations.
    """

    folder: str
    files: tuple[File, ...]
    complete: bool = True
    _references: dict[int, tuple[Reference, ...]] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def _top(self) -> tuple[Declaration, ...]:
        return tuple(
            each
            for file in self.files
            for block in file.body.blocks
            for each in declared_in(block, file.path)
        )

    @cached_property
    def declarations(self) -> Mapping[Address, tuple[Declaration, ...]]:
        """All declarations by address; `verification.duplicates` reports duplicates."""
        found: dict[Address, list[Declaration]] = {}
        for declaration in (*self._top, *declared_in_checks(self.files)):
            found.setdefault(declaration.address, []).append(declaration)
        return {address: tuple(each) for address, each in found.items()}

    @cached_property
    def first(self) -> Mapping[Address, Declaration]:
        """The top-level declarations by address; of duplicates, the first one."""
        return {each.address: each for each in reversed(self._top)}

    @cached_property
    def _by_kind(self) -> Mapping[str, Mapping[str, Declaration]]:
        found: dict[str, dict[str, Declaration]] = {}
        for each in self._top:
            found.setdefault(each.address.kind, {}).setdefault(each.name, each)
        return found

    @property
    def variables(self) -> Mapping[str, Declaration]:
        """The input variables by name."""
        return self._by_kind.get("var", {})

    @property
    def locals(self) -> Mapping[str, Declaration]:
        """The local values by name."""
        return self._by_kind.get("local", {})

    @property
    def outputs(self) -> Mapping[str, Declaration]:
        """The outputs by name."""
        return self._by_kind.get("output", {})

    @property
    def calls(self) -> Mapping[str, Declaration]:
        """The calls of other modules by name."""
        return self._by_kind.get("module", {})

    @cached_property
    def resources(self) -> tuple[Declaration, ...]:
        """The managed resources, data sources and ephemeral resources, in file order."""
        return tuple(each for each in self._top if each.type and self.first[each.address] is each)

    @cached_property
    def size(self) -> int:
        """The number of declarations that checks visit in each scope of the module."""
        others = sum(map(len, (self.variables, self.locals, self.outputs, self.calls)))
        return len(self.resources) + others

    @cached_property
    def providers(self) -> frozenset[Address]:
        """The provider configurations that the module declares, requires or gets."""
        required = (Address("provider", name) for name in self.required_providers)
        return frozenset({*required, *self.provider_configurations, *self.passed_providers})

    @cached_property
    def provider_blocks(self) -> tuple[Declaration, ...]:
        """The ``provider`` blocks, in file order."""
        return tuple(
            Declaration(provider_address(block), file.path, block)
            for file in self.files
            for block in file.body.blocks
            if block.type == "provider" and block.labels
        )

    @cached_property
    def provider_configurations(self) -> Mapping[Address, Declaration]:
        """The ``provider`` blocks by address; of duplicates, the first one."""
        return {each.address: each for each in reversed(self.provider_blocks)}

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
    def passed_providers(self) -> Mapping[Address, None]:
        """The aliases in ``configuration_aliases``, sorted; every call must pass all of them."""
        aliases = (
            value.get("configuration_aliases")
            for value in self.required_providers.values()
            if isinstance(value, Object)
        )
        found = {
            Address("provider", item.root, step.name)
            for alias in aliases
            if isinstance(alias, Tuple)
            for item in alias.items
            if isinstance(item, Reference)
            for step in item.steps[:1]
            if isinstance(step, GetAttribute)
        }
        return dict.fromkeys(sorted(found))

    @cached_property
    def _every_use(self) -> tuple[Use, ...]:
        return tuple(uses(self.files, self.references))

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """Every reference that needs a declaration, in file order."""
        return tuple(each for each in self._every_use if not each.is_built_in)

    @cached_property
    def built_in_uses(self) -> tuple[Use, ...]:
        """Every reference whose root is a built-in name, in file order."""
        return tuple(each for each in self._every_use if each.address.kind in BUILT_INS)

    @cached_property
    def calling_attributes(self) -> tuple[tuple[File, Attribute], ...]:
        """The attributes with a function call in them, at any depth, each with its file."""
        return tuple(
            (file, attribute)
            for file in self.files
            for attribute in file.attributes()
            if any(each.__class__ is Call for each in nested(attribute.value))
        )

    def references(self, expression: Expression) -> tuple[Reference, ...]:
        """The references in an expression, without names that a ``for`` in it binds."""
        if isinstance(expression, Literal):
            return ()
        found = self._references.get(id(expression))
        if found is None:
            found = self._references[id(expression)] = free_references(expression)
        return found

    def blocks(self, type: str | None = None) -> Iterator[Block]:
        """The top-level blocks of all files, of one type or of all types."""
        for file in self.files:
            for block in file.body.blocks:
                if type is None or block.type == type:
                    yield block

    @cached_property
    def required_variables(self) -> tuple[Declaration, ...]:
        """The variables without a default, which every call must set."""
        return tuple(each for each in self.variables.values() if each.value("default") is None)


def modules(files: Iterable[File], incomplete: Iterable[str] = ()) -> Mapping[str, Module]:
    """The modules of some files, by folder.

    Args:
        files: parsed files, with paths relative to one directory.
        incomplete: the paths of files in that directory that could not be parsed.
    """
    incomplete_folders = {
        posixpath.dirname(path)
        for path in incomplete
        if path.endswith((".tf", ".tf.json", ".tofu", ".tofu.json"))
    }
    folders: dict[str, list[File]] = {folder: [] for folder in incomplete_folders}
    # Override files come last, as Terraform reads them: of two blocks with one address, the overridden one counts.
    for file in sorted(files, key=lambda file: (is_override(file.path), file.path)):
        folders.setdefault(posixpath.dirname(file.path), []).append(file)
    return {
        folder: Module(folder, tuple(own), complete=folder not in incomplete_folders)
        for folder, own in sorted(folders.items())
    }


def is_override(path: str) -> bool:
    """Whether Terraform merges a file, or one that was translated (`ticketgen.hcl.native_texts`), into the others.

    Source: https://developer.hashicorp.com/terraform/language/files/override
    """
    return _OVERRIDE.fullmatch(posixpath.basename(path)) is not None


def source_folder(caller: Module, call: Block) -> str | None:
    """The folder of a module call's ``source``, relative to the verified directory.

    It begins with ``..`` if it is outside the directory. None if the source is not a local path.
    """
    source = call.attribute("source")
    if source is None or not isinstance(source.value, Literal) or not isinstance(source.value.value, str):
        return None
    path = source.value.value
    if not path.startswith(("./", "../")) and path not in {".", ".."}:
        return None
    folder = posixpath.normpath(posixpath.join(caller.folder, path))
    return "" if folder == "." else folder
