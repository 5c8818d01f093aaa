"""The filters, tests, functions and methods that a template may use; no others.

Jinja's own filters and tests get plain data, pay for reading it, and return plain data, never a generator or one of
Jinja's types.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from types import MappingProxyType
from typing import Any, Final, cast

from jinja2 import Undefined, pass_context
from jinja2.filters import FILTERS as JINJA_FILTERS
from jinja2.runtime import Context
from jinja2.tests import TESTS as JINJA_TESTS
from jinja2.utils import Namespace, _PassArg
from markupsafe import Markup

from ticketgen.rendering.budget import CALL, ELEMENT, MAX_WEIGHT, NODE, BudgetExceeded, TemplateBudget
from ticketgen.rendering.filters import FILTERS as QUOTING
from ticketgen.rendering.plain_data import METHODS, PLAIN, Data, Items, to_plain, weight

__all__ = [
    "DOCUMENTED",
    "FILTERS",
    "GLOBALS",
    "HOOKS",
    "LOOP",
    "TESTS",
    "budget_of",
    "call_method",
    "is_data",
]

# Jinja's filters that select and order data. Its filters that produce text leave it unquoted, or quote it for HTML.
_FILTER_NAMES = (
    "batch", "count", "d", "default", "dictsort", "first", "groupby", "items", "last", "length", "list",
    "map", "max", "min", "reject", "rejectattr", "reverse", "select", "selectattr", "sort", "sum", "unique",
)  # fmt: skip
_TESTS = (
    "!=", "<", "<=", "==", ">", ">=", "boolean", "defined", "divisibleby", "eq", "equalto", "even", "false", "float",
    "ge", "greaterthan", "gt", "in", "integer", "iterable", "le", "lessthan", "lt", "mapping", "ne", "none",
    "number", "odd", "sequence", "string", "true", "undefined",
)  # fmt: skip
_ACCEPT_ANY_VALUE = frozenset({"defined", "none", "undefined"})
_ACCEPT_TEXT = frozenset({"d", "default"})
_MAX_BATCH: Final = 1000

LOOP = ("first", "index", "index0", "last", "length", "nextitem", "previtem", "revindex", "revindex0")
"""The attributes of ``loop`` that a template may read."""


def budget_of(context: Context) -> TemplateBudget:
    """The budget of the templates that are being rendered."""
    return cast("TemplateBudget", context.environment.budget)  # type: ignore[attr-defined]


def is_data(value: object) -> bool:
    """Whether a value is plain data or rendered text."""
    return type(value) in PLAIN or type(value) is Markup


def _require_data(value: object, name: str) -> None:
    if not is_data(value) and not isinstance(value, Undefined):
        raise TypeError(f"{name} takes data, not a {type(value).__name__}")


def _bounded(name: str, function: Callable[..., Any], *, anything: bool, text: bool) -> Callable[..., Any]:
    """A filter or test that takes plain data, pays for it, and returns plain data."""
    pass_arg = _PassArg.from_obj(function)

    @pass_context
    @wraps(function)
    def called(context: Context, /, *given: Any, **named: Any) -> Any:
        budget = budget_of(context)
        if not anything:
            for each in (*given, *named.values()):
                _require_data(each, name)
        value, *others = (*given, *named.values())
        if not text and isinstance(value, Markup):
            raise TypeError(f"{name} changes text that is already quoted")
        words = sum(len(each) for each in others if isinstance(each, str))
        count = len(value) if isinstance(value, Items | Data) else 1
        budget.spend(weight(value) + sum(map(weight, others)) + CALL + NODE * count * (1 + words // 2))
        passed: tuple[Any, ...] = ()
        if pass_arg is _PassArg.context:
            passed = (context,)
        elif pass_arg is not None:
            passed = (context.environment if pass_arg is _PassArg.environment else context.eval_ctx,)
        return budget.charge_value(function(*passed, *given, **named))

    return called


def _batch(value: Any, linecount: int, fill_with: object = None) -> Any:
    """Jinja's ``batch``, with at most a thousand values in a row."""
    if type(linecount) is not int or not 0 < linecount <= _MAX_BATCH:
        raise ValueError(f"batch takes a number from 1 to {_MAX_BATCH}, not {str(linecount)[:20]}")
    return JINJA_FILTERS["batch"](value, linecount, fill_with)


@pass_context
def _sum(context: Context, value: Any, attribute: str | None = None, start: float = 0) -> Any:
    """Jinja's ``sum``, of numbers."""
    if type(start) not in {int, float}:
        raise TypeError("sum adds numbers only")
    return JINJA_FILTERS["sum"](context.environment, value, attribute, start)


_JINJA: Mapping[str, Callable[..., Any]] = {**JINJA_FILTERS, "batch": _batch, "sum": _sum}

