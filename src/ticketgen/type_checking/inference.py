"""Infer the type, and where the text determines it the value, of each expression.

The result is what ``terraform validate`` knows. There, input variables and attributes of resources are unknown, and
the outputs of modules have an unknown type.
Sources: https://github.com/hashicorp/hcl/blob/main/hclsyntax/expression.go and
https://github.com/hashicorp/terraform/blob/main/internal/terraform/evaluate.go
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from ticketgen.hcl.budget import Budget
from ticketgen.hcl.syntax import (
    Access,
    Binary,
    Call,
    Conditional,
    Expression,
    For,
    GetAttribute,
    GetIndex,
    Interpolation,
    Literal,
    Node,
    Object,
    Parentheses,
    Part,
    Reference,
    Splat,
    Step,
    Template,
    Text,
    Tuple,
    Unary,
)
from ticketgen.type_checking.cty_types import (
    ANYTHING,
    PRIMITIVES,
    UNKNOWN_VALUE,
    TypedValue,
    conversion_problem,
    describe_type,
    kind_of,
)
from ticketgen.type_checking.function_calls import WITHOUT_MARKS, call_result
from ticketgen.type_checking.steps import step_into, unify

__all__ = ["Context", "Problem", "Resolve", "infer", "require"]

Problem = Callable[[Node, str, str], None]
"""Receives the place, what is wrong, and the fix."""
_MAX_ELEMENTS = 1000
"""The elements of a known collection that a ``for`` evaluates; a longer one has an unknown type."""
_ARITHMETIC = frozenset({"+", "-", "*", "/", "%"})
_CATCHING = frozenset({"try", "can"})


class Resolve(Protocol):
    """Finds the value of a reference to a declaration, and the steps into it that are left."""

    def __call__(self, reference: Reference, context: Context) -> tuple[TypedValue, Sequence[Step]]:
        """The value of the reference's root."""


@dataclass(frozen=True, slots=True)
class Context:
    """Where an expression stands.

    Attributes:
        resolve: finds the value of a reference.
        problem: receives each problem.
        budget: pays for each step.
        bound: the values of the names that ``for`` and ``dynamic`` bind.
    """

    resolve: Resolve
    problem: Problem
    budget: Budget
    bound: Mapping[str, TypedValue] = field(default_factory=dict)

    def muted(self) -> Context:
        """The context of an expression whose errors Terraform does not report."""
        return replace(self, problem=_ignore)

    def binding(self, names: Mapping[str, TypedValue]) -> Context:
        """The context in which some more names are bound."""
        return replace(self, bound={**self.bound, **names})


def _ignore(node: Node, message: str, help: str) -> None:
    """Drop a problem."""


def infer(expression: Expression, context: Context) -> TypedValue:
    """The type of an expression, and its value where the text determines it; problems go to the context."""
    if not context.budget.spend(1):
        return ANYTHING
    match expression:
        case Literal(value=value):
            return _literal(value)
        case Parentheses(inner=inner):
            return infer(inner, context)
        case Template():
            return _template(expression, context)
        case Reference():
            return _reference(expression, context)
        case Access(operand=operand, steps=steps):
            return _follow(infer(operand, context), steps, context)
        case Call():
            return _call(expression, context)
        case Tuple(items=items):
            values = [infer(item, context) for item in items]
            return TypedValue(["tuple", [value.type for value in values]], values)
        case Object():
            return _object(expression, context)
        case For():
            return _for(expression, context)
        case Conditional():
            return _conditional(expression, context)
        case Binary():
            return _binary(expression, context)
        case Unary(operator=operator, operand=operand):
            return _unary(operand, operator, context)


def _literal(value: object) -> TypedValue:
    if value is None:
        return TypedValue("dynamic", None)
    if isinstance(value, bool):
        return TypedValue("bool", value)
    return TypedValue("string" if isinstance(value, str) else "number", value)


def _marked(value: TypedValue, *sources: TypedValue) -> TypedValue:
    sensitive = value.sensitive or any(each.sensitive for each in sources)
    ephemeral = value.ephemeral or any(each.ephemeral for each in sources)
    if (sensitive, ephemeral) == (value.sensitive, value.ephemeral):
        return value
    return replace(value, sensitive=sensitive, ephemeral=ephemeral)


def _template(template: Template, context: Context) -> TypedValue:
    parts = template.parts
    if len(parts) == 1 and isinstance(parts[0], Interpolation) and not template.heredoc:
        return infer(parts[0].expression, context)  # "${x}" is x itself
    text: str | None = ""
    marks: list[TypedValue] = []
    for part in parts:
        value = _part(part, context)
        marks.append(value)
        known = value.value if isinstance(value.value, str) else None
        text = text + known if text is not None and known is not None else None
    return _marked(TypedValue("string", UNKNOWN_VALUE if text is None else text), *marks)


