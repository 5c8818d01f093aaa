"""The input of all rules: a configuration, with values and origins computed once."""

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
    """A resource in one scope of its module, one instance of it, or a block inside it.

    Attributes:
        subject: the configuration that it belongs to.
        declared: the resource.
        block: the resource's block, or one inside.
        where: the environment in which its expressions are evaluated.
    """

    subject: Subject
    declared: Declared
    block: Block
    where: Environment

    @property
    def scope(self) -> Scope:
        """The scope of its module."""
        return self.where.scope

    @property
    def address(self) -> str:
        """The address of the resource, without its module."""
        return self.declared.address

    @property
    def place(self) -> Location:
        """Start of the block."""
        return self.block.at(self.declared.file)

    def has(self, name: str) -> bool:
        """Whether the block contains an attribute or a block of that name."""
        return self.block.attribute(name) is not None or bool(self.inner(name))

    def expression(self, name: str) -> Expression | None:
        """The expression of an attribute; None if it is not set."""
        attribute = self.block.attribute(name)
        return attribute.value if attribute else None

    def value(self, name: str) -> Value:
        """The certain value of an attribute; None if it is null or not set."""
        return self.subject.values.settled(self.expression(name), self.where)

    def assumed(self, name: str) -> Value:
        """The value of an attribute under the defaults of the root module's variables."""
        return self.subject.assumed.settled(self.expression(name), self.where)

    def assumed_of(self, expression: Expression) -> Value:
        """The value of an expression in the block, as `assumed`."""
        return self.subject.assumed.settled(expression, self.where)

    def link(self, name: str) -> Link | None:
        """The resource that an attribute refers to."""
        value = self.subject.values.of(self.expression(name), self.where)
        return value if isinstance(value, Link) else None

    def inner(self, type: str) -> list[Found]:
        """Nested blocks of a type."""
        return [
            Found(self.subject, self.declared, block, where)
            for block, where in self.subject.values.blocks(self.block, type, self.where)
        ]

    def loops(self, type: str) -> bool:
        """Whether a ``dynamic`` block generates nested blocks of a type, so that their number may be unknown."""
        return any(inner.type == "dynamic" and inner.labels == (type,) for inner in self.block.blocks())

    def at(self, node: str | Node | None) -> Location:
        """The place of a named attribute or a node; the start of the block if there is none."""
        if isinstance(node, str):
            node = self.block.attribute(node)
        return self.place if node is None else node.at(self.declared.file)


class Subject:
    """A configuration under check."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        budget = configuration.budget
        self.values = Values(budget=budget)
        self.assumed = Values(assume_defaults=True, budget=budget)
        self.origins = Origins(budget)

    @cached_property
    def scopes(self) -> tuple[Scope, ...]:
        """Every scope of every module whose files could all be read."""
        return tuple(scope for scope in self.configuration.every_scope() if scope.module.complete)

    def resources(self, *types: str) -> Iterator[Found]:
        """Managed resources of some types: every known instance, in every scope of their module."""
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
