"""Level 3, references: duplicate declarations."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Finding, Location
from ticketgen.findings.verification import DUPLICATE_ADDRESS
from ticketgen.hcl.modules import Declaration, Module, is_override
from ticketgen.hcl.syntax import Literal

__all__ = ["check_duplicates"]


def check_duplicates(module: Module) -> Iterator[Finding]:
    """Yield a finding for each repeated declaration of an address, except in override files."""
    for address, found in module.declarations.items():
        own = [declaration for declaration in found if not is_override(declaration.file)]
        for again in own[1:]:
            yield _twice(address, again.location, own[0])
    yield from _providers(module)


def _providers(module: Module) -> Iterator[Finding]:
    seen: dict[str, Declaration] = {}
    for file in module.files:
        for block in file.body.blocks:
            if block.type != "provider" or not block.labels or is_override(file.path):
                continue
            alias = block.attribute("alias")
            named = f".{alias.value.value}" if alias and isinstance(alias.value, Literal) else ""
            address = f"provider {block.labels[0]}{named}"
            declaration = Declaration(address, file.path, block)
            first = seen.setdefault(address, declaration)
            if first is not declaration:
                yield _twice(address, declaration.location, first)


def _twice(address: str, place: Location, first: Declaration) -> Finding:
    message = f"{address} is already declared at {first.location}"
    return DUPLICATE_ADDRESS.found(message, at=place)
