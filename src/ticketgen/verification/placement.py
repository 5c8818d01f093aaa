"""Level 3, references: misplaced uses of ``each``, ``count`` and ``self``."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Finding, Stage
from ticketgen.hcl.modules import Module
from ticketgen.hcl.uses import Use

__all__ = ["check_placement"]

# https://developer.hashicorp.com/terraform/language/meta-arguments
_LOOPS = {"each": "for_each", "count": "count"}
_REPEATABLE = frozenset({"resource", "data", "module", "ephemeral", "import", "action"})
# https://developer.hashicorp.com/terraform/language/expressions/references#resource-self
_WITH_SELF = frozenset({"provisioner", "connection", "postcondition"})


def check_placement(module: Module) -> Iterator[Finding]:
    """Yield a finding for each misplaced use."""
    for use in module.built_in_uses:
        root, top = use.reference.root, use.block
        if root == "self" and _WITH_SELF.isdisjoint(use.within):
            message = "self is available only in provisioner, connection and postcondition blocks"
            yield _finding(use, message, "refer to the resource by its address")
        if root not in _LOOPS:
            continue
        wanted = _LOOPS[root]
        if top.type not in _REPEATABLE:
            message = f"{use.address} is not available in {top.type} blocks, which do not support {wanted}"
            yield _finding(use, message, "use a for expression")
        elif use.argument in _LOOPS.values():
            message = f"{use.address} is not available in the {wanted} argument of its own block"
            yield _finding(use, message, f"refer to the value itself instead of {use.address}")
        elif top.attribute(wanted) is None:
            message = f"{use.address} is available only in a block that sets {wanted}"
            help = f"set {wanted} in this block, or refer to the value itself instead of {use.address}"
            yield _finding(use, message, help)


def _finding(use: Use, message: str, help: str) -> Finding:
    rule = f"misplaced-{use.reference.root}"
    return Finding(rule, message, Stage.VERIFY, use.reference.at(use.file), help=help)
