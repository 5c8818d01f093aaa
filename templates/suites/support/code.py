"""The functions' inline code: read from the HCL and imported as modules."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.util
import linecache
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from types import CodeType, ModuleType
from typing import Any

from support.places import at
from support.stack import Stack

__all__ = ["package", "start"]


def package(stack: Stack, name: str) -> dict[str, str]:
    """The files of a function's zip, by file name."""
    archive = stack.resource(at("code", f"data.archive_file.{name}"))
    return {source.get("filename"): source.get("content") for source in archive.blocks("source")}


@cache
def _compiled(path: str, source: str) -> CodeType:
    linecache.cache[path] = len(source), None, source.splitlines(keepends=True), path  # for tracebacks
    return compile(source, path, "exec", dont_inherit=True)


class _Zip(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Find modules in a function's zip and nowhere else."""

    def __init__(self, name: str, files: Mapping[str, str]) -> None:
        self._name = name
        self._files = files

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        """The module's spec, if the zip contains the module."""
        if f"{fullname}.py" not in self._files:
            return None
        return importlib.util.spec_from_loader(fullname, self, origin=f"{self._name}.zip/{fullname}.py")

    def exec_module(self, module: ModuleType) -> None:
        """Run the module's code."""
        file_name = f"{module.__name__}.py"
        exec(_compiled(f"{self._name}.zip/{file_name}", self._files[file_name]), module.__dict__)


@contextmanager
def _instead_of(replaced: Mapping[str, ModuleType | None]) -> Iterator[None]:
    """Replace modules in `sys.modules` while the block runs."""
    before = {name: sys.modules.pop(name, None) for name in replaced}
    sys.modules.update({name: module for name, module in replaced.items() if module is not None})
    try:
        yield
    finally:
        for name, module in before.items():
            sys.modules.pop(name, None)
            if module is not None:
                sys.modules[name] = module


def start(name: str, files: Mapping[str, str], stand_ins: Mapping[str, ModuleType]) -> ModuleType:
    """Import a function's handler and its siblings afresh, as a cold start does.

    Args:
        name: the name of the function and of its handler's module.
        files: the files of its zip.
        stand_ins: modules that it imports instead of the real ones, such as `boto3`.
    """
    finder = _Zip(name, files)
    own: dict[str, ModuleType | None] = {file.removesuffix(".py"): None for file in files}
    with _instead_of({**own, **stand_ins}):
        sys.meta_path.insert(0, finder)
        try:
            return importlib.import_module(name)
        finally:
            sys.meta_path.remove(finder)
