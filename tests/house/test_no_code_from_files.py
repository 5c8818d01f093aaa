"""Nothing in the package turns data into code: no pickle, no marshal, no evaluation of text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src/ticketgen"
MODULES = {
    "_pickle", "cloudpickle", "cPickle", "dbm", "dill", "jsonpickle", "joblib", "marshal", "pickle", "shelve",
}  # fmt: skip
NAMES = {"eval", "exec", "compile", "__import__"}
YAML = {
    "full_load", "full_load_all", "unsafe_load", "unsafe_load_all",
    "CLoader", "CFullLoader", "CUnsafeLoader", "Loader", "FullLoader", "UnsafeLoader",
}  # fmt: skip


def makes_code(source: str) -> Iterator[int]:
    """The lines that turn data into code."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names) if any(name.name.partition(".")[0] in MODULES for name in names):
                yield node.lineno
            case ast.ImportFrom(module=str(module)) if module.partition(".")[0] in MODULES:
                yield node.lineno
            case ast.Name(id=name) if name in NAMES:
                yield node.lineno
            case ast.Attribute(value=ast.Name(id="yaml"), attr=name) if name in YAML:
                yield node.lineno
            case ast.Constant(value=str(text)) if text in MODULES:  # importlib.import_module("pickle")
                yield node.lineno


SEEN = """
import pickle
import json, marshal as m
from shelve import open
eval("1")
run = exec
__import__("os")
compile("", "", "exec")
yaml.unsafe_load(text)
yaml.load(text, yaml.CLoader)
find("pickle")
"""


@pytest.mark.parametrize("source", SEEN.strip().splitlines())
def test_code_from_a_file_is_detected(source: str) -> None:
    assert list(makes_code(source))


def test_no_module_runs_code_from_a_file() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{line}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for line in makes_code(path.read_text("utf-8"))
    ]
    assert found == []
