"""The use of names in a Python module, scope by scope: enough to follow a client from its creation.

A `Source` is the origin of a value, as far as it is known without running the code; None if it is unknown.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

__all__ = ["Called", "Client", "Item", "Member", "Module", "Name", "Scope", "Source", "Text", "module_scopes"]


@dataclass(frozen=True, slots=True)
class Client:
    """``boto3.client(service)``, a client of a session, or a resource."""

    service: Source | None


@dataclass(frozen=True, slots=True)
class Text:
    """A literal string; "" also stands for None, which a name may hold until its first use."""

    value: str


@dataclass(frozen=True, slots=True)
class Name:
    """A bare name."""

    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """``of.name``."""

    of: Source | None
    name: str


@dataclass(frozen=True, slots=True)
class Item:
    """``of[…]``."""

    of: Source


@dataclass(frozen=True, slots=True)
class Called:
    """A call. Positional arguments end before the first starred one."""

    callee: Name | Member
    arguments: tuple[Source | None, ...]
    named: Mapping[str, Source | None]


Source: TypeAlias = Client | Text | Name | Member | Item | Called


@dataclass(slots=True)
class Scope:
    """The body of a module or a function, without the functions inside.

    Attributes:
        name: "" for the module, else dotted: ``get``, ``Replicas.client``, ``get.retry``.
        outer: the name of the enclosing scope, where its names are looked up next; None for the module.
        parameters: positional ones, then keyword-only ones; for a class, its annotated fields.
        positional: the number of positional parameters.
        shared: the names that are declared global.
        assigned: pairs of target and value; a value of None is unknown.
        returned: every value that it may return.
        called: every call in it.
        members: every attribute that is read, with its line.
        mentioned: every name that is read.
        steps: the keys of one-entry dictionaries, the form of a transaction's steps.
    """

    name: str
    outer: str | None
    parameters: tuple[str, ...] = ()
    positional: int = 0
    shared: set[str] = field(default_factory=set)
    assigned: list[tuple[Name | Member | Item, Source | None]] = field(default_factory=list)
    returned: list[Source | None] = field(default_factory=list)
    called: list[Called] = field(default_factory=list)
    members: list[tuple[Member, int]] = field(default_factory=list)
    mentioned: set[str] = field(default_factory=set)
    steps: list[Source | None] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Module:
    """One file.

    Attributes:
        scopes: the scopes by name.
        imports: for each imported name, the module, and the name in it or "" for the module itself.
        classes: the names of the scopes that are class bodies.
    """

    scopes: Mapping[str, Scope]
    imports: Mapping[str, tuple[str, str]]
    classes: frozenset[str]


_Function = ast.FunctionDef | ast.AsyncFunctionDef
# Only these node types matter. Most nodes are of other types, and skipping them early saves time.
_RELEVANT = frozenset({
    ast.AnnAssign, ast.Assign, ast.AsyncFor, ast.Attribute, ast.AugAssign, ast.Call, ast.Dict, ast.ExceptHandler,
    ast.For, ast.Global, ast.Import, ast.ImportFrom, ast.Lambda, ast.MatchAs, ast.MatchStar, ast.Name, ast.NamedExpr,
    ast.Return, ast.Yield, ast.YieldFrom, ast.comprehension, ast.withitem,
})  # fmt: skip
# A part of a boto3 resource belongs to the same service.
_PARTS = frozenset({"Bucket", "Queue", "Table", "Topic"})
_SESSIONS = frozenset({"Session", "boto3.Session", "boto3.session.Session"})


def module_scopes(tree: ast.Module) -> Module:
    """Read the scopes of a module."""
    reader = _Reader()
    reader.body(tree.body, Scope("", None), prefix="")
    return Module(reader.scopes, reader.imports, frozenset(reader.classes))


class _Reader:
    def __init__(self) -> None:
        self.scopes: dict[str, Scope] = {}
        self.imports: dict[str, tuple[str, str]] = {}
        self.classes: set[str] = set()

    def body(self, body: list[ast.stmt], scope: Scope, prefix: str) -> None:
        """Read a function or the module; ``prefix`` begins the names of the functions inside."""
        self.scopes.setdefault(scope.name, scope)
        for node in _own(body):
            if isinstance(node, _Function):
                self.function(node, scope, prefix)
            elif isinstance(node, ast.ClassDef):
                self.classes.add(prefix + node.name)
                fields = [each.target for each in node.body if isinstance(each, ast.AnnAssign)]
                names = tuple(field.id for field in fields if isinstance(field, ast.Name))
                own = Scope(prefix + node.name, scope.name, names, len(names))
                self.body(node.body, own, prefix=f"{prefix}{node.name}.")
            else:
                self.node(node, scope)

    def function(self, node: _Function, scope: Scope, prefix: str) -> None:
        positional = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
        named = [each.arg for each in node.args.kwonlyargs]
        # Methods do not look names up in their class.
        outer = scope.outer if scope.name in self.classes else scope.name
        own = Scope(prefix + node.name, outer, (*positional, *named), len(positional))
        self.body(node.body, own, prefix=f"{prefix}{node.name}.")

    def node(self, node: ast.AST, scope: Scope) -> None:
        """Read one node without its children."""
        if type(node) not in _RELEVANT:
            return
        match node:
            case ast.Import() | ast.ImportFrom():
                self.imported(node)
            case ast.Global():
                scope.shared.update(node.names)
            case ast.Assign():
                for target in node.targets:
                    self.assigned(scope, target, node.value)
            case ast.AnnAssign() | ast.NamedExpr() if node.value is not None:
                self.assigned(scope, node.target, node.value)
            case ast.Return():
                scope.returned.append(source(node.value) if node.value else Text(""))
            case ast.Yield() | ast.YieldFrom():
                scope.returned.append(None)
            case ast.Call():
                called = source(node)
                if isinstance(called, Called):
                    scope.called.append(called)
            case ast.Attribute(ctx=ast.Load()):
                scope.members.append((Member(source(node.value), node.attr), node.lineno))
            case ast.Name(ctx=ast.Load()):
                scope.mentioned.add(node.id)
            case ast.For() | ast.AsyncFor() | ast.comprehension():
                self.taken(scope, node.target)
            case ast.withitem() if node.optional_vars is not None:
                self.taken(scope, node.optional_vars)
            case ast.AugAssign():
                self.taken(scope, node.target)
            case ast.Lambda():
                scope.assigned += [
                    (Name(each.arg), None) for each in (*node.args.args, *node.args.kwonlyargs)
                ]
            case ast.MatchAs() | ast.MatchStar() if node.name:
                scope.assigned.append((Name(node.name), None))
            case ast.ExceptHandler() if node.name:
                scope.assigned.append((Name(node.name), None))
            case ast.Dict(keys=[ast.Constant() | ast.Name() as key]):
                scope.steps.append(source(key))

    def imported(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if isinstance(node, ast.Import):
                whole = alias.name if alias.asname else alias.name.partition(".")[0]
                self.imports[alias.asname or whole] = whole, ""
            elif node.module is None:
                self.imports[alias.asname or alias.name] = alias.name, ""
            else:
                self.imports[alias.asname or alias.name] = node.module, alias.name

    def assigned(self, scope: Scope, target: ast.expr, value: ast.expr) -> None:
        where = source(target)
        if isinstance(where, Name | Member | Item):
            scope.assigned.append((where, source(value)))
        else:
            self.taken(scope, target)

    def taken(self, scope: Scope, target: ast.expr) -> None:
        for node in ast.walk(target):
            if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
                where = source(node)
                if isinstance(where, Name | Member):
                    scope.assigned.append((where, None))


def _own(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Every node of a body. Nested functions and classes are included without their bodies."""
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


