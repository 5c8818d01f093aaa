"""A strict Jinja environment: undefined names and unquoted values are errors.

Jinja's own filters that produce text are removed, templates with ``~`` and similar constructs do not load, arithmetic
rejects text, and the output accepts only a `Quoted`, the value of a macro, or the template's own text. Templates are
not hostile; the sandbox provides the hook into arithmetic, and keeps templates from changing their data.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined, TemplateAssertionError, Undefined, nodes, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from ticketgen.rendering.compiled import compiled_templates
from ticketgen.rendering.filters import FILTERS
from ticketgen.rendering.quoted import Quoted

__all__ = ["TemplateEnvironment", "mistakes", "template_environment"]

# Jinja's filters that select and order data. Its filters that produce text leave it unquoted, or quote it for HTML.
_KEPT_FILTERS = (
    "batch", "count", "d", "default", "dictsort", "first", "groupby", "items", "last", "length", "list",
    "map", "max", "min", "reject", "rejectattr", "reverse", "select", "selectattr", "sort", "sum", "unique",
)  # fmt: skip
_NOT_ON_TEXT = frozenset({"+", "*", "%"})
_CHANGES = (nodes.FilterBlock, nodes.EvalContextModifier, nodes.MarkSafe, nodes.MarkSafeIfAutoescape)
_KEPT_GLOBALS = ("dict", "namespace", "range")


class TemplateEnvironment(ImmutableSandboxedEnvironment):
    """A Jinja environment in which a template cannot forget to quote."""

    intercepted_binops = _NOT_ON_TEXT

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        """Evaluate an operation, which must not involve text."""
        for operand in (left, right):
            if isinstance(operand, str | Quoted):
                raise TypeError(
                    f"{operator} on text {operand!r}: build the text in Python, or write it in the template"
                )
        return super().call_binop(context, operator, left, right)

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        """Whether a template may read the attribute; rendered text has no attributes."""
        return not isinstance(obj, Markup | Quoted) and super().is_safe_attribute(obj, attr, value)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for line, message in mistakes(tree):
            raise TemplateAssertionError(message, line, name, filename)
        return tree


def mistakes(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    """Yield the line and description of each mistake that the syntax of a template shows."""
    for concat in tree.find_all(nodes.Concat):
        yield concat.lineno, "~ mixes quoted and unquoted text"
    for change in tree.find_all(_CHANGES):
        yield change.lineno, f"{type(change).__name__} changes text that is already quoted"
    for block in tree.find_all(nodes.AssignBlock):
        if block.filter is not None:
            yield block.lineno, "a filter on a block changes text that is already quoted"
    for operation in tree.find_all(nodes.BinExpr):
        if operation.operator in _NOT_ON_TEXT and (_is_text(operation.left) or _is_text(operation.right)):
            yield operation.lineno, f"{operation.operator} on text"


def _is_text(node: nodes.Expr) -> bool:
    if isinstance(node, nodes.Const):
        return isinstance(node.value, str)
    return isinstance(node, nodes.Filter) and node.name in FILTERS


@pass_context  # without it, Jinja evaluates constants when it compiles and does not call this for them
def _only_quoted(_context: Context, value: object) -> object:
    if isinstance(value, Quoted | Markup):
        return value
    if isinstance(value, Undefined):
        str(value)
    raise TypeError(f"{value!r} is unquoted in the output: apply a filter such as hcl or inside")


def template_environment(*folders: Path) -> TemplateEnvironment:
    """The environment for the templates in some folders; a template in an earlier folder wins."""
    environment = TemplateEnvironment(
        loader=FileSystemLoader(folders),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=_only_quoted,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        bytecode_cache=compiled_templates(),
    )
    environment.filters = {name: environment.filters[name] for name in _KEPT_FILTERS} | dict(FILTERS)
    environment.globals = {name: environment.globals[name] for name in _KEPT_GLOBALS}
    return environment
