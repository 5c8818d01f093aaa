"""The use of names in a Python module, by scope, for `client_flow`.

A `PythonExpression` is the origin of a value, as far as it is known without running the code; None if it is unknown.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

__all__ = [
    "Called",
    "Client",
    "Item",
    "Member",
    "PythonExpression",
    "PythonModule",
    "PythonName",
    "PythonScope",
    "PythonString",
    "Sources",
    "module_scopes",
]


@dataclass(frozen=True, slots=True)
class Client:
    """``boto3.client(service)``, a client of a session, or a resource."""

    service: PythonExpression | None


@dataclass(frozen=True, slots=True)
class PythonString:
    """A literal string; "" also stands for None, which a name may hold at first."""

    value: str


@dataclass(frozen=True, slots=True)
class PythonName:
    """A bare name."""

    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """``of.name``."""

    of: PythonExpression | None
    name: str


@dataclass(frozen=True, slots=True)
class Item:
    """``of[…]``."""

    of: PythonExpression


@dataclass(frozen=True, slots=True)
class Called:
    """A call. Positional arguments end before the first starred one."""

    callee: PythonName | Member
    arguments: tuple[PythonExpression | None, ...]
    named: Mapping[str, PythonExpression | None]


PythonExpression: TypeAlias = Client | PythonString | PythonName | Member | Item | Called


@dataclass(slots=True)
class PythonScope:
    """The body of a module, class or function, without nested ones.

    Attributes:
        name: "" for the module, else dotted: ``get``, ``Replicas.client``, ``get.retry``.
        outer: the name of the enclosing scope, where names are looked up next; None for the module.
        parameters: the positional parameters, then the keyword-only ones; for a class, the annotated fields.
        positional: the number of positional parameters.
        global_names: the names that are declared global.
        assigned: pairs of target and value; a value of None is unknown.
        returned: every value that may be returned.
        called: every call.
        members: every attribute that is read, with its line; the callee of a call in ``called`` is the same object.
        mentioned: every name that is read.
        steps: the keys of one-entry dictionaries, the form of a transaction's steps.
        assigned_names: the bare names among the targets of ``assigned``.
        parameter_set: the parameters as a set.
    """

    name: str
    outer: str | None
    parameters: tuple[str, ...] = ()
    positional: int = 0
    global_names: set[str] = field(default_factory=set)
    assigned: list[tuple[PythonName | Member | Item, PythonExpression | None]] = field(default_factory=list)
    returned: list[PythonExpression | None] = field(default_factory=list)
    called: list[Called] = field(default_factory=list)
    members: list[tuple[Member, int]] = field(default_factory=list)
    mentioned: set[str] = field(default_factory=set)
    steps: list[PythonExpression | None] = field(default_factory=list)
    assigned_names: set[str] = field(default_factory=set)
    parameter_set: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.parameter_set = frozenset(self.parameters)

    def add_assignment(self, target: PythonName | Member | Item, value: PythonExpression | None) -> None:
        """Add an assignment."""
        self.assigned.append((target, value))
        if isinstance(target, PythonName):
            self.assigned_names.add(target.name)


@dataclass(frozen=True, slots=True)
class PythonModule:
    """One file.

    Attributes:
        scopes: the scopes by name.
        imports: for each imported name, the module and the name in the module; "" for the module itself.
        classes: the names of the scopes that are class bodies.
    """

    scopes: Mapping[str, PythonScope]
    imports: Mapping[str, tuple[str, str]]
    classes: frozenset[str]


_Function = ast.FunctionDef | ast.AsyncFunctionDef
# The node types that matter. Most nodes have other types, and skipping them early saves time.
_RELEVANT = frozenset({
    ast.AnnAssign, ast.Assign, ast.AsyncFor, ast.Attribute, ast.AugAssign, ast.Call, ast.Dict, ast.ExceptHandler,
    ast.For, ast.Global, ast.Import, ast.ImportFrom, ast.Lambda, ast.MatchAs, ast.MatchStar, ast.Name, ast.NamedExpr,
    ast.Return, ast.Yield, ast.YieldFrom, ast.comprehension, ast.withitem,
})  # fmt: skip
# A part of a boto3 resource belongs to the same service.
_PARTS = frozenset({"Bucket", "Queue", "Table", "Topic"})
_SESSIONS = frozenset({("Session",), ("boto3", "Session"), ("boto3", "session", "Session")})

_MAX_DEPTH = 20
"""Limit of the steps in one `PythonExpression`. A longer chain is cut at its beginning."""
_MAX_NAME = 500
"""Limit of characters in the name of a scope. The name of a nested scope contains the names of the enclosing scopes."""


def module_scopes(tree: ast.Module, sources: Sources) -> PythonModule:
    """Read the scopes of a module."""
    reader = _Reader(sources)
    reader.body(tree.body, PythonScope("", None), prefix="")
    return PythonModule(reader.scopes, reader.imports, frozenset(reader.classes))


class _Reader:
    def __init__(self, sources: Sources) -> None:
        self.source = sources.of
        self.scopes: dict[str, PythonScope] = {}
        self.imports: dict[str, tuple[str, str]] = {}
        self.classes: set[str] = set()

    def body(self, body: list[ast.stmt], scope: PythonScope, prefix: str) -> None:
        """Read a body; ``prefix`` is the prefix of the names of nested functions."""
        self.scopes.setdefault(scope.name, scope)
        for node in _own(body):
            if isinstance(node, _Function):
                self.function(node, scope, prefix)
            elif isinstance(node, ast.ClassDef):
                self.classes.add((prefix + node.name)[:_MAX_NAME])
                fields = [each.target for each in node.body if isinstance(each, ast.AnnAssign)]
                names = tuple(field.id for field in fields if isinstance(field, ast.Name))
                own = PythonScope((prefix + node.name)[:_MAX_NAME], scope.name, names, len(names))
                self.body(node.body, own, prefix=f"{own.name}.")
            else:
                self.node(node, scope)

    def function(self, node: _Function, scope: PythonScope, prefix: str) -> None:
        positional = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
        named = [each.arg for each in node.args.kwonlyargs]
        # Methods do not look up names in their class.
        outer = scope.outer if scope.name in self.classes else scope.name
        own = PythonScope((prefix + node.name)[:_MAX_NAME], outer, (*positional, *named), len(positional))
        self.body(node.body, own, prefix=f"{own.name}.")

    def node(self, node: ast.AST, scope: PythonScope) -> None:
        """Read one node without its children."""
        if type(node) not in _RELEVANT:
            return
        match node:
            case ast.Import() | ast.ImportFrom():
                self.add_imports(node)
            case ast.Global():
                scope.global_names.update(node.names)
            case ast.Assign():
                for target in node.targets:
                    self.assign(scope, target, node.value)
            case ast.AnnAssign() | ast.NamedExpr() if node.value is not None:
                self.assign(scope, node.target, node.value)
            case ast.Return():
                scope.returned.append(self.source(node.value) if node.value else PythonString(""))
            case ast.Yield() | ast.YieldFrom():
                scope.returned.append(None)
            case ast.Call():
                called = self.source(node)
                if isinstance(called, Called):
                    scope.called.append(called)
            case ast.Attribute(ctx=ast.Load()):
                member = self.source(node)
                assert isinstance(member, Member)
                scope.members.append((member, node.lineno))
            case ast.Name(ctx=ast.Load()):
                scope.mentioned.add(node.id)
            case ast.For() | ast.AsyncFor() | ast.comprehension():
                self.assign_unknown(scope, node.target)
            case ast.withitem() if node.optional_vars is not None:
                self.assign_unknown(scope, node.optional_vars)
            case ast.AugAssign():
                self.assign_unknown(scope, node.target)
            case ast.Lambda():
                for each in (*node.args.args, *node.args.kwonlyargs):
                    scope.add_assignment(PythonName(each.arg), None)
            case ast.MatchAs() | ast.MatchStar() if node.name:
                scope.add_assignment(PythonName(node.name), None)
            case ast.ExceptHandler() if node.name:
                scope.add_assignment(PythonName(node.name), None)
            case ast.Dict(keys=[ast.Constant() | ast.Name() as key]):
                scope.steps.append(self.source(key))

    def add_imports(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if isinstance(node, ast.Import):
                whole = alias.name if alias.asname else alias.name.partition(".")[0]
                self.imports[alias.asname or whole] = whole, ""
            elif node.module is None:
                self.imports[alias.asname or alias.name] = alias.name, ""
            else:
                self.imports[alias.asname or alias.name] = node.module, alias.name

    def assign(self, scope: PythonScope, target: ast.expr, value: ast.expr) -> None:
        target_source = self.source(target)
        if isinstance(target_source, PythonName | Member | Item):
            scope.add_assignment(target_source, self.source(value))
        else:
            self.assign_unknown(scope, target)

    def assign_unknown(self, scope: PythonScope, target: ast.expr) -> None:
        for node in ast.walk(target):
            if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
                target_source = self.source(node)
                if isinstance(target_source, PythonName | Member):
                    scope.add_assignment(target_source, None)


def _own(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Every node of a body; nested functions and classes without their bodies."""
    waiting: list[ast.AST] = list(reversed(body))
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, _Function):
            inside: list[ast.AST] = [
                *node.decorator_list,
                *node.args.defaults,
                *filter(None, node.args.kw_defaults),
            ]
        elif isinstance(node, ast.ClassDef):
            inside = [*node.decorator_list, *node.bases]
        else:
            inside = list(ast.iter_child_nodes(node))
        waiting.extend(reversed(inside))


