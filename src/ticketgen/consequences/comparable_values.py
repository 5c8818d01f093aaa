"""Values of two configurations in a form that can be compared.

A known value is itself. Any other value is the structure of its expression, in which variables, local values and
outputs are replaced by what they stand for, and resources by their addresses. So two values are equal if the text says
that they are, however it says so.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, fields
from typing import TypeAlias

from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.follow import resolve_reference, source
from ticketgen.hcl.syntax import Expression, GetAttribute, Node, Parentheses, Reference
from ticketgen.hcl.values import (
    UNKNOWN_LOOP,
    EvaluationContext,
    PartialText,
    ResourceReference,
    Unknown,
    Value,
)

__all__ = ["Comparable", "ReferredResource", "comparable", "referred_resources"]

Comparable: TypeAlias = Hashable

_MAX_DEPTH = 40
"""Limit of the variables that are followed, one through the other, in one value."""

_PLACE = frozenset({"line", "column"})


@dataclass(frozen=True, slots=True)
class ReferredResource:
    """A reference to a resource or data source.

    Attributes:
        address: the address with its module path, without an instance key.
        path: the attributes after the address.
    """

    address: str
    path: tuple[str, ...] = ()


def comparable(
    values: Evaluator, expression: Expression | None, where: EvaluationContext, depth: int = 0
) -> Comparable:
    """The value of an expression, so that equal values are equal in another configuration, too."""
    if expression is None:
        return None
    found = _of_value(values, values.of(expression, where), depth)
    if found is not None:
        return found[0]
    if depth >= _MAX_DEPTH or not values.budget.spend(1):
        return type(expression).__name__
    return _of_node(values, expression, where, depth + 1)


def referred_resources(value: Comparable) -> Iterator[ReferredResource]:
    """The references to resources in a comparable value."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, ReferredResource):
            yield each
        elif isinstance(each, tuple):
            waiting.extend(each)


def _of_value(values: Evaluator, value: Value, depth: int) -> tuple[Comparable] | None:
    """The comparable value of an evaluated one; None if it is unknown."""
    if isinstance(value, PartialText):
        parts = [_of_value(values, part, depth) for part in values.parts(value)]
        if parts and all(part is not None for part in parts):
            return (("text", *(part[0] for part in parts if part is not None)),)
        return (_of_node(values, value.template, value.where, depth + 1),) if depth < _MAX_DEPTH else None
    if isinstance(value, Unknown):
        return None
    if isinstance(value, ResourceReference):
        return (_reference(value),)
    if isinstance(value, list):
        items = [_of_value(values, each, depth) for each in value]
        return None if None in items else (("list", *(item[0] for item in items if item is not None)),)
    if isinstance(value, dict):
        pairs = [(key, _of_value(values, each, depth)) for key, each in sorted(value.items())]
        if any(item is None for _, item in pairs):
            return None
        return (("map", *((key, item[0]) for key, item in pairs if item is not None)),)
    # Terraform converts `1` and "1" into each other, and true and "true".
    return (_as_written(value),)


def _as_written(value: str | float | bool | None) -> Comparable:
    """A primitive as the text that Terraform converts it to; None for null."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return None if value is None else str(value)


def _reference(value: ResourceReference) -> ReferredResource:
    path = value.scope.path
    address = str(value.resource.address)
    return ReferredResource(f"{path}.{address}" if path else address, value.path)


def _of_node(values: Evaluator, node: Node, where: EvaluationContext, depth: int) -> Comparable:
    """The structure of an expression, without its place in the text."""
    if isinstance(node, Parentheses):
        return comparable(values, node.inner, where, depth)
    if isinstance(node, Reference):
        return _of_reference(values, node, where, depth)
    parts: list[Comparable] = [type(node).__name__]
    for each in fields(node):
        if each.name in _PLACE or not each.compare:
            continue
        parts.append(_of_field(values, getattr(node, each.name), where, depth))
    return tuple(parts)


def _of_field(values: Evaluator, value: object, where: EvaluationContext, depth: int) -> Comparable:
    if isinstance(value, tuple):
        return tuple(_of_field(values, each, where, depth) for each in value)
    if not isinstance(value, Node):
        assert isinstance(value, Hashable)
        return value
    if depth >= _MAX_DEPTH or not values.budget.spend(1):
        return type(value).__name__
    # Names that a `for` binds are unknown here, and stay names.
    return _of_node(values, value, where, depth + 1)


def _of_reference(
    values: Evaluator, reference: Reference, where: EvaluationContext, depth: int
) -> Comparable:
    """A reference as what it stands for."""
    evaluated = _of_value(values, values.of(reference, where), depth)
    if evaluated is not None:
        return evaluated[0]
    resolved = None if reference.root in where.bound else resolve_reference(reference, where.scope)
    steps = reference.steps
    name: Comparable = reference.root
    if resolved is not None and depth < _MAX_DEPTH:
        steps = resolved.steps
        if resolved.declaration.address.type:
            path = tuple(step.name for step in steps if isinstance(step, GetAttribute))
            return _reference(ResourceReference(resolved.scope, resolved.declaration, path))
        found = source(resolved.declaration, resolved.scope)
        if found is None:  # an input without a default: its name is all that is known
            name = str(resolved.declaration.address)
        else:
            inner = EvaluationContext(found.scope, UNKNOWN_LOOP if found.call else {})
            name = comparable(values, found.expression, inner, depth + 1)
    if not steps:
        return name
    return ("steps", name, *(_of_field(values, step, where, depth) for step in steps))
