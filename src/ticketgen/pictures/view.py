"""A stack's modules with their Regions, and the uses between their resources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ticketgen.hcl.address import Address
from ticketgen.hcl.budget import Budget
from ticketgen.hcl.configuration import Configuration, Scope
from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.provider_resolution import ProviderConfiguration, configuration_named, provider_of
from ticketgen.hcl.syntax import Attribute, Expression, File
from ticketgen.pictures.named_tables import Names, expanded
from ticketgen.pictures.trails import ResourceUse, ScopedResource, literal_text, spend, uses

__all__ = ["View"]


class View:
    """A stack and its primary Region.

    Only root modules and the modules that they call are shown, without the calls of the latter.

    Attributes:
        roots: the scopes of the root modules.
        region_of_scope: the Region of each root module and of each module that it calls: of the provider that is passed
            to it, or else of the default one; "" if the Region is unknown.
        primary: the Region in ``local.primary_region``, or in an argument ``primary_region``.
        regions: all Regions, in alphabetical order.
        names: the resources that other root modules find by name.
    """

    def __init__(self, files: Iterable[File], budget: Budget | None = None) -> None:
        configuration = Configuration(files, {}, budget=budget)
        self.roots = tuple(
            scope for scopes in configuration.scopes.values() for scope in scopes if scope.call is None
        )
        self._budget = configuration.budget
        self._values = Evaluator(assume_defaults=True, budget=self._budget)
        self._expanded: dict[Scope, tuple[ScopedResource, ...]] = {}
        self.region_of_scope = {
            scope: _region(configuration_named(scope, Address("provider", "aws")))
            for root in self.roots
            for scope in (root, *root.called_scopes.values())
        }
        self.primary = self._primary()
        placed = [(resource, self.region_of(resource)) for resource in self.resources()]
        self.regions = tuple(
            sorted({*self.region_of_scope.values(), *(region for _, region in placed)} - {""})
        )
        self.names = Names(self._values, placed)
        self._uses: dict[ScopedResource, tuple[ResourceUse, ...]] = {}

    def _primary(self) -> str:
        given = (scope.arguments.get("primary_region") for scope in self.region_of_scope)
        return literal_text(self.local("primary_region")) or next(
            (text for each in given if each is not None and (text := literal_text(each.value))), ""
        )

    def local(self, name: str) -> Expression | None:
        """The value of a local of the first root module that has it."""
        found = (root.module.locals.get(name) for root in self.roots)
        return next((each.node.value for each in found if each and isinstance(each.node, Attribute)), None)

    def default(self, name: str) -> Expression | None:
        """The default of a variable of the first root module that has it."""
        found = (root.module.variables.get(name) for root in self.roots)
        return next((each.value("default") for each in found if each is not None), None)

    def region_of(self, resource: ScopedResource) -> str:
        """The Region of a resource's provider; "" if it names none."""
        return _region(provider_of(resource.scope, resource.declared))

    def uses(self, resource: ScopedResource) -> tuple[ResourceUse, ...]:
        """The uses of other resources by a resource."""
        if resource not in self._uses:
            region = self.region_of(resource)
            self._uses[resource] = tuple(uses(resource, self._budget, self.names, region))
        return self._uses[resource]

    def spend(self, steps: int) -> None:
        """Take some steps of the budget.

        Raises:
            LimitExceeded: too few are left.
        """
        spend(self._budget, steps)

    def resources(self) -> Iterator[ScopedResource]:
        """Yield the resources of the root modules and of the modules that they call."""
        for scope in self.region_of_scope:
            yield from self._in(scope)

    def primary_resources(self) -> Iterator[ScopedResource]:
        """Yield the resources of the primary Region, and those whose Region is unknown."""
        for scope, region in self.region_of_scope.items():
            if region in {self.primary, ""}:
                yield from self._in(scope)

    def _in(self, scope: Scope) -> tuple[ScopedResource, ...]:
        if scope not in self._expanded:
            declared = (ScopedResource(scope, each) for each in scope.resources())
            self._expanded[scope] = tuple(
                instance for each in declared for instance in expanded(self._values, each)
            )
        return self._expanded[scope]


def _region(configuration: ProviderConfiguration | None) -> str:
    """The Region that a provider configuration names; "" if it names none."""
    declared = configuration.declaration if configuration is not None else None
    return literal_text(declared.value("region")) if declared is not None else ""
