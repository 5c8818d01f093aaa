"""Level 3, references: undeclared variables, local values, resources, data sources and modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from itertools import zip_longest

from ticketgen.findings import Finding, Stage
from ticketgen.hcl.modules import Module
from ticketgen.hcl.uses import BUILT_INS, Use

__all__ = ["check_references", "did_you_mean"]

_KINDS = {
    "var": "input variable",
    "local": "local value",
    "module": "module",
    "data": "data source",
    "ephemeral": "ephemeral resource",
}
_SIMILAR = 0.6  # the cutoff of difflib.get_close_matches


def check_references(module: Module) -> Iterator[Finding]:
    """Yield a finding for each undeclared reference; nothing if a file of the module could not be read."""
    if not module.complete:
        return
    for use in module.uses:
        if use.address not in module.declarations:
            yield _undeclared(module, use)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The help for an unknown name or address: the most similar known one; "" if none is similar."""
    similarity, best = max(((_similarity(name, each), each) for each in sorted(known)), default=(0.0, ""))
    return f"did you mean {best}?" if similarity >= _SIMILAR else ""


def _similarity(one: str, other: str) -> float:
    """The similarity of two addresses in their least similar part, so that a common prefix proves nothing."""
    pairs = list(zip_longest(one.split("."), other.split("."), fillvalue=""))
    if {one.partition(".")[0], other.partition(".")[0]} == {"var", "local"}:
        pairs = pairs[1:]  # a local value instead of a variable is a usual mistake
    return min(SequenceMatcher(None, *pair).ratio() for pair in pairs)


def _undeclared(module: Module, use: Use) -> Finding:
    root, place = use.reference.root, use.reference.at(use.file)
    if root in BUILT_INS:
        built_in = [f"{root}.{name}" for name in sorted(BUILT_INS[root] or ())]
        return Finding(
            "undeclared-reference",
            f"{use.address} is not a Terraform built-in",
            Stage.VERIFY,
            place,
            help=did_you_mean(use.address, built_in) or f"use {' or '.join(built_in)}",
        )
    if "." not in use.address:
        return Finding(
            "undeclared-reference",
            f"{root} is not a complete reference",
            Stage.VERIFY,
            place,
            help=f'write {root}.NAME, or "{root}" in quotes for a string',
        )
    kind = _KINDS.get(root, "resource")
    known = [address for address in module.declarations if not address.startswith(("output.", "check."))]
    where = f" in {module.folder}" if module.folder else ""
    return Finding(
        "undeclared-reference",
        f"reference to undeclared {kind} {use.address}{where}",
        Stage.VERIFY,
        place,
        help=did_you_mean(use.address, known) or f"declare it{where or ' in this module'}",
    )
