"""An environment of a stack: its resources, its providers and its named values, over all of its runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ticketgen.adopt.placement import PlacedResource, RunView
from ticketgen.adopt.stack_runs import FoundEnvironment
from ticketgen.findings import Location
from ticketgen.hcl.budget import Budget
from ticketgen.hcl.configuration import Scope
from ticketgen.hcl.declarations import Declaration
from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.provider_resolution import ProviderConfiguration
from ticketgen.hcl.syntax import Attribute, GetAttribute, Literal, Object, Reference
from ticketgen.hcl.values import EvaluationContext, Value

__all__ = ["NamedValue", "ProviderBlock", "StackView", "snake_case"]

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class NamedValue:
    """A variable, a local value or an environment variable of a function.

    Attributes:
        name: the name in lower case, with underscores.
        written: the address or the name as it is written.
        value: the value.
        location: where the value is written.
        of_root: whether it is declared in a root module.
    """

    name: str
    written: str
    value: Value
    location: Location
    of_root: bool = False


@dataclass(frozen=True, slots=True)
class ProviderBlock:
    """A ``provider "aws"`` block in a run."""

    view: RunView
    scope: Scope
    declared: Declaration

    @property
    def block(self) -> PlacedResource:
        """The block, to read its attributes."""
        where = EvaluationContext(self.scope)
        return PlacedResource(self.view, self.declared, self.declared.block, where, ())

    @property
    def configuration(self) -> ProviderConfiguration:
        """The configuration that the block declares."""
        return ProviderConfiguration(self.scope, self.declared.type, self.declared.name, self.declared)

    @property
    def title(self) -> str:
        """The name of the configuration, such as ``provider aws.west``."""
        return f"provider {self.declared.address}"


class StackView:
    """One environment of a stack."""

    def __init__(
        self,
        environment: FoundEnvironment,
        budget: Budget,
        backends: tuple[tuple[str, str, Location], ...] = (),
    ) -> None:
        self.environment = environment
        self.budget = budget
        name = environment.name
        self.backends = tuple(each for each in backends if name in each[2].file) or backends
        """Buckets and Regions of states that are set outside the code, and where they are written."""
        self.runs = tuple(RunView(run, budget) for run in environment.runs)
        self._named: tuple[NamedValue, ...] | None = None

    def resources(self, *types: str) -> Iterator[PlacedResource]:
        """The instances of the managed resources of some types, or of all types."""
        for run in self.runs:
            for each in run.resources:
                if not types or each.type in types:
                    yield each

    def data(self, *types: str) -> Iterator[PlacedResource]:
        """The instances of the data sources of some types."""
        for run in self.runs:
            yield from (each for each in run.data if each.type in types)

    def providers(self) -> Iterator[ProviderBlock]:
        """The configurations of the AWS provider, the default ones first."""
        found = [
            ProviderBlock(run, scope, declared)
            for run in self.runs
            for scope in run.scopes
            for declared in scope.module.provider_configurations.values()
            if declared.address.type == "aws"
        ]
        yield from sorted(found, key=lambda each: (bool(each.declared.name), len(each.scope.path)))

    def named_values(self) -> tuple[NamedValue, ...]:
        """Variables and local values of all modules, and environment variables of functions."""
        if self._named is None:
            self._named = tuple(self._every_named_value())
        return self._named

    def _every_named_value(self) -> Iterator[NamedValue]:
        for run in self.runs:
            for scope in run.scopes:
                for kind, declarations in (("var", scope.module.variables), ("local", scope.module.locals)):
                    for name, declared in declarations.items():
                        if not self.budget.spend(1):
                            return
                        yield _named(run.values, scope, kind, name, declared, run)
        for function in self.resources("aws_lambda_function"):
            for block in function.blocks("environment"):
                variables = block.value("variables")
                places = _places_of_items(block, "variables")
                for name, value in variables.items() if isinstance(variables, dict) else ():
                    known = block.view.values.follow_link(value)
                    yield NamedValue(snake_case(name), name, known, places.get(name, block.at("variables")))


def _places_of_items(block: PlacedResource, name: str) -> dict[str, Location]:
    """Where the values of an object in an attribute are written, by key."""
    written = block.block.value(name)
    return {
        str(item.key.value): block.view.written_at(item.value, block.where.scope, block.declared.file)
        for item in (written.items if isinstance(written, Object) else ())
        if isinstance(item.key, Literal)
    }


def _named(
    values: Evaluator, scope: Scope, kind: str, name: str, declared: Declaration, run: RunView
) -> NamedValue:
    node = declared.node
    line, column = node.line, node.column
    reference = Reference(line, column, kind, (GetAttribute(line, column, name),))
    file = declared.file
    at = run.written_at(node.value if isinstance(node, Attribute) else reference, scope, file)
    return NamedValue(snake_case(name), f"{kind}.{name}", values.of(reference, scope), at, scope.call is None)


def snake_case(name: str) -> str:
    """A name in lower case, with underscores."""
    return _CAMEL.sub("_", name).replace("-", "_").replace(".", "_").lower()
