"""The resource instances of a root module, with their arguments in a form that can be compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ticketgen.consequences.comparable_values import Comparable, comparable
from ticketgen.findings import Location
from ticketgen.hcl.configuration import Scope
from ticketgen.hcl.declarations import Declaration
from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.instances import instances, nested_blocks
from ticketgen.hcl.provider_resolution import provider_of
from ticketgen.hcl.syntax import Block, GetAttribute, Reference, Tuple
from ticketgen.hcl.values import EvaluationContext, Unknown, Value

__all__ = ["Placement", "ResourceInstance", "instance_key", "resource_instances", "scopes_of"]

_META_ARGUMENTS = frozenset({"count", "depends_on", "for_each", "provider"})
_META_BLOCKS = frozenset({"connection", "lifecycle", "provisioner", "timeouts"})
"""Arguments and blocks that say nothing about the resource itself."""

_EVERYTHING = "all"
"""In ``ignore_changes``, the keyword for all arguments."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a provider configuration manages resources.

    Attributes:
        region: the Region; None if the configuration does not say.
        accounts: the ids of the accounts that it may use; empty if it does not say.
    """

    region: str | None = None
    accounts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ResourceInstance:
    """One instance of a managed resource.

    Attributes:
        address: as Terraform writes it, such as ``module.data.aws_dynamodb_table.shared["sales"]``.
        type: of the resource.
        declared_address: the address without instance keys, as references name it.
        place: the declaration.
        placement: where its provider works.
        arguments: the values of each argument. An argument of nested blocks is ``block.argument``, with a value for
            each block, sorted.
        triggers: the addresses of the resources in ``replace_triggered_by``, without instance keys.
    """

    address: str
    type: str
    declared_address: str
    place: Location
    placement: Placement = field(default_factory=Placement)
    arguments: Mapping[str, tuple[Comparable, ...]] = field(default_factory=dict)
    triggers: tuple[str, ...] = ()


def scopes_of(root: Scope) -> Iterator[Scope]:
    """A root module's scope and those of all modules that it calls, directly or not."""
    waiting = [root]
    while waiting:
        scope = waiting.pop()
        yield scope
        waiting.extend(scope.called_scopes.values())


def resource_instances(values: Evaluator, root: Scope) -> Iterator[ResourceInstance]:
    """All instances of managed resources in a root module."""
    for scope in scopes_of(root):
        paths = tuple(_module_paths(values, scope))
        for declared in scope.resources():
            placement = _placement(values, declared, scope)
            for where in instances(values, declared, scope):
                arguments = _arguments(values, declared, where)
                for path in paths:
                    yield ResourceInstance(
                        f"{path}{declared.address}{instance_key(where)}",
                        declared.type,
                        f"{scope.path}.{declared.address}" if scope.path else str(declared.address),
                        declared.location,
                        placement,
                        arguments,
                        tuple(_triggers(declared, scope)),
                    )


def instance_key(where: EvaluationContext) -> str:
    """The key of an instance as in its address: "" without ``count`` and ``for_each``, ``[*]`` if it is unknown."""
    each, count = where.bound.get("each"), where.bound.get("count")
    for bound, name in ((each, "key"), (count, "index")):
        if isinstance(bound, dict):
            key = bound[name]
            if isinstance(key, str):
                text = key.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
                return f'["{text}"]'
            return f"[{key}]" if isinstance(key, int) else "[*]"
    return ""


def _module_paths(values: Evaluator, scope: Scope) -> Iterator[str]:
    """The module path of each instance of a module, with a dot at the end; none if it is not created."""
    if scope.caller is None or scope.call is None:
        yield ""
        return
    keys = [instance_key(where) for where in instances(values, scope.call, scope.caller)]
    for outer in _module_paths(values, scope.caller):
        for key in keys:
            yield f"{outer}module.{scope.call.name}{key}."


def _arguments(
    values: Evaluator, declared: Declaration, where: EvaluationContext
) -> Mapping[str, tuple[Comparable, ...]]:
    """The arguments of a resource by path, without those that Terraform ignores when they change."""
    found: dict[str, list[Comparable]] = {}
    _collect(values, declared.block, where, "", found)
    ignored = frozenset(_ignored(declared.block))
    if _EVERYTHING in ignored:
        return {}
    return {
        path: tuple(sorted(each, key=repr))
        for path, each in found.items()
        if path.partition(".")[0] not in ignored
    }


def _collect(
    values: Evaluator, block: Block, where: EvaluationContext, prefix: str, found: dict[str, list[Comparable]]
) -> None:
    for attribute in block.body.attributes:
        if prefix or attribute.name not in _META_ARGUMENTS:
            value = comparable(values, attribute.value, where)
            if value is not None:  # null is no value
                found.setdefault(f"{prefix}{attribute.name}", []).append(value)
    for type in dict.fromkeys(
        inner.labels[0] if inner.type == "dynamic" and inner.labels else inner.type
        for inner in block.blocks()
    ):
        if not prefix and type in _META_BLOCKS:
            continue
        for inner, inside in nested_blocks(values, block, type, where):
            found.setdefault(f"{prefix}{type}", []).append("block")
            _collect(values, inner, inside, f"{prefix}{type}.", found)


def _ignored(block: Block) -> Iterator[str]:
    """The names in ``ignore_changes``."""
    for lifecycle in block.blocks("lifecycle"):
        value = lifecycle.value("ignore_changes")
        names = value.items if isinstance(value, Tuple) else (value,)
        yield from (each.root for each in names if isinstance(each, Reference))


def _triggers(declared: Declaration, scope: Scope) -> Iterator[str]:
    """The resources whose change replaces this one."""
    for lifecycle in declared.block.blocks("lifecycle"):
        value = lifecycle.value("replace_triggered_by")
        for each in value.items if isinstance(value, Tuple) else ():
            if isinstance(each, Reference):
                path = [each.root, *(step.name for step in each.steps[:1] if isinstance(step, GetAttribute))]
                yield ".".join(filter(None, (scope.path, *path)))


def _placement(values: Evaluator, declared: Declaration, scope: Scope) -> Placement:
    """Where the provider of a resource works."""
    configuration = provider_of(scope, declared)
    own = _text(values.of(declared.value("region"), scope))  # an argument since version 6 of the AWS provider
    if configuration is None or configuration.declaration is None:
        return Placement(own)
    block, outer = configuration.declaration.block, configuration.scope
    accounts = values.of(block.value("allowed_account_ids"), outer)
    ids = {_text(each) for each in accounts} if isinstance(accounts, list) else set()
    ids |= {_account(_text(values.of(each.value("role_arn"), outer))) for each in block.blocks("assume_role")}
    return Placement(
        own or _text(values.of(block.value("region"), outer)), frozenset(each for each in ids if each)
    )


def _text(value: Value | Unknown) -> str | None:
    return value if isinstance(value, str) else None


def _account(arn: str | None) -> str | None:
    """The account in the ARN of a role, ``arn:aws:iam::123456789012:role/deploy``."""
    parts = (arn or "").split(":")
    return parts[4] if len(parts) > 5 else None
