"""Level 3, references: ``each``, ``count`` and ``self`` stand only where Terraform gives them a meaning."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Finding, Stage
from ticketgen.hcl.modules import Module
from ticketgen.hcl.syntax import Block, Body, Reference
from ticketgen.hcl.walk import references

__all__ = ["check_placement"]

# https://developer.hashicorp.com/terraform/language/meta-arguments
_LOOPS = {"each": "for_each", "count": "count"}
_REPEATABLE = frozenset({"resource", "data", "module", "ephemeral", "import", "action"})
# https://developer.hashicorp.com/terraform/language/expressions/references#resource-self
_WITH_SELF = frozenset({"provisioner", "connection", "postcondition"})


def check_placement(module: Module) -> Iterator[Finding]:
    """A finding for each misplaced one."""
    for file in module.files:
        for block in file.body.blocks:
            if block.type != "terraform":
                yield from _of_body(file.path, block, block.body, within=(block.type,), bound=frozenset())


def _of_body(
    file: str, top: Block, body: Body, within: tuple[str, ...], bound: frozenset[str]
) -> Iterator[Finding]:
    for attribute in body.attributes:
        loop = body is top.body and attribute.name in _LOOPS.values()
        for reference, names in references(attribute.value, bound):
            if reference.root not in names:
                yield from _misplaced(file, top, reference, within, loop=loop)
    for block in body.blocks:
        own = frozenset(block.labels) if block.type == "dynamic" else frozenset()
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
            message = "self stands outside of a provisioner, a connection and a postcondition"
            yield Finding(
                "misplaced-self", message, Stage.VERIFY, reference.at(file), help="name the resource"
            )
        return
    if root not in _LOOPS:
        return
    wanted = _LOOPS[root]
    what = "each.key or each.value" if root == "each" else "count.index"
    if top.type not in _REPEATABLE:
        message = f"{what} stands in a {top.type} block, which is never repeated"
        help_text = "use a for expression"
    elif loop:
        message = (
            f"{what} stands in the {wanted} that it comes from"
            if top.attribute(wanted)
            else _no_loop(what, wanted)
        )
        help_text = "name the collection itself"
    elif top.attribute(wanted) is None:
        message = _no_loop(what, wanted)
        help_text = f"add {wanted} to the block, or name the value itself"
    else:
        return
    yield Finding(f"misplaced-{root}", message, Stage.VERIFY, reference.at(file), help=help_text)


def _no_loop(what: str, wanted: str) -> str:
    return f"{what} stands in a block that has no {wanted}"
