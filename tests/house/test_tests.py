"""No test module imports another, no name occurs twice, and the slowest tests say why they are slow."""

from __future__ import annotations

import ast
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FIXTURES = tuple(ROOT / "tests/rules" / each for each in ("bad", "good"))
FILES = sorted(
    path
    for folder in ("tests", "templates/suites")
    for path in (ROOT / folder).rglob("*.py")
    if not any(path.is_relative_to(each) for each in FIXTURES)
)


def imported(tree: ast.Module) -> set[str]:
    """Every part of every imported name."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
            names.update(alias.name for alias in node.names)
    return {part for name in names for part in name.split(".")}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_test_module_is_imported(path: Path) -> None:
    assert not {name for name in imported(ast.parse(path.read_text("utf-8"))) if name.startswith("test_")}


def test_no_two_tests_have_the_same_name() -> None:
    places = defaultdict(list)
    for path in FILES:
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                places[node.name].append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not {name: found for name, found in places.items() if len(found) > 1}


def test_the_twenty_slowest_tests_exist_and_say_why_they_are_slow() -> None:
    listed = tomllib.loads((ROOT / "tests/slowest.toml").read_text("utf-8"))["slowest"]
    assert len(listed) == 20
    for each in listed:
        file, _, name = each["test"].partition("::")
        tree = ast.parse((ROOT / file).read_text("utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, each["test"]
        assert each["why"].endswith("."), f"{each['test']} does not say why; make slowest lists it"
