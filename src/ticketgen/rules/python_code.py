"""What Python code says of itself without being run: imports, environment variables, calls of AWS."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["AwsCall", "PythonCode", "read_python"]


@dataclass(frozen=True, slots=True)
class AwsCall:
    """``client.get_item(…)`` on a client or resource of a service: as boto3 names them."""

    service: str
    method: str
    line: int


@dataclass(frozen=True, slots=True)
class PythonCode:
    """One module.

    Attributes:
        imports: the top-level packages that it cannot do without, each with the line of its first import.
        environment: the variables that it cannot do without, each with the line where it is read.
        services: what ``boto3.client`` or ``boto3.resource`` is asked for by name.
        dynamic: whether it asks for a client by a name that only a run knows, or looks up what to call.
        calls: what is called on those clients.
        words: every name, attribute and text in it.
    """

    imports: Mapping[str, int]
    environment: Mapping[str, int]
    services: frozenset[str]
    dynamic: bool
    calls: tuple[AwsCall, ...]
    words: frozenset[str]


@lru_cache(maxsize=256)
def read_python(text: str) -> PythonCode | SyntaxError:
    """Read one module, or say why it is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except SyntaxError as error:
        return error
    except (RecursionError, MemoryError, ValueError) as error:
        return SyntaxError(str(error) or "it is nested too deeply")
    try:
        return _read(tree)
    except RecursionError:
        return PythonCode({}, {}, frozenset(), True, (), frozenset())


def _read(tree: ast.Module) -> PythonCode:
    nodes = list(ast.walk(tree))
    optional = _optional(nodes, tree)
    clients = _Clients(nodes)
    return PythonCode(
        imports=_imports(nodes, optional),
        environment=_environment(nodes, optional),
        services=frozenset(clients.services),
        dynamic=clients.dynamic,
        calls=tuple(clients.calls()),
        words=frozenset(_words(nodes)),
    )


def _optional(nodes: list[ast.AST], tree: ast.Module) -> frozenset[int]:
    """What may fail or never run, by id: in a ``try`` with handlers, under an ``if``, or behind one that returns.

    Behind one counts only where it asks for a name that the module itself sets in some cases only.

    Args:
        nodes: every node of the tree, what stands inside of another behind it.
        tree: the module.
    """
    found: set[int] = set()
    depends = _conditional_globals(tree)
    for node in nodes:
        inside: Iterable[ast.AST] = ()
        if id(node) in found:
            inside = ast.iter_child_nodes(node)
        elif isinstance(node, ast.Try) and node.handlers:
            inside = [*node.body, *(each for handler in node.handlers for each in handler.body)]
        elif isinstance(node, ast.If):
            inside = [*node.body, *node.orelse]
        elif isinstance(node, ast.IfExp):
            inside = [node.body, node.orelse]
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            returns = [place for place, each in enumerate(node.body) if _turns_back(each, depends)]
            inside = node.body[returns[0] + 1 :] if returns else ()
        found.update(map(id, inside))
    return frozenset(found)


def _turns_back(statement: ast.stmt, depends: frozenset[str]) -> bool:
    """``if CLIENT is None: return``."""
    if not (isinstance(statement, ast.If) and isinstance(statement.body[-1], ast.Return | ast.Raise)):
        return False
    return any(isinstance(each, ast.Name) and each.id in depends for each in ast.walk(statement.test))


def _conditional_globals(tree: ast.Module) -> frozenset[str]:
    found: set[str] = set()
    for statement in tree.body:
        assigned = [statement] if not isinstance(statement, ast.If) else [*statement.body, *statement.orelse]
        for each in assigned:
            if isinstance(each, ast.Assign) and (isinstance(each.value, ast.IfExp) or each is not statement):
                found.update(target.id for target in each.targets if isinstance(target, ast.Name))
    return frozenset(found)


