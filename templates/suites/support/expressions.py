"""Evaluate Terraform expressions on the syntax trees of python-hcl2.

A scope resolves names. This module knows only the language: operators, templates, `for` and splats.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from lark import Token, Tree

from support.values import FUNCTIONS, CannotEvaluate, Unknown, text

__all__ = ["Scope", "evaluate", "step_into"]

_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt, "<=": operator.le,
    ">=": operator.ge, "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "%": operator.mod,
}  # fmt: skip
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


class Scope(Protocol):
    """Resolves the names of an expression."""

    def lookup(self, name: str, steps: list[Any]) -> tuple[Any, list[Any]]:
        """The value of a name after the steps into it that the scope can take, and the remaining steps."""


class Inner:
    """A scope inside a `for`, with its loop variables."""

    def __init__(self, outer: Scope, names: Mapping[str, Any]) -> None:
        self._outer = outer
        self._names = names

    def lookup(self, name: str, steps: list[Any]) -> tuple[Any, list[Any]]:
        """The loop variable, or the outer scope's value."""
        return (self._names[name], steps) if name in self._names else self._outer.lookup(name, steps)


def evaluate(tree: Tree[Token] | Token, scope: Scope) -> Any:
    """The value of an expression.

    Raises:
        CannotEvaluate: it has no value, or the suites do not support it.
    """
    if isinstance(tree, Token):
        raise CannotEvaluate(f"a lone {tree!r}")
    rule = _RULES.get(str(tree.data))
    if rule is None:
        raise CannotEvaluate(f"the suites do not support {tree.data}")
    return rule(tree, scope)


def step_into(value: Any, step: Any) -> Any:
    """An attribute, an index or a key of a value; `...` stands for the star of a splat."""
    if isinstance(value, Unknown):
        return Unknown(f"{value.address}[{step}]" if isinstance(step, int) else f"{value.address}.{step}")
    if hasattr(value, "step"):
        return value.step(step)
    try:
        return value[step]
    except (KeyError, IndexError, TypeError) as error:
        raise CannotEvaluate(f"there is no {step!r} in {str(value)[:200]}") from error


def _parts(tree: Tree[Token]) -> list[Tree[Token]]:
    return [
        child
        for child in tree.children
        if isinstance(child, Tree) and child.data not in ("new_line_or_comment", "for_cond")
    ]


def _term(tree: Tree[Token], scope: Scope) -> Any:
    return evaluate(_parts(tree)[0], scope)


def _access(tree: Tree[Token], scope: Scope) -> Any:
    """A name with all steps into it, or steps into any other value."""
    steps: list[Any] = []
    while True:
        if tree.data == "expr_term" and len(_parts(tree)) == 1:
            tree = _parts(tree)[0]
        elif tree.data in ("get_attr_expr_term", "index_expr_term", "full_splat_expr_term"):
            tree, step = _parts(tree)
            if step.data == "full_splat":
                steps = [..., *(_step(part, scope) for part in _parts(step)), *steps]
            else:
                steps.insert(0, _step(step, scope))
        else:
            break
    if tree.data == "identifier":
        value, steps = scope.lookup(str(tree.children[0]), steps)
    else:
        value = evaluate(tree, scope)
    return _walk(value, steps)


def _walk(value: Any, steps: list[Any]) -> Any:
    for position, step in enumerate(steps):
        if step is ...:
            return [_walk(item, steps[position + 1 :]) for item in value]
        value = step_into(value, step)
    return value


def _step(tree: Tree[Token], scope: Scope) -> Any:
    (inner,) = _parts(tree)
    return str(inner.children[0]) if tree.data == "get_attr" else evaluate(inner, scope)


def _string(tree: Tree[Token], scope: Scope) -> Any:
    pieces: list[Any] = []
    for part in _parts(tree):
        (inner,) = part.children
        if isinstance(inner, Tree):
            pieces.append(evaluate(_parts(inner)[0], scope))
        elif inner.startswith(("$${", "%%{")):
            pieces.append(str(inner)[1:])
        else:
            pieces.append(re.sub(r"\\(.)", lambda found: _ESCAPES[found[1]], str(inner)))
    if len(pieces) == 1 and not isinstance(pieces[0], str):
        return pieces[0]  # "${x}" is x
    return "".join(map(text, pieces))


