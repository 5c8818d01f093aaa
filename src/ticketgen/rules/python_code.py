"""Facts about Python code: imports, environment variables and use of names."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ticketgen.rules.python_scopes import Client, PythonModule, PythonString, Sources, module_scopes
from ticketgen.rules.python_text import NotRead, parse_python

__all__ = ["PythonCode", "read_python"]


@dataclass(frozen=True, slots=True)
class PythonCode:
    """One Python module.

    Attributes:
        imports: the top-level packages that the module requires, each with the line of the first import.
        environment: the environment variables that the module requires, each with the line that reads it.
        dynamic: whether it creates a client from a name that is known only at run time, or uses ``getattr``.
        scopes: the use of names, by scope.
        words: every name, attribute and string in the module.
    """

    imports: Mapping[str, int]
    environment: Mapping[str, int]
    dynamic: bool
    scopes: PythonModule
    words: frozenset[str]


def read_python(text: str) -> PythonCode | SyntaxError | NotRead:
    """Read one module, or return why it is invalid or not read."""
    tree = parse_python(text)
    return _read(tree) if isinstance(tree, ast.Module) else tree


def _read(tree: ast.Module) -> PythonCode:
    nodes = list(ast.walk(tree))
    optional = _optional(nodes, tree)
    sources = Sources(nodes)
    return PythonCode(
        imports=_imports(nodes, optional),
        environment=_environment(nodes, optional),
        dynamic=_is_dynamic(nodes, sources),
        scopes=module_scopes(tree, sources),
        words=frozenset(_words(nodes)),
    )


def _optional(nodes: list[ast.AST], tree: ast.Module) -> frozenset[int]:
    """The ids of nodes that may fail or never run.

    These are in a ``try`` with handlers, under an ``if``, or after an early exit. An early exit counts only if it tests
    a name that the module sets conditionally.

    Args:
        nodes: every node of the tree, parents before children.
        tree: the module.
    """
    found: set[int] = set()
    conditional = _conditional_globals(tree)
    for node in nodes:
        inside: Iterable[ast.AST] = ()
        if id(node) in found:
            inside = ast.iter_child_nodes(node)
        elif isinstance(node, ast.Try) and node.handlers:
            inside = [*node.body, *(each for handler in node.handlers for each in handler.body)]
        elif isinstance(node, ast.If):
            inside = [*node.body, *node.orelse]
        elif isinstance(node, ast.IfExp):
            inside = [node.body, node.orelse]
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            returns = [index for index, each in enumerate(node.body) if _exits_early(each, conditional)]
            inside = node.body[returns[0] + 1 :] if returns else ()
        found.update(map(id, inside))
    return frozenset(found)


def _exits_early(statement: ast.stmt, conditional: frozenset[str]) -> bool:
    """Whether a statement is an early exit such as ``if CLIENT is None: return``."""
    if not (isinstance(statement, ast.If) and isinstance(statement.body[-1], ast.Return | ast.Raise)):
        return False
    return any(isinstance(each, ast.Name) and each.id in conditional for each in ast.walk(statement.test))


def _conditional_globals(tree: ast.Module) -> frozenset[str]:
    found: set[str] = set()
    for statement in tree.body:
        assigned = [statement] if not isinstance(statement, ast.If) else [*statement.body, *statement.orelse]
        for each in assigned:
            if isinstance(each, ast.Assign) and (isinstance(each.value, ast.IfExp) or each is not statement):
                found.update(target.id for target in each.targets if isinstance(target, ast.Name))
    return frozenset(found)


def _imports(nodes: list[ast.AST], optional: frozenset[int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for node in nodes:
        if id(node) in optional:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                found.setdefault(alias.name.partition(".")[0], node.lineno)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.setdefault(node.module.partition(".")[0], node.lineno)
    return found


def _environment(nodes: list[ast.AST], optional: frozenset[int]) -> dict[str, int]:
    """Variables that the code reads, and never sets, tests or reads with a default."""
    read: dict[str, int] = {}
    excluded: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Subscript) and _is_environ(node.value):
            name = getattr(node.slice, "value", None)
            if isinstance(name, str) and isinstance(node.ctx, ast.Load) and id(node) not in optional:
                read.setdefault(name, node.lineno)
            elif isinstance(name, str):
                excluded.add(name)
        elif isinstance(node, ast.Call):
            function = node.func
            is_optional_read = isinstance(function, ast.Attribute) and (
                _is_environ(function.value) or function.attr in {"getenv", "putenv"}
            )
            first = getattr(node.args[0], "value", None) if is_optional_read and node.args else None
            if isinstance(first, str):
                excluded.add(first)
        elif isinstance(node, ast.Compare) and any(map(_is_environ, node.comparators)):
            tested = getattr(node.left, "value", None)
            if isinstance(tested, str):
                excluded.add(tested)
    return {name: line for name, line in read.items() if name not in excluded}


def _is_environ(node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == "environ" and isinstance(node.value, ast.Name) and node.value.id == "os"
    return isinstance(node, ast.Name) and node.id == "environ"


def _is_dynamic(nodes: list[ast.AST], sources: Sources) -> bool:
    for node in nodes:
        if isinstance(node, ast.Call):
            source = sources.of(node)
            if isinstance(source, Client) and not isinstance(source.service, PythonString):
                return True
            if isinstance(node.func, ast.Name) and node.func.id == "getattr":
                return True
    return False


def _words(nodes: list[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg
