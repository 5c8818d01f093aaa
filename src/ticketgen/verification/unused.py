"""Level 3, references: unused variables and local values."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Finding
from ticketgen.findings.verification import UNUSED_DECLARATION
from ticketgen.hcl.modules import Module
from ticketgen.hcl.syntax import Block

__all__ = ["check_unused"]


def check_unused(module: Module) -> Iterator[Finding]:
    """Yield a finding for each unused declaration; nothing if an unread file of the module may use it."""
    if not module.complete:
        return
    used: dict[str, set[int]] = {}
    for use in module.uses:
        used.setdefault(use.address, set()).add(id(use.block))
    for address, found in module.declarations.items():
        kind = address.partition(".")[0]
        declared = found[0]
        if kind not in {"var", "local"}:
            continue
        users = used.get(address, set())
        if isinstance(declared.node, Block):
            users = users - {id(declared.node)}  # its own validation does not count
        if not users:
            what = "variable" if kind == "var" else "local value"
            message = f"{address} is declared but never used"
            place = declared.location
            yield UNUSED_DECLARATION.found(message, f"remove the {what}", at=place)
