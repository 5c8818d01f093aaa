"""Resolve a reference to its declaration, and a declaration to its expression."""

from __future__ import annotations

from typing import NamedTuple

from ticketgen.hcl.configuration import Scope
from ticketgen.hcl.declarations import Declaration
from ticketgen.hcl.syntax import Attribute, Expression, Reference, Step

__all__ = ["ResolvedReference", "ValueSource", "resolve_reference", "source"]


class ResolvedReference(NamedTuple):
    """The declaration that a reference names.

    Attributes:
        declaration: a local value, variable, output, resource or data source.
        scope: the scope of the declaration.
        steps: the steps into the value of the declaration.
    """

    declaration: Declaration
    scope: Scope
    steps: tuple[Step, ...]


class ValueSource(NamedTuple):
    """The expression that gives a declaration its value.

    Attributes:
        expression: the expression.
        scope: the scope of the expression.
        call: the module call that has it as an argument; None if it is in the declaration itself.
    """

    expression: Expression
    scope: Scope
    call: Declaration | None = None


def resolve_reference(reference: Reference, scope: Scope) -> ResolvedReference | None:
    """The declaration that a reference names; an output for ``module.x.y``.

    None if it is not declared or is in a module that was not read, and for built-in names and whole modules.
    """
    address, path = reference.parsed
    if address.kind == "module":
        inner, output = scope.called_scopes.get(address.name), reference.attribute
        found = inner.module.outputs.get(output.name) if inner is not None and output is not None else None
        if inner is None or output is None or found is None:
            return None
        return ResolvedReference(found, inner, path[path.index(output) + 1 :])
    declaration = scope.module.first.get(address)
    return ResolvedReference(declaration, scope, path) if declaration is not None else None


def source(declaration: Declaration, scope: Scope) -> ValueSource | None:
    """The source of a local value, an output or a variable; None if it has none.

    The source of a variable is the argument of the call. Without an argument, it is the default, which the user of a
    root module can override.
    """
    if isinstance(declaration.node, Attribute):
        return ValueSource(declaration.node.value, scope)
    if declaration.address.kind == "output":
        value = declaration.value("value")
        return ValueSource(value, scope) if value is not None else None
    given = scope.arguments.get(declaration.name)
    if given is not None and scope.caller is not None:
        return ValueSource(given.value, scope.caller, scope.call)
    default = declaration.value("default")
    return ValueSource(default, scope) if default is not None else None
