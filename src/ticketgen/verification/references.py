"""Level 3, references: references to undeclared objects."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Finding
from ticketgen.findings.verification import UNDECLARED_REFERENCE
from ticketgen.guesses import Guesses
from ticketgen.hcl.address import Address
from ticketgen.hcl.modules import Module
from ticketgen.hcl.uses import BUILT_INS, Use
from ticketgen.verification.corrections import correct

__all__ = ["check_references"]

_KINDS = {
    "var": "input variable",
    "local": "local value",
    "module": "module",
    "data": "data source",
    "ephemeral": "ephemeral resource",
}


def check_references(module: Module, guesses: Guesses) -> Iterator[Finding]:
    """Yield a finding for each undeclared reference, if all files could be read."""
    if not module.complete:
        return
    for use in module.uses:
        if use.address not in module.declarations:
            yield _undeclared(module, use, guesses)


def _undeclared(module: Module, use: Use, guesses: Guesses) -> Finding:
    address, location = use.address, use.reference.at(use.file)
    if address.kind in BUILT_INS:
        built_in = [Address(address.kind, "", name) for name in sorted(BUILT_INS[address.kind] or ())]
        help, edits = correct(guesses, address, built_in, location, f"use {' or '.join(map(str, built_in))}")
        message = f"{address} is not a Terraform built-in"
        return UNDECLARED_REFERENCE.found(message, help, at=location, edits=edits)
    if len(address.parts) == 1:
        return UNDECLARED_REFERENCE.found(
            f"{address} is not a complete reference",
            f'write {address}.NAME, or "{address}" in quotes for a string',
            at=location,
        )
    kind = _KINDS.get(address.kind, "resource")
    known = (each for each in module.declarations if each.kind not in {"output", "check"})
    where = f" in {module.folder}" if module.folder else ""
    help, edits = correct(guesses, address, known, location, f"declare it{where or ' in this module'}")
    message = f"reference to undeclared {kind} {address}{where}"
    return UNDECLARED_REFERENCE.found(message, help, at=location, edits=edits)
