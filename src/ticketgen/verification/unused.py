"""Level 3, references: unused variables and local values."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Finding
from ticketgen.findings.verification import UNUSED_DECLARATION
from ticketgen.hcl.address import Address
from ticketgen.hcl.modules import Module

__all__ = ["check_unused"]

_KINDS = {"var": "variable", "local": "local value"}


def check_unused(module: Module) -> Iterator[Finding]:
    """Yield a finding for each unused declaration, if all files could be read."""
    if not module.complete:
        return
    used: dict[Address, set[int]] = {}
    for use in module.uses:
        used.setdefault(use.address, set()).add(id(use.block))
    for address, found in module.declarations.items():
        if address.kind not in _KINDS:
            continue
        declared = found[0]
        if not used.get(address, set()) - {id(declared.node)}:  # a variable's own validation does not count
            message = f"{address} is declared but never used"
            yield UNUSED_DECLARATION.found(
                message, f"remove the {_KINDS[address.kind]}", at=declared.location
            )
