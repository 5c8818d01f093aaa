"""The uses of a module: references that need a declaration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ticketgen.hcl.syntax import Attribute, Block, Body, File, GetAttribute, Literal, Reference
from ticketgen.hcl.walk import references

__all__ = ["BUILT_INS", "Use", "uses"]

BUILT_INS: Mapping[str, frozenset[str] | None] = {
    "each": frozenset({"key", "value"}),
    "count": frozenset({"index"}),
    "path": frozenset({"module", "root", "cwd"}),
    "terraform": frozenset({"workspace", "applying"}),
    "self": None,
}
"""Terraform's built-in names with their attributes; None for any attribute."""

# Attributes that contain no values but types, keywords, provider configurations (see verification/calls.py) or names of
# the resource's own attributes.
_NO_VALUES = frozenset({
    ("variable", "type"), ("module", "providers"), ("module", "source"), ("resource", "provider"),
    ("data", "provider"), ("ephemeral", "provider"), ("import", "provider"), ("lifecycle", "ignore_changes"),
    ("moved", "from"), ("moved", "to"), ("removed", "from"), ("provisioner", "when"), ("provisioner", "on_failure"),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Use:
    """A reference that needs a declaration.

    Attributes:
        file: the path of the file.
        reference: the reference.
        address: the address that it names, such as ``var.region``; the available part if it is incomplete.
        block: the top-level block that contains it.
    """

    file: str
    reference: Reference
    address: str
    block: Block


def uses(files: Iterable[File]) -> Iterator[Use]:
    """Yield every reference that needs a declaration, in file order."""
    for file in files:
        for block in file.body.blocks:
            if block.type == "terraform":
                continue
            for reference, bound in _of_body(block.type, block.body, frozenset()):
                if reference.root in bound or _is_built_in(reference):
                    continue
                yield Use(file.path, reference, _address(reference), block)


def _of_body(type: str, body: Body, bound: frozenset[str]) -> Iterator[tuple[Reference, frozenset[str]]]:
    """The references in a block, with the names bound at each place."""
    for attribute in body.attributes:
        if (type, attribute.name) not in _NO_VALUES:
            yield from references(attribute.value, bound)
    for block in body.blocks:
        if block.type == "dynamic" and block.labels:
            yield from _of_dynamic(block, bound)
        else:
            yield from _of_body(block.type, block.body, bound)


def _of_dynamic(block: Block, bound: frozenset[str]) -> Iterator[tuple[Reference, frozenset[str]]]:
    """The references in a ``dynamic`` block, which binds its label or its ``iterator`` in its content."""
    iterator = block.attribute("iterator")
    own = {_bare_name(iterator) if iterator else block.labels[0]}
    for attribute in block.body.attributes:
        if attribute.name != "iterator":
            yield from references(attribute.value, bound if attribute.name == "for_each" else bound | own)
    for content in block.blocks():
        yield from _of_body(block.labels[0], content.body, bound | own)


def _bare_name(attribute: Attribute) -> str:
    value = attribute.value
    if isinstance(value, Reference):
        return value.root
    return str(value.value) if isinstance(value, Literal) else ""


def _is_built_in(reference: Reference) -> bool:
    if reference.root not in BUILT_INS:
        return False
    asked = BUILT_INS[reference.root]
    first = reference.steps[0] if reference.steps else None
    return asked is None or (isinstance(first, GetAttribute) and first.name in asked)


def _address(reference: Reference) -> str:
    """The address ``root.name``, or ``root.type.name`` for ``data`` and ``ephemeral``."""
    wanted = 2 if reference.root in {"data", "ephemeral", "resource"} else 1
    names = [reference.root]
    for step in reference.steps[:wanted]:
        if not isinstance(step, GetAttribute):
            break
        names.append(step.name)
    # `resource.aws_vpc.main` is the long form of `aws_vpc.main`.
    return ".".join(names[1:] if reference.root == "resource" and len(names) > 1 else names)
