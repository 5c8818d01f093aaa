"""Level 3, language: arguments of tests that contain the addresses of objects instead of values.

Sources: https://github.com/hashicorp/terraform/blob/v1.11.4/internal/configs/test_file.go and, for the references in
``expect_failures``, https://github.com/hashicorp/terraform/blob/v1.11.4/internal/addrs/parse_ref.go
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ticketgen.findings import Finding
from ticketgen.findings.verification import INVALID_ADDRESS
from ticketgen.hcl.static_addresses import static_reference
from ticketgen.hcl.syntax import Attribute, GetAttribute, GetIndex, Literal, Reference
from ticketgen.language.block_grammar import Argument
from ticketgen.verification.address_forms import address_items, no_reference, read_endpoint
from ticketgen.verification.argument_place import ArgumentPlace

__all__ = ["checkable_form", "static_references_form", "target_form"]

_WITHOUT_CONDITIONS: Final = frozenset({
    "count", "each", "local", "module", "path", "run", "self", "terraform",
    "arg", "lazy", "plan", "state", "template",  # reserved for later versions
})  # fmt: skip
_NAMES: Final = {"var": 1, "output": 1, "check": 1, "data": 2, "resource": 2, "ephemeral": 2}
"""The number of names after the first word of a reference; 1 for a type of resource."""
_TARGETS: Final = {"resource": "managed resource", "data": "data source", "module": "module"}


def static_references_form(_: Argument, attribute: Attribute, place: ArgumentPlace) -> Iterator[Finding]:
    """A list of references, as in ``plan_options``."""
    items, faults = address_items(attribute, place, "references")
    yield from faults
    for item in items:
        if static_reference(item) is None:
            yield no_reference(attribute.name, item, place)


def checkable_form(argument: Argument, attribute: Attribute, place: ArgumentPlace) -> Iterator[Finding]:
    """The objects in ``expect_failures``."""
    faults = list(static_references_form(argument, attribute, place))
    yield from faults
    items, _ = address_items(attribute, place, "references")
    for item in items:
        reference = static_reference(item)
        if reference is not None and (fault := _checkable_fault(reference)):
            message = f"{attribute.name} contains a reference that {fault}"
            help = "refer to variables, outputs, check blocks, resources and data sources only"
            yield INVALID_ADDRESS.found(message, help, at=item.at(place.file))


def _checkable_fault(reference: Reference) -> str:
    """Why no condition of an object can fail; "" if one can."""
    if reference.root in _WITHOUT_CONDITIONS:
        return f"begins with {reference.root}, which has no conditions"
    count = _NAMES.get(reference.root, 1)
    names, rest = reference.steps[:count], reference.steps[count:]
    if len(names) < count or not all(isinstance(step, GetAttribute) for step in names):
        return f"lacks a name after {reference.root}"
    is_resource = _NAMES.get(reference.root) != 1
    key = rest[0].key if is_resource and rest and isinstance(rest[0], GetIndex) else None
    if isinstance(key, Literal) and isinstance(key.value, float) and not key.value.is_integer():
        return "has an instance key that is neither a whole number nor a string"
    return ""


def target_form(argument: Argument, attribute: Attribute, place: ArgumentPlace) -> Iterator[Finding]:
    """The object that a test overrides."""
    found = read_endpoint(static_reference(attribute.value, quoted=False), attribute, place)
    (kind,) = argument.words
    if isinstance(found, Finding):
        yield found
    elif (found.kind or "module") != kind:
        what = _TARGETS[kind]
        message = f"{attribute.name} is {found}, but {place.block.type} overrides a {what}"
        yield INVALID_ADDRESS.found(
            message, f"write the address of a {what}", at=attribute.value.at(place.file)
        )
