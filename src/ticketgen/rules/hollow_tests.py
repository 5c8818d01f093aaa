"""Detection of tests that cannot fail, from the syntax tree of a test file."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Set
from dataclasses import dataclass

__all__ = ["HollowTest", "hollow_tests"]


@dataclass(frozen=True, slots=True)
class HollowTest:
    """A test that cannot fail, and the reason. Line and column count from 1."""

    name: str
    reason: str
    line: int
    column: int


_Function = ast.FunctionDef | ast.AsyncFunctionDef

# Helpers that are defined elsewhere are trusted by name.
_CHECKS = re.compile(
    r"_*(assert|check|expect|verify|ensure|must|validate|approve|compare|raises|warns|fail|has_|resource_\w*count_is|snapshot)",
    re.I,
)


def hollow_tests(tree: ast.Module) -> Iterator[HollowTest]:
    """Each test that cannot fail, in file order."""
    candidates = [test for test in _tests(tree) if not _asserts(test, frozenset())]
    if not candidates:
        return
    helpers = _helpers(tree)
    for test in candidates:
        if not _asserts(test, helpers):
            yield HollowTest(test.name, _reason(test), test.lineno, test.col_offset + 1)


def _helpers(tree: ast.Module) -> frozenset[str]:
    """The names of functions that assert something, at any depth."""
    found: set[str] = set()
    waiting: list[tuple[ast.AST, tuple[str, ...]]] = [(tree, ())]
    while waiting:
        node, enclosing = waiting.pop()
        if isinstance(node, _Function):
            enclosing = (*enclosing, node.name)
        if enclosing and _checks(node, frozenset()):
            found.update(enclosing)
            enclosing = ()  # all of these are found; nested functions are found on their own
        waiting.extend((child, enclosing) for child in ast.iter_child_nodes(node))
    return frozenset(found)


def _tests(tree: ast.Module) -> Iterator[_Function]:
    for node in tree.body:
        inside = node.body if isinstance(node, ast.ClassDef) and node.name.startswith("Test") else [node]
        for each in inside:
            if isinstance(each, _Function) and each.name.startswith("test"):
                yield each


def _asserts(function: _Function, helpers: Set[str]) -> bool:
    return any(_checks(node, helpers, excluded=function.name) for node in ast.walk(function))


def _checks(node: ast.AST, helpers: Set[str], excluded: str = "") -> bool:
    """Whether a node fails on some condition, or calls a helper that does.

    Args:
        node: the node.
        helpers: the names of functions that assert something.
        excluded: the name of a helper that does not count.
    """
    if isinstance(node, ast.Assert):
        return not _always_true(node.test)
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return (name in helpers and name != excluded) or (
            _CHECKS.match(name) is not None and not _asserts_nothing(name, node)
        )
    return isinstance(node, ast.Raise)


def _asserts_nothing(name: str, call: ast.Call) -> bool:
    """Whether a call is ``self.assertTrue(True)`` or similar."""
    return name in {"assertTrue", "assertIsNotNone"} and bool(call.args) and _always_true(call.args[0])


def _always_true(test: ast.expr) -> bool:
    """Whether a condition holds whatever the code under test does."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.Tuple):
        return bool(test.elts)  # assert (x, "message")
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return isinstance(test.operand, ast.Constant) and not test.operand.value
    if isinstance(test, ast.BoolOp):
        every = all if isinstance(test.op, ast.And) else any
        return every(map(_always_true, test.values))
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        left, right = test.left, test.comparators[0]
        same = _same(left, right) and not any(isinstance(n, ast.Call) for n in ast.walk(left))
        if isinstance(left, ast.Constant) and isinstance(right, ast.Constant):
            return isinstance(test.ops[0], ast.Eq | ast.Is) and left.value == right.value
        return same and isinstance(test.ops[0], ast.Eq | ast.Is | ast.LtE | ast.GtE)
    return False


def _same(left: ast.expr, right: ast.expr) -> bool:
    """Whether two expressions are written alike."""
    # Without recursion: a sum of 1,500 terms has 1,500 levels.
    waiting: list[tuple[object, object]] = [(left, right)]
    while waiting:
        one, other = waiting.pop()
        if type(one) is not type(other):
            return False
        if isinstance(one, ast.AST):
            waiting += [(getattr(one, name, None), getattr(other, name, None)) for name in one._fields]
        elif isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                return False
            waiting += zip(one, other, strict=True)
        elif one != other:
            return False
    return True


def _reason(function: _Function) -> str:
    if any(isinstance(node, ast.Assert) for node in ast.walk(function)):
        return "asserts only conditions that are always true"
    body = [
        each
        for each in function.body
        if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
    ]
    if not body or all(isinstance(each, ast.Pass) for each in body):
        return "has an empty body"
    return "asserts nothing"
