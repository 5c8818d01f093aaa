"""Declarations: the blocks and local values that have an address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ticketgen.findings import Location
from ticketgen.hcl.address import Address
from ticketgen.hcl.syntax import Attribute, Block, Expression, File, Literal, Node

__all__ = ["Declaration", "declared_in", "declared_in_checks", "provider_address"]

# Block type → kind of its address, for blocks with one label.
_NAMED: Mapping[str, str] = {"variable": "var", "module": "module", "output": "output", "check": "check"}
_TYPED = frozenset({"resource", "data", "ephemeral"})


@dataclass(frozen=True, slots=True, eq=False)
class Declaration:
    """A declaration with an address. Declarations are compared by identity.

    Attributes:
        address: the address in the module.
        file: the path of the file that contains it.
        node: the block; for a local value, the attribute.
    """

    address: Address
    file: str
    node: Block | Attribute

    @property
    def block(self) -> Block:
        """The block; a local value has none."""
        assert isinstance(self.node, Block)
        return self.node

    @property
    def type(self) -> str:
        """The type of a resource or data source."""
        return self.address.type

    @property
    def name(self) -> str:
        """The last part of the address."""
        return self.address.name

    @property
    def location(self) -> Location:
        """The start of the declaration."""
        return self.node.at(self.file)

    def at(self, node: Node) -> Location:
        """The location of a node inside the declaration."""
        return node.at(self.file)

    def value(self, name: str) -> Expression | None:
        """The value of the block's own attribute of that name; None if there is none."""
        return self.block.value(name)


def declared_in(block: Block, file: str) -> Iterator[Declaration]:
    """The declarations in a block: several for ``locals``, otherwise one or none."""
    if block.type == "locals":
        for attribute in block.body.attributes:
            yield Declaration(Address("local", "", attribute.name), file, attribute)
    elif block.type in _TYPED and len(block.labels) == 2:
        yield Declaration(Address(block.type, *block.labels), file, block)
    elif block.type in _NAMED and len(block.labels) == 1:
        yield Declaration(Address(_NAMED[block.type], "", *block.labels), file, block)


def declared_in_checks(files: Iterable[File]) -> Iterator[Declaration]:
    """The data sources in ``check`` blocks; only the same block may refer to them."""
    for file in files:
        for check in file.body.blocks:
            if check.type == "check":
                for data in check.blocks("data"):
                    yield from declared_in(data, file.path)


def provider_address(block: Block) -> Address:
    """The address of the provider configuration in a ``provider`` block with a label."""
    alias = block.value("alias")
    name = str(alias.value) if isinstance(alias, Literal) else ""
    return Address("provider", block.labels[0], name)
