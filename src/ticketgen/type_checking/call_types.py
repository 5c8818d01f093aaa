"""The result of a function call, and what is wrong with its arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from ticketgen.guesses import did_you_mean
from ticketgen.hcl.budget import Budget
from ticketgen.hcl.builtin_functions import FUNCTIONS
from ticketgen.hcl.value_size import MAX_WEIGHT, weight
from ticketgen.hcl.values import UNKNOWN, is_known
from ticketgen.misspellings import meant_name
from ticketgen.type_checking.cty_types import (
    ANYTHING,
    PRIMITIVES,
    CtyType,
    TypedValue,
    conversion_problem,
    describe_type,
    kind_of,
)
from ticketgen.type_checking.function_table import OPENTOFU_FUNCTIONS, Signature, signatures
from ticketgen.type_checking.refusal import Refused
from ticketgen.type_checking.refused_calls import REFUSALS, WHOLE_NUMBERS
from ticketgen.type_checking.result_types import DYNAMIC_ALLOWED, RESULT_RULES
from ticketgen.type_checking.unification import (
    as_type,
    inner_types,
    plain_value,
    structural_value,
    unify_types,
)

__all__ = ["CATCHING", "TEMPLATES", "WITHOUT_ELEMENTS", "WITHOUT_MARKS", "CallProblem", "call_result"]

WITHOUT_MARKS: Final = frozenset({"nonsensitive", "issensitive", "ephemeralasnull"})
"""Functions whose result does not take over the marks of the arguments."""
WITHOUT_ELEMENTS: Final = frozenset({"list", "map"})
"""Types of Terraform 0.11 without a type of their elements, and functions that fail with any arguments.

