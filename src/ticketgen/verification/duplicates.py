"""Level 3, references: duplicate declarations."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Finding, Location
from ticketgen.findings.verification import DUPLICATE_ADDRESS
from ticketgen.hcl.address import Address
from ticketgen.hcl.declarations import Declaration, provider_address
from ticketgen.hcl.modules import Module, is_override

__all__ = ["check_duplicates"]


def check_duplicates(module: Module) -> Iterator[Finding]:
    """Yield a finding for each duplicate declaration, except in override files."""
    for address, found in module.declarations.items():
        own = [declaration for declaration in found if not is_override(declaration.file)]
        for duplicate in own[1:]:
            yield _finding(str(address), duplicate.location, own[0])
    yield from _providers(module)


def _providers(module: Module) -> Iterator[Finding]:
    seen: dict[Address, Declaration] = {}
    for file in module.files:
        for block in file.body.blocks:
            if block.type != "provider" or not block.labels or is_override(file.path):
                continue
            declaration = Declaration(provider_address(block), file.path, block)
            first = seen.setdefault(declaration.address, declaration)
            if first is not declaration:
                yield _finding(f"provider {declaration.address}", declaration.location, first)


def _finding(what: str, location: Location, first: Declaration) -> Finding:
    message = f"{what} is already declared at {first.location}"
    return DUPLICATE_ADDRESS.found(message, at=location)
