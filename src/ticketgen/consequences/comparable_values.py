"""Values of two configurations in a form that can be compared.

A known value stays as it is. Any other value becomes the structure of its expression, in which variables, local values,
outputs and configured arguments are replaced by their values, and resources by their addresses. So two values are equal
if the configurations say the same in different ways.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, TypeAlias

from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.follow import resolve_reference, source
from ticketgen.hcl.module_instances import key_text
from ticketgen.hcl.operators import as_condition, as_text
from ticketgen.hcl.syntax import (
    Block,
    Conditional,
    Expression,
    For,
    GetAttribute,
    GetIndex,
    Interpolation,
    Node,
    Object,
    Parentheses,
    Reference,
    Step,
    Template,
    Text,
    Tuple,
)
from ticketgen.hcl.values import (
    UNKNOWN,
    UNKNOWN_LOOP,
    EvaluationContext,
    PartialText,
    ResourceReference,
    Value,
    is_known,
)

if TYPE_CHECKING:
    from ticketgen.hcl.configuration import Scope
    from ticketgen.hcl.declarations import Declaration

__all__ = ["Comparable", "ReferredResource", "comparable", "map_references", "referred_resources"]

Comparable: TypeAlias = Hashable

_MAX_DEPTH = 100
"""Maximum depth of nested expressions and references that are followed for one value."""

_PLACE = frozenset({"line", "column"})
_TEXT, _LIST, _MAP, _STEPS, _DATA = "text", "list", "map", "steps", "data"


@dataclass(frozen=True, slots=True)
class ReferredResource:
    """A reference to a resource or data source.

    Attributes:
        address: the address with its module path, without instance keys.
        path: the attributes after the address.
        key: the instance key as in an address; "" for all instances, and any other value if it is unknown.
        declaration: the declaration of the resource.
        scope: the scope of the declaration.
    """

    address: str
    path: tuple[Comparable, ...] = ()
    key: Comparable = ""
    declaration: Declaration | None = field(default=None, compare=False, repr=False)
    scope: Scope | None = field(default=None, compare=False, repr=False)


def comparable(
    values: Evaluator, expression: Expression | None, where: EvaluationContext, depth: int = 0
) -> Comparable:
    """Return the value of an expression in a form that can be compared across configurations."""
    if expression is None:
        return None
    if depth >= _MAX_DEPTH:
        values.budget.note_shortage(f"values refer to each other over {_MAX_DEPTH} times")
        return type(expression).__name__
    value = values.of(expression, where)
    if is_known(value):
        return _of_known(value)
    if not values.budget.spend(1):
        values.budget.note_shortage("the values to compare take too many steps")
        return type(expression).__name__
    if isinstance(value, PartialText):
        return _of_template(values, value.template, value.where, depth + 1)
    if (
        isinstance(value, list | dict)
        and isinstance(expression, Reference)
        and expression.root in where.bound
    ):
        return _of_partial(values, value, where, depth + 1)
    found = _of_node(values, expression, where, depth + 1)
    if isinstance(value, ResourceReference) and isinstance(found, tuple) and found[0] in _IMPRECISE:
        return _into(values, _referred(value.resource, value.scope), value.path, where, depth + 1)
    return found


_IMPRECISE = frozenset({_STEPS, "Call", "Access", "Conditional"})
"""Structures whose value depends on more than the resource that the evaluator finds."""


def referred_resources(value: Comparable) -> Iterator[ReferredResource]:
    """The references to resources in a comparable value."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, ReferredResource):
            yield each
        elif isinstance(each, tuple):
            waiting.extend(each)


def map_references(value: Comparable, renamed: Callable[[ReferredResource], ReferredResource]) -> Comparable:
    """Return a comparable value with its references to resources replaced."""
    if isinstance(value, ReferredResource):
        return renamed(value)
    return tuple(map_references(each, renamed) for each in value) if isinstance(value, tuple) else value


def _of_known(value: Value) -> Comparable:
    """A known value. Terraform converts `1` and "1" into each other, and true and "true"."""
    if isinstance(value, list):
        return (_LIST, *map(_of_known, value))
    if isinstance(value, dict):
        return (_MAP, *((key, _of_known(each)) for key, each in sorted(value.items())))
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return as_text(value)


