"""Level 3, references: misplaced uses of ``each``, ``count`` and ``self``."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Finding
from ticketgen.findings.verification import MISPLACED_COUNT, MISPLACED_EACH, MISPLACED_SELF
from ticketgen.hcl.modules import Module
from ticketgen.hcl.syntax import Block, Body, GetAttribute, Reference
from ticketgen.hcl.walk import references

__all__ = ["check_placement"]

# https://developer.hashicorp.com/terraform/language/meta-arguments
_LOOPS = {"each": ("for_each", MISPLACED_EACH), "count": ("count", MISPLACED_COUNT)}
_REPEATERS = frozenset(argument for argument, _ in _LOOPS.values())
_REPEATABLE = frozenset({"resource", "data", "module", "ephemeral", "import", "action"})
# https://developer.hashicorp.com/terraform/language/expressions/references#resource-self
_WITH_SELF = frozenset({"provisioner", "connection", "postcondition"})


def check_placement(module: Module) -> Iterator[Finding]:
    """Yield a finding for each misplaced use."""
    for file in module.files:
        for block in file.body.blocks:
            if block.type != "terraform":
                yield from _of_body(file.path, block, block.body, within=(block.type,), bound=frozenset())


def _of_body(
    file: str, top: Block, body: Body, within: tuple[str, ...], bound: frozenset[str]
) -> Iterator[Finding]:
    for attribute in body.attributes:
        loop = body is top.body and attribute.name in _REPEATERS
        for reference, names in references(attribute.value, bound):
            if reference.root not in names:
                yield from _misplaced(file, top, reference, within, loop=loop)
    for block in body.blocks:
        own = frozenset(block.labels[:1]) if block.type == "dynamic" else frozenset()
        iterator = block.attribute("iterator") if block.type == "dynamic" else None
        if iterator is not None and isinstance(iterator.value, Reference):
            own |= {iterator.value.root}
        yield from _of_body(file, top, block.body, (*within, block.type), bound | own)


def _misplaced(
    file: str, top: Block, reference: Reference, within: tuple[str, ...], *, loop: bool
) -> Iterator[Finding]:
    root = reference.root
    if root == "self":
        if not _WITH_SELF & set(within):
            message = "self is available only in provisioner, connection and postcondition blocks"
            help = "refer to the resource by its address"
            yield MISPLACED_SELF.found(message, help, at=reference.at(file))
        return
    if root not in _LOOPS:
        return
    wanted, kind = _LOOPS[root]
    step = reference.steps[0] if reference.steps else None
    used = f"{root}.{step.name}" if isinstance(step, GetAttribute) else root
    if top.type not in _REPEATABLE:
        message = f"{used} is not available in {top.type} blocks, which do not support {wanted}"
        help = "use a for expression"
    elif loop:
        message = f"{used} is not available in the {wanted} argument of its own block"
        help = f"refer to the value itself instead of {used}"
    elif top.attribute(wanted) is None:
        message = f"{used} is available only in a block that sets {wanted}"
        help = f"set {wanted} in this block, or refer to the value itself instead of {used}"
    else:
        return
    yield kind.found(message, help, at=reference.at(file))
