"""A directory of Terraform: its modules, and a scope for each module call.

A module that no other module calls is a root module. So are the directory itself and modules with a backend: Terraform
may run in them with the default values, even if another module calls them. A variable of a called module may have a
different value in each call, so a `Scope` is a module together with one call of it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ticketgen.hcl.budget import Budget
from ticketgen.hcl.declarations import Declaration
from ticketgen.hcl.modules import Module, modules, source_folder
from ticketgen.hcl.syntax import Attribute, File
from ticketgen.hcl.values import UNKNOWN_LOOP, Value

__all__ = ["Configuration", "Scope"]

_MAX_FREE_DEPTH = 20
"""Limit of the depth of calls that do not count as repeated: a long chain of calls is as expensive."""
_STEPS_PER_DECLARATION = 10
"""Steps of the budget for each declaration in a scope, because the rules visit every one."""


@dataclass(frozen=True, eq=False)
class Scope:
    """A module together with one call of it; a root module has no call.

    Attributes:
        called_scopes: the scopes of the called modules whose folders were read, by the name of the call.
        bound: ``each`` and ``count`` in the arguments of the call, unknown unless the scope is of one instance.
    """

    module: Module
    caller: Scope | None = None
    call: Declaration | None = None
    called_scopes: dict[str, Scope] = field(default_factory=dict)
    bound: Mapping[str, Value] = field(default_factory=lambda: UNKNOWN_LOOP)

    @property
    def chain(self) -> Iterator[Scope]:
        """This scope and those from which the calls lead to it, the root module's last."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.caller

    @cached_property
    def path(self) -> str:
        """The module path, such as ``module.eu_west_1``; "" for a root module."""
        calls = [scope.call for scope in self.chain if scope.call is not None]
        return ".".join(f"module.{call.name}" for call in reversed(calls))

    @cached_property
    def arguments(self) -> Mapping[str, Attribute]:
        """The arguments of the call by name; of duplicates, the first one."""
        arguments = self.call.block.body.attributes if self.call is not None else ()
        return {each.name: each for each in reversed(arguments)}

    @cached_property
    def root(self) -> Scope:
        """The scope of the root module from which the calls lead to this scope."""
        *_, root = self.chain
        return root

    @property
    def folder_from_root(self) -> str:
        """The folder of the module relative to that of the root module, as ``path.module`` has it."""
        own, start = (
            each.folder.split("/") if each.folder else [] for each in (self.module, self.root.module)
        )
        shared = len(posixpath.commonprefix([own, start]))
        return "/".join([".."] * (len(start) - shared) + own[shared:]) or "."

    def file_at(self, path: str) -> str:
        """A path of an expression, relative to the verified directory; "" if it is not relative.

        Terraform runs in the root module.
        """
        if not path or path.startswith(("/", "~")):
            return ""
        return posixpath.normpath(posixpath.join(self.root.module.folder, path))

    def resources(self, *types: str) -> Iterator[Declaration]:
        """The managed resources of some types, or of all types."""
        for each in self.module.resources:
            if each.address.kind == "resource" and (not types or each.type in types):
                yield each


class Configuration:
    """The modules and texts of a directory.

    Args:
        files: the parsed files.
        texts: every text of the directory, parsed or not, by relative posix path.
        paths: the relative posix paths of all files; None if they are unknown.
        unread: files that could not be parsed and folders that were not read: their declarations are unknown.
        budget: the work that the checks may take.
        exists: whether a file that is not in ``paths`` exists, such as one behind a link; None if it is unknown.
        read: the text of a file that is not in ``texts``, by path; None if it is unknown.
    """

    def __init__(
        self,
        files: Iterable[File],
        texts: Mapping[str, str],
        paths: Iterable[str] | None = None,
        unread: Iterable[str] = (),
        budget: Budget | None = None,
        exists: Callable[[str], bool | None] = lambda path: None,
        read: Callable[[str], str | None] = lambda path: None,
    ) -> None:
        self.budget = budget or Budget()
        self.texts = texts
        self.paths = None if paths is None else frozenset(paths) | frozenset(texts)
        self.unread = frozenset(unread)
        self.exists = exists
        self._read = read
        self.modules = modules(files, self.unread)

    def text_of(self, path: str) -> str | None:
        """The text of a file of the directory, or around it; None if it was not read."""
        known = self.texts.get(path)
        return self._read(path) if known is None else known

    @cached_property
    def called_folders(self) -> frozenset[str | None]:
        """The folders of the modules that other modules call; None if one is not a folder of the directory."""
        return frozenset(
            source_folder(module, call.block)
            for module in self.modules.values()
            for call in module.calls.values()
        )

    @cached_property
    def roots(self) -> tuple[Scope, ...]:
        """The scopes of the root modules. Modules that only call each other have none."""
        return tuple(
            Scope(module)
            for folder, module in self.modules.items()
            if folder not in self.called_folders or self._is_root(folder)
        )

    def _is_root(self, folder: str) -> bool:
        """Whether Terraform may run in a folder, even if another module calls it."""
        return not folder or any(
            terraform.blocks(kind)
            for terraform in self.modules[folder].blocks("terraform")
            for kind in ("backend", "cloud")
        )

    @cached_property
    def scopes(self) -> Mapping[str, tuple[Scope, ...]]:
        """The scopes of each module by its folder, at least one each."""
        found: dict[str, list[Scope]] = {folder: [] for folder in self.modules}
        waiting = list(self.roots)
        reached: set[str] = set()
        count = 0
        while waiting:
            scope = waiting.pop()
            found[scope.module.folder].append(scope)
            for name, call in scope.module.calls.items():
                folder = source_folder(scope.module, call.block)
                module = self.modules.get(folder) if folder is not None else None
                if module is None or any(each.module is module for each in scope.chain):
                    continue
                steps = _STEPS_PER_DECLARATION * (1 + module.size)
                is_first = folder not in reached and len(tuple(scope.chain)) < _MAX_FREE_DEPTH
                if (count >= self.budget.repeated_calls and not is_first) or not self.budget.spend(steps):
                    self.budget.note_shortage(
                        "the module calls multiply: some calls are taken to be like the others"
                    )
                    continue
                count += not is_first
                reached.add(module.folder)
                inner = Scope(module, scope, call)
                scope.called_scopes[name] = inner
                waiting.append(inner)
        return {
            # A module that is called only in a cycle still needs a scope.
            folder: tuple(sorted(scopes, key=lambda scope: scope.path)) or (Scope(self.modules[folder]),)
            for folder, scopes in found.items()
        }

    def all_scopes(self) -> Iterator[Scope]:
        """All scopes of all modules."""
        for scopes in self.scopes.values():
            yield from scopes
