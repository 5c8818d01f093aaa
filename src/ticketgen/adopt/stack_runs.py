"""The runs of a stack: each root module with its variables, and the resulting environment."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from ticketgen.adopt.environment_names import (
    KNOWN_NAMES,
    as_environment_name,
    environment_of_folder,
    environment_variables,
    named_in_code,
)
from ticketgen.adopt.found_values import COMMAND_LINE
from ticketgen.adopt.source_stack import SourceStack
from ticketgen.aws.regions import REGIONS
from ticketgen.findings import Location
from ticketgen.hcl.configuration import Scope
from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.modules import Module
from ticketgen.hcl.native_texts import written_path
from ticketgen.hcl.values import Value
from ticketgen.hcl.variable_files import is_automatic, values_in
from ticketgen.verification.file_checks import check_syntax

__all__ = [
    "DEFAULT_NAME",
    "FoundEnvironment",
    "Run",
    "backend_buckets",
    "environments",
    "is_below",
    "roots_of",
    "variable_value",
]

DEFAULT_NAME: Final = "prod"
"""The name of the only environment of a stack that names none."""

_MAX_RUNS: Final = 100
"""Maximum number of runs, because each run evaluates all resources of a root module."""
_BACKEND_SETTINGS: Final = frozenset({
    "bucket", "key", "region", "dynamodb_table", "use_lockfile", "encrypt", "kms_key_id", "profile", "role_arn",
    "workspace_key_prefix", "acl", "assume_role",
})  # fmt: skip
"""Source: https://developer.hashicorp.com/terraform/language/backend/s3"""
_NO_STACKS: Final = frozenset(
    {"example", "examples", "test", "tests", "fixtures", "test-fixtures", ".terraform"}
)
_PARTS: Final = re.compile(r"[./_]")


@dataclass(frozen=True, slots=True)
class Run:
    """A root module with the values of its variables.

    Attributes:
        root: the root module.
        inputs: the values of its variables that are known, except defaults.
        places: where these values are written.
        workspace: the Terraform workspace; "" if it is unknown.
    """

    root: Scope
    inputs: Mapping[str, Value] = field(default_factory=dict)
    places: Mapping[str, Location] = field(default_factory=dict)
    workspace: str = ""


@dataclass(frozen=True, slots=True)
class FoundEnvironment:
    """An environment: its name, the basis of the name, and its runs."""

    name: str
    basis: str
    location: Location | None
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class _Variables:
    """A file with values of variables."""

    path: str
    values: Mapping[str, Value]
    places: Mapping[str, Location]

    @property
    def is_backend(self) -> bool:
        """Whether ``terraform init -backend-config`` reads it, for an s3 backend that is declared without a bucket."""
        return "bucket" in self.values and self.values.keys() <= _BACKEND_SETTINGS

    @property
    def is_automatic(self) -> bool:
        """Whether Terraform loads it automatically."""
        return is_automatic(self.path)


def roots_of(stack: SourceStack, only: str | None = None) -> tuple[Scope, ...]:
    """The root modules that deploy something.

    Args:
        stack: the directory.
        only: the folder that contains the root modules to return; None for all.
    """
    scopes = [scope for scope in stack.configuration.all_scopes() if scope.call is None]
    if only is not None:
        return tuple(each for each in scopes if is_below(each.module.folder, only))
    deployed = [each for each in scopes if not _NO_STACKS & set(each.module.folder.split("/"))] or scopes
    configured = [
        each for each in deployed if any(each.module.blocks("provider")) or _has_backend(each.module)
    ]
    return tuple(sorted(configured or deployed, key=lambda scope: scope.module.folder))


def is_below(folder: str, above: str) -> bool:
    """Whether a path is a folder or below it."""
    return above in {"", "."} or folder == above or folder.startswith(f"{above}/")


def _has_backend(module: Module) -> bool:
    return any(block.blocks(kind) for block in module.blocks("terraform") for kind in ("backend", "cloud"))


