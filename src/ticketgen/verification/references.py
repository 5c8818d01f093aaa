"""Level 3, references: undeclared variables, local values, resources, data sources and modules."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Finding
from ticketgen.findings.verification import UNDECLARED_REFERENCE
from ticketgen.guesses import Guesses
from ticketgen.hcl.modules import Module
from ticketgen.hcl.uses import BUILT_INS, Use

__all__ = ["check_references"]

_KINDS = {
    "var": "input variable",
    "local": "local value",
    "module": "module",
    "data": "data source",
    "ephemeral": "ephemeral resource",
}


def check_references(module: Module, guesses: Guesses) -> Iterator[Finding]:
    """Yield a finding for each undeclared reference; nothing if a file of the module could not be read."""
    if not module.complete:
        return
    for use in module.uses:
        if use.address not in module.declarations:
            yield _undeclared(module, use, guesses)


def _undeclared(module: Module, use: Use, guesses: Guesses) -> Finding:
    root, place = use.reference.root, use.reference.at(use.file)
    if root in BUILT_INS:
        built_in = [f"{root}.{name}" for name in sorted(BUILT_INS[root] or ())]
        return UNDECLARED_REFERENCE.found(
            f"{use.address} is not a Terraform built-in",
            guesses.did_you_mean(use.address, built_in) or f"use {' or '.join(built_in)}",
            at=place,
        )
    if "." not in use.address:
        return UNDECLARED_REFERENCE.found(
            f"{root} is not a complete reference",
            f'write {root}.NAME, or "{root}" in quotes for a string',
            at=place,
        )
    kind = _KINDS.get(root, "resource")
    known = (address for address in module.declarations if not address.startswith(("output.", "check.")))
    where = f" in {module.folder}" if module.folder else ""
    return UNDECLARED_REFERENCE.found(
        f"reference to undeclared {kind} {use.address}{where}",
        guesses.did_you_mean(use.address, known) or f"declare it{where or ' in this module'}",
        at=place,
    )
