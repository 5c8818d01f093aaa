"""A constant or a function that two modules need is written once."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import ticketgen

SOURCE = Path(ticketgen.__file__).parent
SHORTEST = 20
"""Characters of code below which two modules may say the same."""
ALIKE = (
    "TypeVar(",  # a module's own
    "partial(FindingKind, ",  # declarations of findings, module by module
    "ast.FunctionDef | ast.AsyncFunctionDef",  # Python has no name for it
    "re.compile('[\\n -~]*')",  # the streams of the command line import `escaping` only for what is not plain
)
"""Beginnings of code that may stand in several modules."""


def _definitions(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The name and the code of each constant and function of a module."""
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if not _is_plain(value):
                yield name, ast.unparse(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if not _is_plain(value):
                yield name, ast.unparse(value)
            case ast.FunctionDef(name=name, args=args, body=body):
                code = body[1:] if ast.get_docstring(node) is not None else body
                yield name, "\n".join([ast.unparse(args), *map(ast.unparse, code)])


def _is_plain(value: ast.expr) -> bool:
    return isinstance(value, ast.Name | ast.Constant) or (
        isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name)
    )


def test_no_constant_or_function_stands_in_two_modules() -> None:
    places: dict[str, dict[str, str]] = defaultdict(dict)
    for path in sorted(SOURCE.rglob("*.py")):
        for name, code in _definitions(ast.parse(path.read_text("utf-8"))):
            if name != "__all__" and len(code) >= SHORTEST and not code.startswith(ALIKE):
                places[code][path.relative_to(SOURCE).as_posix()] = name
    assert [each for each in places.values() if len(each) > 1] == []
