"""The places in a module that name a resource, for edits that change its type."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import TextEdit
from ticketgen.hcl.address import Address
from ticketgen.hcl.modules import Module
from ticketgen.hcl.syntax import Reference

__all__ = ["retyped"]

_REFACTORING = frozenset({"moved", "import", "removed"})
"""Blocks whose arguments name resources without using their values."""


def retyped(module: Module, address: Address, type: str) -> Iterator[TextEdit]:
    """Yield the edits that change the type of a resource in all references to it.

    Args:
        module: the module that declares the resource.
        address: the resource, with its present type.
        type: the new type.
    """
    places = [each.reference.at(each.file) for each in module.uses if each.address == address]
    for file in module.files:
        for block in file.body.blocks:
            for attribute in block.body.attributes if block.type in _REFACTORING else ():
                value = attribute.value
                if isinstance(value, Reference) and value.address == address:
                    places.append(value.at(file.path))
    for at in dict.fromkeys(places):
        yield TextEdit(at, f"{address.type}.{address.name}", f"{type}.{address.name}")