def _part(part: Part, context: Context) -> TypedValue:
    if isinstance(part, Text):
        return TypedValue("string", part.value)
    if not isinstance(part, Interpolation):
        return ANYTHING
    value = infer(part.expression, context)
    if value.value is None:
        context.problem(
            part, "the interpolated value is null", "interpolate a string, or remove the interpolation"
        )
    elif kind_of(value.type) not in PRIMITIVES | {"dynamic"}:
        message = f"the interpolated value is {describe_type(value.type)}, not a string"
        context.problem(part, message, "use join, jsonencode or a single element")
    return value


def _reference(reference: Reference, context: Context) -> TypedValue:
    bound = context.bound.get(reference.root)
    if bound is not None:
        return _follow(bound, reference.steps, context)
    value, steps = context.resolve(reference, context)
    return _follow(value, steps, context)


def _follow(value: TypedValue, steps: Sequence[Step], context: Context) -> TypedValue:
    for position, step in enumerate(steps):
        if isinstance(step, Splat):
            return _splat(value, step, steps[position + 1 :], context)
        key = infer(step.key, context) if isinstance(step, GetIndex) else TypedValue("string", step.name)
        found, problem, help = step_into(value, key, is_attribute=isinstance(step, GetAttribute))
        if problem:
            context.problem(step, problem, help)
            return ANYTHING
        value = _marked(found, value, key)
    return value


def _splat(value: TypedValue, splat: Splat, steps: Sequence[Step], context: Context) -> TypedValue:
    """Apply the steps to each element; those after ``.*`` only up to the first index."""
    count = len(steps)
    if not splat.full:
        count = next((at for at, step in enumerate(steps) if not isinstance(step, GetAttribute)), count)
    inner, rest = steps[:count], steps[count:]
    kind = kind_of(value.type)
    if kind == "dynamic" or value.value is None:
        return ANYTHING
    if kind in {"list", "set"}:
        element = _follow(_marked(TypedValue(value.type[1]), value), inner, context)
        result = TypedValue(["list", element.type])
    else:
        items = [value]
        if kind == "tuple":
            known = value.value if isinstance(value.value, list) else None
            items = known or [TypedValue(each) for each in value.type[1]]
        values = [_follow(item, inner, context) for item in items]
        result = TypedValue(["tuple", [each.type for each in values]], values)
    return _follow(_marked(result, value), rest, context)


def _call(call: Call, context: Context) -> TypedValue:
    name = call.name.removeprefix("core::")
    inner = context.muted() if name in _CATCHING else context
    values = [infer(argument, inner) for argument in call.arguments]
    if name.startswith("provider::"):
        return ANYTHING
    result, problem = call_result(name, values, context.budget, expand=call.expand)
    if problem is not None:
        node = call if problem.argument is None else call.arguments[problem.argument]
        context.problem(node, problem.message, problem.help)
    return result if name in WITHOUT_MARKS else _marked(result, *values)


def _object(written: Object, context: Context) -> TypedValue:
    values: dict[str, TypedValue] = {}
    complete = True
    marks: list[TypedValue] = []
    for item in written.items:
        key, value = infer(item.key, context), infer(item.value, context)
        marks.append(key)
        name = _key_text(key)
        if name is None:
            complete = False
        else:
            values[name] = value
    if not complete:
        return _marked(ANYTHING, *marks, *values.values())
    return _marked(TypedValue(["object", {name: each.type for name, each in values.items()}], values), *marks)


def _key_text(key: TypedValue) -> str | None:
    if isinstance(key.value, bool):
        return "true" if key.value else "false"
    if isinstance(key.value, str):
        return key.value
    return str(key.value) if isinstance(key.value, int) else None


def _for(loop: For, context: Context) -> TypedValue:
    collection = infer(loop.collection, context)
    if kind_of(collection.type) in PRIMITIVES:
        message = f"for iterates over {describe_type(collection.type)}, not over a collection"
        context.problem(loop.collection, message, "iterate over a list, set, map or object")
        return ANYTHING
    pairs: list[tuple[TypedValue, TypedValue]] | None = None
    if isinstance(collection.value, dict):
        pairs = [(TypedValue("string", key), each) for key, each in collection.value.items()]
    elif isinstance(collection.value, list) and kind_of(collection.type) == "tuple":
        pairs = [(TypedValue("number", at), each) for at, each in enumerate(collection.value)]
    if pairs is None or len(pairs) > _MAX_ELEMENTS:
        return _marked(ANYTHING, collection)  # Terraform does not evaluate the body either
    return _marked(_iterate(loop, pairs, context), collection)


