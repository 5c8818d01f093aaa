"""The instances of modules, each with a scope of its own.

A call with ``count`` or ``for_each`` has several instances, whose inputs differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ticketgen.hcl.configuration import Scope
from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.instances import instances
from ticketgen.hcl.values import EvaluationContext

__all__ = ["ModuleInstance", "instance_key", "key_text", "module_instances"]


@dataclass(frozen=True, slots=True)
class ModuleInstance:
    """A root module, or an instance of a module that it calls, directly or not.

    Attributes:
        path: the module path with instance keys and a dot at the end, such as ``module.sales["eu"].``.
        scope: the module with the inputs of this instance.
    """

    path: str
    scope: Scope


def module_instances(values: Evaluator, root: Scope) -> Iterator[ModuleInstance]:
    """A root module and all instances of the modules that it calls, directly or not."""
    waiting = [ModuleInstance("", root)]
    while waiting:
        outer = waiting.pop()
        yield outer
        for name, inner in outer.scope.called_scopes.items():
            assert inner.call is not None
            repeated = any(map(inner.call.value, ("count", "for_each")))
            for where in instances(values, inner.call, outer.scope):
                scope = _copy(inner, outer.scope, where) if repeated else inner
                waiting.append(ModuleInstance(f"{outer.path}module.{name}{instance_key(where)}.", scope))


def instance_key(where: EvaluationContext) -> str:
    """The key of an instance as in its address: "" without ``count`` and ``for_each``, ``[*]`` if it is unknown."""
    each, count = where.bound.get("each"), where.bound.get("count")
    for bound, name in ((each, "key"), (count, "index")):
        if isinstance(bound, dict):
            key = bound[name]
            return key_text(key) if isinstance(key, str | int) else "[*]"
    return ""


def key_text(key: str | int) -> str:
    """An instance key as in an address."""
    if isinstance(key, int):
        return f"[{key}]"
    text = key.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'["{text}"]'


def _copy(scope: Scope, caller: Scope, where: EvaluationContext) -> Scope:
    """The scope of one instance, with the scopes of the modules that it calls."""
    copy = Scope(scope.module, caller, scope.call, {}, where.bound)
    for name, inner in scope.called_scopes.items():
        copy.called_scopes[name] = _copy(inner, copy, EvaluationContext(copy, inner.bound))
    return copy
