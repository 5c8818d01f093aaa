"""Level 3, references: duplicate declarations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ticketgen.findings import Finding
from ticketgen.findings.verification import DUPLICATE_ADDRESS
from ticketgen.hcl.address import Address
from ticketgen.hcl.declarations import Declaration
from ticketgen.hcl.modules import Module, is_override

__all__ = ["check_duplicates"]


def check_duplicates(module: Module) -> Iterator[Finding]:
    """Yield a finding for each duplicate declaration, except in override files."""
    for address, found in module.declarations.items():
        yield from _repeated(str(address), found)
    providers: dict[Address, list[Declaration]] = {}
    for each in module.provider_blocks:
        providers.setdefault(each.address, []).append(each)
    for address, blocks in providers.items():
        yield from _repeated(f"provider {address}", blocks)


def _repeated(what: str, found: Iterable[Declaration]) -> Iterator[Finding]:
    own = [each for each in found if not is_override(each.file)]
    for each in own[1:]:
        first = own[0].location
        message = f"{what} is already declared at {first}"
        yield DUPLICATE_ADDRESS.found(message, at=each.location, mentions=(first,))