def _of_partial(values: Evaluator, value: Value, where: EvaluationContext, depth: int) -> Comparable:
    """Convert an instance's partly unknown value, which has no expression of its own."""
    match value:
        case list():
            return (_LIST, *(_of_partial(values, each, where, depth) for each in value))
        case dict():
            return (_MAP, *((key, _of_partial(values, value[key], where, depth)) for key in sorted(value)))
        case PartialText():
            return _of_template(values, value.template, value.where, depth)
        case ResourceReference():
            return _into(values, _referred(value.resource, value.scope), value.path, where, depth)
    return _of_known(value)


def _of_node(values: Evaluator, node: Node, where: EvaluationContext, depth: int) -> Comparable:
    """The structure of an expression, without its place in the text."""
    match node:
        case Parentheses():
            return comparable(values, node.inner, where, depth)
        case Reference():
            return _of_reference(values, node, where, depth)
        case Template() if all(isinstance(part, Text | Interpolation) for part in node.parts):
            return _of_template(values, node, where, depth)
        case Tuple():
            return (_LIST, *(comparable(values, each, where, depth) for each in node.items))
        case Object():
            return _of_object(values, node, where, depth)
        case Conditional():
            condition = as_condition(values.of(node.condition, where))
            if condition is not None:
                return comparable(values, node.then if condition else node.otherwise, where, depth)
    inside = where
    if isinstance(node, For):
        # The names that it binds are unknown, and shadow outer names.
        inside = where.binding(dict.fromkeys(filter(None, (node.key, node.name)), UNKNOWN))
    parts: list[Comparable] = [type(node).__name__]
    for each in fields(node):
        if each.name not in _PLACE and each.compare:
            context = where if each.name == "collection" else inside
            parts.append(_of_field(values, getattr(node, each.name), context, depth))
    return tuple(parts)


def _of_field(values: Evaluator, value: object, where: EvaluationContext, depth: int) -> Comparable:
    if isinstance(value, tuple):
        return tuple(_of_field(values, each, where, depth) for each in value)
    if isinstance(value, Expression):
        return comparable(values, value, where, depth)
    if isinstance(value, Node):
        return _of_node(values, value, where, depth)
    assert isinstance(value, Hashable)
    return value


def _of_template(values: Evaluator, template: Template, where: EvaluationContext, depth: int) -> Comparable:
    """Convert a text with unknown parts; nested texts are flattened into it."""
    flat: list[Comparable] = []
    for part in template.parts:
        if isinstance(part, Text):
            found: Comparable = part.value
        else:
            assert isinstance(part, Interpolation)
            found = comparable(values, part.expression, where, depth)
        for each in found[1:] if isinstance(found, tuple) and found[0] == _TEXT else (found,):
            if isinstance(each, str) and flat and isinstance(flat[-1], str):
                flat[-1] += each
            else:
                flat.append(each)
    return flat[0] if len(flat) == 1 else (_TEXT, *flat)


def _of_object(values: Evaluator, node: Object, where: EvaluationContext, depth: int) -> Comparable:
    found: dict[str, Comparable] = {}
    for item in node.items:
        key = as_text(values.of(item.key, where))
        if key is None:
            items = (
                (comparable(values, each.key, where, depth), comparable(values, each.value, where, depth))
                for each in node.items
            )
            return ("Object", *items)
        found[key] = comparable(values, item.value, where, depth)
    return (_MAP, *sorted(found.items(), key=lambda pair: pair[0]))


def _of_reference(
    values: Evaluator, reference: Reference, where: EvaluationContext, depth: int
) -> Comparable:
    """Replace a reference by the value or resource that it refers to."""
    resolved = None if reference.root in where.bound else resolve_reference(reference, where.scope)
    if resolved is None:
        return _stepped(values, reference.root, reference.steps, where, depth)
    declaration, scope, steps = resolved
    if declaration.address.type:
        return _stepped(values, _referred(declaration, scope), steps, where, depth)
    found = source(declaration, scope)
    if found is None:  # an input without a default: its name is all that is known
        return _stepped(values, str(declaration.address), steps, where, depth)
    inner = EvaluationContext(found.scope, scope.bound if found.call else {})
    return _stepped(values, comparable(values, found.expression, inner, depth), steps, where, depth)


