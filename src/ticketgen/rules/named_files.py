"""The files that a test reads, found in its syntax tree."""

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
    """A path as written in a test. Line and column count from 1."""

    path: str
    line: int
    column: int


def named_files(tree: ast.Module) -> Iterator[NamedFile]:
    """The paths of files that must exist for a test.

    These are Terraform files anywhere in the test, and other files if the test opens them.
    """
    parents: dict[ast.AST, ast.AST] = {}
    nodes: list[ast.AST] = [tree]
    for node in nodes:
        for child in ast.iter_child_nodes(node):
            parents[child] = node
            nodes.append(child)
    temporary = _temporary_paths(nodes, parents)
    opened = _opened(nodes)
    exempt: set[ast.AST] = set()  # inside a call that creates the file, or inside a `not`
    for node in nodes:
        parent = parents.get(node)
        if parent is not None and (parent in exempt or _exempts(parent, temporary)):
            exempt.add(node)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _PATH.fullmatch(node.value):
            is_joined = (
                isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Div) and parent.right is node
            )
            read = node.value.endswith(".tf") or is_joined or node in opened
            in_temporary = is_joined and isinstance(parent, ast.BinOp) and parent.left in temporary
            if read and not in_temporary and node not in exempt:
                yield NamedFile(node.value, node.lineno, node.col_offset + 1)


def _temporary_paths(nodes: list[ast.AST], parents: Mapping[ast.AST, ast.AST]) -> frozenset[ast.AST]:
    """Expressions that contain a temporary folder, such as paths that start there."""
    found: set[ast.AST] = set()
    for node in reversed(nodes):  # children first
        if node in found or (isinstance(node, ast.Name) and node.id in _TEMPORARY_FIXTURES):
            found.add(node)
            if node in parents:
                found.add(parents[node])
    return frozenset(found)


def _opened(nodes: list[ast.AST]) -> frozenset[ast.AST]:
    """The positional arguments of functions that read a file."""
    return frozenset(
        argument
        for node in nodes
        if isinstance(node, ast.Call) and _function_name(node) in _READ_FUNCTIONS
        for argument in node.args
    )


def _exempts(parent: ast.AST, temporary: Set[ast.AST]) -> bool:
    """Whether an expression creates the files named in it, or negates a test of them."""
    if isinstance(parent, ast.Call):
        return _writes(parent) or parent.func in temporary or _function_name(parent).startswith("write")
    return isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not)


def _function_name(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _writes(call: ast.Call) -> bool:
    modes = [*call.args[1:2], *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    texts = [mode.value for mode in modes if isinstance(mode, ast.Constant) and isinstance(mode.value, str)]
    return any(not _WRITING.isdisjoint(text) for text in texts)
