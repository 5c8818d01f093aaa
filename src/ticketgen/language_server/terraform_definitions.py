"""Find the declaration of the name at a place in a Terraform file, also in another module."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ticketgen.findings import Location
from ticketgen.hcl.address import Address
from ticketgen.hcl.declarations import Declaration
from ticketgen.hcl.modules import Module, modules, source_folder
from ticketgen.hcl.provider_resolution import provider_name
from ticketgen.hcl.syntax import Attribute, Block, File, GetAttribute, Literal, Object
from ticketgen.hcl.uses import Use

__all__ = ["NameDefinition", "definition_at"]


@dataclass(frozen=True, slots=True)
class NameDefinition:
    """Where a name is declared.

    Attributes:
        location: the place of the declaration.
        address: the address there; None for a whole module.
        description: the declaration's ``description``; "" if it has none.
    """

    location: Location
    address: Address | None = None
    description: str = ""


def definition_at(files: Mapping[str, File], place: Location) -> NameDefinition | None:
    """The declaration of the name at a place; None if there is no name, or no declaration.

    Args:
        files: the parsed files of a directory by relative posix path.
        place: of the cursor, in one of the files.
    """
    every = modules(file for path, file in files.items() if path.endswith(".tf"))
    module = every.get(posixpath.dirname(place.file))
    if module is None or place.file not in files:
        return None
    if place.file.endswith(".tfvars"):
        return _variable_of_values(files[place.file], module, place)
    for use in module.uses:
        if use.file == place.file and use.reference.line == place.line:
            found = _used(use, module, every, place)
            if found:
                return found
    for call in module.calls.values():
        if call.file == place.file and call.block.line <= place.line <= call.block.end_line:
            return _in_call(call, module, every, place)
    return _provider_at(module, place)


def _variable_of_values(file: File, module: Module, place: Location) -> NameDefinition | None:
    names = [each.name for each in file.body.attributes if _covers(each, place, len(each.name))]
    variable = module.variables.get(names[0]) if names else None
    return _of(variable) if variable else None


def _used(use: Use, module: Module, every: Mapping[str, Module], place: Location) -> NameDefinition | None:
    """The declaration that a reference names, if the place is in it; of a module's output, that in the module."""
    reference, address = use.reference, use.address
    attribute = reference.attribute if address.kind == "module" else None
    if attribute is not None and _covers(attribute, place, len(attribute.name) + 1):
        callee = _callee(module, address.name, every)
        output = callee.outputs.get(attribute.name) if callee else None
        if output:
            return _of(output)
    end = reference.column + len(reference.root)
    for step in reference.steps:
        if isinstance(step, GetAttribute) and step.line == reference.line:
            end = max(end, step.column + 1 + len(step.name))
    declared = module.declarations.get(address)
    return _of(declared[0]) if declared and reference.column <= place.column <= end else None


def _in_call(
    call: Declaration, module: Module, every: Mapping[str, Module], place: Location
) -> NameDefinition | None:
    """The definition of an input's name, of the called module, or of a provider configuration, in a call."""
    callee = _callee(module, call.name, every)
    for attribute in call.block.body.attributes:
        if callee and attribute.name in callee.variables and _covers(attribute, place, len(attribute.name)):
            return _of(callee.variables[attribute.name])
        if attribute.name == "source" and attribute.line == place.line:
            return NameDefinition(Location(callee.files[0].path)) if callee and callee.files else None
        if attribute.name == "providers" and isinstance(attribute.value, Object):
            for item in attribute.value.items:
                if item.value.line == place.line and item.value.column <= place.column:
                    return _provider(provider_name(item.value), module)
    return None


def _provider_at(module: Module, place: Location) -> NameDefinition | None:
    """The provider configuration that a ``provider`` argument names."""
    for block, file in _blocks(module):
        attribute = block.attribute("provider")
        if attribute and file == place.file and attribute.value.line == place.line:
            return _provider(provider_name(attribute.value), module)
    return None


def _provider(address: Address, module: Module) -> NameDefinition | None:
    declared = module.provider_configurations.get(address)
    return _of(declared) if declared else None


def _callee(module: Module, name: str, every: Mapping[str, Module]) -> Module | None:
    call = module.calls.get(name)
    folder = source_folder(module, call.block) if call else None
    return every.get(folder) if folder is not None else None


def _of(declaration: Declaration) -> NameDefinition:
    text = "" if isinstance(declaration.node, Attribute) else declaration.value("description")
    description = str(text.value) if isinstance(text, Literal) and isinstance(text.value, str) else ""
    return NameDefinition(declaration.location, declaration.address, description)


def _blocks(module: Module) -> Iterator[tuple[Block, str]]:
    for file in module.files:
        for block in file.body.blocks:
            yield block, file.path


def _covers(node: Attribute | GetAttribute, place: Location, length: int) -> bool:
    return node.line == place.line and node.column <= place.column <= node.column + length
