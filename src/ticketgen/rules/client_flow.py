"""The AWS calls of a Python package, found by following each client to the calls on it.

A client is followed through names, attributes and items that hold nothing but that client, through functions that
return one (also functions that take the service by name), and through the arguments of functions that the package
itself calls. Code that the handler and the modules that it imports cannot reach is left out. A client is followed only
where that is certain: what may also be something else is unknown.

No library does this. astroid infers one possible value of a name, from the packages that happen to be installed, and
takes seconds for some kilobytes of hostile code; beniget and astroid end with a RecursionError on deep code; `symtable`
knows which scope a name belongs to, but not what is assigned to it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ticketgen.rules.python_scopes import Called, Client, Item, Member, Module, Name, Scope, Source, Text
from ticketgen.rules.step_limit import StepLimit

__all__ = ["AwsCall", "aws_calls", "module_name"]

_MAX_ROUNDS = 50
"""Limit of passes over the code; a longer chain of functions is not followed to its end."""

_MAX_FUNCTIONS = 20
"""Limit of functions that one parameter may hold; one that may hold more is not followed."""
_MAX_STEPS = 1_000_000
"""Limit of assignments, calls, returns and scopes that are looked at, over all passes."""

_Place = tuple[str, str]
"""A scope: the name of its module, and its own name."""
_Holder = tuple[str, str, str]
"""Module, scope and name of a possible holder of a client. An attribute's scope is "."; an item's name ends in []."""


@dataclass(frozen=True, slots=True)
class AwsCall:
    """A call such as ``client.get_item(…)`` on a client or resource, in boto3's names.

    Attributes:
        module: the module that contains it.
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
    modules: Mapping[str, Module], handler: str, steps: StepLimit | None = None
) -> tuple[AwsCall, ...]:
    """The AWS calls of a package.

    Args:
        modules: the modules by name.
        handler: ``module.function``, as in Lambda; if there is no such function, all code counts as reachable.
        steps: those that this may take; a million if None.

    Raises:
        Enough: that would take more steps.
    """
    flow = _Flow(modules, handler, steps or StepLimit(_MAX_STEPS))
    return tuple(flow.calls())


