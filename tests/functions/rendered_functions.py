"""The functions of a rendered stack: their files, environments and cold starts.

The tests run the text between the heredoc markers of a prod stack's `modules/code`, not the files that it was rendered
from.
"""

from __future__ import annotations

import builtins
import functools
import itertools
import linecache
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import CodeType, MappingProxyType, ModuleType
from typing import Any
from unittest.mock import patch

import hcl2
from stacks import SHAPES, rendered

__all__ = ["cold_start", "function_files", "function_resource", "literal_environment", "script", "stack"]

_starts = itertools.count(1)
_environment, _parser = threading.RLock(), threading.Lock()


@functools.cache
def stack(shape: str = "prod") -> Mapping[str, str]:
    """The files of a rendered stack."""
    return rendered(SHAPES[shape]())


def _parsed(text: str) -> Any:
    with _parser:  # python-hcl2 keeps its place in a global object: of two threads, one gets half a tree
        return hcl2.loads(text)


def _with(path: str) -> str:
    """A shape whose stack has a file: not every stack has every function and script."""
    return "prod" if path in stack() else "everything"


@functools.cache
def _code_tf(name: str, shape: str) -> Any:
    return _parsed(stack(shape)[f"modules/code/{name}.tf"])


def _heredoc(value: str) -> str:
    """The text between the markers, as Terraform reads it."""
    opening, _, text = value.removeprefix('"').partition("\n")
    marker = opening.removeprefix("<<")
    text = text.removesuffix('"').removesuffix(marker)
    return text.replace("$${", "${").replace("%%{", "%{")


@functools.cache
def function_files(name: str) -> Mapping[str, str]:
    """The files in a function's zip, by name; its own module first."""
    shape = _with(f"modules/code/{name}.tf")
    (data,) = _code_tf(name, shape)["data"]
    zipped = data['"archive_file"'][f'"{name}"']
    (local_values,) = _code_tf("shared", shape)["locals"]
    shared = {key.strip('"'): text for key, text in local_values["shared_code"].items()}
    files = {}
    for source in zipped["source"]:
        filename, content = source["filename"].strip('"'), source["content"]
        if content.startswith("${local.shared_code["):
            content = shared[filename]
        files[filename] = _heredoc(content)
    return MappingProxyType(files)


@functools.cache
def function_resource(name: str, shape: str = "prod") -> Any:
    """A function's `aws_lambda_function` block, as parsed by python-hcl2."""
    for path, text in stack(shape).items():
        if path.endswith("/functions.tf"):
            for resource in _parsed(text)["resource"]:
                if f'"{name}"' in resource.get('"aws_lambda_function"', {}):
                    return resource['"aws_lambda_function"'][f'"{name}"']
    raise KeyError(name)


def literal_environment(name: str) -> dict[str, str]:
    """The environment variables that the stack sets to plain values; the others refer to resources."""
    (block,) = function_resource(name, _with(f"modules/code/{name}.tf"))["environment"]
    values = {key: str(value).strip('"') for key, value in block["variables"].items()}
    return {key: value for key, value in values.items() if "${" not in value and key != "__is_block__"}


def cold_start(
    name: str, environment: Mapping[str, str], instead: Mapping[str, Any] = MappingProxyType({})
) -> Any:
    """Run a function's modules in isolation, like a new execution environment.

    Args:
        name: the function's name.
        environment: its environment variables.
        instead: replacements for modules outside the zip: a boto3 that a test observes, or a clock.

    Returns:
        The function's module, with `handler`.
    """
    return _Zip(function_files(name), instead, next(_starts)).start(name, environment)


def script(name: str, folder: Path, instead: Mapping[str, Any] = MappingProxyType({})) -> Any:
    """Load an operator's script as rendered, with the folder's `stack.json`."""
    files = {
        path.removeprefix("ops/"): text
        for path, text in stack(_with(f"ops/{name}.py")).items()
        if path.startswith("ops/") and path.endswith(".py")
    }
    return _Zip(files, instead, next(_starts), folder).start(name, {})


@functools.cache
def _compiled(text: str, filename: str) -> CodeType:
    linecache.cache[filename] = len(text), None, text.splitlines(keepends=True), filename
    return compile(text, filename, "exec")


class _Zip:
    """The modules of one cold start: siblings find each other here, and other code does not."""

    def __init__(
        self,
        files: Mapping[str, str],
        instead: Mapping[str, Any],
        number: int,
        folder: Path = Path("modules/code"),
    ) -> None:
        self._files, self._instead, self._number, self._folder = files, instead, number, folder
        self._modules: dict[str, ModuleType] = {}

    def start(self, name: str, environment: Mapping[str, str]) -> ModuleType:
        # Two threads that patch at once would each restore what the other has changed.
        with _environment, patch.dict("os.environ", environment):
            return self._load(name)

    def _import(self, name: str, *arguments: Any) -> Any:
        if f"{name}.py" in self._files:
            return self._load(name)
        return self._instead.get(name) or builtins.__import__(name, *arguments)

    def _load(self, name: str) -> ModuleType:
        if name not in self._modules:
            # Dataclasses look up their module by its name.
            module = ModuleType(f"{name}#{self._number}")
            self._modules[name] = sys.modules[module.__name__] = module
            module.__dict__["__builtins__"] = {**vars(builtins), "__import__": self._import}
            module.__dict__["__file__"] = filename = str(self._folder / f"{name}.py")
            exec(_compiled(self._files[f"{name}.py"], filename), module.__dict__)
        return self._modules[name]
