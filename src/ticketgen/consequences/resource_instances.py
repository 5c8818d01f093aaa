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
from ticketgen.hcl.module_instances import instance_key, module_instances
from ticketgen.hcl.operators import as_text
from ticketgen.hcl.provider_resolution import provider_of
from ticketgen.hcl.syntax import Block, GetAttribute, Reference, Tuple
from ticketgen.hcl.uses import REPETITIONS
from ticketgen.hcl.values import UNKNOWN_LOOP, EvaluationContext, Value

__all__ = ["Placement", "ReplacementTrigger", "ResourceInstance", "resource_instances"]

_META_ARGUMENTS = frozenset({"count", "depends_on", "for_each", "provider", "region"})
_META_BLOCKS = frozenset({"connection", "lifecycle", "provisioner", "timeouts"})
"""Arguments and blocks that do not describe the resource itself; its placement has the Region."""

_BLOCK = "block"
_EVERYTHING = "all"
"""In ``ignore_changes``, the keyword for all arguments."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a provider configuration manages resources.

    Attributes:
        region: the Region; None if the configuration does not set it.
        accounts: the ids of the accounts that it may use; empty if it does not restrict them.
        profile: the profile of the AWS configuration files that it uses; "" for the default one.
    """

    region: str | None = None
    accounts: frozenset[str] = frozenset()
    profile: str = ""


@dataclass(frozen=True, slots=True)
class ReplacementTrigger:
    """Another resource, or an argument of it, whose change replaces a resource.

    Attributes:
        address: the address of the other resource, without instance keys.
        argument: the name of the argument; "" for any.
    """

    address: str
    argument: str = ""

    def __str__(self) -> str:
        return f"{self.address}.{self.argument}" if self.argument else self.address


@dataclass(frozen=True, slots=True)
class ResourceInstance:
    """One instance of a managed resource.

    Attributes:
        address: as Terraform writes it, such as ``module.data.aws_dynamodb_table.shared["sales"]``.
        type: the type of the resource.
        declared_address: the address without instance keys, as references name it.
        place: the location of the declaration.
        placement: where its provider configuration manages it.
        arguments: the values of each argument. An argument of nested blocks is ``block.argument``, with a value for
            each block, sorted.
        ignored: the paths in ``ignore_changes``, or ``all``.
        triggers: the resources in ``replace_triggered_by``.
        blocks: the contents of nested blocks that occur several times, by path, to tell which values belong together.
    """

    address: str
    type: str
    declared_address: str
    place: Location
    placement: Placement = field(default_factory=Placement)
    arguments: Mapping[str, tuple[Comparable, ...]] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()
    triggers: tuple[ReplacementTrigger, ...] = ()
    blocks: Mapping[str, tuple[Comparable, ...]] = field(default_factory=dict)

    def ignores(self, path: str) -> bool:
        """Whether Terraform ignores changes of an argument."""
        if _EVERYTHING in self.ignored:
            return True
        # A path may lead into a map, which is compared as a whole.
        is_block = self.arguments.get(path, ("",))[0] == _BLOCK
        return any(
            path == each or path.startswith(f"{each}.") or (each.startswith(f"{path}.") and not is_block)
            for each in self.ignored
        )


def resource_instances(values: Evaluator, root: Scope) -> Iterator[ResourceInstance]:
    """All instances of managed resources in a root module."""
    for module in module_instances(values, root):
        scope = module.scope
        for declared in scope.resources():
            ignored = frozenset(_ignored(declared.block))
            triggers = tuple(_triggers(declared, scope))
            for where in instances(values, declared, scope):
                contents = _contents(values, declared, where)
                yield ResourceInstance(
                    f"{module.path}{declared.address}{instance_key(where)}",
                    declared.type,
                    f"{scope.path}.{declared.address}" if scope.path else str(declared.address),
                    declared.location,
                    _placement(values, declared, where),
                    _sorted(contents.arguments),
                    ignored,
                    triggers,
                    # A single block is fully described by its arguments.
                    _sorted({path: each for path, each in contents.blocks.items() if len(each) > 1}),
                )


