"""Which AWS services a package of Python calls: its clients, followed to where something is called on them.

A client is followed through names, attributes and items that hold nothing else, through functions that return one,
also one that is given the service by name, and through the arguments of functions that the package itself calls. What
no way leads to from the handler and the modules that it imports is not called.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ticketgen.rules.python_scopes import Called, Client, Item, Member, Module, Name, Scope, Source, Text

__all__ = ["AwsCall", "aws_calls", "module_name"]

_MOST_ROUNDS = 50
"""A way through more functions than that is not followed to its end."""

_Place = tuple[str, str]
"""A scope: the module's name, and its own."""
_Holder = tuple[str, str, str]
"""Module, scope and name of what may hold a client; of an attribute, the scope is ".", and an item's name has []."""


@dataclass(frozen=True, slots=True)
class AwsCall:
    """``client.get_item(…)`` on a client or resource of a service: as boto3 names them.

    Attributes:
        module: where it stands.
        steps: the keys of the dictionaries with one entry in code that is reached, for what takes such steps.
    """

    module: str
    service: str
    method: str
    line: int
    steps: frozenset[str] = frozenset()


def module_name(file: str) -> str:
    """What a file of a package is imported as: ``lib/dynamo.py`` as ``lib.dynamo``."""
    return posixpath.normpath(file).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def aws_calls(modules: Mapping[str, Module], handler: str) -> tuple[AwsCall, ...]:
    """What a package calls.

    Args:
        modules: by their names.
        handler: as Lambda has it, ``module.function``; where there is no such function, all code is taken to run.
    """
    flow = _Flow(modules, handler)
    return tuple(flow.calls())


