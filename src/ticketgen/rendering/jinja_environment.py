"""A strict Jinja environment: undefined names and unquoted values are errors.

A template is untrusted, because it may come with a project. Its context is plain, frozen data (`plain_data`); its
syntax (`template_syntax`) and its calls (`allowed`) are allow-lists; attributes are looked up in the data, never on
Python's objects; and everything that it repeats is counted (`budget`). Jinja's own filters that produce text are
removed, templates with ``~`` and similar constructs do not load, arithmetic rejects text, and the output accepts only
a `Quoted`, the value of a macro, or the template's own text.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import log2
from pathlib import Path
from types import CodeType
from typing import Any

from jinja2 import (
    BaseLoader,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateAssertionError,
    TemplateRuntimeError,
    TemplateSyntaxError,
    Undefined,
    nodes,
    pass_context,
)
from jinja2.environment import TemplateModule
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace
from markupsafe import Markup

from ticketgen.rendering.allowed import FILTERS, GLOBALS, HOOKS, LOOP, TESTS, budget_of, call_method
from ticketgen.rendering.budget import CALL, ELEMENT, MAX_CALLS, MAX_NUMBER, BudgetExceeded, TemplateBudget
from ticketgen.rendering.bytecode_cache import compiled_templates
from ticketgen.rendering.plain_data import METHODS, Data, Items
from ticketgen.rendering.quoted import Quoted
from ticketgen.rendering.template_syntax import add_charges, find_mistakes

__all__ = ["MappingMethod", "TemplateEnvironment", "template_environment"]

_OPERATORS = frozenset({"+", "-", "*", "/", "//", "%", "**"})


class MappingMethod:
    """A method of a mapping, which can only be called, and only by the environment."""

    __slots__ = ("data", "name")

    def __init__(self, data: Data, name: str) -> None:
        self.data = data
        self.name = name


class TemplateEnvironment(ImmutableSandboxedEnvironment):
    """A Jinja environment in which templates must quote, and reach only their data."""

    intercepted_binops = _OPERATORS
    budget: TemplateBudget

    def __init__(self, loader: BaseLoader) -> None:
        super().__init__(
            loader=loader,
            undefined=StrictUndefined,
            autoescape=True,
            finalize=_only_quoted,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            optimized=False,  # the optimizer evaluates constant expressions, whose cost is not counted
            bytecode_cache=compiled_templates(),
        )
        self.filters = {**FILTERS, **HOOKS}
        self.tests = dict(TESTS)
        self.globals = dict(GLOBALS)
        self.budget = TemplateBudget()
        self.loaded: list[str] = []

    def concat(self, parts: Iterable[str]) -> str:
        """Put the parts of an output together, within the budget."""
        return self.budget.join(parts)

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        """Evaluate an operation on numbers, or join two lists."""
        for operand in (left, right):
            if isinstance(operand, str | Quoted):
                text = repr(operand[:40] if isinstance(operand, str) else operand)
                raise TypeError(
                    f"{operator} on text {text}: build the text in Python, or write it in the template"
                )
            if isinstance(operand, Undefined):
                str(operand)
        if operator == "+" and type(left) is Items and type(right) is Items:
            budget_of(context).spend(ELEMENT * (len(left) + len(right)))
            return budget_of(context).charge_value(Items((*left, *right)))
        for operand in (left, right):
            if type(operand) not in {int, float, bool}:
                raise TypeError(f"{operator} on a {type(operand).__name__}: it takes numbers")
        if operator == "**" and right * log2(max(1, abs(left))) > log2(MAX_NUMBER):  # type: ignore[arg-type, operator]
            raise BudgetExceeded("a number of over 63 bits is too large")
        return budget_of(context).charge_value(self.binop_table[operator](left, right))

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Look up ``obj.attribute``: a mapping's key or method, or an allowed attribute."""
        if isinstance(obj, Undefined):
            return obj.value  # raises
        if type(obj) is Data:
            if attribute in METHODS:
                return MappingMethod(obj, attribute)
            return obj[attribute] if attribute in obj else self._missing(obj, attribute)
        if type(obj) is LoopContext and attribute in LOOP:
            return getattr(obj, attribute)
        if type(obj) in {Namespace, TemplateModule} and not attribute.startswith("_"):
            named = object.__getattribute__(
                obj, "_Namespace__attrs" if type(obj) is Namespace else "__dict__"
            )
            return named[attribute] if attribute in named else self._missing(obj, attribute)
        return self.unsafe_undefined(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Look up ``obj[argument]``: a key of a mapping, or a place in a list."""
        if isinstance(obj, Undefined):
            return obj[argument]
        if type(obj) is Data and type(argument) is str:
            return obj[argument] if argument in obj else self._missing(obj, argument)
        if type(obj) is Items and type(argument) is int:
            inside = -len(obj) <= argument < len(obj)
            return obj[argument] if inside else self._missing(obj, argument)
        return self.unsafe_undefined(obj, str(argument)[:40] if type(argument) in {str, int} else "[]")

    def call(self, context: Context, obj: Any, /, *given: Any, **named: Any) -> Any:
        """Call a macro, one of the functions, or a method of a mapping."""
        named.pop("_loop_vars", None)
        named.pop("_block_vars", None)
        if isinstance(obj, Undefined):
            return obj()
        if type(obj) is MappingMethod:
            return call_method(budget_of(context), obj.data, obj.name, *given, **named)
        if not self.is_safe_callable(obj):
            return self.unsafe_undefined(obj, "()")()
        budget = budget_of(context)
        if budget.calls >= MAX_CALLS:
            raise BudgetExceeded(f"more than {MAX_CALLS} macros call each other")
        budget.spend(CALL)
        budget.calls += 1
        try:
            return context.call(obj, *given, **named)
        finally:
            budget.calls -= 1

    def call_filter(
        self,
        name: str,
        value: Any,
        args: Any = None,
        kwargs: Any = None,
        context: Any = None,
        eval_ctx: Any = None,
    ) -> Any:
        """Call the filter that a template names as text, for ``map``; never a hook."""
        if name not in FILTERS:
            raise TemplateRuntimeError(f"No filter named {str(name)[:40]!r}")
        return super().call_filter(name, value, args, kwargs, context, eval_ctx)

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        """Whether a template may read an attribute of a Python object: never."""
        return False

    def is_safe_callable(self, obj: object) -> bool:
        """Whether a template may call a Python object: a macro, or one of the functions."""
        return type(obj) is Macro or any(obj is function for function in GLOBALS.values())

    def unsafe_undefined(self, obj: object, attribute: str) -> Undefined:
        """An undefined value with the reason why the attribute is not available."""
        what = f"{type(obj).__name__}.{attribute[:40]} is not available in templates"
        return self.undefined(what, name=attribute, obj=obj, exc=SecurityError)

    def _missing(self, obj: object, name: object) -> Undefined:
        what = "the mapping" if type(obj) is Data else "the list" if type(obj) is Items else "the template"
        return self.undefined(f"{what} has no {str(name)[:40]!r}", name=str(name), obj=obj)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        try:
            tree = super()._parse(source, name, filename)
        except (RecursionError, ValueError, OverflowError) as error:
            raise TemplateSyntaxError(_unreadable(error), 1, name, filename) from None
        for line, message in find_mistakes(tree):
            raise TemplateAssertionError(message, line, name, filename)
        return tree

    def _generate(
        self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False
    ) -> str:
        return super()._generate(add_charges(source), name, filename, defer_init)

    def _compile(self, source: str, filename: str) -> CodeType:
        try:
            return super()._compile(source, filename)
        except (SyntaxError, RecursionError, MemoryError, ValueError, OverflowError) as error:
            raise TemplateSyntaxError(_unreadable(error), 1, None, filename) from None

    def _load_template(self, name: str, globals: Any) -> Template:
        template = super()._load_template(name, globals)
        if template.filename is not None:
            self.loaded.append(template.filename)
        return template


def _unreadable(error: Exception) -> str:
    if isinstance(error, RecursionError | MemoryError):
        return "the template is nested too deeply"
    return f"the template cannot be compiled: {str(error)[:200]}"


@pass_context
def _only_quoted(_context: Context, value: object) -> object:
    if isinstance(value, Quoted | Markup):
        return value
    if isinstance(value, Undefined):
        str(value)
    shown = repr(value[:40]) if type(value) is str else "a list" if type(value) is Items else repr(value)[:40]
    raise TypeError(f"{shown} is unquoted in the output: apply a filter such as hcl or inside")


def template_environment(*folders: Path) -> TemplateEnvironment:
    """The environment for the templates in some folders; an earlier folder wins."""
    return TemplateEnvironment(FileSystemLoader(folders))
