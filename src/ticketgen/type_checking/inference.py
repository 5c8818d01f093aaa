"""Infer the type, and where the text determines it the value, of each expression.

The result is what ``terraform validate`` knows. There, input variables and attributes of resources are unknown, and
the outputs of modules have an unknown type.
Sources: https://github.com/hashicorp/hcl/blob/main/hclsyntax/expression.go and
https://github.com/hashicorp/terraform/blob/main/internal/terraform/evaluate.go
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import Protocol

from ticketgen.hcl.budget import Budget
from ticketgen.hcl.frozen_records import record
from ticketgen.hcl.operators import binary as operate
from ticketgen.hcl.primitive_conversions import primitive_text, primitive_truth
from ticketgen.hcl.syntax import (
    Access,
    Binary,
    Call,
    Conditional,
    Expression,
    For,
    ForDirective,
    GetAttribute,
    GetIndex,
    IfDirective,
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
from ticketgen.hcl.value_size import MAX_CHARACTERS, MAX_WEIGHT
from ticketgen.hcl.values import UNKNOWN, Value
from ticketgen.type_checking.arn_functions import refuse_arn
from ticketgen.type_checking.call_types import CATCHING, TEMPLATES, WITHOUT_MARKS, CallProblem, call_result
from ticketgen.type_checking.cty_types import (
    ANYTHING,
    PRIMITIVES,
    UNKNOWN_VALUE,
    TypedValue,
    conversion_problem,
    describe_type,
    kind_of,
    object_value,
    tuple_value,
)
from ticketgen.type_checking.refusal import Refused, ReportProblem, Rewrite
from ticketgen.type_checking.steps import corrected_field, step_into, unify
from ticketgen.type_checking.template_texts import FunctionTemplate, template_problem
from ticketgen.type_checking.unification import as_type, plain_value

__all__ = [
    "Context",
    "FindTemplate",
    "ReportProblem",
    "Resolve",
    "Rewrite",
    "ignore_problem",
    "infer",
    "known_pairs",
    "require",
]


_MAX_ELEMENTS = 1000
"""The elements of a known collection that a ``for`` evaluates; a longer one has an unknown type."""
_ARITHMETIC = frozenset({"+", "-", "*", "/", "%"})


class Resolve(Protocol):
    """Finds the value of a reference to a declaration, and the steps into it that are left."""

    def __call__(self, reference: Reference, context: Context) -> tuple[TypedValue, Sequence[Step]]:
        """The value of the reference's root."""


class FindTemplate(Protocol):
    """Finds the file that ``templatefile`` reads."""

    def __call__(self, path: Expression, bound: Mapping[str, Value]) -> FunctionTemplate | None:
        """The file at a path in which some names are bound; None if the path is unknown, or the file was not read."""


@record
class Context:
    """Where an expression stands.

    Attributes:
        resolve: finds the value of a reference.
        problem: receives each problem.
        budget: pays for each step.
        bound: the values of the names that ``for`` and ``dynamic`` bind.
        template: the file that a ``templatefile`` with this path reads; None if it is unknown or not read.
    """

    resolve: Resolve
    problem: ReportProblem
    budget: Budget
    bound: Mapping[str, TypedValue] = field(default_factory=dict)
    template: FindTemplate | None = None

    def muted(self) -> Context:
        """The context of an expression whose errors Terraform does not report."""
        return replace(self, problem=ignore_problem)

    def binding(self, names: Mapping[str, TypedValue]) -> Context:
        """The context in which some more names are bound."""
        return replace(self, bound={**self.bound, **names})


