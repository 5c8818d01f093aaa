"""The Regions of each resource of a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from ticketgen.adopt.stack_runs import Run
from ticketgen.aws.regions import REGIONS
from ticketgen.findings import Location
from ticketgen.hcl.address import Address
from ticketgen.hcl.budget import Budget
from ticketgen.hcl.configuration import Scope
from ticketgen.hcl.declarations import Declaration
from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.follow import resolve_reference, source
from ticketgen.hcl.instances import instances, nested_blocks
from ticketgen.hcl.provider_resolution import (
    ProviderConfiguration,
    configuration_named,
    provider_name,
    provider_of,
)
from ticketgen.hcl.syntax import Block, Expression, GetIndex, Node, Object, Reference
from ticketgen.hcl.values import EvaluationContext, PartialText, Value

__all__ = ["PlacedResource", "RunView", "regions_in"]

_MAX_RESOURCES: Final = 20_000
"""Maximum number of resource instances in one run."""
_AWS: Final = Address("provider", "aws")
_MAX_LINKS: Final = 20
"""Maximum number of references to follow to the place where a value is written."""


@dataclass(frozen=True, slots=True)
class PlacedResource:
    """An instance of a resource, or a block inside one.

    Attributes:
        view: the view of the run.
        declared: the declaration.
        block: the block.
        where: the context in which its expressions are evaluated.
        regions: the Regions that have it; more than one if a module is called for each of them.
    """

    view: RunView
    declared: Declaration
    block: Block
    where: EvaluationContext
    regions: tuple[str, ...]

    @property
    def type(self) -> str:
        """The type of the resource."""
        return self.declared.type

    @property
    def address(self) -> str:
        """The address in the run, without the key of the instance."""
        return ".".join(filter(None, (self.where.scope.path, str(self.declared.address))))

    @property
    def location(self) -> Location:
        """The start of the block."""
        return self.block.at(self.declared.file)

    def value(self, name: str) -> Value:
        """The value of an attribute."""
        return self.view.values.resolved(self.block.value(name), self.where)

    def text(self, name: str) -> str:
        """The text of an attribute, with a question mark for each unknown part; "" if it is unknown or not set."""
        value = self.view.values.of(self.block.value(name), self.where)
        parts = (
            self.view.values.parts(value)
            if isinstance(value, PartialText)
            else (self.view.values.follow_link(value),)
        )
        text = "".join(each if isinstance(each, str) else "?" for each in parts)
        return "" if text == "?" else text

    def blocks(self, type: str) -> list[PlacedResource]:
        """The nested blocks of a type."""
        return [
            PlacedResource(self.view, self.declared, block, where, self.regions)
            for block, where in nested_blocks(self.view.values, self.block, type, self.where)
        ]

    def at(self, name: str) -> Location:
        """Where the value of an attribute is written."""
        expression = self.block.value(name)
        return (
            self.location
            if expression is None
            else self.view.written_at(expression, self.where.scope, self.declared.file)
        )


class RunView:
    """A run of a root module: its values, and its resources with their Regions."""

    def __init__(self, run: Run, budget: Budget) -> None:
        self.run = run
        self.budget = budget
        self.values = Evaluator(
            assume_defaults=True, budget=budget, inputs=run.inputs, workspace=run.workspace
        )

    @cached_property
    def scopes(self) -> tuple[Scope, ...]:
        """The scopes of the root module and of the modules that it calls."""
        found, waiting = [], [self.run.root]
        while waiting:
            scope = waiting.pop()
            found.append(scope)
            waiting.extend(scope.called_scopes.values())
        return tuple(sorted(found, key=lambda scope: scope.path))

    @cached_property
    def resources(self) -> tuple[PlacedResource, ...]:
        """The instances of the managed resources."""
        return tuple(self._placed("resource"))

    @cached_property
    def data(self) -> tuple[PlacedResource, ...]:
        """The instances of the data sources."""
        return tuple(self._placed("data"))

    def _placed(self, kind: str) -> Iterator[PlacedResource]:
        count = 0
        for scope in self.scopes:
            for declared in scope.module.resources:
                if declared.address.kind != kind:
                    continue
                provider = provider_of(scope, declared)
                for where in instances(self.values, declared, scope):
                    count += 1
                    if count > _MAX_RESOURCES or not self.budget.spend(1):
                        self.budget.note_shortage(
                            "there are too many instances of resources: the others are left out"
                        )
                        return
                    yield PlacedResource(
                        self, declared, declared.block, where, self._regions(declared, where, provider)
                    )

    def _regions(
        self, declared: Declaration, where: EvaluationContext, provider: ProviderConfiguration | None
    ) -> tuple[str, ...]:
        own = declared.value("region")
        if own is not None and declared.type.startswith("aws_"):
            # https://registry.terraform.io/providers/hashicorp/aws/latest/docs/guides/enhanced-region-support
            found = self.values.of(own, where)
            if isinstance(found, str) and found in REGIONS:
                return (found,)
            return self.looped_regions(where.scope) or self.provider_regions(provider, where.scope)
        return self.provider_regions(provider, where.scope)

    def provider_regions(self, provider: ProviderConfiguration | None, scope: Scope) -> tuple[str, ...]:
        """The Regions of a provider configuration; several if OpenTofu makes it for each of them."""
        if provider is None:
            return ()
        if provider.declaration is not None:
            loop = provider.declaration.value("for_each")
            if loop is not None:
                every = regions_in(self.values.of(loop, provider.scope))
                return self.looped_regions(scope) or every
            found = self.values.of(provider.declaration.value("region"), provider.scope)
            if isinstance(found, str) and found in REGIONS:
                return (found,)
        folder = [part for part in provider.scope.module.folder.split("/") if part in REGIONS]
        return tuple(folder[-1:])

    def looped_regions(self, scope: Scope) -> tuple[str, ...]:
        """The Regions for which the module of a scope, or a module that calls it, is called with ``for_each``."""
        for each in scope.chain:
            if (
                each.call is not None
                and each.caller is not None
                and (loop := each.call.value("for_each")) is not None
            ):
                found = regions_in(self.values.of(loop, each.caller))
                if found:
                    return found
        return ()

    def remote_calls(self) -> Iterator[tuple[Declaration, Scope, tuple[str, ...]]]:
        """Calls of modules that were not read, each with the Regions of the providers that it gets."""
        for scope in self.scopes:
            for name, call in scope.module.calls.items():
                if name not in scope.called_scopes:
                    yield call, scope, tuple(dict.fromkeys(self._passed_regions(call, scope)))

    def _passed_regions(self, call: Declaration, scope: Scope) -> Iterator[str]:
        passed = call.value("providers")
        names = [provider_name(item.value) for item in passed.items] if isinstance(passed, Object) else [_AWS]
        for name in names:
            yield from self.provider_regions(configuration_named(scope, name), scope)

    def argument(self, call: Declaration, scope: Scope, name: str) -> Value:
        """The value of an argument of a module call."""
        return self.values.of(call.value(name), scope)

    def written_at(self, expression: Expression, scope: Scope, file: str) -> Location:
        """Where a value is written, after following references to local values, arguments and variables."""
        node: Node = expression
        for _ in range(_MAX_LINKS):
            if not isinstance(expression, Reference) or any(
                isinstance(step, GetIndex) for step in expression.steps
            ):
                break
            found = resolve_reference(expression, scope)
            if found is None or found.declaration.address.type:
                break
            declared = found.declaration
            is_input = declared.address.kind == "var" and found.scope.call is None
            if is_input and declared.name in self.run.places:
                return self.run.places[declared.name]
            origin = source(declared, found.scope)
            if origin is None:
                return declared.location
            expression, scope = origin.expression, origin.scope
            node, file = expression, origin.call.file if origin.call is not None else declared.file
        return node.at(file)


def regions_in(value: Value) -> tuple[str, ...]:
    """The Regions that a list, a map or a text names; () if it names anything else."""
    if isinstance(value, str):
        return (value,) if value in REGIONS else ()
    if isinstance(value, list):
        found = [each for item in value for each in _one(item)]
        return tuple(dict.fromkeys(found)) if len(found) == len(value) else ()
    if isinstance(value, dict):
        for candidates in (list(value), list(value.values())):
            found = [each for item in candidates for each in _one(item)]
            if found and len(found) == len(candidates):
                return tuple(dict.fromkeys(found))
    return ()


def _one(item: object) -> Iterable[str]:
    """The Region that an element names, as text or in its ``region`` key."""
    if isinstance(item, dict):
        item = item.get("region", item.get("name", item.get("aws_region")))
    return [item] if isinstance(item, str) and item in REGIONS else []