class _Flow:
    def __init__(self, modules: Mapping[str, Module], handler: str, steps: StepLimit) -> None:
        self.modules = modules
        self._spend = steps.spend
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
        self._opened: set[str] = set()
        self.reached = self._reached(handler)
        # First follow every holder. Then start again without the holders that also hold something else.
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
            lines = {id(member): line for member, line in scope.members}
            for called in scope.called:
                callee, first = called.callee, (*called.arguments, None)[0]
                if isinstance(callee, Member) and callee.name == "get_paginator" and isinstance(first, Text):
                    service = self._service(callee.of, module, scope)
                    if service and id(callee) in lines:
                        yield AwsCall(module, service, first.value, lines[id(callee)], steps)

    def _steps(self, module: str, scope: Scope) -> Iterator[str]:
        for key in scope.steps:
            if isinstance(key, Text):
                yield key.value
            elif isinstance(key, Name):
                yield from self.texts.get((module, scope.name, key.name), ())

    # Which code can run

    def _reached(self, handler: str) -> tuple[_Place, ...]:
        every = tuple((name, scope) for name, each in self.modules.items() for scope in each.scopes)
        module, _, function = handler.rpartition(".")
        module = module.replace("/", ".")
        if module not in self.modules or function not in self.modules[module].scopes:
            return every
        found: set[_Place] = set()
        waiting = [(module, ""), (module, function)]
        while waiting:
            place = waiting.pop()
            if place not in found:
                found.add(place)
                following = tuple(self._next(*place))
                self._spend(1 + len(following))
                waiting += following
        return tuple(place for place in every if place in found)

    def _next(self, module: str, name: str) -> Iterator[_Place]:
        """The scopes that a scope may lead to: by imports, by names, and by methods that Python calls itself."""
        own = self.modules[module]
        scope = own.scopes[name]
        if not name:
            for imported, part in own.imports.values():
                yield from ((each, "") for each in (imported, f"{imported}.{part}") if each in self.modules)
        if module not in self._opened and (not name or name in own.classes):
            self._opened.add(module)
            yield from ((module, each) for each in own.classes)
            yield from (
                (module, each) for each in own.scopes if each.endswith("__") and self._is_method(module, each)
            )
        for mentioned in scope.mentioned:
            yield from self._functions(Name(mentioned), module, scope)
        for member, _ in scope.members:
            places = self._functions(member, module, scope)
            yield from places
            if not places:  # a method of an unknown object, perhaps an instance of a class of the package
                yield from self._methods.pop(member.name, ())  # once is enough

    # Which name holds which client

    def _follow(self) -> None:
        for _ in range(_MAX_ROUNDS):
            before = self._known()
            for module, name in self.reached:
                scope = self.modules[module].scopes[name]
                self._spend(1 + len(scope.assigned) + len(scope.called) + len(scope.returned))
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
        """Pass the arguments of a call to the parameters of the callee; for a class, to its fields."""
        for place in self._functions(called.callee, module, scope):
            self._spend(len(called.arguments) + len(called.named))
            function = self.modules[place[0]].scopes[place[1]]
            of = (place[0], ".") if place[1] in self.modules[place[0]].classes else place
            taken = function.parameters[1 if self._is_method(*place) else 0 : function.positional]
            for parameter, value in (*zip(taken, called.arguments, strict=False), *called.named.items()):
                if parameter not in function.taken:
                    continue
                holder = (*of, parameter)
                self._hold(holder, self._service(value, module, scope))
                if isinstance(value, Text):
                    self.texts.setdefault(holder, set()).add(value.value)
                elif isinstance(value, Name | Member):
                    functions = self.functions.setdefault(holder, set())
                    if len(functions) <= _MAX_FUNCTIONS:
                        functions |= self._functions(value, module, scope)

    def _is_method(self, module: str, name: str) -> bool:
        return name.rpartition(".")[0] in self.modules[module].classes

    def _also_something_else(self) -> set[_Holder]:
        """Holders of a client that are also assigned some other or unknown value.

        None counts as another value if the same code also assigns a client: which one it is depends on a condition.
        """
        clients: set[tuple[_Holder, _Place]] = set()
        nothing: set[tuple[_Holder, _Place]] = set()
        found = set()
        for module, name in self.reached:
            scope = self.modules[module].scopes[name]
            self._spend(1 + len(scope.assigned))
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
        """The holder that an assignment sets."""
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
        """The holder that a value is read from."""
        match source:
            case Name(name):
                around: Scope | None = scope
                while around is not None:
                    self._spend()
                    if name in around.taken or self._assigns(around, name):
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
        return name not in scope.shared and name in scope.own

    def _sibling(self, alias: str, module: str) -> str | None:
        """The module of the package that a name refers to."""
        imported, part = self.modules[module].imports.get(alias, ("", ""))
        whole = f"{imported}.{part}" if imported and part else imported or part
        return whole if whole in self.modules else None

    def _functions(self, callee: Name | Member, module: str, scope: Scope) -> set[_Place]:
        """The functions of the package that a call may reach; for a class, its constructor."""
        match callee:
            case Name(name):
                around: Scope | None = scope
                while around is not None:
                    self._spend()
                    inner = f"{around.name}.{name}" if around.name else name
                    if inner in self.modules[module].scopes:
                        return self._made(module, inner)
                    if name in around.taken:
                        held = self.functions.get((module, around.name, name), set())
                        return held if len(held) <= _MAX_FUNCTIONS else set()
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

    # Which value is a client

    def _service(self, source: Source | None, module: str, scope: Scope) -> str | None:
        """The service if a value is a client; None for anything else."""
        match source:
            case Client(Text(service)):
                return service
            case Called(callee):
                places = self._functions(callee, module, scope)
                self._spend(len(places))
                services = {self._made_for(source, place) or self.given.get(place) for place in places}
                return services.pop() if len(services) == 1 else None
            case Name() | Member() | Item():
                holder = self._where(source, module, scope)
                return self.held.get(holder) if holder else None
        return None

    def _gives(self, module: str, scope: Scope) -> str | None:
        """The service if every return value of a function is a client of that service."""
        services = {self._service(value, module, scope) for value in scope.returned}
        return services.pop() if len(services) == 1 else None

    def _made_for(self, called: Called, place: _Place) -> str | None:
        """The service of ``client("sqs")`` if ``client`` passes the name to boto3."""
        function = self.modules[place[0]].scopes[place[1]]
        match function.returned:
            case [Client(Name(parameter))]:
                return self._asked(parameter, function, called, method=self._is_method(*place))
        return None

    def _asked(self, parameter: str, function: Scope, called: Called, *, method: bool) -> str | None:
        """The service name that a call passes as a parameter."""
        taken = function.parameters[1 if method else 0 : function.positional]
        given = {**dict(zip(taken, called.arguments, strict=False)), **called.named}.get(parameter)
        return given.value or None if isinstance(given, Text) else None
