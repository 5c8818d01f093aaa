"""Level 3, references: misplaced uses of ``each``, ``count`` and ``self``."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Finding
from ticketgen.findings.verification import MISPLACED_COUNT, MISPLACED_EACH, MISPLACED_SELF
from ticketgen.hcl.modules import Module

__all__ = ["check_loop_references"]

# https://developer.hashicorp.com/terraform/language/meta-arguments
_LOOPS = {"each": ("for_each", MISPLACED_EACH), "count": ("count", MISPLACED_COUNT)}
_LOOP_ARGUMENTS = frozenset(argument for argument, _ in _LOOPS.values())
_REPEATABLE = frozenset({"resource", "data", "module", "ephemeral", "import", "action"})
# https://developer.hashicorp.com/terraform/language/expressions/references#resource-self
_WITH_SELF = frozenset({"provisioner", "connection", "postcondition"})


def check_loop_references(module: Module) -> Iterator[Finding]:
    """Yield a finding for each misplaced use."""
    for use in module.built_in_uses:
        root, top = use.reference.root, use.block
        location = use.reference.at(use.file)
        if root == "self" and _WITH_SELF.isdisjoint(use.within):
            message = "self is available only in provisioner, connection and postcondition blocks"
            yield MISPLACED_SELF.found(message, at=location)
        if root not in _LOOPS:
            continue
        argument, kind = _LOOPS[root]
        # OpenTofu repeats provider configurations; `language_checks` reports that in Terraform's modules.
        is_repeated_provider = top.type == "provider" and top.attribute(argument) is not None
        if top.type not in _REPEATABLE and not is_repeated_provider:
            message = f"{use.address} is not available in {top.type} blocks, which do not support {argument}"
            yield kind.found(message, "use a for expression", at=location)
        elif use.argument in _LOOP_ARGUMENTS:
            message = f"{use.address} is not available in the {argument} argument of its own block"
            yield kind.found(message, f"refer to the value itself instead of {use.address}", at=location)
        elif use.argument == "depends_on":
            message = f"{use.address} is not available in depends_on, which concerns all instances"
            yield kind.found(message, "refer to a whole object", at=location)
        elif top.attribute(argument) is None:
            message = f"{use.address} is available only in a block that sets {argument}"
            help = f"set {argument} in this block, or refer to the value itself instead of {use.address}"
            yield kind.found(message, help, at=location)
