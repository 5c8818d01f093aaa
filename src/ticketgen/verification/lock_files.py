"""Level 3, language: dependency lock files, ``.terraform.lock.hcl``, of root modules.

Source: https://github.com/hashicorp/terraform/blob/v1.11.4/internal/depsfile/locks_file.go
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from ticketgen.escaping import quoted
from ticketgen.findings import Finding, Location
from ticketgen.findings.verification import INVALID_LOCK_FILE
from ticketgen.hcl.configuration import Configuration
from ticketgen.hcl.guards import refusal
from ticketgen.hcl.syntax import Attribute, Block, Call, File, Literal, Node, Tuple
from ticketgen.verification.source_addresses import is_version_constraint

__all__ = ["check_lock_files"]

_NAME: Final = ".terraform.lock.hcl"
_MAX_LENGTH: Final = 500_000
"""Characters of a lock file that is checked."""
_ARGUMENTS: Final = ("version", "constraints", "hashes")
_ADDRESS: Final = re.compile(r"[a-z0-9][a-z0-9.-]*(?::[0-9]+)?(?:/[a-z0-9][a-z0-9_-]*){2}")
_NO_REGISTRY: Final = "terraform.io/builtin/"
_VERSION: Final = re.compile(
    r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*)){2}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?"
)


class _Fault(NamedTuple):
    node: Node
    message: str


def check_lock_files(configuration: Configuration) -> Iterator[Finding]:
    """Yield findings about the lock file of each folder that Terraform runs in."""
    for scope in configuration.roots:
        path = posixpath.join(scope.module.folder, _NAME)
        text = configuration.text_of(path)
        if text is not None and len(text) < _MAX_LENGTH and configuration.budget.spend(len(text) // 10):
            yield from _check(path, text)


def _check(path: str, text: str) -> Iterator[Finding]:
    from ticketgen.hcl.parse import parse
    from ticketgen.hcl.reference_parser import parser_errors

    if refusal(text):
        return
    errors = parser_errors(text)
    for error in errors[:1]:
        yield INVALID_LOCK_FILE.found(f"the lock file is not valid: {error.summary}", at=error.at(path))
    file = parse(path, text)
    if errors or not isinstance(file, File):
        return
    for fault in _faults(file):
        yield INVALID_LOCK_FILE.found(fault.message, at=fault.node.at(path))


def _faults(file: File) -> Iterator[_Fault]:
    for attribute in file.body.attributes:
        yield _Fault(attribute, f"unsupported argument {attribute.name} in a lock file")
    seen: dict[str, Location] = {}
    for block in file.body.blocks:
        if block.type == "module":
            continue  # which Terraform reserves for later versions
        if block.type != "provider":
            yield _Fault(block, f"unsupported block {block.type} in a lock file")
        elif len(block.labels) != 1:
            yield _Fault(block, "a provider in a lock file has exactly one label, its address")
        else:
            address = block.labels[0]
            if address in seen:
                yield _Fault(block, f"the lock file has {quoted(address)} twice")
            seen.setdefault(address, block.at(file.path))
            yield from _provider(block, address)


def _provider(block: Block, address: str) -> Iterator[_Fault]:
    is_wrong = not _ADDRESS.fullmatch(address) or address.startswith(_NO_REGISTRY)
    if address.isascii() and is_wrong:
        yield _Fault(block, f"{quoted(address)} is not the complete address of a provider in lower case")
    for inner in block.body.blocks:
        yield _Fault(inner, f"unsupported block {inner.type} in a provider of a lock file")
    for attribute in block.body.attributes:
        if attribute.name not in _ARGUMENTS:
            yield _Fault(attribute, f"unsupported argument {attribute.name} in a provider of a lock file")
        elif isinstance(attribute.value, Call):
            yield _Fault(attribute.value, f"{attribute.name} in a lock file is not a constant")
    version = block.attribute("version")
    if version is None:
        yield _Fault(block, f"the lock file has no version of {quoted(address)}")
    elif isinstance(version.value, Literal) and not _VERSION.fullmatch(str(version.value.value)):
        yield _Fault(version.value, "the locked version does not have the form 1.2.3")
    constraints = block.value("constraints")
    text = constraints.value if isinstance(constraints, Literal) else None
    if constraints is not None and isinstance(text, str) and not is_version_constraint(text):
        yield _Fault(constraints, f"{quoted(text)} is not a version constraint")
    hashes = block.attribute("hashes")
    if hashes is not None:
        yield from _hashes(hashes)


def _hashes(hashes: Attribute) -> Iterator[_Fault]:
    if isinstance(hashes.value, Literal) or (isinstance(hashes.value, Tuple) and not hashes.value.items):
        yield _Fault(hashes.value, "hashes in a lock file is not a list of at least one hash")
    for item in hashes.value.items if isinstance(hashes.value, Tuple) else ():
        if isinstance(item, Literal) and not re.match("[^:]+:", str(item.value)):
            yield _Fault(
                item, f"the hash {quoted(str(item.value))} does not begin with its scheme, such as h1:"
            )