def _referred(declaration: Declaration, scope: Scope) -> ReferredResource:
    address = str(declaration.address)
    return ReferredResource(f"{scope.path}.{address}" if scope.path else address, (), "", declaration, scope)


def _stepped(
    values: Evaluator, base: Comparable, steps: tuple[Step, ...], where: EvaluationContext, depth: int
) -> Comparable:
    """A part of a comparable value."""
    return _into(values, base, [_step(values, each, where, depth) for each in steps], where, depth)


def _step(values: Evaluator, step: Step, where: EvaluationContext, depth: int) -> Comparable:
    if isinstance(step, GetAttribute):
        return step.name
    if isinstance(step, GetIndex):
        key = values.of(step.key, where)
        return key if isinstance(key, str | int) else ("index", comparable(values, step.key, where, depth))
    return "*"


def _into(
    values: Evaluator, base: Comparable, steps: Iterable[Comparable], where: EvaluationContext, depth: int
) -> Comparable:
    left = list(steps)
    while left and isinstance(base, tuple) and base[0] in {_MAP, _LIST}:
        found = _element(base, left[0])
        if found is None:
            break
        base = found[0]
        del left[0]
    if not left:
        return base
    if isinstance(base, ReferredResource):
        return _into_resource(values, base, left, where, depth)
    return (*base, *left) if isinstance(base, tuple) and base[0] == _STEPS else (_STEPS, base, *left)


def _element(base: tuple[Comparable, ...], step: Comparable) -> tuple[Comparable] | None:
    """An element of a map or list; None if there is no such key or index."""
    if base[0] == _MAP:
        pairs = (each for each in base[1:] if isinstance(each, tuple))
        return next(((value,) for key, value in pairs if key == step), None)
    return (base[1 + step],) if isinstance(step, int) and 0 <= step < len(base) - 1 else None


def _into_resource(
    values: Evaluator,
    base: ReferredResource,
    steps: list[Comparable],
    where: EvaluationContext,
    depth: int,
) -> Comparable:
    """An attribute of a resource, or the value of an argument that its configuration sets."""
    declared = base.declaration
    key, path = base.key, base.path
    repeated = declared is not None and any(map(declared.value, ("count", "for_each")))
    if repeated and not path and key == "":
        first = steps.pop(0)
        key = key_text(first) if isinstance(first, str | int) and first != "*" else ("key", first)
    found = replace(base, key=key, path=(*path, *steps))
    if declared is None or base.scope is None or not found.path or depth >= _MAX_DEPTH:
        return found
    name, *rest = found.path
    argument = declared.block.attribute(name) if isinstance(name, str) else None
    inside = EvaluationContext(base.scope, UNKNOWN_LOOP)
    if argument is None:
        # The result of a data source depends on its arguments.
        is_data = declared.address.kind == "data"
        return (_DATA, found, _of_block(values, declared.block, inside, depth + 1)) if is_data else found
    given = comparable(values, argument.value, inside, depth + 1)
    if given is None:  # null means not set: AWS chooses the value
        return found
    given = _into(values, given, rest, where, depth + 1)
    return ("instance", found.address, key, given) if repeated and _has_names(given) else given


def _of_block(values: Evaluator, block: Block, where: EvaluationContext, depth: int) -> Comparable:
    """The arguments of a block and of the blocks in it."""
    arguments = sorted(
        ((each.name, comparable(values, each.value, where, depth)) for each in block.body.attributes),
        key=lambda pair: pair[0],
    )
    blocks = ((each.type, each.labels, _of_block(values, each, where, depth)) for each in block.blocks())
    return (*arguments, *blocks)


def _has_names(value: Comparable) -> bool:
    """Whether a value depends on ``each`` or ``count``."""
    if isinstance(value, tuple):
        return value[:2] in {(_STEPS, "each"), (_STEPS, "count")} or any(map(_has_names, value))
    return False