def _iterate(loop: For, pairs: Sequence[tuple[TypedValue, TypedValue]], context: Context) -> TypedValue:
    values: list[TypedValue] = []
    by_key: dict[str, TypedValue] = {}
    complete = not loop.grouped
    for key, each in pairs:
        names = {loop.name: each} | ({loop.key: key} if loop.key is not None else {})
        inner = context.binding(names)
        if loop.condition is not None:
            condition = infer(loop.condition, inner)
            require(condition, "bool", loop.condition, inner, "the condition of the for expression")
            if condition.value is False:
                continue
            complete = complete and condition.value is True
        result_key = infer(loop.result_key, inner) if loop.result_key is not None else None
        value = infer(loop.value, inner)
        values.append(value)
        if result_key is None:
            continue
        name = _key_text(result_key)
        if name is None or result_key.sensitive or result_key.ephemeral:
            complete = False
        elif name in by_key and complete and not loop.grouped:
            message = "two elements of the for expression have the same key"
            context.problem(loop, message, "make the keys unique, or add ... after the value to group them")
            return ANYTHING
        else:
            by_key[name] = value
    if not complete:
        return _marked(ANYTHING, *values)
    if loop.result_key is None:
        return TypedValue(["tuple", [value.type for value in values]], values)
    return TypedValue(["object", {name: each.type for name, each in by_key.items()}], by_key)


def require(value: TypedValue, type: str, node: Node, context: Context, what: str) -> bool:
    """Report a value that does not convert to a type; return whether it does, or may."""
    problem = conversion_problem(value, type, context.budget)
    if problem:
        context.problem(node, f"{what} is of the wrong type: {problem}", f"write a {type}")
    return not problem


def _conditional(conditional: Conditional, context: Context) -> TypedValue:
    condition = infer(conditional.condition, context)
    if not require(condition, "bool", conditional.condition, context, "the condition"):
        return ANYTHING
    # Terraform reports the errors of the chosen branch, and of none if the condition is unknown.
    chosen = condition.value if isinstance(condition.value, bool) else None
    then = infer(conditional.then, context if chosen is True else context.muted())
    otherwise = infer(conditional.otherwise, context if chosen is False else context.muted())
    unified = unify(then, otherwise)
    if unified is None:
        message = (
            f"the results of the condition have inconsistent types: {describe_type(then.type)} and "
            f"{describe_type(otherwise.type)}"
        )
        context.problem(conditional, message, "give both results the same type")
        return ANYTHING
    picked = then if chosen is True else otherwise
    same = chosen is not None and picked.type == unified
    return _marked(picked if same else TypedValue(unified), condition, then, otherwise)


def _binary(binary: Binary, context: Context) -> TypedValue:
    left = infer(binary.left, context)
    is_logical = binary.operator in {"&&", "||"}
    # Later versions of Terraform do not evaluate the right operand if the left one decides.
    right = infer(binary.right, context.muted() if is_logical else context)
    if binary.operator in {"==", "!="}:
        return _marked(TypedValue("bool"), left, right)
    wanted = "bool" if is_logical else "number"
    for value, node in ((left, binary.left), (right, binary.right)):
        if is_logical and node is binary.right and left.known:
            break
        if not require(value, wanted, node, context, f"the operand of {binary.operator}"):
            return ANYTHING
        if value.value is None:
            context.problem(node, f"the operand of {binary.operator} is null", f"write a {wanted}")
            return ANYTHING
    if binary.operator in {"/", "%"} and right.value in (0, "0") and left.known:
        context.problem(binary, f"the right operand of {binary.operator} is zero", "divide by another number")
        return ANYTHING
    if binary.operator in _ARITHMETIC:
        return _marked(TypedValue("number"), left, right)
    return _marked(TypedValue("bool"), left, right)


def _unary(operand: Expression, operator: str, context: Context) -> TypedValue:
    value = infer(operand, context)
    wanted = "number" if operator == "-" else "bool"
    if not require(value, wanted, operand, context, f"the operand of {operator}"):
        return ANYTHING
    known = value.value
    if operator == "-" and isinstance(known, int | float) and not isinstance(known, bool):
        return replace(value, value=-known)
    if operator == "!" and isinstance(known, bool):
        return replace(value, value=not known)
    return _marked(TypedValue(wanted), value)