@dataclass(frozen=True, slots=True)
class _Contents:
    """The arguments and the nested blocks of a resource, by path."""

    arguments: dict[str, list[Comparable]] = field(default_factory=dict)
    blocks: dict[str, list[Comparable]] = field(default_factory=dict)


def _contents(values: Evaluator, declared: Declaration, where: EvaluationContext) -> _Contents:
    found = _Contents()
    _collect(values, declared.block, where, "", found)
    return found


def _sorted(found: Mapping[str, list[Comparable]]) -> Mapping[str, tuple[Comparable, ...]]:
    return {path: tuple(sorted(each, key=repr)) for path, each in found.items()}


def _collect(
    values: Evaluator, block: Block, where: EvaluationContext, prefix: str, found: _Contents
) -> Comparable:
    """Add what a block contains, and return it."""
    content: list[Comparable] = []
    for attribute in block.body.attributes:
        is_meta = not prefix and attribute.name in _META_ARGUMENTS
        # Repetitions are compared only if the instances are unknown; otherwise the instances are compared.
        if not is_meta or (attribute.name in REPETITIONS and where.bound is UNKNOWN_LOOP):
            value = comparable(values, attribute.value, where)
            if value is not None:  # null means not set
                found.arguments.setdefault(f"{prefix}{attribute.name}", []).append(value)
                content.append((attribute.name, value))
    for type in dict.fromkeys(
        inner.labels[0] if inner.type == "dynamic" and inner.labels else inner.type
        for inner in block.blocks()
    ):
        if not prefix and type in _META_BLOCKS:
            continue
        path = f"{prefix}{type}"
        for inner, inside in nested_blocks(values, block, type, where):
            found.arguments.setdefault(path, []).append(_BLOCK)
            nested = _collect(values, inner, inside, f"{path}.", found)
            found.blocks.setdefault(path, []).append(nested)
            content.append((type, nested))
    return tuple(sorted(content, key=repr))


def _ignored(block: Block) -> Iterator[str]:
    """The paths in ``ignore_changes``, without indices."""
    for lifecycle in block.blocks("lifecycle"):
        value = lifecycle.value("ignore_changes")
        names = value.items if isinstance(value, Tuple) else (value,)
        for each in names:
            if isinstance(each, Reference):
                steps = (step.name for step in each.steps if isinstance(step, GetAttribute))
                yield ".".join((each.root, *steps))


def _triggers(declared: Declaration, scope: Scope) -> Iterator[ReplacementTrigger]:
    """The resources whose change replaces this one."""
    for lifecycle in declared.block.blocks("lifecycle"):
        value = lifecycle.value("replace_triggered_by")
        for each in value.items if isinstance(value, Tuple) else ():
            if isinstance(each, Reference):
                name, *path = [step.name for step in each.steps if isinstance(step, GetAttribute)] or [""]
                address = ".".join(filter(None, (scope.path, each.root, name)))
                yield ReplacementTrigger(address, path[0] if path else "")


def _placement(values: Evaluator, declared: Declaration, where: EvaluationContext) -> Placement:
    """Where the provider of a resource manages it."""
    configuration = provider_of(where.scope, declared)
    own = _text(values.of(declared.value("region"), where))  # an argument since version 6 of the AWS provider
    if configuration is None or configuration.declaration is None:
        return Placement(own)
    block, outer = configuration.declaration.block, configuration.scope
    accounts = values.of(block.value("allowed_account_ids"), outer)
    ids = {as_text(each) for each in accounts} if isinstance(accounts, list) else set()
    ids |= {_account(_text(values.of(each.value("role_arn"), outer))) for each in block.blocks("assume_role")}
    region = own or _text(values.of(block.value("region"), outer))
    profile = _text(values.of(block.value("profile"), outer)) or ""
    return Placement(region, frozenset(each for each in ids if each), profile)


def _text(value: Value) -> str | None:
    return value if isinstance(value, str) else None


def _account(arn: str | None) -> str | None:
    """The account in the ARN of a role, ``arn:aws:iam::123456789012:role/deploy``."""
    parts = (arn or "").split(":")
    return parts[4] if len(parts) > 5 else None