class _Flow:
    def __init__(self, modules: Mapping[str, Module], handler: str) -> None:
        self.modules = modules
        self.held: dict[_Holder, str] = {}
        self.given: dict[_Place, str] = {}
        self.texts: dict[_Holder, set[str]] = {}
        self.functions: dict[_Holder, set[_Place]] = {}
        self.not_followed: set[_Holder] = set()
        self._methods: dict[str, list[_Place]] = {}
        for module, each in modules.items():
            for name in each.scopes:
                if self._is_method(module, name):
                    self._methods.setdefault(name.rpartition(".")[2], []).append((module, name))
        self.reached = self._reached(handler)
        # What is held is followed first; whatever also holds something else is not followed, from the beginning.
        before = -1
        while before < len(self.not_followed):
            before = len(self.not_followed)
            self.held, self.given = {}, {}
            self._follow()
            self.not_followed |= self._also_something_else()

    def calls(self) -> Iterator[AwsCall]:
        scopes = [(module, self.modules[module].scopes[name]) for module, name in self.reached]
        steps = frozenset(step for module, scope in scopes for step in self._steps(module, scope))
        for module, scope in scopes:
            for member, line in scope.members:
                service = self._service(member.of, module, scope)
                if service:
                    yield AwsCall(module, service, member.name, line, steps)
            for called in scope.called:
                callee, first = called.callee, (*called.arguments, None)[0]
                if isinstance(callee, Member) and callee.name == "get_paginator" and isinstance(first, Text):
                    service = self._service(callee.of, module, scope)
                    lines = [line for member, line in scope.members if member == callee]
                    if service and lines:
                        yield AwsCall(module, service, first.value, lines[0], steps)

    def _steps(self, module: str, scope: Scope) -> Iterator[str]:
        for key in scope.steps:
            if isinstance(key, Text):
                yield key.value
            elif isinstance(key, Name):
                yield from self.texts.get((module, scope.name, key.name), ())

    # What runs

    def _reached(self, handler: str) -> tuple[_Place, ...]:
        every = tuple((name, scope) for name, each in self.modules.items() for scope in each.scopes)
        module, _, function = handler.rpartition(".")
        module = module.replace("/", ".")
        if (module, function) not in every:
            return every
        found: set[_Place] = set()
        waiting = [(module, ""), (module, function)]
        while waiting:
            place = waiting.pop()
            if place not in found:
                found.add(place)
                waiting += self._next(*place)
        return tuple(place for place in every if place in found)

    def _next(self, module: str, name: str) -> Iterator[_Place]:
        """The scopes that one may lead to: what it imports, what it names, and what Python calls by itself."""
        own = self.modules[module]
        scope = own.scopes[name]
        if not name:
            for imported, part in own.imports.values():
                yield from ((each, "") for each in (imported, f"{imported}.{part}") if each in self.modules)
        if not name or name in own.classes:
            yield from ((module, each) for each in own.classes)
            yield from (
                (module, each) for each in own.scopes if each.endswith("__") and self._is_method(module, each)
            )
        for mentioned in scope.mentioned:
            yield from self._functions(Name(mentioned), module, scope)
        for member, _ in scope.members:
            places = self._functions(member, module, scope)
            yield from places
            if not places:  # of something that is not known, so perhaps of what a class of the package made
                yield from self._methods.get(member.name, ())

    # What holds what

    def _follow(self) -> None:
        for _ in range(_MOST_ROUNDS):
            before = self._known()
            for module, name in self.reached:
                scope = self.modules[module].scopes[name]
                for target, value in scope.assigned:
                    self._hold(self._holder(target, module, scope), self._service(value, module, scope))
                for called in scope.called:
                    self._hand_over(called, module, scope)
                gives = self._gives(module, scope)
                if gives:
                    self.given[module, name] = gives
            if self._known() == before:
                return

    def _known(self) -> int:
        return len(self.held) + len(self.given) + sum(map(len, self.functions.values()))

    def _hold(self, holder: _Holder | None, service: str | None) -> None:
        if holder is None or service is None or holder in self.not_followed:
            return
        if self.held.setdefault(holder, service) != service:
            self.not_followed.add(holder)

    def _hand_over(self, called: Called, module: str, scope: Scope) -> None:
        """The arguments of a call become the parameters of what it calls; of a class, its fields."""
        for place in self._functions(called.callee, module, scope):
            function = self.modules[place[0]].scopes[place[1]]
            of = (place[0], ".") if place[1] in self.modules[place[0]].classes else place
            taken = function.parameters[1 if self._is_method(*place) else 0 : function.positional]
            for parameter, value in (*zip(taken, called.arguments, strict=False), *called.named.items()):
                if parameter not in function.parameters:
                    continue
                holder = (*of, parameter)
                self._hold(holder, self._service(value, module, scope))
                if isinstance(value, Text):
                    self.texts.setdefault(holder, set()).add(value.value)
                elif isinstance(value, Name | Member):
                    self.functions.setdefault(holder, set()).update(self._functions(value, module, scope))

    def _is_method(self, module: str, name: str) -> bool:
        return name.rpartition(".")[0] in self.modules[module].classes

    def _also_something_else(self) -> set[_Holder]:
        """Whatever holds a client, and is given what is none, or nobody knows.

        None is something else where the same code gives it a client too, for that then depends on something.
        """
        clients: set[tuple[_Holder, _Place]] = set()
        nothing: set[tuple[_Holder, _Place]] = set()
        found = set()
        for module, name in self.reached:
            scope = self.modules[module].scopes[name]
            for target, value in scope.assigned:
                holder = self._holder(target, module, scope)
                if holder is None or holder not in self.held:
                    continue
                if self._service(value, module, scope):
                    clients.add((holder, (module, name)))
                elif value == Text(""):
                    nothing.add((holder, (module, name)))
                else:
                    found.add(holder)
        return found | {holder for holder, _ in clients & nothing}

    def _holder(self, target: Source, module: str, scope: Scope) -> _Holder | None:
        """What an assignment gives a value to."""
        match target:
            case Name(name):
                return module, "" if name in scope.shared else scope.name, name
            case Member(_, name):
                return module, ".", name
            case Item(of):
                holder = self._where(of, module, scope)
                return (*holder[:2], f"{holder[2]}[]") if holder else None
        return None

    def _where(self, source: Source | None, module: str, scope: Scope) -> _Holder | None:
        """What a value is read from."""
        match source:
            case Name(name):
                around: Scope | None = scope
                while around is not None:
                    if name in around.parameters or self._assigns(around, name):
                        return module, around.name, name
                    around = (
                        self.modules[module].scopes.get(around.outer) if around.outer is not None else None
                    )
                imported = self.modules[module].imports.get(name)
                return (imported[0], "", imported[1]) if imported else (module, "", name)
            case Member(Name(alias), name) if (other := self._sibling(alias, module)) is not None:
                return other, "", name
            case Member(_, name):
                return module, ".", name
            case Item(of):
                holder = self._where(of, module, scope)
                return (*holder[:2], f"{holder[2]}[]") if holder else None
        return None

    def _assigns(self, scope: Scope, name: str) -> bool:
        return name not in scope.shared and any(target == Name(name) for target, _ in scope.assigned)

    def _sibling(self, alias: str, module: str) -> str | None:
        """The module of the package that a name stands for."""
        imported, part = self.modules[module].imports.get(alias, ("", ""))
        whole = f"{imported}.{part}" if imported and part else imported or part
        return whole if whole in self.modules else None

    def _functions(self, callee: Name | Member, module: str, scope: Scope) -> set[_Place]:
        """The functions of the package that a call may be of; of a class, how it is made."""
        match callee:
            case Name(name):
                around: Scope | None = scope
                while around is not None:
                    inner = f"{around.name}.{name}" if around.name else name
                    if inner in self.modules[module].scopes:
                        return self._made(module, inner)
                    if name in around.parameters:
                        return self.functions.get((module, around.name, name), set())
                    around = (
                        self.modules[module].scopes.get(around.outer) if around.outer is not None else None
                    )
                imported, part = self.modules[module].imports.get(name, ("", ""))
                return self._made(imported, part) if imported in self.modules and part else set()
            case Member(Name("self" | "cls"), name):
                method = f"{scope.name.rpartition('.')[0]}.{name}"
                return {(module, method)} if method in self.modules[module].scopes else set()
            case Member(Name(alias), name) if (other := self._sibling(alias, module)) is not None:
                return self._made(other, name)
        return set()

    def _made(self, module: str, name: str) -> set[_Place]:
        known = self.modules[module]
        made = f"{name}.__init__"
        return {(module, each) for each in (made if made in known.scopes else name,) if each in known.scopes}

    # What is what

    def _service(self, source: Source | None, module: str, scope: Scope) -> str | None:
        """The service whose client a value is; None for anything else."""
        match source:
            case Client(Text(service)):
                return service
            case Called(callee):
                services = {
                    self._made_for(source, place) or self.given.get(place)
                    for place in self._functions(callee, module, scope)
                }
                return services.pop() if len(services) == 1 else None
            case Name() | Member() | Item():
                holder = self._where(source, module, scope)
                return self.held.get(holder) if holder else None
        return None

    def _gives(self, module: str, scope: Scope) -> str | None:
        """The service whose client a function gives back, whichever way it ends."""
        services = {self._service(value, module, scope) for value in scope.returned}
        return services.pop() if len(services) == 1 else None

    def _made_for(self, called: Called, place: _Place) -> str | None:
        """The service of ``client("sqs")``, where ``client`` hands the name on to boto3."""
        function = self.modules[place[0]].scopes[place[1]]
        asked = [value.service for value in function.returned if isinstance(value, Client)]
        if len(asked) != len(function.returned) or len(asked) != 1 or not isinstance(asked[0], Name):
            return None
        return self._asked(asked[0].name, function, called, method=self._is_method(*place))

    def _asked(self, parameter: str, function: Scope, called: Called, *, method: bool) -> str | None:
        """The service that a function is given by name."""
        taken = function.parameters[1 if method else 0 : function.positional]
        given = {**dict(zip(taken, called.arguments, strict=False)), **called.named}.get(parameter)
        return given.value or None if isinstance(given, Text) else None
