"""What rules look at: a configuration, with values and origins computed once for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ticketgen.findings import Location
from ticketgen.hcl.configuration import Configuration, Declared, Scope
from ticketgen.hcl.origins import Origins
from ticketgen.hcl.syntax import Block, Expression, Node
from ticketgen.hcl.values import Environment, Link, Value, Values

__all__ = ["Found", "Subject"]


@dataclass(frozen=True, slots=True)
class Found:
    """A resource in one meaning of its module, or one instance of it, or a block inside it.

    Attributes:
        subject: what it is part of.
        declared: the resource.
        block: the resource's block, or one inside.
        where: the environment that its expressions stand in.
    """

    subject: Subject
    declared: Declared
    block: Block
    where: Environment

    @property
    def scope(self) -> Scope:
        """The meaning of the module."""
        return self.where.scope

    @property
    def address(self) -> str:
        """Of the resource, without its module."""
        return self.declared.address

    @property
    def place(self) -> Location:
        """Where the block begins."""
        return self.block.at(self.declared.file)

    def has(self, name: str) -> bool:
        """Whether the block sets an attribute, or a block of that name stands in it."""
        return self.block.attribute(name) is not None or bool(self.inner(name))

    def expression(self, name: str) -> Expression | None:
        """The expression of an attribute, None where it is not set."""
        attribute = self.block.attribute(name)
        return attribute.value if attribute else None

    def value(self, name: str) -> Value:
        """What an attribute is certainly worth; None where it is not set or null."""
        return self.subject.values.settled(self.expression(name), self.where)

    def assumed(self, name: str) -> Value:
        """What an attribute is worth where nobody overrides the root's defaults."""
        return self.subject.assumed.settled(self.expression(name), self.where)

    def assumed_of(self, expression: Expression) -> Value:
        """As `assumed`, for an expression that stands in the block."""
        return self.subject.assumed.settled(expression, self.where)

    def link(self, name: str) -> Link | None:
        """The resource that an attribute leads to."""
        value = self.subject.values.of(self.expression(name), self.where)
        return value if isinstance(value, Link) else None

    def inner(self, type: str) -> list[Found]:
        """The blocks of a type inside."""
        return [
            Found(self.subject, self.declared, block, where)
            for block, where in self.subject.values.blocks(self.block, type, self.where)
        ]

    def loops(self, type: str) -> bool:
        """Whether blocks of a type inside are made by ``dynamic``, so that it may not be known how many."""
        return any(inner.type == "dynamic" and inner.labels == (type,) for inner in self.block.blocks())

    def at(self, node: str | Node | None) -> Location:
        """The place of an attribute by its name, of a node, or of the block itself where there is none."""
        if isinstance(node, str):
            node = self.block.attribute(node)
        return self.place if node is None else node.at(self.declared.file)


class Subject:
    """A configuration to be judged."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self.values = Values()
        self.assumed = Values(assume_defaults=True)
        self.origins = Origins()

    @cached_property
    def scopes(self) -> tuple[Scope, ...]:
        """Every meaning of every module that was read whole."""
        return tuple(scope for scope in self.configuration.every_scope() if scope.module.complete)

    def resources(self, *types: str) -> Iterator[Found]:
        """Managed resources of some types: every instance that is known, in every meaning of their module."""
        for type in types:
            yield from self._by_type.get(type, ())

    def data(self, *types: str) -> Iterator[Found]:
        """Data sources of some types, as `resources`."""
        for type in types:
            yield from self._by_type.get(f"data.{type}", ())

    def everything(self) -> Iterator[Found]:
        """All managed resources, as `resources`."""
        for type, found in self._by_type.items():
            if not type.startswith("data."):
                yield from found

    @cached_property
    def _by_type(self) -> dict[str, list[Found]]:
        by_type: dict[str, list[Found]] = {}
        for scope in self.scopes:
            for declared in scope.names.resources.values():
                if declared.block.type in {"resource", "data"}:
                    prefix = "" if declared.block.type == "resource" else "data."
                    for where in self.values.instances(declared, scope):
                        found = Found(self, declared, declared.block, where)
                        by_type.setdefault(prefix + declared.type, []).append(found)
        return by_type
