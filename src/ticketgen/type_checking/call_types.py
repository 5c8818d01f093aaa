"""The result of a function call, and what is wrong with its arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from ticketgen.guesses import did_you_mean
from ticketgen.hcl.budget import Budget
from ticketgen.type_checking.cty_types import (
    ANYTHING,
    UNKNOWN_VALUE,
    CtyType,
    TypedValue,
    conversion_problem,
    describe_type,
    kind_of,
)
from ticketgen.type_checking.function_table import OPENTOFU_FUNCTIONS, signatures

__all__ = ["CATCHING", "WITHOUT_ELEMENTS", "WITHOUT_MARKS", "CallProblem", "call_result"]

WITHOUT_MARKS: Final = frozenset({"nonsensitive", "issensitive", "ephemeralasnull"})
"""Functions whose result does not take over the marks of the arguments."""
WITHOUT_ELEMENTS: Final = frozenset({"list", "map"})
"""Types of Terraform 0.11 without a type of their elements, and functions that fail once all arguments are known.

Source: https://github.com/hashicorp/terraform/blob/main/internal/lang/funcs/collection.go
"""
CATCHING: Final = frozenset({"try", "can"})
"""Functions that get their arguments unevaluated, so the signatures do not say what they accept."""
_LIKE_ARGUMENT: Final = frozenset({"sensitive", "nonsensitive"})
_SIZED: Final = frozenset({"list", "set", "map", "tuple", "object", "string", "dynamic"})


class CallProblem(NamedTuple):
    """What is wrong with a call: the index of the argument, or None for the whole call; the message; the fix."""

    argument: int | None
    message: str
    help: str


def call_result(
    name: str, values: Sequence[TypedValue], budget: Budget, *, expand: bool
) -> tuple[TypedValue, CallProblem | None]:
    """The typed result of a call, and the first problem with it."""
    signature = signatures().get(name)
    if signature is None:
        if name in OPENTOFU_FUNCTIONS | WITHOUT_ELEMENTS or "::" in name:
            return ANYTHING, None
        return ANYTHING, CallProblem(None, f"there is no function {name}", _similar(name))
    required = len(signature.parameters)
    if not expand and len(values) < required:
        message = f"{name} takes {_count(required, signature.rest is not None)}, not {len(values)}"
        return ANYTHING, CallProblem(None, message, "add the missing arguments")
    if signature.rest is None and len(values) > required and not (expand and len(values) == required + 1):
        message = f"{name} takes {_count(required, False)}, not {len(values)}"
        return ANYTHING, CallProblem(required, message, "remove the last arguments")
    fixed = values[:-1] if expand else values
    if name in CATCHING:
        return TypedValue(signature.result), None
    for position, value in enumerate(fixed):
        parameter = signature.parameters[position] if position < required else signature.rest
        if parameter is None:
            break
        problem = conversion_problem(value, parameter.type, budget)
        if not problem and value.value is None and not parameter.nullable:
            problem = "it must not be null"
        if not problem and name == "length" and kind_of(value.type) not in _SIZED:
            problem = f"a collection or a string is required, not {describe_type(value.type)}"
        if problem:
            message = f"argument {position + 1} of {name} is invalid: {problem}"
            return ANYTHING, CallProblem(position, message, f"correct the argument of {name}")
    return _result(name, signature.result, fixed, values), None


def _similar(name: str) -> str:
    return did_you_mean(name, signatures(), "use a function of Terraform")


def _count(required: int, more: bool) -> str:
    noun = "argument" if required == 1 else "arguments"
    return f"{'at least ' if more else ''}{required} {noun}"


def _result(
    name: str, declared: CtyType, fixed: Sequence[TypedValue], values: Sequence[TypedValue]
) -> TypedValue:
    if len(fixed) < len(values):
        return TypedValue(declared)
    if name in _LIKE_ARGUMENT:
        argument = fixed[0]
        return TypedValue(argument.type, argument.value, name == "sensitive", argument.ephemeral)
    if name in {"toset", "tolist"}:
        return TypedValue([name.removeprefix("to"), _element_type(fixed[0])])
    if name in {"tostring", "tonumber", "tobool"} and fixed[0].type == declared:
        return TypedValue(declared, fixed[0].value)
    return TypedValue(declared, UNKNOWN_VALUE)


def _element_type(value: TypedValue) -> CtyType:
    kind = kind_of(value.type)
    if kind in {"list", "set"}:
        return value.type[1]
    if kind == "tuple" and value.type[1]:
        first = value.type[1][0]
        return first if all(each == first for each in value.type[1]) else "dynamic"
    return "dynamic"