FILTERS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        name: _bounded(name, function, anything=False, text=text)
        for name, function, text in (
            *((name, _JINJA[name], name in _ACCEPT_TEXT) for name in _FILTER_NAMES),
            *((name, function, True) for name, function in QUOTING.items()),
        )
    }
)
"""The filters by name."""

TESTS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        name: _bounded(
            name, cast("Callable[..., Any]", JINJA_TESTS[name]), anything=name in _ACCEPT_ANY_VALUE, text=True
        )
        for name in _TESTS
    }
)
"""The tests by name."""


@pass_context
def _dict(context: Context, /, **values: object) -> Any:
    """A mapping of keyword arguments."""
    return budget_of(context).charge_value(Data((name, _value(value)) for name, value in values.items()))


@pass_context
def _namespace(context: Context, /, **values: object) -> Namespace:
    """Variables that a loop can set, the only mutable values in a template."""
    budget_of(context).spend(ELEMENT * len(values))
    return Namespace(**{name: _value(value) for name, value in values.items()})


@pass_context
def _range(context: Context, *ends: int) -> Any:
    """Numbers from one to another."""
    if not all(type(end) is int for end in ends):
        raise TypeError("range takes whole numbers")
    numbers = range(*ends)
    if max(0, -((numbers.start - numbers.stop) // numbers.step)) > MAX_WEIGHT // weight(0):
        raise BudgetExceeded(f"a range of more than {MAX_WEIGHT // weight(0):,} numbers is too long")
    return budget_of(context).charge_value(Items(numbers))


def _value(value: object) -> Any:
    if isinstance(value, Undefined):
        str(value)
    return to_plain(value)


GLOBALS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {"dict": _dict, "namespace": _namespace, "range": _range}
)
"""The functions by name."""


def call_method(budget: TemplateBudget, data: Data, name: str, *given: Any) -> Any:
    """Call one of the methods of a mapping."""
    budget.spend(CALL)
    match name, given:
        case "items", ():
            return budget.charge_value(Items(Items(pair) for pair in data.items()))
        case "keys", ():
            return budget.charge_value(Items(data))
        case "values", ():
            return budget.charge_value(Items(data.values()))
        case "get", (str(key),) | (str(key), _):
            return data.get(key, given[1] if len(given) > 1 else None)
    raise TypeError(f"{name} cannot take these arguments")


@pass_context
def _charge(context: Context, cost: int) -> None:
    budget_of(context).spend(cost)


@pass_context
def _each(context: Context, value: Any, cost: int) -> Any:
    """The values that a loop iterates over."""
    if isinstance(value, Undefined):
        return value
    if not isinstance(value, Items | Data | str):
        raise TypeError(f"a loop cannot go through a {type(value).__name__}")
    budget_of(context).spend(len(value) * max(ELEMENT, cost))
    return value


@pass_context
def _template_value(context: Context, value: Any) -> Any:
    """A list that a template wrote, or the extra arguments of a macro."""
    if isinstance(value, dict):
        return budget_of(context).charge_value(Data((name, _value(each)) for name, each in value.items()))
    return budget_of(context).charge_value(Items(map(_value, value)))


@pass_context
def _mapping(context: Context, flat: Items) -> Any:
    keys = flat[::2]
    if not all(type(key) is str for key in keys):
        raise TypeError("the keys of a mapping are text")
    return budget_of(context).charge_value(Data(zip(keys, flat[1::2], strict=True)))


@pass_context
def _charge_operand(context: Context, value: Any) -> Any:
    """One side of a comparison."""
    budget_of(context).spend(weight(value))
    return value


@pass_context
def _slice(context: Context, value: Any, *ends: int | None) -> Any:
    if not isinstance(value, Items) or not all(end is None or type(end) is int for end in ends):
        raise TypeError("a slice is taken of a list, with whole numbers")
    budget_of(context).spend(ELEMENT * len(value))
    return budget_of(context).charge_value(Items(value[slice(*ends)]))


HOOKS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "each()": _each,
        "template_value()": _template_value,
        "mapping()": _mapping,
        "charge()": _charge,
        "slice()": _slice,
        "charge_operand()": _charge_operand,
    }
)
"""The hooks that `template_syntax.add_charges` puts into templates. The lexer accepts none of their names; `map` could
name one as text, which `TemplateEnvironment.call_filter` refuses."""

DOCUMENTED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "filters that quote": tuple(sorted(QUOTING)),
        "filters that select": tuple(sorted(_FILTER_NAMES)),
        "tests": tuple(sorted(_TESTS)),
        "functions": tuple(sorted(GLOBALS)),
        "methods of a mapping": tuple(sorted(METHODS)),
        "attributes of `loop`": LOOP,
    }
)
"""The list for the documentation."""