Source: https://github.com/hashicorp/terraform/blob/main/internal/lang/funcs/collection.go
"""
_COMPUTED: Final = frozenset(
    {
        "compact",
        "format",
        "join",
        "jsondecode",
        "lower",
        "replace",
        "sort",
        "split",
        "substr",
        "trim",
    }
    | {"trimprefix", "trimspace", "trimsuffix", "upper"}
)
"""Functions whose value is computed if all arguments are known."""
CATCHING: Final = frozenset({"try", "can"})
"""Functions that get their arguments unevaluated, so the signatures do not say what they accept."""
_LIKE_ARGUMENT: Final = frozenset({"sensitive", "nonsensitive"})
TEMPLATES: Final = frozenset({"templatefile", "templatestring"})
"""Functions that evaluate a template with variables of their own."""
_NAMED_VALUES: Final = frozenset({"map", "object", "dynamic"})
_SIZED: Final = frozenset({"list", "set", "map", "tuple", "object", "string", "dynamic"})


class CallProblem(NamedTuple):
    """What is wrong with a call: the index of the argument, or None for the whole call; the message; the fix.

    ``meant`` is the function that an unknown one is a misspelling of; "" if that is not obvious.
    """

    argument: int | None
    message: str
    help: str
    meant: str = ""


def call_result(
    name: str, values: Sequence[TypedValue], budget: Budget, *, expand: bool
) -> tuple[TypedValue, CallProblem | None]:
    """The typed result of a call, and the first problem with it."""
    signature = signatures().get(name)
    if name == "try" and not values:
        return ANYTHING, CallProblem(None, "try has no arguments", "add an expression and a fallback")
    if signature is None:
        if name in OPENTOFU_FUNCTIONS or "::" in name:
            return ANYTHING, None
        if name in WITHOUT_ELEMENTS:
            help = "use tolist([ … ])" if name == "list" else "use tomap({ … })"
            return ANYTHING, CallProblem(None, f"the function {name} is no longer available", help)
        meant = meant_name(name, signatures())
        return ANYTHING, CallProblem(None, f"there is no function {name}", _similar(name), meant)
    last = len(values) - 1
    if expand:
        expanded, problem = _expanded(values[-1])
        if expanded is None:
            return ANYTHING, CallProblem(last, problem, "expand a list") if problem else None
        values = [*values[:-1], *expanded]
    required = len(signature.parameters)
    if len(values) < required:
        message = f"{name} takes {_count(required, signature.rest is not None)}, not {len(values)}"
        return ANYTHING, CallProblem(None, message, "add the missing arguments")
    if signature.rest is None and len(values) > required:
        message = f"{name} takes {_count(required, False)}, not {len(values)}"
        return ANYTHING, CallProblem(min(required, last), message, "remove the last arguments")
    if name in CATCHING:
        return TypedValue(signature.result), None
    try:
        return _checked_call(name, signature, values, budget), None
    except Refused as refused:
        message = f"argument {refused.argument + 1} of {name} is invalid: {refused.reason}"
        position = min(refused.argument, last) if last >= 0 else None
        return ANYTHING, CallProblem(position, message, f"correct the argument of {name}")


def _expanded(value: TypedValue) -> tuple[list[TypedValue] | None, str]:
    """The arguments that an expanded value stands for, None if they are unknown; or why it cannot be expanded."""
    kind = kind_of(value.type)
    if value.value is None:
        return None, "the expanded value is null"
    if kind not in {"list", "set", "tuple", "dynamic"}:
        return None, f"the expanded value is {describe_type(value.type)}, not a list"
    return (value.value if isinstance(value.value, list) and kind != "dynamic" else None), ""


def _checked_call(
    name: str, signature: Signature, values: Sequence[TypedValue], budget: Budget
) -> TypedValue:
    """The result of a call with the right number of arguments.

    Raises:
        Refused: Terraform refuses an argument.
    """
    given: list[TypedValue] = []
    required = len(signature.parameters)
    for position, value in enumerate(values):
        parameter = signature.parameters[position] if position < required else signature.rest
        assert parameter is not None
        problem = conversion_problem(value, parameter.type, budget)
        if not problem and value.value is None and not parameter.nullable:
            problem = "it must not be null"
        if not problem and name in TEMPLATES and position == 1 and kind_of(value.type) not in _NAMED_VALUES:
            problem = f"a map or an object is required, not {describe_type(value.type)}"
        if not problem and name == "length" and kind_of(value.type) not in _SIZED:
            problem = f"a collection or a string is required, not {describe_type(value.type)}"
        if position in WHOLE_NUMBERS.get(name, ()) and isinstance(value.value, float):
            problem = problem or ("" if value.value.is_integer() else "it is not a whole number")
        if problem:
            raise Refused(position, problem)
        given.append(_as_parameter(value, parameter.type, budget))
    result = _result(name, signature.result, given, budget)
    if name in REFUSALS or name in _COMPUTED:
        data = [plain_value(each, budget) for each in given]
        if all(each is not UNKNOWN for each in data):
            if name in REFUSALS:
                REFUSALS[name](*data)
            if name in _COMPUTED:
                return _computed(name, data, result, budget)
    return result


def _as_parameter(value: TypedValue, type: CtyType, budget: Budget) -> TypedValue:
    """The argument converted to the type of its parameter."""
    kind = kind_of(type)
    if kind == "dynamic" or value.type == "dynamic":
        return value
    if kind not in PRIMITIVES and type[1] == "dynamic":
        element = unify_types(inner_types(value.type), budget)
        if element is None:
            raise Refused(0, f"its elements do not have the same type, as those of a {kind} do")
        type = [kind, element]
    return as_type(value, type, budget)


def _computed(name: str, data: list[object], result: TypedValue, budget: Budget) -> TypedValue:
    """The value of a call whose arguments are known; `result` if ticketgen does not compute it."""
    if not budget.spend(1 + sum(map(weight, data))):
        return result
    try:
        found = FUNCTIONS[name](*data)
    except (TypeError, ValueError, LookupError, AttributeError, OverflowError, ArithmeticError):
        return result
    if not is_known(found) or weight(found) > MAX_WEIGHT or not budget.spend(weight(found)):
        return result
    value = structural_value(found, budget)
    return value if result.type == "dynamic" else as_type(value, result.type, budget)


def _similar(name: str) -> str:
    return did_you_mean(name, signatures(), "use a function of Terraform")


def _count(required: int, more: bool) -> str:
    noun = "argument" if required == 1 else "arguments"
    return f"{'at least ' if more else ''}{required} {noun}"


def _result(name: str, declared: CtyType, values: Sequence[TypedValue], budget: Budget) -> TypedValue:
    if name in _LIKE_ARGUMENT:
        argument = values[0]
        return TypedValue(argument.type, argument.value, name == "sensitive", argument.ephemeral)
    rule = RESULT_RULES.get(name)
    if rule is None:
        return TypedValue(declared)
    if name not in DYNAMIC_ALLOWED and any(
        each.type == "dynamic" for each in values if each.value is not None
    ):
        return TypedValue(declared)
    return rule(values, budget)
