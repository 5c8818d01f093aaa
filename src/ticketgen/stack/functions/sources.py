"""The code of the functions: the files in each zip, and the shared ones."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from ticketgen.assets import asset_folder
from ticketgen.stack.functions import FUNCTIONS

__all__ = ["shared_files", "siblings", "sources"]


@cache
def _modules() -> frozenset[str]:
    """The modules in ``templates/functions``."""
    return frozenset(path.stem for path in (asset_folder("templates") / "functions").glob("*.py"))


@cache
def _text(module: str) -> str:
    return (asset_folder("templates") / "functions" / f"{module}.py").read_text(encoding="utf-8")


@cache
def _imports(module: str) -> frozenset[str]:
    """The function modules that a module imports, above its first function or class."""
    head = re.split(r"^(?:@|class |def )", _text(module), maxsplit=1, flags=re.MULTILINE)[0]
    imported = set()
    for node in ast.parse(head).body:
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module or "")
    return frozenset(imported & _modules())


@cache
def siblings(name: str) -> tuple[str, ...]:
    """The other modules in a function's zip, imported directly or not, in order."""
    reached, waiting = {name}, [name]
    while waiting:
        new = _imports(waiting.pop()) - reached
        reached |= new
        waiting += new
    return tuple(sorted(reached - {name}))


@cache
def sources(name: str) -> Mapping[str, str]:
    """The texts in a function's zip by file name, the handler's module first.

    Raises:
        FileNotFoundError: the function has no code, or the installation is incomplete.
    """
    return MappingProxyType({f"{module}.py": _text(module) for module in (name, *siblings(name))})


@cache
def shared_files(names: frozenset[str]) -> Mapping[str, str]:
    """The files that several of these functions share, by name."""
    zips = [sources(name) for name in FUNCTIONS if name in names]
    users = Counter(file for files in zips for file in files)
    every = {file: text for files in zips for file, text in files.items()}
    return MappingProxyType({file: every[file] for file in sorted(users) if users[file] > 1})
