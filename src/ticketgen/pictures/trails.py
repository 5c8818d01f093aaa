"""Trails from a resource to the resources that it uses, with every reference.

A reference is followed through locals, variables, outputs and data sources, attribute by attribute, so that
``var.tables.sales`` in a Region's module leads to ``aws_dynamodb_table.ticket_sales`` of the root module, and to no
other table.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ticketgen.hcl.budget import Budget
from ticketgen.hcl.configuration import Scope
from ticketgen.hcl.declarations import Declaration
from ticketgen.hcl.follow import resolve_reference, source
from ticketgen.hcl.syntax import (
    Access,
    Attribute,
    Block,
    Call,
    Expression,
    GetAttribute,
    GetIndex,
    Literal,
    Node,
    Object,
    Parentheses,
    Reference,
    Step,
    Template,
)
from ticketgen.hcl.traversal import subexpressions
from ticketgen.hcl.values import EvaluationContext
from ticketgen.hcl.watchdog import LimitExceeded

if TYPE_CHECKING:
    from ticketgen.pictures.named_tables import Names

__all__ = [
    "ResourceUse",
    "ScopedResource",
    "SourceReference",
    "literal_keys",
    "literal_text",
    "spend",
    "uses",
    "written_form",
]


@dataclass(frozen=True, slots=True)
class SourceReference:
    """A reference and its location.

    Attributes:
        file: the path of the file.
        line: the line, counted from 1.
        text: the reference as written, such as ``var.tables.sales``.
    """

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.text}"


@dataclass(frozen=True, slots=True)
class ScopedResource:
    """A managed resource in one scope of its module.

    Attributes:
        scope: the scope.
        declared: the declaration.
        instance: where its attributes are evaluated; None if its instances are not told apart.
        instance_key: the key in ``for_each``; "" if its instances are not told apart.
    """

    scope: Scope
    declared: Declaration
    instance: EvaluationContext | None = field(default=None, compare=False)
    instance_key: str = ""

    @property
    def where(self) -> EvaluationContext | Scope:
        """Where its attributes are evaluated."""
        return self.instance or self.scope

    @property
    def type(self) -> str:
        """The type, such as ``aws_kinesis_stream``."""
        return self.declared.type

    @property
    def name(self) -> str:
        """The key in ``for_each``, or else the second label of the block."""
        return self.instance_key or self.declared.name

    @property
    def block(self) -> Block:
        """The block."""
        return self.declared.block

    @property
    def key(self) -> str:
        """The address in the whole stack."""
        address = ".".join(filter(None, (self.scope.path, str(self.declared.address))))
        folder = self.scope.root.module.folder
        key = f'["{self.instance_key}"]' if self.instance_key else ""
        return f"{folder}: {address}{key}" if folder else f"{address}{key}"

    @property
    def declaration(self) -> SourceReference:
        """The block, as the end of a trail."""
        return SourceReference(self.declared.file, self.block.line, str(self.declared.address))

    @property
    def labels(self) -> SourceReference:
        """The labels of the block as written, where no reference names the resource."""
        return SourceReference(self.declared.file, self.block.line, f'"{self.type}" "{self.declared.name}"')


@dataclass(frozen=True, slots=True)
class ResourceUse:
    """The use of one resource by another.

    Attributes:
        target: the resource that is used.
        attribute: the attribute in the block of the user, with dots: ``environment.variables``.
        trail: every reference, from the one in the user's block to the one that names the target; after a name, the
            labels of the block that has this name.
    """

    target: ScopedResource
    attribute: str
    trail: tuple[SourceReference, ...]


def spend(budget: Budget, steps: int) -> None:
    """Take some steps of a budget.

    Raises:
        LimitExceeded: too few are left.
    """
    if not budget.spend(steps):
        raise LimitExceeded("the budget's steps of evaluation")


def uses(resource: ScopedResource, budget: Budget, names: Names, region: str) -> Iterator[ResourceUse]:
    """Every use of other resources in the block of a resource.

    Args:
        resource: the user.
        budget: the work that the search may take.
        names: resources that other root modules find by name.
        region: the Region of the user.

    Raises:
        LimitExceeded: there are too many ways: two references to each local double them.
    """
    search = _Search(budget, names, region)
    file = resource.declared.file
    for path, attribute in _attributes(resource.block, ()):
        for target, trail in _follow(search, attribute.value, (), resource.scope, file, ()):
            yield ResourceUse(target, path, trail)


@dataclass(frozen=True, slots=True)
class _Search:
    budget: Budget
    names: Names
    region: str


def _attributes(block: Block, path: tuple[str, ...]) -> Iterator[tuple[str, Attribute]]:
    for attribute in block.body.attributes:
        yield ".".join((*path, attribute.name)), attribute
    for inner in block.blocks():
        inner_path = (
            path if inner.type == "content" else (*path, inner.labels[0] if inner.labels else inner.type)
        )
        yield from _attributes(inner, inner_path)


def _follow(
    search: _Search,
    expression: Expression,
    steps: tuple[Step, ...],
    scope: Scope,
    file: str,
    trail: tuple[SourceReference, ...],
) -> Iterator[tuple[ScopedResource, tuple[SourceReference, ...]]]:
    """Yield the resources that a part of an expression, selected by steps, leads to.

    Every way is a trail of its own, so nothing is remembered: the budget bounds the work.
    """
    spend(search.budget, 1 + len(steps))
    match expression:
        case Reference():
            for step in expression.steps:
                if isinstance(step, GetIndex):
                    yield from _follow(search, step.key, (), scope, file, trail)
            spend(search.budget, 1 + len(trail))
            name = SourceReference(file, expression.line, written_form(expression))
            whole = Reference(
                expression.line, expression.column, expression.root, (*expression.steps, *steps)
            )
            found = resolve_reference(whole, scope)
            if found is None or name in trail:
                return
            declared, trail = found.declaration, (*trail, name)
            if declared.address.kind == "resource":
                yield ScopedResource(found.scope, declared), trail
            elif (copied := search.names.copied(declared.type)) is not None:
                resource, value = copied
                yield from _follow(search, value, (), resource.scope, resource.declared.file, trail)
            elif declared.type:
                for _, attribute in _attributes(declared.block, ()):
                    yield from _follow(search, attribute.value, (), found.scope, declared.file, trail)
            elif (origin := source(declared, found.scope)) is not None:
                where = origin.call.file if origin.call is not None else declared.file
                yield from _follow(search, origin.expression, found.steps, origin.scope, where, trail)
        case Template() if not steps and (table := search.names.table(expression, scope, search.region)):
            yield table, (*trail, table.labels)
        case Object() if steps and (key := _key(steps[0])) is not None:
            for item in expression.items:
                # A computed key may be the same.
                if not isinstance(item.key, Literal) or item.key.value == key:
                    yield from _follow(search, item.value, steps[1:], scope, file, trail)
        case Parentheses():
            yield from _follow(search, expression.inner, steps, scope, file, trail)
        case Call(name="merge"):
            for argument in expression.arguments:
                yield from _follow(search, argument, steps, scope, file, trail)
        case Access():
            yield from _follow(search, expression.operand, (*expression.steps, *steps), scope, file, trail)
        case _:
            for inner, _bound in subexpressions(expression):
                yield from _follow(search, inner, (), scope, file, trail)


def _key(step: Step) -> str | None:
    if isinstance(step, GetAttribute):
        return step.name
    if isinstance(step, GetIndex) and isinstance(step.key, Literal) and isinstance(step.key.value, str):
        return step.key.value
    return None


def written_form(reference: Reference) -> str:
    """A reference as written; an index that is not a literal becomes ``[…]``."""
    text = reference.root
    for step in reference.steps:
        match step:
            case GetAttribute():
                text += f".{step.name}"
            case GetIndex(key=Literal(value=str(key))):
                text += f'["{key}"]'
            case GetIndex(key=Literal(value=key)):
                text += f"[{key}]"
            case GetIndex():
                text += "[…]"
            case _:
                text += "[*]"
    return text


def literal_text(expression: Expression | None) -> str:
    """The text or number of a literal; "" for anything else."""
    return str(expression.value) if isinstance(expression, Literal) and expression.value is not None else ""


def literal_keys(expression: Expression, scope: Scope, file: str) -> Iterator[tuple[str, Node, str]]:
    """Yield each literal key of an object or a local, with its item and file."""
    if isinstance(expression, Object):
        for item in expression.items:
            if isinstance(item.key, Literal) and isinstance(item.key.value, str):
                yield item.key.value, item, file
    elif isinstance(expression, Reference) and expression.address.kind == "local":
        found = resolve_reference(expression, scope)
        origin = source(found.declaration, scope) if found is not None else None
        if found is not None and origin is not None:
            yield from literal_keys(origin.expression, scope, found.declaration.file)
