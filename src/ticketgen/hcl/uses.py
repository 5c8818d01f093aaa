"""The uses of a module: references that need a declaration."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from ticketgen.hcl.address import Address
from ticketgen.hcl.syntax import Attribute, Block, Body, Expression, File, Literal, Reference

__all__ = ["BUILT_INS", "Use", "uses"]

BUILT_INS: Mapping[str, frozenset[str] | None] = {
    "each": frozenset({"key", "value"}),
    "count": frozenset({"index"}),
    "path": frozenset({"module", "root", "cwd"}),
    "terraform": frozenset({"workspace", "applying"}),
    "self": None,
}
"""Terraform's built-in names with their attributes; None for any attribute."""

# Attributes that contain no values but types, keywords, provider configurations (see verification/calls.py) or names of
# the resource's own attributes.
_NO_VALUES = frozenset({
    ("variable", "type"), ("module", "providers"), ("module", "source"), ("resource", "provider"),
    ("data", "provider"), ("ephemeral", "provider"), ("import", "provider"), ("lifecycle", "ignore_changes"),
    ("moved", "from"), ("moved", "to"), ("removed", "from"), ("provisioner", "when"), ("provisioner", "on_failure"),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Use:
    """A reference that needs a declaration.

    Attributes:
        file: the path of the file.
        reference: the reference.
        block: the top-level block that contains it.
        attribute: the attribute of that block that contains it; "" in a nested block.
    """

    file: str
    reference: Reference
    block: Block
    attribute: str

    @property
    def address(self) -> Address:
        """The address that it names; the beginning of one if it is incomplete."""
        return self.reference.address


_Free = Callable[[Expression], Iterable[Reference]]


def uses(files: Iterable[File], free: _Free) -> Iterator[Use]:
    """Yield every reference that needs a declaration, in file order.

    Args:
        files: the files of a module.
        free: returns the free references of an expression.
    """
    for file in files:
        for block in file.body.blocks:
            if block.type != "terraform":
                for attribute, reference in _of_body(block.type, block.body, frozenset(), free):
                    if not _is_built_in(reference.address):
                        yield Use(file.path, reference, block, attribute)


def _of_body(type: str, body: Body, bound: frozenset[str], free: _Free) -> Iterator[tuple[str, Reference]]:
    """The references in a block, each with the attribute of the block itself that it is in."""
    for attribute in body.attributes:
        if (type, attribute.name) not in _NO_VALUES:
            yield from ((attribute.name, each) for each in free(attribute.value) if each.root not in bound)
    for block in body.blocks:
        if block.type == "dynamic" and block.labels:
            inner = _of_dynamic(block, bound, free)
        else:
            inner = (each for _, each in _of_body(block.type, block.body, bound, free))
        yield from (("", each) for each in inner)


def _of_dynamic(block: Block, bound: frozenset[str], free: _Free) -> Iterator[Reference]:
    """The references in a ``dynamic`` block, which binds its label or its ``iterator`` in its content."""
    iterator = block.attribute("iterator")
    inside = bound | {_bare_name(iterator) if iterator else block.labels[0]}
    for attribute in block.body.attributes:
        if attribute.name != "iterator":
            names = bound if attribute.name == "for_each" else inside
            yield from (each for each in free(attribute.value) if each.root not in names)
    for content in block.blocks():
        yield from (each for _, each in _of_body(block.labels[0], content.body, inside, free))


def _bare_name(attribute: Attribute) -> str:
    value = attribute.value
    if isinstance(value, Reference):
        return value.root
    return str(value.value) if isinstance(value, Literal) else ""


def _is_built_in(address: Address) -> bool:
    if address.kind not in BUILT_INS:
        return False
    asked = BUILT_INS[address.kind]
    return asked is None or address.name in asked
