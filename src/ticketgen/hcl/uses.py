"""The uses of a module: references that need a declaration."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from ticketgen.hcl.address import Address
from ticketgen.hcl.frozen_records import record
from ticketgen.hcl.syntax import Attribute, Block, Body, Expression, File, Literal, Reference

__all__ = ["BUILT_INS", "NO_VALUES", "REPETITIONS", "Use", "uses"]

BUILT_INS: Mapping[str, frozenset[str] | None] = {
    "each": frozenset({"key", "value"}),
    "count": frozenset({"index"}),
    "path": frozenset({"module", "root", "cwd"}),
    "terraform": frozenset({"workspace", "applying"}),
    "self": None,
}
"""Terraform's built-in names with their attributes; None for any attribute."""

REPETITIONS = frozenset({"count", "for_each"})
"""The arguments that repeat a block. Source: https://developer.hashicorp.com/terraform/language/meta-arguments"""

# Attributes that contain types, keywords, provider configurations (see verification/calls.py) or names of the
# resource's own attributes instead of values.
NO_VALUES = frozenset({
    ("variable", "type"), ("module", "providers"), ("module", "source"), ("resource", "provider"),
    ("data", "provider"), ("ephemeral", "provider"), ("import", "provider"), ("import", "to"),
    ("lifecycle", "ignore_changes"), ("moved", "from"), ("moved", "to"), ("removed", "from"), ("provisioner", "when"),
    ("provisioner", "on_failure"),
})  # fmt: skip


@record
class Use:
    """A reference to a declaration or a built-in name.

    Attributes:
        file: the path of the file.
        reference: the reference.
        address: the address of the reference; incomplete if the reference is.
        block: the top-level block that contains the reference.
        within: the types of the blocks that contain the reference, from the outermost.
        attribute: the attribute of the innermost block that contains the reference.
    """

    file: str
    reference: Reference
    address: Address
    block: Block
    within: tuple[str, ...]
    attribute: str

    @property
    def argument(self) -> str:
        """The top-level argument that contains the reference; "" in a nested block."""
        return self.attribute if len(self.within) == 1 else ""

    @property
    def is_built_in(self) -> bool:
        """Whether it refers to an existing built-in name."""
        known = BUILT_INS.get(self.address.kind, frozenset())
        return known is None or self.address.name in known


def uses(files: Iterable[File], references: Callable[[Expression], Iterable[Reference]]) -> Iterator[Use]:
    """Yield every reference to a declaration or a built-in name, in file order.

    Args:
        files: the files of a module.
        references: returns the free references of an expression.
    """
    for file in files:
        for block in file.body.blocks:
            if block.type != "terraform":
                for within, attribute, bound in _attributes(block.body, (block.type,), frozenset()):
                    no_values = (within[-1], attribute.name) in NO_VALUES
                    # `terraform` is also the name of a provider.
                    built_ins = () if attribute.name == "provider" else BUILT_INS
                    for reference in references(attribute.value):
                        if reference.root not in bound and not (
                            no_values and reference.root not in built_ins
                        ):
                            yield Use(file.path, reference, reference.address, block, within, attribute.name)


def _attributes(
    body: Body, within: tuple[str, ...], bound: frozenset[str]
) -> Iterator[tuple[tuple[str, ...], Attribute, frozenset[str]]]:
    """The attributes at any depth, each with its block types and bound names."""
    for attribute in body.attributes:
        yield within, attribute, bound
    for block in body.blocks:
        if block.type == "dynamic" and block.labels:
            # In the content, the `iterator` or else the label is a bound name.
            iterator, inside = block.attribute("iterator"), (*within, block.labels[0])
            own = bound | {_bare_name(iterator) if iterator else block.labels[0]}
            for attribute in block.body.attributes:
                if attribute.name != "iterator":
                    yield (*within, "dynamic"), attribute, bound if attribute.name == "for_each" else own
            for content in block.blocks():
                yield from _attributes(content.body, inside, own)
        else:
            yield from _attributes(block.body, (*within, block.type), bound)


def _bare_name(attribute: Attribute) -> str:
    value = attribute.value
    if isinstance(value, Reference):
        return value.root
    return str(value.value) if isinstance(value, Literal) else ""
