"""The files that a test reads, from its syntax tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

__all__ = ["NamedFile", "named_files"]

_PATH = re.compile(r"(?:\.{0,2}/)*[\w-][\w./-]*\.(?:tf|tfvars|tf\.json|hcl|py|js|mjs|sh|zip)")
_READS = frozenset(
    {"open", "Path", "PurePath", "joinpath", "join", "exists", "isfile", "is_file", "read_text", "getsize"}
)
_MADE = frozenset({"tmp_path", "tmpdir", "tempfile", "tmp", "workdir", "tmp_path_factory"})


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A path as the test writes it, and its place, counted from 1."""

    path: str
    line: int
    column: int


def named_files(tree: ast.Module) -> Iterator[NamedFile]:
    """Strings that are paths: Terraform files anywhere in the test, other files only if the test opens them."""
    around: dict[ast.AST, ast.AST] = {}
    waiting: list[ast.AST] = [tree]
    for node in waiting:
        for child in ast.iter_child_nodes(node):
            around[child] = node
            waiting.append(child)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _PATH.fullmatch(node.value):
            read = node.value.endswith(".tf") or _is_opened(node, around[node])
            if read and not _is_exempt(node, around):
                yield NamedFile(node.value, node.lineno, node.col_offset + 1)


def _is_opened(node: ast.expr, outer: ast.AST) -> bool:
    if isinstance(outer, ast.Call):
        return node in outer.args and _called(outer) in _READS
    return _is_below(node, outer)


def _is_exempt(node: ast.expr, around: Mapping[ast.AST, ast.AST]) -> bool:
    """Whether the test creates the file, or asserts that it does not exist."""
    outer: ast.AST | None = around[node]
    if isinstance(outer, ast.BinOp) and _is_below(node, outer) and _is_made(outer.left):
        return True
    while outer is not None:
        if isinstance(outer, ast.Call) and _makes(outer):
            return True
        if isinstance(outer, ast.UnaryOp) and isinstance(outer.op, ast.Not):
            return True
        outer = around.get(outer)
    return False


def _is_below(node: ast.expr, outer: ast.AST) -> bool:
    """Whether the node is the right side of ``folder / "main.tf"``."""
    return isinstance(outer, ast.BinOp) and isinstance(outer.op, ast.Div) and outer.right is node


def _called(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _makes(call: ast.Call) -> bool:
    return _writes(call) or _is_made(call.func) or _called(call).startswith("write")


def _writes(call: ast.Call) -> bool:
    modes = [*call.args[1:2], *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    return any(isinstance(mode, ast.Constant) and set(str(mode.value)) & set("wax") for mode in modes)


def _is_made(node: ast.expr) -> bool:
    """Whether a path starts in a temporary folder of the test."""
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return bool(names & _MADE)