def ignore_problem(node: Node, message: str, help: str, rewrite: Rewrite = None) -> None:
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
            return tuple_value([infer(item, context) for item in items])
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
        if text is not None and (len(text) > MAX_CHARACTERS or not context.budget.spend(len(text) // 64)):
            text = None
    return _marked(TypedValue("string", UNKNOWN_VALUE if text is None else text), *marks)


def _part(part: Part, context: Context) -> TypedValue:
    match part:
        case Text(value=text):
            return TypedValue("string", text)
        case Interpolation(expression=expression):
            value = infer(expression, context)
            _check_interpolated(value, part, context)
            return value
        case IfDirective():
            return _if_directive(part, context)
        case ForDirective():
            return _for_directive(part, context)


def _check_interpolated(value: TypedValue, node: Node, context: Context) -> None:
    """Report a known value that does not convert to a string; Terraform does not look at the type of others."""
    if value.value is None:
        context.problem(
            node, "the interpolated value is null", "interpolate a string, or remove the interpolation"
        )
    elif value.known and kind_of(value.type) not in PRIMITIVES | {"dynamic"}:
        message = f"the interpolated value is {describe_type(value.type)}, not a string"
        context.problem(node, message, "use join, jsonencode or a single element")


def _if_directive(directive: IfDirective, context: Context) -> TypedValue:
    condition = infer(directive.condition, context)
    chosen = _choice(condition, directive.condition, context)
    marks = [condition]
    for branch, is_chosen in ((directive.then, chosen is True), (directive.otherwise, chosen is False)):
        inner = context if is_chosen else context.muted()
        marks += [_part(part, inner) for part in branch]
    return _marked(TypedValue("string"), *marks)


def _for_directive(directive: ForDirective, context: Context) -> TypedValue:
    collection = infer(directive.collection, context)
    marks = [collection]
    for key, each in _pairs(collection, directive.collection, context) or ():
        inner = context.binding(
            {directive.name: each} | ({directive.key: key} if directive.key is not None else {})
        )
        marks += [_part(part, inner) for part in directive.body]
    return _marked(TypedValue("string"), *marks)


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
            context.problem(step, problem, help, corrected_field(value, key))
            return ANYTHING
        size = value.size if found.value is UNKNOWN_VALUE else found.size
        value = replace(_marked(found, value, key), size=size)
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
        if kind != "tuple" and not value.known:
            return _marked(ANYTHING, value)  # it may be null, and the result an empty tuple
        result = tuple_value(values)
    return _follow(_marked(result, value), rest, context)


def _call(call: Call, context: Context) -> TypedValue:
    name = call.name.removeprefix("core::")
    if name == "try" and call.arguments and not call.expand:
        return _try(call, context)
    inner = context.muted() if name in CATCHING else context
    values = [infer(argument, inner) for argument in call.arguments]
    if name.startswith("provider::"):
        try:
            refuse_arn(name, [plain_value(each, context.budget) for each in values])
        except Refused as refused:
            node = call.arguments[refused.argument]
            context.problem(node, f"{name} refuses its argument: {refused.reason}", "write a whole ARN")
        return ANYTHING
    if name == "templatestring" and isinstance(next(iter(call.arguments), None), Literal | Template):
        message = (
            "the template of templatestring is written in place, but Terraform requires a reference to it"
        )
        context.problem(call.arguments[0], message, "write the template itself, or put it into a local value")
    result, problem = call_result(name, values, context.budget, expand=call.expand)
    if problem is None and name in TEMPLATES and not call.expand:
        problem = _template_problem(call, values, context)
    if problem is not None:
        node = call if problem.argument is None else call.arguments[problem.argument]
        context.problem(
            node, problem.message, problem.help, (call.name, problem.meant) if problem.meant else None
        )
    size = result.size + sum(each.size for each in values)
    if size > MAX_WEIGHT:
        return ANYTHING
    result = replace(result, size=size)
    return result if name in WITHOUT_MARKS else _marked(result, *values)


def _template_problem(call: Call, values: Sequence[TypedValue], context: Context) -> CallProblem | None:
    """What Terraform finds when it evaluates the template of a call with its variables, if both are known."""
    variables = values[1].value
    if not isinstance(variables, dict):
        return None
    source = FunctionTemplate("", values[0].value)
    if call.name.endswith("templatefile"):
        if context.template is None:
            return None
        bound = {name: plain_value(each, context.budget) for name, each in context.bound.items()}
        found = context.template(call.arguments[0], bound)
        if found is None:
            return None
        source = found
    if not isinstance(source.text, str) or not context.budget.spend(len(source.text)):
        return None

    def evaluate(template: Template, report: ReportProblem) -> TypedValue:
        return infer(template, Context(_resolve_nothing, report, context.budget, variables))

    return template_problem(call.name, source, variables, evaluate)


def _resolve_nothing(reference: Reference, context: Context) -> tuple[TypedValue, Sequence[Step]]:
    return ANYTHING, ()


def _try(call: Call, context: Context) -> TypedValue:
    """The first argument without a problem; unknown if a part of it is, because it may have one then."""
    for argument in call.arguments:
        problems: list[str] = []

        def note(
            node: Node, message: str, help: str, rewrite: Rewrite = None, problems: list[str] = problems
        ) -> None:
            problems.append(message)

        value = infer(argument, replace(context, problem=note))
        if not problems:
            return value if plain_value(value, context.budget) is not UNKNOWN else ANYTHING
    message = "every argument of try is invalid"
    context.problem(call, message, "add a last argument that is always valid, such as null")
    return ANYTHING


def _object(written: Object, context: Context) -> TypedValue:
    values: dict[str, TypedValue] = {}
    complete = True
    marks: list[TypedValue] = []
    for item in written.items:
        key, value = infer(item.key, context), infer(item.value, context)
        marks.append(key)
        name = primitive_text(key.value)
        problem = "null" if key.value is None else _key_problem(key)
        if problem:
            context.problem(item.key, f"the key of the object is {problem}", "write a string")
        if name is None:
            complete = False
        else:
            values[name] = value
    if not complete:
        return _marked(ANYTHING, *marks, *values.values())
    return _marked(object_value(values), *marks)


def _key_problem(key: TypedValue) -> str:
    return "" if kind_of(key.type) in PRIMITIVES | {"dynamic"} else describe_type(key.type)


def _pairs(
    collection: TypedValue, node: Node, context: Context
) -> list[tuple[TypedValue, TypedValue]] | None:
    """The keys and elements of a collection; None if they are unknown or it is no collection, which is reported."""
    kind = kind_of(collection.type)
    if collection.value is None or kind in PRIMITIVES:
        what = "null" if collection.value is None else describe_type(collection.type)
        message = f"for iterates over {what}, not over a collection"
        context.problem(node, message, "iterate over a list, set, map or object")
        return None
    return known_pairs(collection)


def known_pairs(collection: TypedValue) -> list[tuple[TypedValue, TypedValue]] | None:
    """The keys and elements of a collection; None if they are unknown, or too many."""
    pairs: list[tuple[TypedValue, TypedValue]] | None = None
    if isinstance(collection.value, dict):
        pairs = [(TypedValue("string", key), each) for key, each in sorted(collection.value.items())]
    elif isinstance(collection.value, list) and kind_of(collection.type) == "set":
        pairs = [(each, each) for each in collection.value]
    elif isinstance(collection.value, list):
        pairs = [(TypedValue("number", at), each) for at, each in enumerate(collection.value)]
    return None if pairs is None or len(pairs) > _MAX_ELEMENTS else pairs


def _for(loop: For, context: Context) -> TypedValue:
    collection = infer(loop.collection, context)
    pairs = _pairs(collection, loop.collection, context)
    if pairs is None:
        return _marked(ANYTHING, collection)  # Terraform does not evaluate the body either
    return _marked(_iterate(loop, pairs, context), collection)


def _iterate(loop: For, pairs: Sequence[tuple[TypedValue, TypedValue]], context: Context) -> TypedValue:
    values: list[TypedValue] = []
    marks: list[TypedValue] = []
    by_key: dict[str, list[TypedValue]] = {}
    complete = True
    for key, each in pairs:
        names = {loop.name: each} | ({loop.key: key} if loop.key is not None else {})
        inner = context.binding(names)
        if loop.condition is not None:
            condition = infer(loop.condition, inner)
            marks.append(condition)
            included = _choice(condition, loop.condition, inner, "the condition of the for expression")
            if included is False:
                continue
            complete = complete and included is True
        result_key = infer(loop.result_key, inner) if loop.result_key is not None else None
        value = infer(loop.value, inner)
        values.append(value)
        if result_key is None:
            continue
        marks.append(result_key)
        problem = "null" if result_key.value is None else _key_problem(result_key) if result_key.known else ""
        if problem and loop.result_key is not None:
            inner.problem(loop.result_key, f"the key of the for expression is {problem}", "write a string")
            return ANYTHING
        name = primitive_text(result_key.value)
        if name is None or result_key.sensitive or result_key.ephemeral:
            complete = False
        elif name in by_key and complete and not loop.grouped:
            message = "two elements of the for expression have the same key"
            context.problem(loop, message, "make the keys unique, or add ... after the value to group them")
            return ANYTHING
        else:
            by_key.setdefault(name, []).append(value)
    if not complete:
        return _marked(ANYTHING, *values, *marks)
    if loop.result_key is None:
        return _marked(tuple_value(values), *marks)
    groups = {name: tuple_value(group) if loop.grouped else group[-1] for name, group in by_key.items()}
    return _marked(object_value(groups), *marks)


def require(value: TypedValue, type: str, node: Node, context: Context, what: str) -> bool:
    """Report a value that does not convert to a type; return whether it does, or may."""
    problem = conversion_problem(value, type, context.budget)
    if problem:
        context.problem(node, f"{what} is of the wrong type: {problem}", f"write a {type}")
    return not problem


def _choice(condition: TypedValue, node: Node, context: Context, what: str = "the condition") -> bool | None:
    """The value of a condition, None if it is unknown; a condition that is null or no bool is reported."""
    if condition.value is None:
        context.problem(node, f"{what} is null", "write a bool")
        return None
    require(condition, "bool", node, context, what)
    return primitive_truth(condition.value)


def _conditional(conditional: Conditional, context: Context) -> TypedValue:
    condition = infer(conditional.condition, context)
    if condition.value is None or not require(
        condition, "bool", conditional.condition, context, "the condition"
    ):
        _choice(condition, conditional.condition, context)
        return ANYTHING
    # Terraform reports the errors of the chosen branch, and of none if the condition is unknown.
    chosen = _choice(condition, conditional.condition, context)
    then = infer(conditional.then, context if chosen is True else context.muted())
    otherwise = infer(conditional.otherwise, context if chosen is False else context.muted())
    unified = unify(then, otherwise, context.budget)
    if unified is None:
        message = (
            f"the results of the condition have inconsistent types: {describe_type(then.type)} and "
            f"{describe_type(otherwise.type)}"
        )
        context.problem(conditional, message, "give both results the same type")
        return ANYTHING
    picked = then if chosen is True else otherwise
    known = as_type(picked, unified, context.budget) if chosen is not None else TypedValue(unified)
    return replace(_marked(known, condition, then, otherwise), size=max(then.size, otherwise.size))


def _binary(binary: Binary, context: Context) -> TypedValue:
    left = infer(binary.left, context)
    is_logical = binary.operator in {"&&", "||"}
    # Later versions of Terraform do not evaluate the right operand if the left one decides.
    right = infer(binary.right, context.muted() if is_logical else context)
    if binary.operator in {"==", "!="}:
        return _marked(_computed(binary.operator, left, right, "bool"), left, right)
    wanted = "bool" if is_logical else "number"
    for value, node in ((left, binary.left), (right, binary.right)):
        if is_logical and node is binary.right and left.value is (binary.operator == "||"):
            break
        if not require(value, wanted, node, context, f"the operand of {binary.operator}"):
            return ANYTHING
        if value.value is None:
            context.problem(node, f"the operand of {binary.operator} is null", f"write a {wanted}")
            return ANYTHING
    type = "number" if binary.operator in _ARITHMETIC else "bool"
    return _marked(_computed(binary.operator, left, right, type), left, right)


def _computed(operator: str, left: TypedValue, right: TypedValue, type: str) -> TypedValue:
    """The result of an operator, known for strings, whole numbers and bools of the same type."""
    if left.type != right.type or not all(isinstance(each.value, str | int) for each in (left, right)):
        return TypedValue(type)
    found = operate(operator, left.value, right.value)
    is_exact = isinstance(found, str | int) and isinstance(found, bool) == (type == "bool")
    return TypedValue(type, found if is_exact else UNKNOWN_VALUE)


def _unary(operand: Expression, operator: str, context: Context) -> TypedValue:
    value = infer(operand, context)
    wanted = "number" if operator == "-" else "bool"
    if not require(value, wanted, operand, context, f"the operand of {operator}"):
        return ANYTHING
    if value.value is None:
        context.problem(operand, f"the operand of {operator} is null", f"write a {wanted}")
        return ANYTHING
    known = value.value
    if operator == "-" and isinstance(known, int | float) and not isinstance(known, bool):
        return replace(value, value=-known)
    if operator == "!" and isinstance(known, bool):
        return replace(value, value=not known)
    return _marked(TypedValue(wanted), value)
