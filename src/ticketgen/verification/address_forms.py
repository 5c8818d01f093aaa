"""Level 3, language: arguments that contain the addresses of objects instead of values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ticketgen.findings import Finding, TextEdit
from ticketgen.findings.verification import INVALID_ADDRESS, INVALID_NAME, UNDECLARED_REFERENCE
from ticketgen.hcl.declarations import Declaration
from ticketgen.hcl.plain_texts import plain_reference
from ticketgen.hcl.static_addresses import (
    Endpoint,
    InvalidAddress,
    endpoint,
    static_reference,
    without_keys,
)
from ticketgen.hcl.syntax import (
    Attribute,
    Expression,
    GetAttribute,
    GetIndex,
    Literal,
    Node,
    Object,
    Reference,
    Tuple,
)
from ticketgen.hcl.traversal import free_references
from ticketgen.hcl.uses import REPETITIONS
from ticketgen.language.block_grammar import Argument
from ticketgen.verification.argument_place import ArgumentPlace
from ticketgen.verification.corrections import unquoted
from ticketgen.verification.source_addresses import provider_name_fault

__all__ = [
    "address_items",
    "addresses_form",
    "ignored_form",
    "imported_form",
    "moved_form",
    "no_reference",
    "provider_form",
    "providers_form",
    "read_endpoint",
    "removed_form",
    "triggers_form",
]

_ALL: Final = "all"
_VALUES: Final = frozenset({"var", "local"})
"""The kinds of addresses that are no whole objects, on which another one can depend."""
_LOOP_KEYS: Final = {"each": "key", "count": "index"}


def address_items(
    attribute: Attribute, place: ArgumentPlace, what: str
) -> tuple[list[Expression], list[Finding]]:
    """The items of a list; a finding if the value is no list in brackets."""
    if isinstance(attribute.value, Tuple):
        return list(attribute.value.items), []
    message = f"{attribute.name} is not a list of {what} in brackets"
    value = attribute.value
    at, written = value.at(place.file), plain_reference(value)
    is_object = (
        isinstance(value, Reference)
        and written == str(value.address)
        and value.address.kind not in _VALUES
        and value.address in place.module.declarations
    )
    is_name = attribute.name == "ignore_changes" and written.isidentifier()
    edits = (TextEdit(at, written, f"[{written}]"),) if is_object or is_name else ()
    return [], [INVALID_ADDRESS.found(message, f"write [ … ] with {what}", at=at, edits=edits)]


def addresses_form(_: Argument, attribute: Attribute, place: ArgumentPlace) -> Iterator[Finding]:
    """A list of whole objects, as in ``depends_on``."""
    items, faults = address_items(attribute, place, "references")
    yield from faults
    for item in items:
        reference = static_reference(item)
        if reference is None:
            yield no_reference(attribute.name, item, place)
            continue
        if isinstance(item, Literal) and reference.address not in place.module.declarations:
            if place.module.complete:
                message = f"reference to undeclared {reference.address}"
                yield UNDECLARED_REFERENCE.found(message, at=item.at(place.file))
            continue
        is_module = reference.root == "module"
        if not is_module and not reference.address.type and reference.root not in _VALUES:
            continue
        rest = reference.parsed[1]
        if rest and isinstance(rest[0], GetIndex):
            rest = rest[1:]
            declared = place.module.declarations.get(reference.address, ())
            if (
                not is_module
                and declared
                and all(REPETITIONS.isdisjoint(_argument_names(each)) for each in declared)
            ):
                message = f"{reference.address} sets neither count nor for_each, so it has no instance keys"
                yield INVALID_ADDRESS.found(message, "remove the index", at=item.at(place.file))
        if is_module:
            rest = rest[1:]  # an output counts as an object
        if rest and reference.address.name:
            message = f"{attribute.name} refers to an attribute of {reference.address}"
            help, at, written = f"write {reference.address}", item.at(place.file), plain_reference(item)
            edits = (TextEdit(at, written, str(reference.address)),) if written else ()
            yield INVALID_ADDRESS.found(message, help, at=at, edits=edits)


def _argument_names(declaration: Declaration) -> set[str]:
    return {each.name for each in declaration.block.body.attributes}


def no_reference(name: str, node: Node, place: ArgumentPlace) -> Finding:
    """The finding about an item of a list that is not a reference with constant keys."""
    message = f"an item of {name} is not a reference"
    help = "write the address of the object, such as aws_vpc.main or module.network"
    return INVALID_ADDRESS.found(message, help, at=node.at(place.file))


def provider_form(_: Argument, attribute: Attribute, place: ArgumentPlace) -> Iterator[Finding]:
    """A provider configuration."""
    yield from _provider_faults(attribute.name, attribute.value, place)


def _provider_faults(name: str, value: Expression, place: ArgumentPlace) -> Iterator[Finding]:
    reference = static_reference(value)
    steps = reference.steps if reference else ()
    if place.opentofu and isinstance(value, Reference) and any(isinstance(s, GetIndex) for s in value.steps):
        return  # https://opentofu.org/docs/language/meta-arguments/resource-provider/: aws.by_region[each.key]
    if reference is None or len(steps) > 1 or not all(isinstance(step, GetAttribute) for step in steps):
        message = f"{name} is not the name of a provider configuration"
        yield INVALID_ADDRESS.found(
            message, "write NAME or NAME.ALIAS, such as aws.east", at=value.at(place.file)
        )
        return
    fault = provider_name_fault(reference.root)
    if fault:
        message = f"the name of the provider {reference.root} {fault}"
        yield INVALID_NAME.found(message, at=value.at(place.file))


def providers_form(_: Argument, attribute: Attribute, place: ArgumentPlace) -> Iterator[Finding]:
    """The provider configurations that a module call passes on."""
    if not isinstance(attribute.value, Object):
        message = "providers is not an object of provider configurations"
        help = "write { aws = aws.east }, for example"
        yield INVALID_ADDRESS.found(message, help, at=attribute.value.at(place.file))
        return
    seen: set[str] = set()
    for item in attribute.value.items:
        faults = [*_provider_faults("a key of providers", item.key, place)]
        faults += _provider_faults("a value of providers", item.value, place)
        yield from faults
        key = static_reference(item.key)
        if faults or key is None:
            continue
        name = ".".join([key.root, *(step.name for step in key.steps if isinstance(step, GetAttribute))])
        if name in seen:
            message = f"providers passes the provider configuration {name} twice"
            yield INVALID_ADDRESS.found(message, "remove one of the two", at=item.at(place.file))
        seen.add(name)


def ignored_form(_: Argument, attribute: Attribute, place: ArgumentPlace) -> Iterator[Finding]:
    """The attributes in ``ignore_changes``."""
    value = attribute.value
    if isinstance(value, Reference) and value.root == _ALL and not value.steps:
        return
    items, faults = address_items(attribute, place, "names of attributes")
    yield from faults
    for item in items:
        if isinstance(item, Literal) and item.value == "*":
            message = 'ignore_changes contains "*", which Terraform no longer accepts'
            edits = (TextEdit(value.at(place.file), '[ "*" ]', _ALL),) if len(items) == 1 else ()
            help = "write ignore_changes = all"
            yield INVALID_ADDRESS.found(message, help, at=item.at(place.file), edits=edits)
        elif static_reference(item) is None:
            message = "an item of ignore_changes is not the name of an attribute"
            help = "write the name of an argument of this block, such as tags"
            yield INVALID_ADDRESS.found(message, help, at=item.at(place.file))


def triggers_form(_: Argument, attribute: Attribute, place: ArgumentPlace) -> Iterator[Finding]:
    """The resources in ``replace_triggered_by``."""
    items, faults = address_items(attribute, place, "references to resources")
    yield from faults
    for item in items:
        resources = set()
        for reference in free_references(item):
            address = reference.address
            if address.type:
                resources.add(address)
            elif _LOOP_KEYS.get(reference.root) != address.name:
                message = f"replace_triggered_by refers to {address}, which is not a resource"
                help = "refer to resources, each.key and count.index only"
                yield INVALID_ADDRESS.found(message, help, at=reference.at(place.file))
        if len(resources) != 1:
            message = f"an item of replace_triggered_by refers to {len(resources)} resources instead of one"
            written = static_reference(item)
            is_declared = written is not None and written.address in place.module.declarations
            help = "refer to one resource in each item"
            edits = _without_quotes(item, place) if is_declared else ()
            yield INVALID_ADDRESS.found(message, help, at=item.at(place.file), edits=edits)


def read_endpoint(
    reference: Reference | None, attribute: Attribute, place: ArgumentPlace
) -> Endpoint | Finding:
    """What an address names, or a finding if it names neither a module nor a resource."""
    help = "write the address of a module or a resource, such as module.network or aws_vpc.main"
    if reference is None:
        message = f"{attribute.name} is not an address"
    else:
        try:
            return endpoint(reference)
        except InvalidAddress as error:
            message = f"{attribute.name} is not the address of a module or a resource: {error}"
    edits = _without_quotes(attribute.value, place)
    return INVALID_ADDRESS.found(message, help, at=attribute.value.at(place.file), edits=edits)


def _without_quotes(value: Expression, place: ArgumentPlace) -> tuple[TextEdit, ...]:
    """The edit that writes an address in quotes as a reference."""
    return unquoted(value, place.file) if static_reference(value) is not None else ()


def moved_form(_: Argument, attribute: Attribute, place: ArgumentPlace) -> Iterator[Finding]:
    """An address in a ``moved`` block."""
    found = read_endpoint(static_reference(attribute.value, quoted=False), attribute, place)
    if isinstance(found, Finding):
        yield found


def removed_form(_: Argument, attribute: Attribute, place: ArgumentPlace) -> Iterator[Finding]:
    """The address in a ``removed`` block."""
    reference = static_reference(attribute.value, quoted=False)
    if reference is not None and reference.root in {
        "var",
        "local",
        "each",
        "count",
        "path",
        "self",
        "terraform",
    }:
        return  # Terraform takes these for types of resources here
    found = read_endpoint(reference, attribute, place)
    if isinstance(found, Finding):
        yield found
    elif found.has_keys:
        message = f"{attribute.name} has an instance key, but a removed block concerns all instances"
        yield INVALID_ADDRESS.found(message, "remove the key", at=attribute.value.at(place.file))
    elif found.kind == "data":
        message = f"{attribute.name} is the address of a data source, which is never destroyed"
        yield INVALID_ADDRESS.found(message, "remove the removed block", at=attribute.value.at(place.file))


def imported_form(_: Argument, attribute: Attribute, place: ArgumentPlace) -> Iterator[Finding]:
    """The target of an ``import`` block."""
    is_loop = place.block.attribute("for_each") is not None
    value = attribute.value
    reference = without_keys(value) if is_loop or place.opentofu else static_reference(value, quoted=False)
    found = read_endpoint(reference, attribute, place)
    if isinstance(found, Finding):
        yield found
    elif found.kind != "resource":
        message = f"{attribute.name} is not the address of a managed resource"
        yield INVALID_ADDRESS.found(message, "import a resource", at=value.at(place.file))
    elif found.modules and place.block.attribute("provider") is not None:
        message = "an import into a module sets provider"
        help = "remove provider: the resource's own provider configuration imports it"
        provider = place.block.body.attribute("provider")
        assert provider is not None
        yield INVALID_ADDRESS.found(message, help, at=provider.at(place.file))
