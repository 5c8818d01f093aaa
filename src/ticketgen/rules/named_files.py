"""The files that a test reads, told from its syntax tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["NamedFile", "named_files"]

_PATH = re.compile(r"(?:\.{0,2}/)*[\w-][\w./-]*\.(?:tf|tfvars|tf\.json|hcl|py|js|mjs|sh|zip)")
_READS = frozenset(
    {"open", "Path", "PurePath", "joinpath", "join", "exists", "isfile", "is_file", "read_text", "getsize"}
)
_MADE = frozenset({"tmp_path", "tmpdir", "tempfile", "tmp", "workdir", "tmp_path_factory"})


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A path as a test has it, and where it stands, counted from 1."""

    path: str
    line: int
    column: int


def named_files(tree: ast.Module) -> Iterator[NamedFile]:
    """The texts that are read as paths: Terraform files wherever they are named, others where they are opened."""
    nodes = list(ast.walk(tree))
    paths = [
        node
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _PATH.fullmatch(node.value)
    ]
    if not paths:
        return
    spared, opened = _by_use(nodes)
    for node in paths:
        path = str(node.value)
        if id(node) not in spared and (id(node) in opened or path.endswith(".tf")):
            yield NamedFile(path, node.lineno, node.col_offset + 1)


def _by_use(nodes: list[ast.AST]) -> tuple[set[int], set[int]]:
    """By id: what is made or must not exist, and what is opened."""
    spared: set[int] = set()
    opened: set[int] = set()
    for node in nodes:
        if isinstance(node, ast.Call):
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            made = _writes(node) or _is_made(function) or name.startswith("write")
            target = spared if made else opened if name in _READS else None
            if target is not None:
                inner = ast.walk(node) if made else iter(node.args)
                target.update(id(each) for each in inner)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            spared.update(id(each) for each in ast.walk(node))  # it must not exist
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            (spared if _is_made(node.left) else opened).add(id(node.right))
    return spared, opened


def _writes(call: ast.Call) -> bool:
    modes = [*call.args[1:2], *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    return any(isinstance(mode, ast.Constant) and set(str(mode.value)) & set("wax") for mode in modes)


def _is_made(node: ast.expr) -> bool:
    """Whether it leads into a folder that the test makes for itself."""
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return bool(names & _MADE)
