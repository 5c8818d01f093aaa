"""Level 3, references: undeclared variables, local values, resources, data sources and modules."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Finding, Stage
from ticketgen.hcl.address import Address
from ticketgen.hcl.modules import Module
from ticketgen.hcl.uses import BUILT_INS, Use
from ticketgen.verification.guesses import Guesses

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
    address, place = use.address, use.reference.at(use.file)
    if address.kind in BUILT_INS:
        built_in = [Address(address.kind, "", name) for name in sorted(BUILT_INS[address.kind] or ())]
        return Finding(
            "undeclared-reference",
            f"{address} is not a Terraform built-in",
            Stage.VERIFY,
            place,
            help=guesses.did_you_mean(address, built_in) or f"use {' or '.join(map(str, built_in))}",
        )
    if len(address.parts) == 1:
        return Finding(
            "undeclared-reference",
            f"{address} is not a complete reference",
            Stage.VERIFY,
            place,
            help=f'write {address}.NAME, or "{address}" in quotes for a string',
        )
    kind = _KINDS.get(address.kind, "resource")
    known = (each for each in module.declarations if each.kind not in {"output", "check"})
    where = f" in {module.folder}" if module.folder else ""
    return Finding(
        "undeclared-reference",
        f"reference to undeclared {kind} {address}{where}",
        Stage.VERIFY,
        place,
        help=guesses.did_you_mean(address, known) or f"declare it{where or ' in this module'}",
    )
