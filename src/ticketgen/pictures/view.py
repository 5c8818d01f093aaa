"""A stack's modules with their Regions, and the uses between their resources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ticketgen.hcl.budget import Budget
from ticketgen.hcl.configuration import Configuration, Scope
from ticketgen.hcl.declarations import provider_address
from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.modules import Module
from ticketgen.hcl.syntax import Attribute, Expression, File, GetAttribute, Object, Reference
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
        self._regions = {root: _provider_regions(root.module) for root in self.roots}
        self.region_of_scope = {
            scope: self._regions[root].get(_provider(scope), "")
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
        """The Region of a resource's provider, or else of its module; "" if neither has one."""
        alias = _alias(resource.declared.value("provider"))
        return (
            self._regions[resource.scope.root].get(alias, "")
            if alias
            else self.region_of_scope[resource.scope]
        )

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


def _provider_regions(module: Module) -> Mapping[str, str]:
    """The Region of each provider configuration, by alias; "" for the default one."""
    return {
        provider_address(block).name: literal_text(region)
        for block in module.blocks("provider")
        if block.labels == ("aws",) and (region := block.value("region")) is not None
    }


def _provider(scope: Scope) -> str:
    """The alias of the provider that is passed to a module; "" for the default one."""
    providers = scope.call.value("providers") if scope.call is not None else None
    return _alias(providers.get("aws")) if isinstance(providers, Object) else ""


def _alias(provider: Expression | None) -> str:
    if isinstance(provider, Reference) and provider.steps and isinstance(provider.steps[0], GetAttribute):
        return provider.steps[0].name
    return ""
