"""What Terraform ignores in a block that an override file changes.

Terraform decodes both parts of such a block with ``PartialContent``, which accepts any other argument and block:
https://github.com/hashicorp/terraform/blob/main/internal/configs/module_merge_body.go. So an unknown name, and whatever
stands in its value, is no error there. An unknown ``dynamic`` block is one, because it is expanded later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from ticketgen.findings import Finding, Severity
from ticketgen.findings.verification import UNKNOWN_ATTRIBUTE, UNKNOWN_BLOCK, UNKNOWN_MODULE_INPUT
from ticketgen.hcl.configuration import Configuration
from ticketgen.hcl.syntax import Attribute, Block
from ticketgen.hcl.traversal import nested

__all__ = ["as_merged"]

_DECODED: Final = frozenset({"data", "ephemeral", "module", "provider", "resource"})
"""The blocks whose contents Terraform decodes after it has merged them."""
_UNKNOWN_NAME: Final = frozenset({UNKNOWN_ATTRIBUTE.id, UNKNOWN_BLOCK.id, UNKNOWN_MODULE_INPUT.id})
_HELP: Final = "an override file changes the block, so Terraform ignores this"


def as_merged(configuration: Configuration, findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings, with errors in what Terraform ignores as warnings."""
    items = {
        (path, item.line, item.column): item
        for path, block in _overridden(configuration)
        for item in _read_apart(block)
    }
    if not items:
        yield from findings
        return
    every = list(findings)
    ignored: dict[str, set[int]] = {}
    for finding in every:
        at = finding.location
        if at is not None and finding.rule in _UNKNOWN_NAME:
            item = items.get((at.file, at.line, at.column))
            if item is not None:
                ignored.setdefault(at.file, set()).update(range(item.line, _last_line(item) + 1))
    for finding in every:
        at = finding.location
        if at is not None and finding.severity is Severity.ERROR and at.line in ignored.get(at.file, ()):
            help = f"{finding.help}; {_HELP}" if finding.help else _HELP
            finding = replace(finding, severity=Severity.WARNING, help=help)
        yield finding


def _overridden(configuration: Configuration) -> Iterator[tuple[str, Block]]:
    for module in configuration.modules.values():
        for file in module.files:
            for block in file.body.blocks:
                if block.overridden is not None and block.type in _DECODED:
                    yield file.path, block


def _read_apart(block: Block) -> Iterator[Attribute | Block]:
    yield from block.body.attributes
    yield from (each for each in block.blocks() if each.type != "dynamic")


def _last_line(item: Attribute | Block) -> int:
    return item.end_line if isinstance(item, Block) else max(each.line for each in nested(item.value))
