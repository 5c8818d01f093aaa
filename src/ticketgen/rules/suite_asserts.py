"""Failure 5: placeholder tests."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ticketgen.findings import Location, Severity
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject
from ticketgen.rules.suites import test_files

__all__ = ["RULE"]

_Function = ast.FunctionDef | ast.AsyncFunctionDef

# Helpers that cannot be looked into are taken at their word.
_CHECKS = re.compile(
    r"_*(assert|check|expect|verify|ensure|must|validate|approve|compare|raises|warns|fail|has_|resource_\w*count_is|snapshot)",
    re.I,
)


def _check(subject: Subject) -> Iterator[Problem]:
    for path, tree in test_files(subject):
        helpers = {
            node.name
            for node in ast.walk(tree)
            if isinstance(node, _Function) and _asserts(node, frozenset())
        }
        for test in _tests(tree):
            if _asserts(test, frozenset(helpers - {test.name})):
                continue
            place = Location(path, test.lineno, test.col_offset + 1)
            yield Problem(f"{test.name} {_lack(test)}", place)


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
            if name in helpers or (_CHECKS.match(name) and not _hollow(name, node)):
                return True
    return False


def _hollow(name: str, call: ast.Call) -> bool:
    """``self.assertTrue(True)`` and its like."""
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
        return "asserts only what is always true"
    body = [
        each
        for each in function.body
        if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
    ]
    if not body or all(isinstance(each, ast.Pass) for each in body):
        return "is empty"
    return "asserts nothing"


RULE = Rule(
    id="suite-asserts",
    severity=Severity.ERROR,
    summary="Every test that a stack ships asserts something that can be false",
    why="A test that cannot fail is worse than none: it is counted, and trusted.",
    fix="assert what the stack must be, and see the test fail once",
    check=_check,
)
