"""Level 3, references: references to undeclared objects."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Finding, TextEdit
from ticketgen.findings.verification import UNDECLARED_REFERENCE
from ticketgen.guesses import Guesses
from ticketgen.hcl.address import Address
from ticketgen.hcl.modules import Module
from ticketgen.hcl.syntax import Reference
from ticketgen.hcl.uses import BUILT_INS, Use
from ticketgen.misspellings import is_misspelling
from ticketgen.verification.corrections import correct

__all__ = ["check_references"]

_KINDS = {
    "var": "input variable",
    "local": "local value",
    "module": "module",
    "data": "data source",
    "ephemeral": "ephemeral resource",
}
_CONSTANTS = frozenset({"true", "false", "null"})
_SYNONYMS = {"var": ("variable", "variables"), "local": ("locals",), "module": ("modules",)}
"""Words that are written instead of the first word of a reference."""


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
        message, word = f"{address} is not a complete reference", use.reference.root.lower()
        if word in _CONSTANTS and not use.reference.steps:
            edits = (TextEdit(location, use.reference.root, word),)
            return UNDECLARED_REFERENCE.found(message, f"write {word}", at=location, edits=edits)
        help = f'write {address}.NAME, or "{address}" in quotes for a string'
        return UNDECLARED_REFERENCE.found(message, help, at=location)
    meant = _meant_kind(module, use.reference)
    if meant is not None:
        message = f"reference to undeclared resource {address}"
        edits = (TextEdit(location, use.reference.root, meant.kind),)
        return UNDECLARED_REFERENCE.found(message, f"did you mean {meant}?", at=location, edits=edits)
    kind = _KINDS.get(address.kind, "resource")
    twin = address._replace(kind="resource" if address.kind == "data" else "data")
    if address.type and address.kind in {"data", "resource"} and twin in module.declarations:
        message = f"reference to undeclared {kind} {address}"
        edits = (TextEdit(location, str(address), str(twin)),)
        return UNDECLARED_REFERENCE.found(message, f"did you mean {twin}?", at=location, edits=edits)
    known = (each for each in module.declarations if each.kind not in {"output", "check"})
    where = f" in {module.folder}" if module.folder else ""
    fix = f"declare it{where or ' in this module'}"
    if kind == "resource" and "_" not in address.type:
        # Types of resources begin with their provider's name and an underscore, so this is probably text: t3.micro.
        fix = f'write "{address}" in quotes for a string, or {fix}'
    help, edits = correct(guesses, address, known, location, fix)
    message = f"reference to undeclared {kind} {address}{where}"
    return UNDECLARED_REFERENCE.found(message, help, at=location, edits=edits)


def _meant_kind(module: Module, reference: Reference) -> Address | None:
    """What a reference means whose first word is misspelled; None if nothing, or more than one thing, is meant."""
    found = []
    for root in (*_KINDS, *BUILT_INS):
        if reference.root in _SYNONYMS.get(root, ()) or is_misspelling(reference.root, root):
            address = Reference(reference.line, reference.column, root, reference.steps).address
            if address in module.declarations or address.name in (BUILT_INS.get(root) or ()):
                found.append(address)
    return found[0] if len(found) == 1 else None
