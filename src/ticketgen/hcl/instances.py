"""Instances of repeated resources and of ``dynamic`` blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from ticketgen.hcl.configuration import Scope
from ticketgen.hcl.declarations import Declaration
from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.syntax import Block, Reference
from ticketgen.hcl.value_size import MAX_ELEMENTS
from ticketgen.hcl.values import UNKNOWN, UNKNOWN_LOOP, EvaluationContext, Value

__all__ = ["instances", "nested_blocks"]

_STEPS_PER_INSTANCE: Final = 50
"""Steps of the budget for each instance of a resource, because the rules visit every one."""


def instances(values: Evaluator, declared: Declaration, scope: Scope) -> Iterator[EvaluationContext]:
    """The environment of each instance; one if ``count`` or ``for_each`` is unknown."""
    count, each = declared.value("count"), declared.value("for_each")
    bindings: Iterable[Mapping[str, Value]] | None = None
    if count is not None:
        number = values.of(count, scope)
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= MAX_ELEMENTS:
            pass  # unknown, or a value that Terraform rejects
        elif _can_afford(values, number):
            bindings = ({"count": {"index": index}} for index in range(number))
    elif each is not None:
        pairs = _pairs(values.of(each, scope))
        if pairs is not None and _can_afford(values, len(pairs)):
            bindings = ({"each": {"key": key, "value": value}} for key, value in pairs)
    else:
        bindings = ({},)
    for bound in (UNKNOWN_LOOP,) if bindings is None else bindings:
        yield EvaluationContext(scope, bound)


def nested_blocks(
    values: Evaluator, block: Block, type: str, where: EvaluationContext
) -> Iterator[tuple[Block, EvaluationContext]]:
    """The nested blocks of a type, also from ``dynamic``, with their environments."""
    for inner in block.blocks():
        if inner.type == type:
            yield inner, where
        elif inner.type == "dynamic" and inner.labels == (type,):
            contents = inner.blocks("content")
            iterator = inner.attribute("iterator")
            name = iterator.value.root if iterator and isinstance(iterator.value, Reference) else type
            each = inner.attribute("for_each")
            pairs = _pairs(values.of(each.value, where)) if each else None
            if pairs is not None and not _can_afford(values, len(pairs)):
                pairs = None
            # An unknown element is one value: it depends on a plan, or for_each was noted as not computed.
            elements = [UNKNOWN] if pairs is None else [{"key": key, "value": value} for key, value in pairs]
            for element in elements:
                for content in contents[:1]:
                    yield content, where.binding({name: element})


def _can_afford(values: Evaluator, instances: int) -> bool:
    """Whether the budget has room for the instances, which it is charged for."""
    steps = instances * _STEPS_PER_INSTANCE
    if instances <= 1 or steps <= values.budget.left:
        values.budget.spend(steps)
        return True
    values.budget.note_shortage("there are too many instances: each of the other resources counts as one")
    return False


def _pairs(value: Value) -> list[tuple[Value, Value]] | None:
    """The key and value of each instance; None if they are unknown."""
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, list) and len(value) <= MAX_ELEMENTS:
        return [(element, element) for element in value]
    return None
