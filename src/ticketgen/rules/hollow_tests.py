"""Detection of tests that cannot fail, from the syntax tree of a test file."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["HollowTest", "hollow_tests"]


@dataclass(frozen=True, slots=True)
class HollowTest:
    """A test that cannot fail: its name, what it lacks, and where it begins, counted from 1."""

    name: str
    lack: str
    line: int
    column: int


_Function = ast.FunctionDef | ast.AsyncFunctionDef

# Helpers defined elsewhere are trusted by their name.
_CHECKS = re.compile(
    r"_*(assert|check|expect|verify|ensure|must|validate|approve|compare|raises|warns|fail|has_|resource_\w*count_is|snapshot)",
    re.I,
)


def hollow_tests(tree: ast.Module) -> Iterator[HollowTest]:
    """Each test that cannot fail, in file order."""
    doubtful = [test for test in _tests(tree) if not _asserts(test, frozenset())]
    if not doubtful:
        return
    functions = [node for node in ast.walk(tree) if isinstance(node, _Function)]
    helpers = frozenset(each.name for each in functions if _asserts(each, frozenset()))
    for test in doubtful:
        if not _asserts(test, helpers - {test.name}):
            yield HollowTest(test.name, _lack(test), test.lineno, test.col_offset + 1)


def _tests(tree: ast.Module) -> Iterator[_Function]:
    for node in tree.body:
        inside = node.body if isinstance(node, ast.ClassDef) and node.name.startswith("Test") else [node]
        for each in inside:
            if isinstance(each, _Function) and each.name.startswith("test"):
                yield each


def _asserts(function: _Function, helpers: frozenset[str]) -> bool:
    for node in ast.walk(function):
        if isinstance(node, ast.Assert) and not _always_true(node.test):
            return True
        if isinstance(node, ast.Raise):
            return True
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in helpers or (_CHECKS.match(name) and not _asserts_nothing(name, node)):
                return True
    return False


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
        same = ast.dump(left) == ast.dump(right) and not any(isinstance(n, ast.Call) for n in ast.walk(left))
        if isinstance(left, ast.Constant) and isinstance(right, ast.Constant):
            return isinstance(test.ops[0], ast.Eq | ast.Is) and left.value == right.value
        return same and isinstance(test.ops[0], ast.Eq | ast.Is | ast.LtE | ast.GtE)
    return False


def _lack(function: _Function) -> str:
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
