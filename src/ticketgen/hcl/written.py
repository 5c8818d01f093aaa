"""The expression behind variables and local values, for checks that need more than its value."""

from __future__ import annotations

from ticketgen.hcl.configuration import Scope
from ticketgen.hcl.syntax import (
    Expression,
    GetAttribute,
    GetIndex,
    Literal,
    Object,
    Parentheses,
    Reference,
    Step,
)

__all__ = ["written"]

_MOST_STEPS = 50


def written(expression: Expression, scope: Scope) -> tuple[Expression, Scope]:
    """The expression that another expression takes its value from, and its scope.

    The search follows parentheses, local values, variables set by a call, and steps into objects, and ends at the first
    expression that leads no further.
    """
    steps: tuple[Step, ...] = ()
    for _ in range(_MOST_STEPS):
        followed = _next(expression, scope, steps)
        if followed is None:
            break
        expression, scope, steps = followed
    return expression, scope


def _next(
    expression: Expression, scope: Scope, steps: tuple[Step, ...]
) -> tuple[Expression, Scope, tuple[Step, ...]] | None:
    match expression:
        case Parentheses(inner=inner):
            return inner, scope, steps
        case Reference(root="local", steps=(GetAttribute(name=name), *rest)) if name in scope.names.locals:
            return scope.names.locals[name][1].value, scope, (*rest, *steps)
        case Reference(root="var", steps=(GetAttribute(name=name), *rest)) if scope.call and scope.caller:
            given = scope.given.get(name)
            return (given.value, scope.caller, (*rest, *steps)) if given is not None else None
        case Object() if steps:
            item = expression.get(_key(steps[0]))
            return (item, scope, steps[1:]) if item is not None else None
    return None


def _key(step: Step) -> str:
    if isinstance(step, GetAttribute):
        return step.name
    key = step.key if isinstance(step, GetIndex) else None
    return key.value if isinstance(key, Literal) and isinstance(key.value, str) else ""
