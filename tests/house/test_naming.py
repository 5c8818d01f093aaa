"""Private names stay in their module, public ones are in `__all__`, and one name stands for one thing."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import ticketgen

SOURCE = Path(ticketgen.__file__).parent
TESTS = Path(__file__).parents[1]

ONE_MEANING = {
    "__main__": "the module that `python -m` runs",
    "budget": "a limit of work: of a directory, or of a template",
    "hidden_characters": "the search, and the rule that reports what it finds",
    "json": "an output format",
    "model": "the frozen data of its package",
    "reference": "a generated page of the documentation",
    "registry": "the entries of its package, by name",
    "rehearsal": "the package, and the kinds of its findings",
    "sizing": "the package, and the kinds of its findings",
    "spec": "the package, and the kinds of its findings",
    "text": "an output format",
    "verification": "the package, and the kinds of its findings",
}
"""Module names that occur more than once, because they mean the same in every package."""


def modules(root: Path) -> list[Path]:
    return [path for path in sorted(root.rglob("*.py")) if not {"bad", "good"} & {*path.parts}]


def borrowed(path: Path) -> Iterator[str]:
    """The private names of other modules that a module uses; `_parse` is a hook of Jinja."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ticketgen"):
            imported |= {alias.asname or alias.name for alias in node.names}
            yield from (f"{node.module}.{alias.name}" for alias in node.names if alias.name.startswith("_"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            private = node.attr.startswith("_") and not node.attr.startswith("__")
            if private and node.value.id in imported and node.attr != "_parse":
                yield f"{node.value.id}.{node.attr}"


@pytest.mark.parametrize("root", [SOURCE, TESTS], ids=lambda root: str(root.name))
def test_private_names_are_used_in_their_own_module_only(root: Path) -> None:
    found = {f"{path.relative_to(root)}: {name}" for path in modules(root) for name in borrowed(path)}
    assert not found


def test_private_names_of_other_modules_are_detected(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(
        "from ticketgen.tree import disk\nfrom ticketgen.wording import _HEAD\ndisk._walk\ndisk.read\n"
    )
    assert list(borrowed(path)) == ["ticketgen.wording._HEAD", "disk._walk"]


def named(path: Path) -> str:
    """The name of a module of ticketgen."""
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def exported(path: Path) -> frozenset[str]:
    """What a module has in `__all__`; it is imported only if that is computed."""
    text = path.read_text("utf-8")
    if "__all__ +=" in text or "__all__ = [name for" in text:
        return frozenset(import_module(named(path)).__all__)
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return frozenset(ast.literal_eval(node.value))
    return frozenset()


EXPORTED = {named(path): exported(path) for path in modules(SOURCE)}
"""What each module has in `__all__`; empty if it has none."""


def public(tree: ast.Module) -> Iterator[str]:
    """The public names that a module defines, without type variables."""
    for node in tree.body:
        names: list[str] = []
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            if isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "TypeVar":
                continue
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [
                each.id
                for target in targets
                for each in ast.walk(target)
                if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
            ]
        yield from (name for name in names if not name.startswith("_"))


def not_exported(tree: ast.Module) -> Iterator[str]:
    """The names that a module imports from modules of ticketgen whose `__all__` lacks them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (names_in_all := EXPORTED.get(node.module or "")):
            names = {alias.name for alias in node.names if f"{node.module}.{alias.name}" not in EXPORTED}
            yield from (f"{node.module}.{name}" for name in sorted(names - names_in_all))


def test_every_public_name_is_in_all() -> None:
    missing = {
        f"{name}.{each}"
        for path in modules(SOURCE)
        if (names_in_all := EXPORTED[name := named(path)])
        for each in public(ast.parse(path.read_text("utf-8")))
        if each not in names_in_all
    }
    assert not missing, "add them to `__all__`, or begin their names with an underscore"


@pytest.mark.parametrize("root", [SOURCE, TESTS], ids=lambda root: str(root.name))
def test_every_imported_name_is_in_all(root: Path) -> None:
    missing = {
        f"{path.relative_to(root)}: {name}"
        for path in modules(root)
        for name in not_exported(ast.parse(path.read_text("utf-8")))
    }
    assert not missing


def test_no_module_name_means_two_things() -> None:
    packages = defaultdict(list)
    for path in modules(SOURCE):
        module = path.parent if path.stem == "__init__" else path
        packages[module.stem].append(str(module.parent.relative_to(SOURCE.parent)))
    repeated = {name: places for name, places in packages.items() if len(places) > 1}
    assert {name: places for name, places in repeated.items() if name not in ONE_MEANING} == {}
    assert set(ONE_MEANING) <= set(repeated)


LIMIT_WORDS = ("LARGEST", "LONGEST", "MAXIMUM", "MOST")
LIMITS_OF_NOTHING = {"LONGEST_PROJECT", "LONGEST_REGION"}
"""Names of the longest value there is, which limit nothing."""


def test_limits_begin_with_max() -> None:
    found = {
        f"{path.relative_to(root)}: {name}"
        for root in (SOURCE, TESTS)
        for path in modules(root)
        for name in constants(ast.parse(path.read_text("utf-8")))
        if name.strip("_").split("_")[0] in LIMIT_WORDS and name not in LIMITS_OF_NOTHING
    }
    assert not found


def constants(tree: ast.Module) -> Iterator[str]:
    """The names that a module assigns at its top level."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def public_types(tree: ast.Module) -> Iterator[str]:
    """The public classes and type aliases of a module, which have names in capitalized words."""
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    names = {*classes, *constants(tree)}
    yield from (name for name in names if re.fullmatch(r"[A-Z]\w*[a-z]\w*", name))


def repeated_types(root: Path) -> dict[str, list[str]]:
    """The public names of types that several modules define, with the modules."""
    places = defaultdict(list)
    for path in modules(root):
        for name in public_types(ast.parse(path.read_text("utf-8"))):
            places[name].append(path.relative_to(root).as_posix())
    return {name: paths for name, paths in places.items() if len(paths) > 1}


def test_a_public_class_name_stands_for_one_class() -> None:
    assert repeated_types(SOURCE) == {}


def test_a_class_name_that_stands_for_two_is_detected(tmp_path: Path) -> None:
    tmp_path.joinpath("one.py").write_text("class Scope: ...\nclass _Reader: ...\nLIMIT = 1\n")
    tmp_path.joinpath("two.py").write_text("Scope = int | str\nclass _Reader: ...\nLIMIT = 1\n")
    assert repeated_types(tmp_path) == {"Scope": ["one.py", "two.py"]}
