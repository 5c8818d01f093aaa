"""Level 3, language: what provisioners may refer to, and what they and ``removed`` blocks need.

Source: https://developer.hashicorp.com/terraform/language/resources/provisioners/syntax
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from ticketgen.findings import Finding
from ticketgen.findings.verification import (
    CONFLICTING_ARGUMENTS,
    MISPLACED_BLOCK,
    MISPLACED_REFERENCE,
    MISSING_ATTRIBUTE,
)
from ticketgen.hcl.modules import Module, is_override
from ticketgen.hcl.static_addresses import InvalidAddress, endpoint, static_reference
from ticketgen.hcl.syntax import Attribute, Block, GetAttribute, Literal, Reference
from ticketgen.language.provisioning import ONE_OF

__all__ = ["check_provisioners"]

_META: Final = frozenset({"when", "on_failure"})
# onlySelfRefs in internal/configs/provisioner.go, v1.11.4
_WHEN_DESTROYED: Final = frozenset({"self", "path", "terraform"})
_KEYS_WHEN_DESTROYED: Final = {"count": "index", "each": "key"}


def check_provisioners(module: Module) -> Iterator[Finding]:
    """Yield findings about the provisioners of a module."""
    for file in module.files:
        for block in file.body.blocks:
            provisioners = block.blocks("provisioner")
            if block.type == "resource" and provisioners:
                yield from _check_resource(module, block, provisioners, file.path)
            elif block.type == "removed":
                yield from _check_removed(module, block, provisioners, file.path)


def _check_resource(
    module: Module, resource: Block, provisioners: tuple[Block, ...], file: str
) -> Iterator[Finding]:
    shared = resource.blocks("connection")
    for each in provisioners:
        own = each.blocks("connection")
        if not is_override(file):
            yield from _check_needs(each, own, shared, file)
        if _is_destroying(each):
            yield from _check_destroying(module, each, file)
    if any(map(_is_destroying, provisioners)):
        for connection in shared:
            yield from _outside(module, connection.body.attributes, file)


def _check_needs(
    provisioner: Block, own: tuple[Block, ...], shared: tuple[Block, ...], file: str
) -> Iterator[Finding]:
    label = provisioner.labels[0] if provisioner.labels else ""
    connections = (*own, *shared)
    if connections and not any(each.attribute("host") for each in connections):
        message = f"the connection of the provisioner {label} lacks host"
        yield MISSING_ATTRIBUTE.found(message, "set host", at=connections[0].at(file))
    choices = ONE_OF.get(label, ())
    bodies = [provisioner, *provisioner.blocks("_")]
    given = [name for name in choices if any(body.attribute(name) is not None for body in bodies)]
    if choices and len(given) != 1:
        what = (
            f"{' and '.join(given)} exclude each other" if given else f"it needs one of {', '.join(choices)}"
        )
        message = f"the provisioner {label} is incomplete or ambiguous: {what}"
        yield CONFLICTING_ARGUMENTS.found(
            message, f"set one of {', '.join(choices)}", at=provisioner.at(file)
        )


def _is_destroying(provisioner: Block) -> bool:
    when = provisioner.value("when")
    word = when.value if isinstance(when, Literal) else when.root if isinstance(when, Reference) else ""
    return word == "destroy"


def _check_destroying(module: Module, provisioner: Block, file: str) -> Iterator[Finding]:
    inner = chain(provisioner.blocks("connection"), provisioner.blocks("_"))
    attributes = chain(provisioner.body.attributes, *(each.body.attributes for each in inner))
    yield from _outside(module, (each for each in attributes if each.name not in _META), file)


def _outside(module: Module, attributes: Iterable[Attribute], file: str) -> Iterator[Finding]:
    """References to anything that may be gone when the resource is destroyed."""
    for attribute in attributes:
        for reference in module.references(attribute.value):
            if not _is_its_own(reference):
                message = f"a provisioner that runs when its resource is destroyed refers to {reference.root}"
                help = "refer to self, each.key or count.index only, and keep other values in the resource itself"
                yield MISPLACED_REFERENCE.found(message, help, at=reference.at(file))


def _is_its_own(reference: Reference) -> bool:
    if reference.root in _WHEN_DESTROYED:
        return True
    key = _KEYS_WHEN_DESTROYED.get(reference.root)
    steps = reference.steps
    return len(steps) == 1 and isinstance(steps[0], GetAttribute) and steps[0].name == key


def _check_removed(
    module: Module, block: Block, provisioners: tuple[Block, ...], file: str
) -> Iterator[Finding]:
    target = block.value("from")
    reference = static_reference(target, quoted=False) if target is not None else None
    try:
        is_resource = reference is None or endpoint(reference).kind == "resource"
    except InvalidAddress:
        is_resource = True  # reported elsewhere
    for each in (*provisioners, *block.blocks("connection")):
        if not is_resource:
            message = f"a {each.type} block is in a removed block whose target is not a managed resource"
            yield MISPLACED_BLOCK.found(message, f"remove the {each.type} block", at=each.at(file))
        elif each.type == "provisioner" and not _is_destroying(each):
            message = "a provisioner in a removed block runs when the resource is created"
            yield MISPLACED_BLOCK.found(message, "write when = destroy in the provisioner", at=each.at(file))
        elif each.type == "provisioner":
            yield from _check_destroying(module, each, file)