def source(node: ast.expr | None) -> Source | None:
    """The origin of an expression's value."""
    match node:
        case ast.Constant(value=None):
            return Text("")
        case ast.Constant(value=str(text)):
            return Text(text)
        case ast.Name():
            return Name(node.id)
        case ast.NamedExpr():
            return source(node.value)
        case ast.Attribute():
            return Member(source(node.value), node.attr)
        case ast.Subscript():
            of = source(node.value)
            return Item(of) if of else None
        case ast.Call():
            return _called(node)
    return None


def _called(node: ast.Call) -> Source | None:
    if isinstance(node.func, ast.Attribute):
        if node.func.attr in {"client", "resource"} and _makes_clients(node.func.value):
            named = [keyword.value for keyword in node.keywords if keyword.arg == "service_name"]
            return Client(source((*node.args, *named)[0]) if node.args or named else None)
        if node.func.attr in _PARTS:
            return source(node.func.value)
    callee = source(node.func)
    if not isinstance(callee, Name | Member):
        return None
    starred = [place for place, each in enumerate(node.args) if isinstance(each, ast.Starred)]
    arguments = tuple(source(each) for each in node.args[: starred[0] if starred else None])
    return Called(callee, arguments, {each.arg: source(each.value) for each in node.keywords if each.arg})


def _makes_clients(node: ast.expr) -> bool:
    if isinstance(node, ast.Name):
        return node.id in {"boto3", "session"}
    return isinstance(node, ast.Call) and ast.unparse(node.func) in _SESSIONS
