"""Evaluation of compound expressions, such as templates, objects and calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from ticketgen.hcl.builtin_functions import FUNCTIONS
from ticketgen.hcl.operators import as_condition, as_text, binary, elements, unary
from ticketgen.hcl.syntax import (
    Binary,
    Call,
    Conditional,
    Expression,
    For,
    ForDirective,
    IfDirective,
    Interpolation,
    Literal,
    Object,
    Parentheses,
    Part,
    Template,
    Text,
    Tuple,
    Unary,
)
from ticketgen.hcl.value_size import MAX_CHARACTERS, weight
from ticketgen.hcl.values import UNKNOWN, EvaluationContext, PartialText, Unknown, Value, is_known

if TYPE_CHECKING:
    from ticketgen.hcl.evaluator import Evaluator

__all__ = ["KINDS"]

_PLAN_FUNCTIONS: Final = frozenset({"bcrypt", "plantimestamp", "rsadecrypt", "timestamp", "uuid"})
"""Functions whose result is known only at plan time.

Source: https://developer.hashicorp.com/terraform/language/functions
"""


def _template(run: Evaluator, template: Template, where: EvaluationContext) -> Value:
    single = template.parts[0] if len(template.parts) == 1 and not template.heredoc else None
    if isinstance(single, Interpolation):
        return run.value(single.expression, where)
    texts: list[str] = []
    if not _append_texts(run, template.parts, where, texts):
        has_no_directives = all(isinstance(part, Text | Interpolation) for part in template.parts)
        return PartialText(template, where) if has_no_directives else UNKNOWN
    return run.checked_size("".join(texts), template, where)


def _append_texts(
    run: Evaluator, parts: tuple[Part, ...], where: EvaluationContext, texts: list[str]
) -> bool:
    """Append the texts of some parts; False if one is unknown or they are too long."""
    room = MAX_CHARACTERS
    for part in parts:
        before = len(texts)
        match part:
            case Text():
                texts.append(part.value)
            case Interpolation():
                text = as_text(run.value(part.expression, where))
                if text is None:
                    return False
                texts.append(text)
            case IfDirective():
                condition = as_condition(run.value(part.condition, where))
                if condition is None:
                    return False
                if not _append_texts(run, part.then if condition else part.otherwise, where, texts):
                    return False
            case ForDirective():
                pairs = elements(run.value(part.collection, where))
                for key, element in pairs or ():
                    names = {part.name: element} | ({part.key: key} if part.key else {})
                    if not _append_texts(run, part.body, where.binding(names), texts):
                        return False
                if pairs is None:
                    return False
        added = sum(map(len, texts[before:]))
        run.charge(1 + added // 64)
        room -= added
        if room < 0:
            return False
    return True


def _object(run: Evaluator, expression: Object, where: EvaluationContext) -> Value:
    found: dict[str, Value] = {}
    for item in expression.items:
        key = as_text(run.value(item.key, where))
        if key is None:
            return UNKNOWN
        found[key] = run.value(item.value, where)
    return run.checked_size(found, expression, where)


def _conditional(run: Evaluator, expression: Conditional, where: EvaluationContext) -> Value:
    condition = as_condition(run.value(expression.condition, where))
    if condition is not None:
        return run.value(expression.then if condition else expression.otherwise, where)
    then, otherwise = run.value(expression.then, where), run.value(expression.otherwise, where)
    run.charge(weight(then) + weight(otherwise))
    return then if is_known(then) and then == otherwise and type(then) is type(otherwise) else UNKNOWN


def _call(run: Evaluator, expression: Call, where: EvaluationContext) -> Value:
    name = expression.name.removeprefix("core::")
    arguments: list[Value] = []
    for position, argument in enumerate(expression.arguments, 1):
        if name in {"try", "coalesce"} and not expression.expand:
            break
        value = run.value(argument, where)
        if expression.expand and position == len(expression.arguments):
            if not isinstance(value, list):
                return UNKNOWN
            arguments += value
        else:
            arguments.append(value)
    if name in {"try", "coalesce"}:
        return _first(run, expression, where, arguments if expression.expand else None)
    if name in _PLAN_FUNCTIONS:
        return run.known_at_plan()
    run.charge(sum(map(weight, arguments)))
    result: Value = UNKNOWN
    if name in FUNCTIONS:
        try:
            result = FUNCTIONS[name](*arguments)
        except (TypeError, ValueError, LookupError, AttributeError, OverflowError, ArithmeticError):
            result = UNKNOWN  # the call is invalid, which Terraform reports, or the result is too large
    if result is UNKNOWN and is_known(arguments):
        return run.give_up(expression, where, f"the result of {name}(), which ticketgen does not compute")
    return run.checked_size(result, expression, where)


def _first(run: Evaluator, expression: Call, where: EvaluationContext, expanded: list[Value] | None) -> Value:
    """The value of ``try`` or ``coalesce``."""
    tries = expression.name.removeprefix("core::") == "try"
    if expanded is not None:
        candidates = iter(expanded)
    else:
        candidates = (run.value(argument, where) for argument in expression.arguments)
    before, run.is_planned = run.is_planned, False
    result: Value = UNKNOWN
    for value in candidates:
        run.charge(weight(value))
        if tries or not is_known(value) or (value is not None and value != ""):
            result = value
            break
    if not is_known(result):
        # The argument is unknown but depends on no plan, so it is invalid, and Terraform takes the next one.
        if tries and isinstance(result, Unknown) and not run.is_planned:
            run.give_up(expression, where, "the result of try(), which ticketgen does not compute")
        result = UNKNOWN
    run.is_planned |= before
    return result


def _for(run: Evaluator, expression: For, where: EvaluationContext) -> Value:
    pairs = elements(run.value(expression.collection, where))
    if pairs is None:
        return UNKNOWN
    items: list[Value] = []
    fields: dict[str, Value] = {}
    for key, element in pairs:
        inside = where.binding({expression.name: element} | ({expression.key: key} if expression.key else {}))
        if expression.condition is not None:
            included = as_condition(run.value(expression.condition, inside))
            if included is None:
                return UNKNOWN
            if not included:
                continue
        value = run.value(expression.value, inside)
        if expression.result_key is None:
            items.append(value)
        else:
            name = as_text(run.value(expression.result_key, inside))
            if name is None:
                return UNKNOWN
            if expression.grouped:
                group = fields.setdefault(name, [])
                assert isinstance(group, list)
                group.append(value)
            else:
                fields[name] = value
    return run.checked_size(items if expression.result_key is None else fields, expression, where)


def _binary(run: Evaluator, expression: Binary, where: EvaluationContext) -> Value:
    left, right = run.value(expression.left, where), run.value(expression.right, where)
    run.charge(weight(left) + weight(right))
    try:
        return binary(expression.operator, left, right)
    except (ArithmeticError, ValueError):
        return UNKNOWN  # infinite, or not a number


def _tuple(run: Evaluator, expression: Tuple, where: EvaluationContext) -> Value:
    return run.checked_size([run.value(item, where) for item in expression.items], expression, where)


KINDS: Mapping[type[Expression], Callable[[Evaluator, Any, EvaluationContext], Value]] = {
    Literal: lambda run, expression, where: expression.value,
    Parentheses: lambda run, expression, where: run.value(expression.inner, where),
    Template: _template,
    Tuple: _tuple,
    Object: _object,
    Conditional: _conditional,
    Call: _call,
    For: _for,
    Unary: lambda run, expression, where: unary(expression.operator, run.value(expression.operand, where)),
    Binary: _binary,
}
"""The evaluation of each kind of expression that is not a reference or an access to a value."""
