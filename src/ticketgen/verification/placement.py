"""Level 3, references: misplaced uses of ``each``, ``count`` and ``self``."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Finding, Stage
from ticketgen.hcl.modules import Module
from ticketgen.hcl.syntax import Block, Body, Reference

__all__ = ["check_placement"]

# https://developer.hashicorp.com/terraform/language/meta-arguments
_LOOPS = {"each": "for_each", "count": "count"}
_REPEATABLE = frozenset({"resource", "data", "module", "ephemeral", "import", "action"})
# https://developer.hashicorp.com/terraform/language/expressions/references#resource-self
_WITH_SELF = frozenset({"provisioner", "connection", "postcondition"})


def check_placement(module: Module) -> Iterator[Finding]:
    """Yield a finding for each misplaced use."""
    for file in module.files:
        for block in file.body.blocks:
            if block.type != "terraform":
                yield from _of_body(module, file.path, block, block.body, (block.type,), frozenset())


def _of_body(
    module: Module, file: str, top: Block, body: Body, within: tuple[str, ...], bound: frozenset[str]
) -> Iterator[Finding]:
    for attribute in body.attributes:
        loop = body is top.body and attribute.name in _LOOPS.values()
        for reference in module.references(attribute.value):
            if reference.root not in bound:
                yield from _misplaced(file, top, reference, within, loop=loop)
    for block in body.blocks:
        own = frozenset(block.labels[:1]) if block.type == "dynamic" else frozenset()
        iterator = block.attribute("iterator") if block.type == "dynamic" else None
        if iterator is not None and isinstance(iterator.value, Reference):
            own |= {iterator.value.root}
        yield from _of_body(module, file, top, block.body, (*within, block.type), bound | own)


def _misplaced(
    file: str, top: Block, reference: Reference, within: tuple[str, ...], *, loop: bool
) -> Iterator[Finding]:
    root = reference.root
    if root == "self":
        if not _WITH_SELF & set(within):
            message = "self is available only in provisioner, connection and postcondition blocks"
            help = "refer to the resource by its address"
            yield Finding("misplaced-self", message, Stage.VERIFY, reference.at(file), help=help)
        return
    if root not in _LOOPS:
        return
    wanted = _LOOPS[root]
    used = reference.address
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
    yield Finding(f"misplaced-{root}", message, Stage.VERIFY, reference.at(file), help=help)
