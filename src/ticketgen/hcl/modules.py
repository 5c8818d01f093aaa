"""Terraform modules: the files of a folder, and their declarations by address."""

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

__all__ = ["Declaration", "Module", "is_override", "modules", "source_folder"]

# Block type → prefix of its address, and number of labels after it.
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
    """A declaration with an address.

    Attributes:
        address: in Terraform's form: ``var.region``, ``local.tags``, ``aws_vpc.main``, ``data.aws_region.here``,
            ``module.network``, ``output.url``.
        file: the path of the file that declares it.
        node: its block; for a local value, its attribute.
    """

    address: str
    file: str
    node: Block | Attribute

    @property
    def location(self) -> Location:
        """Location of the declaration."""
        return self.node.at(self.file)


@dataclass(frozen=True)
class Module:
    """One folder of Terraform files.

    Attributes:
        folder: the posix path below the verified directory; "" for the directory itself.
        files: its files, sorted by path; override files last.
        complete: whether all of its files could be read; the others may contain declarations.
    """

    folder: str
    files: tuple[File, ...]
    complete: bool = True

    @cached_property
    def declarations(self) -> Mapping[str, tuple[Declaration, ...]]:
        """All declarations by address; `verification.duplicates` reports repeated ones."""
        found: dict[str, list[Declaration]] = {}
        for declaration in _declarations(self.files):
            found.setdefault(declaration.address, []).append(declaration)
        return {address: tuple(each) for address, each in found.items()}

    @cached_property
    def providers(self) -> frozenset[str]:
        """The provider configurations of the module, such as ``aws`` and ``aws.us_east_1``, its own or passed in."""
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
        """The aliases in ``configuration_aliases``, each of which every call must pass."""
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
    def sorted_providers(self) -> tuple[str, ...]:
        """The passed providers, sorted."""
        return tuple(sorted(self.passed_providers))

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """Every reference that needs a declaration, in file order."""
        return tuple(uses(self.files))

    def blocks(self, type: str | None = None) -> Iterator[Block]:
        """The top-level blocks of all files, of one type or of all types."""
        for file in self.files:
            for block in file.body.blocks:
                if type is None or block.type == type:
                    yield block

    def of(self, prefix: str) -> Mapping[str, Declaration]:
        """The first declaration for each address with a prefix such as ``var.``, by the rest of the address."""
        return self._by_prefix.get(prefix, {})

    @cached_property
    def _by_prefix(self) -> Mapping[str, Mapping[str, Declaration]]:
        found: dict[str, dict[str, Declaration]] = {}
        for address, declarations in self.declarations.items():
            kind, dot, name = address.partition(".")
            found.setdefault(kind + dot, {})[name] = declarations[0]
        return found

    @cached_property
    def required_variables(self) -> tuple[Declaration, ...]:
        """The variables without a default, which every call must set."""
        return tuple(
            variable
            for variable in self.of("var.").values()
            if isinstance(variable.node, Block) and variable.node.attribute("default") is None
        )


def modules(files: Iterable[File], incomplete: Iterable[str] = ()) -> Mapping[str, Module]:
    """The modules of some files, by folder.

    Args:
        files: parsed files, with paths relative to one directory.
        incomplete: the paths of files in that directory that could not be parsed.
    """
    lacking = {
        posixpath.dirname(path)
        for path in incomplete
        if path.endswith((".tf", ".tf.json", ".tofu", ".tofu.json"))
    }
    folders: dict[str, list[File]] = {folder: [] for folder in lacking}
    # Override files come last, as Terraform reads them: of two blocks with one address, the overridden one counts.
    for file in sorted(files, key=lambda file: (is_override(file.path), file.path)):
        folders.setdefault(posixpath.dirname(file.path), []).append(file)
    return {
        folder: Module(folder, tuple(own), complete=folder not in lacking)
        for folder, own in sorted(folders.items())
    }


def is_override(path: str) -> bool:
    """Whether Terraform merges a file: https://developer.hashicorp.com/terraform/language/files/override."""
    name = posixpath.basename(path)
    return name == "override.tf" or name.endswith("_override.tf")


def source_folder(caller: Module, call: Block) -> str | None:
    """The folder of a module call's ``source``, relative to the verified directory.

    It begins with ``..`` if it is outside of that directory. None if the source is not a local path.
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