def environments(
    stack: SourceStack, roots: tuple[Scope, ...], given: Mapping[str, Value] | None = None
) -> tuple[FoundEnvironment, ...]:
    """The environments of a stack, in the order of development, test and production.

    Args:
        stack: the directory.
        roots: its root modules.
        given: the values of variables that no file sets.
    """
    own = _Variables("", dict(given or {}), dict.fromkeys(given or {}, Location(COMMAND_LINE)))
    every = tuple(_variable_files(stack))
    files = tuple(each for each in every if not each.is_backend)
    in_code = named_in_code(stack.configuration, stack.budget)
    found: dict[str, list[Run]] = {}
    why: dict[str, tuple[str, Location | None]] = {}
    shared: list[Run] = []
    folders = {root: environment_of_folder(root.module.folder) for root in roots}
    for root in roots:
        automatic, named = _values_of(root, roots, files)
        named = [_Variables(file.path, *_merged(file, own)) for file in named]
        automatic.append(own)
        if folder_name := folders[root]:
            for run in _runs_of_folder(root, folder_name, automatic, named):
                found.setdefault(folder_name, []).append(run)
            why.setdefault(folder_name, (f"the folder {root.module.folder}", None))
            continue
        runs = tuple(_runs(root, automatic, named, in_code, has_folders=any(folders.values())))
        for name, basis, location, run in runs:
            if name:
                found.setdefault(name, []).append(run)
                why.setdefault(name, (basis, location))
            else:
                shared.append(run)
    if not found:
        basis = "assumption: the stack names no environment"
        return (FoundEnvironment(DEFAULT_NAME, basis, None, tuple(shared)[:_MAX_RUNS]),)
    allowed = max(1, _MAX_RUNS // len(found))
    return tuple(
        FoundEnvironment(name, *why[name], tuple((*runs, *shared)[:allowed]))
        for name, runs in sorted(found.items(), key=lambda item: (_rank(item[0]), item[0]))
    )


def backend_buckets(stack: SourceStack) -> tuple[tuple[str, str, Location], ...]:
    """The bucket and the Region in each file for ``terraform init -backend-config``."""
    return tuple(
        (str(each.values["bucket"]), str(each.values.get("region", "")), each.places["bucket"])
        for each in _variable_files(stack)
        if each.is_backend
    )


def variable_value(text: str) -> Value:
    """The value of a variable as on Terraform's command line: a list or a map, or else a text."""
    if text.lstrip().startswith(("[", "{")):
        file = check_syntax("--var", f"x = {text}\n", rendered=False).value
        if file is not None and file.body.attributes:
            return Evaluator().of(file.body.attributes[0].value, Scope(Module("", ())))
    return text


def _rank(name: str) -> int:
    """Sort key for the usual order of environments: production last."""
    words = (
        ("prod", "live"),
        ("dr",),
        ("stag", "pre", "uat"),
        ("test", "qa", "int", "perf", "load"),
        ("sandbox", "dev"),
    )
    if name.startswith(("preprod", "pre-prod")):
        return 3
    return next((5 - place for place, group in enumerate(words) if any(word in name for word in group)), 2)


def _variable_files(stack: SourceStack) -> Iterator[_Variables]:
    values = Evaluator(budget=stack.budget)
    for path, file in sorted(stack.variable_files.items()):
        places = {each.name: stack.place(each.at(path)) for each in file.body.attributes}
        yield _Variables(path, values_in(values, file), places)


def _values_of(
    root: Scope, roots: tuple[Scope, ...], files: Iterable[_Variables]
) -> tuple[list[_Variables], list[_Variables]]:
    """Split variable files into those that Terraform loads by itself, and those that a command names."""
    automatic, named = [], []
    for file in files:
        folder = posixpath.dirname(file.path)
        if file.is_automatic and folder == root.module.folder:
            automatic.append(file)
        elif _owner(file, roots) is root:
            named.append(file)
    return automatic, named


def _owner(file: _Variables, roots: tuple[Scope, ...]) -> Scope | None:
    """The root module whose variables a file sets: the one with the most of them, then the nearest."""

    def match(root: Scope) -> tuple[int, bool, int]:
        shared = len(file.values.keys() & root.module.variables.keys())
        folder = root.module.folder
        return shared, is_below(file.path, folder), len(folder)

    best = max(roots, key=match, default=None)
    return best if best is not None and match(best)[0] else None


def _merged(*files: _Variables) -> tuple[dict[str, Value], dict[str, Location]]:
    values: dict[str, Value] = {}
    places: dict[str, Location] = {}
    for file in files:
        values |= file.values
        places |= file.places
    return values, places


def _runs_of_folder(
    root: Scope, name: str, automatic: list[_Variables], named: list[_Variables]
) -> Iterator[Run]:
    for file in named or [_Variables("", {}, {})]:
        values, places = _merged(*automatic, file)
        for variable in environment_variables(root.module):
            if root.module.variables[variable].value("default") is None:
                values.setdefault(variable, name)
        yield Run(root, values, places, name)


def _runs(
    root: Scope,
    automatic: list[_Variables],
    named: list[_Variables],
    in_code: Mapping[str, Location],
    *,
    has_folders: bool,
) -> Iterator[tuple[str, str, Location | None, Run]]:
    """Yield the name of an environment, the basis of the name, and a run of the root module in it."""
    variables = environment_variables(root.module)
    for file in named:
        values, places = _merged(*automatic, file)
        name, basis, location = _name_in(file, variables)
        if not name and (default := _default_name(root, variables)):
            name = default[0]
        yield name, basis, location, Run(root, values, places, name)
    if named:
        return
    values, places = _merged(*automatic)
    for variable in variables:
        if given := as_environment_name(values.get(variable)):
            yield given, f"var.{variable}", places[variable], Run(root, values, places, given)
            return
    default = _default_name(root, variables)
    names = {} if has_folders else dict(in_code)
    if default:
        names.setdefault(*default)
    for name, location in names.items():
        inputs = {**values, **dict.fromkeys(variables[:1], name)}
        basis = (
            "the default of its variable"
            if default and location == default[1]
            else "compared with in the code"
        )
        yield name, basis, location, Run(root, inputs, places, name)
    if not names:
        yield "", "", None, Run(root, values, places)


def _default_name(root: Scope, variables: Iterable[str]) -> tuple[str, Location] | None:
    """The default of the variable that tells environments apart."""
    for name in variables:
        declared = root.module.variables[name]
        default = declared.value("default")
        found = as_environment_name(getattr(default, "value", None))
        if found and default is not None:
            return found, declared.at(default)
    return None


def _name_in(file: _Variables, variables: Iterable[str]) -> tuple[str, str, Location | None]:
    """The environment of a variable file, its basis and its place, from a variable or else the path."""
    for variable in variables:
        if name := as_environment_name(file.values.get(variable)):
            return name, f"var.{variable}", file.places[variable]
    parts = _PARTS.split(_stem(file.path).lower())
    for part in reversed(parts):
        words = [part, *part.split("-")]
        name = next((word for word in words if KNOWN_NAMES.fullmatch(word)), "")
        if name and as_environment_name(name):
            return as_environment_name(name), "the name of the file", Location(written_path(file.path))
    stem = posixpath.basename(_stem(file.path))
    is_region = any(region in stem for region in REGIONS)
    is_general = stem in {"terraform", "common", "default", "defaults", "variables", "secrets", "example"}
    name = "" if is_region or is_general else as_environment_name(stem)
    return name, "the name of the file", Location(written_path(file.path))


def _stem(path: str) -> str:
    return written_path(path).removesuffix(".json").removesuffix(".tfvars")
