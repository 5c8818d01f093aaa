"""Traversal of the model: nested expressions and references."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ticketgen.findings import Location
from ticketgen.hcl.syntax import (
    Access,
    Binary,
    Call,
    Conditional,
    Expression,
    File,
    For,
    ForDirective,
    GetIndex,
    IfDirective,
    Interpolation,
    Literal,
    Object,
    Parentheses,
    Part,
    Reference,
    Step,
    Template,
    Tuple,
    Unary,
)

__all__ = ["free_references", "locate", "nested", "subexpressions"]


def subexpressions(expression: Expression) -> Iterator[tuple[Expression, frozenset[str]]]:
    """The direct subexpressions, each with the names that are newly bound for it."""
    nothing: frozenset[str] = frozenset()
    match expression:
        case Template():
            yield from _in_parts(expression.parts, nothing)
        case Reference():
            yield from ((key, nothing) for key in _keys(expression.steps))
        case Access():
            yield expression.operand, nothing
            yield from ((key, nothing) for key in _keys(expression.steps))
        case Call():
            yield from ((argument, nothing) for argument in expression.arguments)
        case Tuple():
            yield from ((item, nothing) for item in expression.items)
        case Object():
            for item in expression.items:
                yield item.key, nothing
                yield item.value, nothing
        case For():
            names = frozenset({expression.name, expression.key or expression.name})
            yield expression.collection, nothing
            for each in (expression.result_key, expression.value, expression.condition):
                if each is not None:
                    yield each, names
        case Conditional():
            yield expression.condition, nothing
            yield expression.then, nothing
            yield expression.otherwise, nothing
        case Binary():
            yield expression.left, nothing
            yield expression.right, nothing
        case Unary():
            yield expression.operand, nothing
        case Parentheses():
            yield expression.inner, nothing
        case _:  # a literal
            return


def nested(expression: Expression) -> Iterator[Expression]:
    """An expression and all of its subexpressions, at any depth."""
    waiting = [expression]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(each for each, _ in subexpressions(current))


def free_references(expression: Expression) -> tuple[Reference, ...]:
    """The references in an expression, without names that a ``for`` inside it binds."""
    found: list[Reference] = []
    _collect(expression, frozenset(), found)
    return tuple(found)


def _collect(expression: Expression, bound: frozenset[str], found: list[Reference]) -> None:
    if isinstance(expression, Literal):
        return
    if isinstance(expression, Reference) and expression.root not in bound:
        found.append(expression)
    for each, names in subexpressions(expression):
        _collect(each, bound | names if names else bound, found)


def _keys(steps: tuple[Step, ...]) -> Iterator[Expression]:
    return (step.key for step in steps if isinstance(step, GetIndex))


def _in_parts(parts: tuple[Part, ...], bound: frozenset[str]) -> Iterator[tuple[Expression, frozenset[str]]]:
    for part in parts:
        match part:
            case Interpolation():
                yield part.expression, bound
            case IfDirective():
                yield part.condition, bound
                yield from _in_parts(part.then, bound)
                yield from _in_parts(part.otherwise, bound)
            case ForDirective():
                yield part.collection, bound
                yield from _in_parts(part.body, bound | {part.name, part.key or part.name})


def locate(
    expressions: Iterable[tuple[tuple[File, ...], Expression]],
) -> Iterator[tuple[Expression, Location]]:
    """Find the locations of expressions, which do not know their file.

    Args:
        expressions: each expression with the files of its module.
    """
    of_module: dict[int, tuple[tuple[File, ...], set[int]]] = {}
    for files, expression in expressions:
        of_module.setdefault(id(files), (files, set()))[1].add(id(expression))
    for files, ids in of_module.values():
        for file in files:
            for attribute in file.attributes():
                for expression in nested(attribute.value):
                    if id(expression) in ids:
                        yield expression, expression.at(file.path)
