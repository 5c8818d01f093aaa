"""The files and names that docstrings and comments refer to exist."""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "ticketgen"
FOLDERS = ("docs", "scripts", "src", "templates", "tests")
FILES = sorted(
    path
    for folder in ("src", "tests", "scripts")
    for path in (ROOT / folder).rglob("*.py")
    if not {"bad", "good"} & {*path.parts}
)
NAMES = {
    path.relative_to(ROOT).as_posix()
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*")
    if "__pycache__" not in path.parts
}
SUFFIXES = tuple(f"/{name}" for name in NAMES)

OTHERS = {
    *sys.stdlib_module_names, "Path", "StreamShard", "cty", "str",  # Python and libraries
    "aws_dynamodb_table", "aws_kinesis_stream", "aws_security_group", "aws_vpc",  # Terraform
    "local", "module", "output", "path", "resource", "terraform", "var",
}  # fmt: skip
"""The first parts of dotted names that are not modules of ticketgen."""

_PATH = re.compile(rf"(?<![\w./-])(?:{'|'.join(FOLDERS)})/[\w./-]*\w")
_FILE = re.compile(r"(?<!`)`([\w/-]+\.py)`(?!`)")
_DOTTED = re.compile(r"(?<!`)`([A-Za-z_]+(?:\.[A-Za-z_]+)+)(?:\(\))?`(?!`)")
_SUFFIX = re.compile(r"\.(json|md|py|tf|toml|txt|ya?ml)$")


def prose(text: str) -> Iterator[str]:
    """The comments and docstrings of a module."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield str(node.value.value)


def exists(path: str) -> bool:
    """Whether the repository has a file or folder, or a rendered stack has it among its tests."""
    suites = path.replace("tests/", "templates/suites/", 1)
    return any(name in NAMES for name in (path, f"{path}.j2", suites, f"{suites}.j2"))


@cache
def names_in(module: Path) -> frozenset[str]:
    """The names that a module defines or imports, and the members of its classes."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.id if isinstance(node, ast.Name) else node.attr)
    return frozenset(found)


@cache
def modules() -> dict[str, list[Path]]:
    """The modules of ticketgen by every end of their dotted names."""
    found: dict[str, list[Path]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        for start in range(len(parts)):
            found.setdefault(".".join(parts[start:]), []).append(path)
    return found


def is_defined(dotted: str) -> bool:
    """Whether a dotted name is a module of ticketgen, or a name in a module or class of it."""
    dotted = dotted.removeprefix("ticketgen.")
    owner, _, name = dotted.rpartition(".")
    if owner[:1].isupper():
        owners = [path for paths in modules().values() for path in paths if owner in names_in(path)]
    else:
        owners = modules().get(owner, [])
    return dotted in modules() or any(name in names_in(path) for path in owners)


def missing(text: str) -> Iterator[str]:
    """What the prose of a module names that does not exist."""
    for part in prose(text):
        for found in _PATH.findall(part):
            if not exists(found):
                yield found
        for found in _FILE.findall(part):
            if not any(each.endswith(f"/{found}") for each in SUFFIXES):
                yield found
        for found in _DOTTED.findall(part):
            if not _SUFFIX.search(found) and found.split(".")[0] not in OTHERS and not is_defined(found):
                yield found


@pytest.mark.parametrize("folder", ["src", "tests", "scripts"])
def test_docstrings_and_comments_name_what_exists(folder: str) -> None:
    found = {
        f"{path.relative_to(ROOT)}: {each}"
        for path in FILES
        if path.is_relative_to(ROOT / folder)
        for each in missing(path.read_text("utf-8"))
    }
    assert not found


def test_names_of_what_does_not_exist_are_detected() -> None:
    text = (
        '"""`disk.read_all` and `lost.read`, see `lost.py`."""\n# tests/tree/test_lost.py, `disk.read_in`\n'
    )
    assert list(missing(text)) == ["tests/tree/test_lost.py", "lost.py", "disk.read_all", "lost.read"]
