"""The AWS calls of a Python package, found by following each client.

A client is followed through names, attributes and items that hold only that client, through functions that return a
client (also if they take the name of the service), and through the arguments of functions that the package itself
calls. Code that the handler and the modules that it imports cannot reach is left out. A client is followed only where
that is certain: a value that may also be something else is unknown.

No library does this. astroid infers one possible value of a name, from the packages that happen to be installed, and
takes seconds for some kilobytes of hostile code; beniget and astroid fail with a RecursionError on deep code;
`symtable` knows which scope a name belongs to, but not which value is assigned to it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ticketgen.rules.python_scopes import (
    Called,
    Client,
    Item,
    Member,
    PythonExpression,
    PythonModule,
    PythonName,
    PythonScope,
    PythonString,
)
from ticketgen.rules.step_limit import StepLimit

__all__ = ["AwsCall", "aws_calls", "module_name"]

_MAX_ROUNDS = 50
"""Limit of passes over the code; a longer chain of functions is not followed to its end."""

_MAX_FUNCTIONS = 20
"""Limit of functions that one parameter may hold; a parameter that may hold more is not followed."""
_MAX_STEPS = 1_000_000
"""Limit of assignments, calls, returns and scopes that are visited, over all passes."""

_ScopeKey = tuple[str, str]
"""A scope: the name of the module, and the name of the scope."""
_Holder = tuple[str, str, str]
"""Module, scope and name of a possible holder of a client. An attribute's scope is "."; an item's name ends in []."""


@dataclass(frozen=True, slots=True)
class AwsCall:
    """A call on a client or resource, such as ``client.get_item(…)``.

    Attributes:
        module: the module that contains the call.
        service, method: the names in boto3.
        steps: the keys of all one-entry dictionaries in reachable code: the possible steps of a transaction.
    """

    module: str
    service: str
    method: str
    line: int
    steps: frozenset[str] = frozenset()


def module_name(file: str) -> str:
    """The import name of a file in a package: ``lib.dynamo`` for ``lib/dynamo.py``."""
    return posixpath.normpath(file).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def aws_calls(
    modules: Mapping[str, PythonModule], handler: str, steps: StepLimit | None = None
) -> tuple[AwsCall, ...]:
    """The AWS calls of a package.

    Args:
        modules: the modules by name.
        handler: ``module.function``, as in Lambda; if there is no such function, all code counts as reachable.
        steps: the limit of steps; a million if None.

    Raises:
        StepLimitReached: the search takes more steps.
    """
    flow = _Flow(modules, handler, steps or StepLimit(_MAX_STEPS))
    return tuple(flow.calls())


class _Flow:
    def __init__(self, modules: Mapping[str, PythonModule], handler: str, steps: StepLimit) -> None:
        self.modules = modules
        self._spend = steps.spend
        self.services: dict[_Holder, str] = {}
        self.returned_services: dict[_ScopeKey, str] = {}
        self.texts: dict[_Holder, set[str]] = {}
        self.functions: dict[_Holder, set[_ScopeKey]] = {}
        self.not_followed: set[_Holder] = set()
        self._methods: dict[str, list[_ScopeKey]] = {}
        for module, each in modules.items():
            for name in each.scopes:
                if self._is_method(module, name):
                    self._methods.setdefault(name.rpartition(".")[2], []).append((module, name))
        self._entered_modules: set[str] = set()
        self.reachable = self._reachable_scopes(handler)
        # First follow every holder. Then repeat without the holders that also hold something else.
        before = -1
        while before < len(self.not_followed):
            before = len(self.not_followed)
            self.services, self.returned_services = {}, {}
            self._follow()
            self.not_followed |= self._ambiguous_holders()

    def calls(self) -> Iterator[AwsCall]:
        scopes = [(module, self.modules[module].scopes[name]) for module, name in self.reachable]
        steps = frozenset(step for module, scope in scopes for step in self._steps(module, scope))
        for module, scope in scopes:
            for member, line in scope.members:
                service = self._service(member.of, module, scope)
                if service:
                    yield AwsCall(module, service, member.name, line, steps)
            lines = {id(member): line for member, line in scope.members}
            for called in scope.called:
                callee, first = called.callee, (*called.arguments, None)[0]
                if (
                    isinstance(callee, Member)
                    and callee.name == "get_paginator"
                    and isinstance(first, PythonString)
                ):
                    service = self._service(callee.of, module, scope)
                    if service and id(callee) in lines:
                        yield AwsCall(module, service, first.value, lines[id(callee)], steps)

    def _steps(self, module: str, scope: PythonScope) -> Iterator[str]:
        for key in scope.steps:
            if isinstance(key, PythonString):
                yield key.value
            elif isinstance(key, PythonName):
                yield from self.texts.get((module, scope.name, key.name), ())

    # Which code can run

    def _reachable_scopes(self, handler: str) -> tuple[_ScopeKey, ...]:
        all_scopes = tuple((name, scope) for name, each in self.modules.items() for scope in each.scopes)
        module, _, function = handler.rpartition(".")
        module = module.replace("/", ".")
        if module not in self.modules or function not in self.modules[module].scopes:
            return all_scopes
        found: set[_ScopeKey] = set()
        waiting = [(module, ""), (module, function)]
        while waiting:
            key = waiting.pop()
            if key not in found:
                found.add(key)
                successors = tuple(self._successors(*key))
                self._spend(1 + len(successors))
                waiting += successors
        return tuple(key for key in all_scopes if key in found)

    def _successors(self, module: str, name: str) -> Iterator[_ScopeKey]:
        """The scopes that code in a scope may run, also by imports and special methods."""
        own = self.modules[module]
        scope = own.scopes[name]
        if not name:
            for imported, part in own.imports.values():
                yield from ((each, "") for each in (imported, f"{imported}.{part}") if each in self.modules)
        if module not in self._entered_modules and (not name or name in own.classes):
            self._entered_modules.add(module)
            yield from ((module, each) for each in own.classes)
            yield from (
                (module, each) for each in own.scopes if each.endswith("__") and self._is_method(module, each)
            )
        for mentioned in scope.mentioned:
            yield from self._functions(PythonName(mentioned), module, scope)
        for member, _ in scope.members:
            functions = self._functions(member, module, scope)
            yield from functions
            if not functions:  # a method of an unknown object, perhaps an instance of a class of the package
                yield from self._methods.pop(member.name, ())  # they are needed only once

    # Which name holds which client

    def _follow(self) -> None:
        for _ in range(_MAX_ROUNDS):
            before = self._fact_count()
            for module, name in self.reachable:
                scope = self.modules[module].scopes[name]
                self._spend(1 + len(scope.assigned) + len(scope.called) + len(scope.returned))
                for target, value in scope.assigned:
                    self._record(
                        self._target_holder(target, module, scope), self._service(value, module, scope)
                    )
                for called in scope.called:
                    self._pass_arguments(called, module, scope)
                service = self._returned_service(module, scope)
                if service:
                    self.returned_services[module, name] = service
            if self._fact_count() == before:
                return

    def _fact_count(self) -> int:
        return len(self.services) + len(self.returned_services) + sum(map(len, self.functions.values()))

    def _record(self, holder: _Holder | None, service: str | None) -> None:
        if holder is None or service is None or holder in self.not_followed:
            return
        if self.services.setdefault(holder, service) != service:
            self.not_followed.add(holder)

    def _pass_arguments(self, called: Called, module: str, scope: PythonScope) -> None:
        """Pass the arguments of a call to the callee's parameters, or a class's fields."""
        for key in self._functions(called.callee, module, scope):
            self._spend(len(called.arguments) + len(called.named))
            function = self.modules[key[0]].scopes[key[1]]
            of = (key[0], ".") if key[1] in self.modules[key[0]].classes else key
            parameters = function.parameters[1 if self._is_method(*key) else 0 : function.positional]
            for parameter, value in (*zip(parameters, called.arguments, strict=False), *called.named.items()):
                if parameter not in function.parameter_set:
                    continue
                holder = (*of, parameter)
                self._record(holder, self._service(value, module, scope))
                if isinstance(value, PythonString):
                    self.texts.setdefault(holder, set()).add(value.value)
                elif isinstance(value, PythonName | Member):
                    functions = self.functions.setdefault(holder, set())
                    if len(functions) <= _MAX_FUNCTIONS:
                        functions |= self._functions(value, module, scope)

    def _is_method(self, module: str, name: str) -> bool:
        return name.rpartition(".")[0] in self.modules[module].classes

    def _ambiguous_holders(self) -> set[_Holder]:
        """Holders of a client that are also assigned another value or an unknown value.

        None counts as another value if the same scope also assigns a client: the value then depends on a condition.
        """
        clients: set[tuple[_Holder, _ScopeKey]] = set()
        nothing: set[tuple[_Holder, _ScopeKey]] = set()
        found = set()
        for module, name in self.reachable:
            scope = self.modules[module].scopes[name]
            self._spend(1 + len(scope.assigned))
            for target, value in scope.assigned:
                holder = self._target_holder(target, module, scope)
                if holder is None or holder not in self.services:
                    continue
                if self._service(value, module, scope):
                    clients.add((holder, (module, name)))
                elif value == PythonString(""):
                    nothing.add((holder, (module, name)))
                else:
                    found.add(holder)
        return found | {holder for holder, _ in clients & nothing}

    def _target_holder(self, target: PythonExpression, module: str, scope: PythonScope) -> _Holder | None:
        """The holder that an assignment sets."""
        match target:
            case PythonName(name):
                return module, "" if name in scope.global_names else scope.name, name
            case Member(_, name):
                return module, ".", name
            case Item(of):
                holder = self._source_holder(of, module, scope)
                return (*holder[:2], f"{holder[2]}[]") if holder else None
        return None

    def _source_holder(
        self, source: PythonExpression | None, module: str, scope: PythonScope
    ) -> _Holder | None:
        """The holder that a value is read from."""
        match source:
            case PythonName(name):
                enclosing: PythonScope | None = scope
                while enclosing is not None:
                    self._spend()
                    if name in enclosing.parameter_set or self._assigns(enclosing, name):
                        return module, enclosing.name, name
                    enclosing = (
                        self.modules[module].scopes.get(enclosing.outer)
                        if enclosing.outer is not None
                        else None
                    )
                imported = self.modules[module].imports.get(name)
                return (imported[0], "", imported[1]) if imported else (module, "", name)
            case Member(PythonName(alias), name) if (other := self._sibling(alias, module)) is not None:
                return other, "", name
            case Member(_, name):
                return module, ".", name
            case Item(of):
                holder = self._source_holder(of, module, scope)
                return (*holder[:2], f"{holder[2]}[]") if holder else None
        return None

    def _assigns(self, scope: PythonScope, name: str) -> bool:
        return name not in scope.global_names and name in scope.assigned_names

    def _sibling(self, alias: str, module: str) -> str | None:
        """The module of the package that a name refers to, if any."""
        imported, part = self.modules[module].imports.get(alias, ("", ""))
        whole = f"{imported}.{part}" if imported and part else imported or part
        return whole if whole in self.modules else None

    def _functions(self, callee: PythonName | Member, module: str, scope: PythonScope) -> set[_ScopeKey]:
        """The functions of the package that a call may run; for a class, the constructor."""
        match callee:
            case PythonName(name):
                enclosing: PythonScope | None = scope
                while enclosing is not None:
                    self._spend()
                    inner = f"{enclosing.name}.{name}" if enclosing.name else name
                    if inner in self.modules[module].scopes:
                        return self._function_or_constructor(module, inner)
                    if name in enclosing.parameter_set:
                        held = self.functions.get((module, enclosing.name, name), set())
                        return held if len(held) <= _MAX_FUNCTIONS else set()
                    enclosing = (
                        self.modules[module].scopes.get(enclosing.outer)
                        if enclosing.outer is not None
                        else None
                    )
                imported, part = self.modules[module].imports.get(name, ("", ""))
                return (
                    self._function_or_constructor(imported, part)
                    if imported in self.modules and part
                    else set()
                )
            case Member(PythonName("self" | "cls"), name):
                method = f"{scope.name.rpartition('.')[0]}.{name}"
                return {(module, method)} if method in self.modules[module].scopes else set()
            case Member(PythonName(alias), name) if (other := self._sibling(alias, module)) is not None:
                return self._function_or_constructor(other, name)
        return set()

    def _function_or_constructor(self, module: str, name: str) -> set[_ScopeKey]:
        scopes = self.modules[module].scopes
        constructor = f"{name}.__init__"
        return {
            (module, each) for each in (constructor if constructor in scopes else name,) if each in scopes
        }

    # Which value is a client

    def _service(self, source: PythonExpression | None, module: str, scope: PythonScope) -> str | None:
        """The service if a value is a client; None for anything else."""
        match source:
            case Client(PythonString(service)):
                return service
            case Called(callee):
                functions = self._functions(callee, module, scope)
                self._spend(len(functions))
                services = {
                    self._service_by_name(source, key) or self.returned_services.get(key) for key in functions
                }
                return services.pop() if len(services) == 1 else None
            case PythonName() | Member() | Item():
                holder = self._source_holder(source, module, scope)
                return self.services.get(holder) if holder else None
        return None

    def _returned_service(self, module: str, scope: PythonScope) -> str | None:
        """The service of the clients that a function returns, if there is only one."""
        services = {self._service(value, module, scope) for value in scope.returned}
        return services.pop() if len(services) == 1 else None

    def _service_by_name(self, called: Called, key: _ScopeKey) -> str | None:
        """The service of ``client("sqs")`` if ``client`` passes the name to boto3."""
        function = self.modules[key[0]].scopes[key[1]]
        match function.returned:
            case [Client(PythonName(parameter))]:
                return self._service_argument(parameter, function, called, method=self._is_method(*key))
        return None

    def _service_argument(
        self, parameter: str, function: PythonScope, called: Called, *, method: bool
    ) -> str | None:
        """The service name that a call passes for a parameter."""
        parameters = function.parameters[1 if method else 0 : function.positional]
        given = {**dict(zip(parameters, called.arguments, strict=False)), **called.named}.get(parameter)
        return given.value or None if isinstance(given, PythonString) else None