def _heredoc(tree: Tree[Token], scope: Scope) -> str:
    first, _, rest = str(tree.children[0]).partition("\n")
    body = rest[: rest.rindex(first.lstrip("<"))]
    return body.replace("$${", "${").replace("%%{", "%{")


def _object(tree: Tree[Token], scope: Scope) -> dict[str, Any]:
    found = {}
    for element in _parts(tree):
        key, value = _parts(element)
        (inner,) = _parts(key)
        while inner.data == "expr_term" and inner.children[0] != "(" and len(_parts(inner)) == 1:
            inner = _parts(inner)[0]
        bare = inner.data in ("identifier", "keyword")
        found[str(inner.children[0]) if bare else text(evaluate(inner, scope))] = evaluate(value, scope)
    return found


def _call(tree: Tree[Token], scope: Scope) -> Any:
    name, *rest = _parts(tree)
    arguments = _parts(rest[0]) if rest else []
    function = str(name.children[0])
    if function == "can":
        try:
            evaluate(arguments[0], scope)
        except CannotEvaluate:
            return False
        return True
    if function not in FUNCTIONS:
        raise CannotEvaluate(f"the suites do not support the function {function}")
    values = [evaluate(argument, scope) for argument in arguments]
    try:
        return FUNCTIONS[function](*values)
    except (TypeError, ValueError, AttributeError) as error:
        raise CannotEvaluate(f"{function}{tuple(values)!r}: {error}") from error


def _loop(tree: Tree[Token], scope: Scope) -> Any:
    intro, *results = _parts(tree)
    names = [str(part.children[0]) for part in _parts(intro) if part.data == "identifier"]
    collection = evaluate(_parts(intro)[-1], scope)
    if isinstance(collection, Unknown):
        return collection
    pairs = collection.items() if isinstance(collection, Mapping) else enumerate(collection)
    condition = next(
        (child for child in tree.children if isinstance(child, Tree) and child.data == "for_cond"), None
    )
    found: list[Any] = []
    for key, value in pairs:
        inner = Inner(scope, dict(zip(names, (key, value) if len(names) == 2 else (value,), strict=True)))
        if condition is None or evaluate(_parts(condition)[0], inner):
            found.append(tuple(evaluate(result, inner) for result in results))
    if len(results) == 2:
        return {text(key) if not isinstance(key, str) else key: value for key, value in found}
    return [value for (value,) in found]


def _binary(tree: Tree[Token], scope: Scope) -> Any:
    left, term = _parts(tree)
    sign, right = _parts(term)
    symbol = str(sign.children[0])
    first = evaluate(left, scope)
    if symbol == "&&":
        return first and evaluate(right, scope)
    if symbol == "||":
        return first or evaluate(right, scope)
    try:
        return _OPERATORS[symbol](first, evaluate(right, scope))
    except TypeError as error:
        raise CannotEvaluate(str(error)) from error


def _unary(tree: Tree[Token], scope: Scope) -> Any:
    value = evaluate(_parts(tree)[0], scope)
    return -value if tree.children[0] == "-" else not value


def _conditional(tree: Tree[Token], scope: Scope) -> Any:
    condition, then, otherwise = _parts(tree)
    return evaluate(then if evaluate(condition, scope) else otherwise, scope)


_RULES: Mapping[str, Callable[[Tree[Token], Scope], Any]] = {
    "binary_op": _binary,
    "conditional": _conditional,
    "expr_term": _term,
    "float_lit": lambda tree, _: float(str(tree.children[0])),
    "for_object_expr": _loop,
    "for_tuple_expr": _loop,
    "full_splat_expr_term": _access,
    "function_call": _call,
    "get_attr_expr_term": _access,
    "heredoc_template": _heredoc,
    "identifier": _access,
    "index_expr_term": _access,
    "int_lit": lambda tree, _: int(str(tree.children[0])),
    "literal_value": lambda tree, _: {"true": True, "false": False, "null": None}[str(tree.children[0])],
    "object": _object,
    "string": _string,
    "tuple": lambda tree, scope: [evaluate(part, scope) for part in _parts(tree)],
    "unary_op": _unary,
}
