"""Level 3, language: the files for ``terraform test`` that ``terraform validate`` reads.

Terraform reads the tests in the folder of a root module and in its folder ``tests``, and the mock data in the folders
that these tests name. Nothing is reported about the content of other files, or about tests that only OpenTofu reads.
Like Terraform, the checks do not resolve the references in conditions and variables.

Sources: https://github.com/hashicorp/terraform/blob/v1.11.4/internal/configs/parser_config_dir.go,
https://github.com/hashicorp/terraform/blob/v1.11.4/internal/configs/test_file.go and
https://github.com/hashicorp/terraform/blob/v1.11.4/internal/configs/mock_provider.go
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

from ticketgen.findings import Finding, Location
from ticketgen.findings.verification import (
    CONFLICTING_ARGUMENTS,
    DUPLICATE_ADDRESS,
    INVALID_IMPORT,
    MISSING_FILE,
    MISSING_MODULE,
    UNKNOWN_OVERRIDE_TARGET,
)
from ticketgen.guesses import Guesses
from ticketgen.hcl.address import Address
from ticketgen.hcl.configuration import Configuration
from ticketgen.hcl.declarations import provider_address
from ticketgen.hcl.modules import Module, source_folder
from ticketgen.hcl.static_addresses import Endpoint, InvalidAddress, endpoint, static_reference
from ticketgen.hcl.syntax import Block, File, Literal, Reference
from ticketgen.language.testing_blocks import MOCK_FILE, TEST_FILE
from ticketgen.terraform_file_names import NATIVE_TESTS, is_opentofu_file
from ticketgen.verification.block_structure import check_test_structure, requires_later
from ticketgen.verification.language_checks import is_opentofu_module
from ticketgen.verification.tested_providers import NativeRun, check_tested_providers

__all__ = ["check_terraform_tests"]

_TEST_FOLDER: Final = "tests"
"""The default of ``terraform test -test-directory``."""
_OVERRIDES: Final = {"override_resource": "resource", "override_data": "data", "override_module": ""}
"""The kind of object that each block overrides."""
_MOCKS: Final = frozenset({"mock_resource", "mock_data"})


def check_terraform_tests(
    configuration: Configuration, files: Sequence[File], guesses: Guesses
) -> Iterator[Finding]:
    """Yield findings about the tests of all root modules, and about the mock data that they read.

    Args:
        configuration: the directory.
        files: the tests and the files with mock data.
        guesses: finds similar names for the help.
    """
    roots = {scope.module.folder: scope.module for scope in configuration.roots}
    with_unread = {posixpath.dirname(path) for path in configuration.unread if is_opentofu_file(path)}
    folders = _Folders(configuration, files, guesses)
    later: dict[str, bool] = {}
    for file in files:
        module = _tested_module(file.path, roots) if file.path.endswith(NATIVE_TESTS[0]) else None
        if module is None:
            continue
        if module.folder not in later:
            if module.folder in with_unread or is_opentofu_module(module):
                del roots[module.folder]
                continue
            later[module.folder] = requires_later(module)
        is_later = later[module.folder]
        yield from check_test_structure(file, TEST_FILE, module, guesses, later=is_later)
        yield from _TestFile(file, module, folders).check()
        yield from folders.check_mock_data(file, module, later=is_later)


def _tested_module(path: str, roots: Mapping[str, Module]) -> Module | None:
    """The root module that a test belongs to; None if Terraform does not read it."""
    if _is_hidden(path):
        return None
    folder = posixpath.dirname(path)
    above, last = posixpath.split(folder)
    if last == _TEST_FOLDER and above in roots:
        return roots[above]
    return roots.get(folder)


def _is_hidden(path: str) -> bool:
    return posixpath.basename(path).startswith(".")


class _Folders:
    """The folders that tests name, relative to the root module, where Terraform runs."""

    def __init__(self, configuration: Configuration, files: Iterable[File], guesses: Guesses) -> None:
        self.configuration = configuration
        self.guesses = guesses
        self.mock_data: dict[str, list[File]] = {}
        self.checked: set[str] = set()
        self.imports: dict[str, bool] = {}
        for file in files:
            if not file.path.endswith(NATIVE_TESTS[0]) and not _is_hidden(file.path):
                self.mock_data.setdefault(posixpath.dirname(file.path), []).append(file)

    @cached_property
    def known(self) -> frozenset[str]:
        """The folders that are known to exist."""
        found = {""}
        for path in self.configuration.paths or ():
            folder = posixpath.dirname(path)
            while folder not in found:
                found.add(folder)
                folder = posixpath.dirname(folder)
        return frozenset(found)

    def has_imports(self, module: Module) -> bool:
        """Whether a module contains import blocks."""
        if module.folder not in self.imports:
            self.imports[module.folder] = any(module.blocks("import"))
        return self.imports[module.folder]

    def are_missing(self, folder: str) -> bool:
        """Whether a folder is known not to exist."""
        if self.configuration.paths is None or folder in self.known or folder.startswith("/"):
            return False
        if any(part.startswith(".") and part != ".." for part in folder.split("/")):
            return False
        return self.configuration.exists(folder) is False

    def check_mock_data(self, test: File, module: Module, *, later: bool) -> Iterator[Finding]:
        """Check the folders with mock data that a test names, each of them once."""
        for block in test.body.blocks:
            source = block.value("source") if block.type == "mock_provider" else None
            text = source.value if isinstance(source, Literal) else None
            if source is None or not isinstance(text, str) or not text:
                continue
            folder = _normalized(posixpath.join(module.folder, text))
            if self.are_missing(folder):
                message = f"the folder {folder} with mock data does not exist"
                help = "correct the path, which is relative to the root module, or create the folder"
                yield MISSING_FILE.found(message, help, at=source.at(test.path))
            elif folder not in self.checked:
                self.checked.add(folder)
                seen: dict[tuple[str, str], Location] = {}
                for file in self.mock_data.get(folder, ()):
                    yield from check_test_structure(file, MOCK_FILE, module, self.guesses, later=later)
                    yield from _duplicates(file.body.blocks, file.path, seen)


class _TestFile:
    """The checks of one test, beyond those of its structure."""

    def __init__(self, file: File, module: Module, folders: _Folders) -> None:
        self.path = file.path
        self.blocks = file.body.blocks
        self.module = module
        self.folders = folders
        self.modules = folders.configuration.modules

    def check(self) -> Iterator[Finding]:
        yield from _duplicates(self.blocks, self.path, {})
        runs = [block for block in self.blocks if block.type == "run"]
        tested = {self.module.folder: self.module}
        known: list[NativeRun] = []
        unknown = False
        for run in runs:
            yield from _duplicates(run.body.blocks, self.path, {})
            yield from self.plan_options(run)
            own: list[Module] = [self.module]
            for call in run.blocks("module"):
                folder = source_folder(self.module, call)
                if folder is not None and self.folders.are_missing(folder):
                    message = f"the source of the module is the folder {folder}, which does not exist"
                    help = "correct the path, which is relative to the root module, or create the module"
                    yield MISSING_MODULE.found(message, help, at=call.at(self.path))
                module = self.modules.get(folder) if folder is not None else None
                own = [] if module is None else [module]
                if module is not None and self.folders.has_imports(module):
                    message = f"{module.folder} contains an import block, so no test can run it"
                    help = "move the import block to the root module"
                    yield INVALID_IMPORT.found(message, help, at=call.at(self.path))
                unknown = unknown or module is None
            tested |= {each.folder: each for each in own}
            known += (NativeRun(run, each, each is not self.module) for each in own)
            if own:
                yield from self.targets(run.body.blocks, own)
        for block in self.blocks:
            if block.type == "mock_provider":
                yield from _duplicates(block.body.blocks, self.path, {})
                if not unknown:
                    yield from self.targets(block.body.blocks, tested.values())
        if not unknown:
            yield from self.targets(self.blocks, tested.values())
            if all(each.complete for each in tested.values()):
                yield from check_tested_providers(self.path, self.blocks, known)

    def plan_options(self, run: Block) -> Iterator[Finding]:
        for options in run.blocks("plan_options"):
            mode, refresh = options.value("mode"), options.attribute("refresh")
            is_refresh_only = isinstance(mode, Reference) and mode.root == "refresh-only"
            value = refresh.value if refresh is not None else None
            if is_refresh_only and isinstance(value, Literal) and value.value in (False, "false"):
                message = "refresh = false excludes mode = refresh-only"
                assert refresh is not None
                at = refresh.at(self.path)
                yield CONFLICTING_ARGUMENTS.found(message, "remove one of the two", at=at)

    def targets(self, blocks: Iterable[Block], tested: Iterable[Module]) -> Iterator[Finding]:
        """Check that at least one of the tested modules has each target."""
        start = _Reached(tuple(tested), self.modules)
        for block in blocks:
            target = _target(block)
            if target is not None and not start.may_have(target):
                value = block.value("target")
                assert value is not None
                message = f"the override concerns {target}, which does not exist"
                yield UNKNOWN_OVERRIDE_TARGET.found(message, at=value.at(self.path))


class _Reached:
    """The modules that a path of module calls may lead to; everything that is asked for is computed once.

    Args:
        found: the modules; None for one that is unknown.
        folders: the modules of the directory by folder.
    """

    def __init__(self, found: Sequence[Module | None], folders: Mapping[str, Module]) -> None:
        self.found = found
        self.folders = folders
        self.next: dict[str, _Reached] = {}

    @cached_property
    def is_certain(self) -> bool:
        """Whether everything in these modules is known."""
        return all(each is not None and each.complete for each in self.found)

    @cached_property
    def addresses(self) -> frozenset[Address]:
        """What the modules declare."""
        return frozenset().union(*(each.declarations for each in self.found if each is not None))

    def may_have(self, target: Endpoint) -> bool:
        """Whether one of the modules has a target, or may have it."""
        reached = self
        for name in target.modules:
            if not reached.is_certain:
                return True
            if name not in reached.next:
                reached.next[name] = _Reached(list(reached.called(name)), self.folders)
            reached = reached.next[name]
        if not reached.found or not target.kind:
            return bool(reached.found)
        return not reached.is_certain or Address(target.kind, target.type, target.name) in reached.addresses

    def called(self, name: str) -> Iterator[Module | None]:
        """The modules that the calls of one name lead to."""
        for module in self.found:
            call = module.calls.get(name) if module is not None else None
            if module is not None and call is not None:
                folder = source_folder(module, call.block)
                yield self.folders.get(folder) if folder is not None else None


def _target(block: Block) -> Endpoint | None:
    """What a block overrides; None if it is no override, or if its target is invalid."""
    value = block.value("target") if block.type in _OVERRIDES else None
    reference = static_reference(value, quoted=False) if value is not None else None
    try:
        found = endpoint(reference) if reference is not None else None
    except InvalidAddress:
        return None
    return found if found is not None and found.kind == _OVERRIDES[block.type] else None


def _duplicates(
    blocks: Iterable[Block], path: str, seen: dict[tuple[str, str], Location]
) -> Iterator[Finding]:
    """Yield a finding for each block that declares what one before it declares."""
    for block in blocks:
        key = _declared(block)
        if key is None:
            continue
        if key in seen:
            message = f"{' '.join(key)} is already declared at {seen[key]}"
            yield DUPLICATE_ADDRESS.found(message, at=block.at(path), mentions=(seen[key],))
        else:
            seen[key] = block.at(path)


def _declared(block: Block) -> tuple[str, str] | None:
    """What only one block of a body may declare; None if the block may be repeated."""
    if block.type in {"run", "variable", *_MOCKS} and len(block.labels) == 1:
        return block.type, block.labels[0]
    if block.type in {"provider", "mock_provider"} and len(block.labels) == 1:
        return "provider", str(provider_address(block))
    target = _target(block)
    return ("the override of", str(target)) if target is not None else None


def _normalized(path: str) -> str:
    folder = posixpath.normpath(path)
    return "" if folder == "." else folder
