"""The files that a test reads, from its syntax tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass

__all__ = ["NamedFile", "named_files"]

_PATH = re.compile(r"(?:\.{0,2}/)*+[\w-][\w./-]*\.(?:tf|tfvars|tf\.json|hcl|py|js|mjs|sh|zip)")
_READ_FUNCTIONS = frozenset(
    {"open", "Path", "PurePath", "joinpath", "join", "exists", "isfile", "is_file", "read_text", "getsize"}
)
_WRITING = frozenset("wax")
_TEMPORARY_FIXTURES = frozenset({"tmp_path", "tmpdir", "tempfile", "tmp", "workdir", "tmp_path_factory"})


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A path as the test writes it, and its place, counted from 1."""

    path: str
    line: int
    column: int


def named_files(tree: ast.Module) -> Iterator[NamedFile]:
    """Strings that are paths: Terraform files anywhere in the test, other files only if the test opens them."""
    around: dict[ast.AST, ast.AST] = {}
    nodes: list[ast.AST] = [tree]
    for node in nodes:
        for child in ast.iter_child_nodes(node):
            around[child] = node
            nodes.append(child)
    made = _temporary_paths(nodes, around)
    opened = _opened(nodes)
    exempt: set[ast.AST] = set()  # below a call that makes the file, or below a not
    for node in nodes:
        outer = around.get(node)
        if outer is not None and (outer in exempt or _exempts(outer, made)):
            exempt.add(node)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _PATH.fullmatch(node.value):
            below = isinstance(outer, ast.BinOp) and isinstance(outer.op, ast.Div) and outer.right is node
            read = node.value.endswith(".tf") or below or node in opened
            in_made = below and isinstance(outer, ast.BinOp) and outer.left in made
            if read and not in_made and node not in exempt:
                yield NamedFile(node.value, node.lineno, node.col_offset + 1)


def _temporary_paths(nodes: list[ast.AST], around: Mapping[ast.AST, ast.AST]) -> frozenset[ast.AST]:
    """Expressions that contain the temporary folder of the test, such as paths that start there."""
    found: set[ast.AST] = set()
    for node in reversed(nodes):  # children first
        if node in found or (isinstance(node, ast.Name) and node.id in _TEMPORARY_FIXTURES):
            found.add(node)
            if node in around:
                found.add(around[node])
    return frozenset(found)


def _opened(nodes: list[ast.AST]) -> frozenset[ast.AST]:
    """The positional arguments of functions that read a file."""
    return frozenset(
        argument
        for node in nodes
        if isinstance(node, ast.Call) and _called(node) in _READ_FUNCTIONS
        for argument in node.args
    )


def _exempts(outer: ast.AST, made: Set[ast.AST]) -> bool:
    """Whether the test creates the files that it names inside, or asserts that they do not exist."""
    if isinstance(outer, ast.Call):
        return _writes(outer) or outer.func in made or _called(outer).startswith("write")
    return isinstance(outer, ast.UnaryOp) and isinstance(outer.op, ast.Not)


def _called(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _writes(call: ast.Call) -> bool:
    modes = [*call.args[1:2], *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    texts = [mode.value for mode in modes if isinstance(mode, ast.Constant) and isinstance(mode.value, str)]
    return any(not _WRITING.isdisjoint(text) for text in texts)
