"""Level 3, references: variables and locals that nothing uses."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ticketgen.findings import Finding, Severity, Stage
from ticketgen.hcl.modules import Module
from ticketgen.hcl.syntax import Block

__all__ = ["check_unused"]


def check_unused(module: Module, paths: frozenset[str] | None) -> Iterator[Finding]:
    """A finding for each; none where a file of the module was not read, which may use it.

    Args:
        module: one folder.
        paths: every file there is; None where that is not known.
    """
    if not module.complete or any(_is_json(path, module.folder) for path in paths or ()):
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
            users = users - {id(declared.node)}  # its own validation is no use
        if not users:
            what = "variable" if kind == "var" else "local value"
            message = f"{address} is declared, and nothing uses it"
            place = declared.location
            yield Finding(
                "unused-declaration", message, Stage.VERIFY, place, Severity.WARNING, f"remove the {what}"
            )


def _is_json(path: str, folder: str) -> bool:
    return path.endswith(".tf.json") and posixpath.dirname(path) == folder
