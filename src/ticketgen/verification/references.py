"""Level 3, references: every variable, local, resource, data source and module that an expression names is declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from ticketgen.findings import Finding, Stage
from ticketgen.hcl.modules import Module
from ticketgen.hcl.uses import GIVEN, Use

__all__ = ["check_references", "close_to"]

_KINDS = {"var": "variable", "local": "local value", "module": "module"}


def check_references(module: Module) -> Iterator[Finding]:
    """A finding for each reference to what the module does not declare; none where it cannot be read whole."""
    if not module.complete:
        return
    for use in module.uses:
        if use.address not in module.declarations:
            yield _undeclared(module, use)


def close_to(name: str, known: Iterable[str]) -> str:
    """A way out for a name that is not known, as the end of a sentence; "" where nothing is like it."""
    close = get_close_matches(name, known, 1)
    return f"did you mean {close[0]}?" if close else ""


def _undeclared(module: Module, use: Use) -> Finding:
    root, place = use.reference.root, use.reference.at(use.file)
    if root in GIVEN:
        asked = ", ".join(f"{root}.{name}" for name in sorted(GIVEN[root] or ()))
        return Finding(
            "undeclared-reference",
            f"{use.address} is nothing that Terraform gives",
            Stage.VERIFY,
            place,
            help=f"there is {asked}",
        )
    if "." not in use.address:
        return Finding(
            "undeclared-reference",
            f"{root} alone is no reference",
            Stage.VERIFY,
            place,
            help=f'write {root}.NAME, or "{root}" where a text is meant',
        )
    kind = _KINDS.get(root, "data source" if root == "data" else "resource")
    siblings = [
        address for address in module.declarations if address.partition(".")[0] in {root, "var", "local"}
    ]
    where = f"in {module.folder}" if module.folder else "here"
    return Finding(
        "undeclared-reference",
        f"{use.address} is used, and no {kind} of that name is declared {where}",
        Stage.VERIFY,
        place,
        help=close_to(use.address, siblings) or f"declare it {where}",
    )