class Sources:
    """The origin of each expression's value, computed once.

    Args:
        nodes: every node of a tree, parents before children.
    """

    def __init__(self, nodes: Sequence[ast.AST]) -> None:
        self._nodes = nodes  # keeps them alive, because the keys below are their ids
        self._found: dict[int, tuple[PythonExpression | None, int]] = {}
        for node in reversed(nodes):  # children first, so that `_read` does not recurse
            if type(node) in _WITH_SOURCE:
                self._found[id(node)] = self._read(node)

    def of(self, node: ast.AST | None) -> PythonExpression | None:
        """The origin of an expression's value; None if it is unknown."""
        return self._found.get(id(node), _UNKNOWN)[0]

    def _inner(self, node: ast.AST) -> tuple[PythonExpression | None, int]:
        found, depth = self._found.get(id(node), _UNKNOWN)
        return (found, depth) if depth < _MAX_DEPTH else _UNKNOWN

    def _read(self, node: ast.AST) -> tuple[PythonExpression | None, int]:
        """The origin, and the number of its steps."""
        match node:
            case ast.Constant(value=None):
                return PythonString(""), 1
            case ast.Constant(value=str(text)):
                return PythonString(text), 1
            case ast.Name():
                return PythonName(node.id), 1
            case ast.NamedExpr():
                return self._inner(node.value)
            case ast.Attribute():
                of, depth = self._inner(node.value)
                return Member(of, node.attr), depth + 1
            case ast.Subscript():
                of, depth = self._inner(node.value)
                return (Item(of), depth + 1) if of else _UNKNOWN
            case ast.Call():
                return self._called(node)
        return _UNKNOWN

    def _called(self, node: ast.Call) -> tuple[PythonExpression | None, int]:
        if isinstance(node.func, ast.Attribute):
            if node.func.attr in {"client", "resource"} and _makes_clients(node.func.value):
                named = [keyword.value for keyword in node.keywords if keyword.arg == "service_name"]
                service, depth = self._inner((*node.args, *named)[0]) if node.args or named else _UNKNOWN
                return Client(service), depth + 1
            if node.func.attr in _PARTS:
                return self._inner(node.func.value)
        callee, depth = self._found.get(id(node.func), _UNKNOWN)  # not cut, because the last step is the name
        if not isinstance(callee, PythonName | Member):
            return _UNKNOWN
        if depth >= _MAX_DEPTH:
            return _UNKNOWN
        starred = [index for index, each in enumerate(node.args) if isinstance(each, ast.Starred)]
        arguments = [self._inner(each) for each in node.args[: starred[0] if starred else None]]
        named_arguments = {each.arg: self._inner(each.value) for each in node.keywords if each.arg}
        deepest = max((each for _, each in (*arguments, *named_arguments.values())), default=0)
        called = Called(
            callee,
            tuple(each for each, _ in arguments),
            {name: each for name, (each, _) in named_arguments.items()},
        )
        return called, max(depth, deepest) + 1


_UNKNOWN: tuple[None, int] = (None, 0)
_WITH_SOURCE = frozenset({ast.Constant, ast.Name, ast.NamedExpr, ast.Attribute, ast.Subscript, ast.Call})


def _makes_clients(node: ast.expr) -> bool:
    if isinstance(node, ast.Name):
        return node.id in {"boto3", "session"}
    return isinstance(node, ast.Call) and _dotted(node.func) in _SESSIONS


def _dotted(node: ast.expr) -> tuple[str, ...]:
    """The parts of a dotted name with at most three parts; () for anything else."""
    parts: tuple[str, ...] = ()
    while isinstance(node, ast.Attribute) and len(parts) < 2:
        parts, node = (node.attr, *parts), node.value
    return (node.id, *parts) if isinstance(node, ast.Name) else ()