def _imports(nodes: list[ast.AST], optional: frozenset[int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for node in nodes:
        if id(node) in optional:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                found.setdefault(alias.name.partition(".")[0], node.lineno)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.setdefault(node.module.partition(".")[0], node.lineno)
    return found


def _environment(nodes: list[ast.AST], optional: frozenset[int]) -> dict[str, int]:
    """``os.environ["NAME"]``, and not what the code asks for, tests or sets elsewhere."""
    read: dict[str, int] = {}
    spared: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Subscript) and _is_environ(node.value):
            name = getattr(node.slice, "value", None)
            if isinstance(name, str) and isinstance(node.ctx, ast.Load) and id(node) not in optional:
                read.setdefault(name, node.lineno)
            elif isinstance(name, str):
                spared.add(name)
        elif isinstance(node, ast.Call):
            function = node.func
            asked = isinstance(function, ast.Attribute) and (
                _is_environ(function.value) or function.attr in {"getenv", "putenv"}
            )
            if asked and node.args and isinstance(node.args[0], ast.Constant):
                spared.add(str(node.args[0].value))
        elif isinstance(node, ast.Compare) and any(map(_is_environ, node.comparators)):
            spared.add(str(getattr(node.left, "value", "")))
    return {name: line for name, line in read.items() if name not in spared}


def _is_environ(node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == "environ" and isinstance(node.value, ast.Name) and node.value.id == "os"
    return isinstance(node, ast.Name) and node.id == "environ"


class _Clients:
    """The names that hold clients, followed through plain assignments and functions that return one."""

    def __init__(self, nodes: list[ast.AST]) -> None:
        self.nodes = nodes
        self.services: set[str] = set()
        self.dynamic = False
        self._holders: dict[str, str | None] = {}
        self._makers: dict[str, str] = {}
        self._returned = {
            id(node): [each.value for each in ast.walk(node) if isinstance(each, ast.Return)]
            for node in nodes
            if isinstance(node, ast.FunctionDef)
        }
        self._assigning = [
            node for node in nodes if isinstance(node, ast.Assign | ast.AnnAssign | ast.FunctionDef)
        ]
        for node in nodes:
            service = self._made(node)
            if service:
                self.services.add(service)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
                self.dynamic = True
        # Twice: a maker may be used above where it stands.
        for _ in range(2):
            self._follow()

    def calls(self) -> Iterator[AwsCall]:
        for node in self.nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                service = self._service(node.func.value)
                if service is None:
                    continue
                method = node.func.attr
                if method in {"get_paginator", "get_waiter"} and node.args:
                    argument = node.args[0]
                    if method == "get_paginator" and isinstance(argument, ast.Constant):
                        yield AwsCall(service, str(argument.value), node.lineno)
                    continue
                yield AwsCall(service, method, node.lineno)

    def _made(self, node: ast.AST) -> str:
        """The service of ``boto3.client("…")``, ``boto3.resource("…")`` or a session's; "" for anything else."""
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            return ""
        owner = node.func.value
        by_boto = isinstance(owner, ast.Name) and owner.id in {"boto3", "session"}
        by_session = isinstance(owner, ast.Call) and ast.unparse(owner.func) in {
            "boto3.Session", "boto3.session.Session", "Session",
        }  # fmt: skip
        if node.func.attr not in {"client", "resource"} or not (by_boto or by_session):
            return ""
        argument = node.args[0] if node.args else None
        if argument is None:
            named = [keyword.value for keyword in node.keywords if keyword.arg == "service_name"]
            argument = named[0] if named else None
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            return argument.value
        self.dynamic = True
        return ""

    def _follow(self) -> None:
        for node in self._assigning:
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                service = self._service(node.value)
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    name = _last_name(target)
                    if not name:
                        continue
                    if service is None:
                        if name in self._holders:
                            self._holders[name] = None  # it also holds something else: not followed
                    elif self._holders.get(name, service) == service:
                        self._holders[name] = service
                    else:
                        self._holders[name] = None
            elif isinstance(node, ast.FunctionDef):
                services = {
                    self._service(value) if value is not None else None for value in self._returned[id(node)]
                }
                if len(services) == 1 and None not in services:
                    self._makers[node.name] = str(services.pop())

    def _service(self, node: ast.expr) -> str | None:
        made = self._made(node)
        if made:
            return made
        if isinstance(node, ast.Name | ast.Attribute):
            return self._holders.get(_last_name(node))
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and node.func.attr in {
                "Table",
                "Queue",
                "Topic",
                "Bucket",
            }:
                return self._service(node.func.value)
            return self._makers.get(_last_name(node.func))
        return None


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _words(nodes: list[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg
