"""A stack's modules with their Regions, and the uses between their resources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ticketgen.hcl.budget import Budget
from ticketgen.hcl.configuration import Configuration, Scope
from ticketgen.hcl.declarations import provider_address
from ticketgen.hcl.modules import Module
from ticketgen.hcl.syntax import Attribute, Expression, File, GetAttribute, Object, Reference
from ticketgen.pictures.trails import ResourceUse, ScopedResource, literal_text, spend, uses

__all__ = ["View"]


class View:
    """A stack and its primary Region.

    Only modules that the root module calls are shown, without their own calls.

    Attributes:
        root: the scope of the root module.
        region_of_scope: the Region of the provider that is passed to each module; "" for the root module, or if the
            Region is unknown.
        primary: the Region in ``local.primary_region``.
        regions: all Regions, in alphabetical order.
    """

    def __init__(self, files: Iterable[File], budget: Budget | None = None) -> None:
        configuration = Configuration(files, {}, budget=budget)
        scopes = configuration.scopes
        self._budget = configuration.budget
        self.root = scopes[""][0] if "" in scopes else Scope(Module("", ()))
        self._regions = _provider_regions(self.root.module)
        self.region_of_scope = {self.root: ""} | {
            scope: self._regions.get(_provider(scope), "") for scope in self.root.called_scopes.values()
        }
        self.primary = literal_text(self.local("primary_region"))
        found = {*self.region_of_scope.values(), *map(self.region_of, self._in(self.root))}
        self.regions = tuple(sorted(found - {""}))
        self._uses: dict[ScopedResource, tuple[ResourceUse, ...]] = {}

    def local(self, name: str) -> Expression | None:
        """The value of a local of the root module."""
        found = self.root.module.locals.get(name)
        return found.node.value if found is not None and isinstance(found.node, Attribute) else None

    def default(self, name: str) -> Expression | None:
        """The default of a variable of the root module."""
        found = self.root.module.variables.get(name)
        return found.value("default") if found is not None else None

    def region_of(self, resource: ScopedResource) -> str:
        """The Region of a resource's module or provider; "" if neither has one."""
        alias = _alias(resource.declared.value("provider"))
        return self.region_of_scope[resource.scope] or (self._regions.get(alias, "") if alias else "")

    def uses(self, resource: ScopedResource) -> tuple[ResourceUse, ...]:
        """The uses of other resources by a resource."""
        if resource not in self._uses:
            self._uses[resource] = tuple(uses(resource, self._budget))
        return self._uses[resource]

    def spend(self, steps: int) -> None:
        """Take some steps of the budget.

        Raises:
            LimitExceeded: too few are left.
        """
        spend(self._budget, steps)

    def resources(self) -> Iterator[ScopedResource]:
        """Yield the resources of the root module and of the modules that it calls."""
        for scope in self.region_of_scope:
            yield from self._in(scope)

    def primary_resources(self) -> Iterator[ScopedResource]:
        """Yield the resources of the primary Region and of the root module."""
        for scope, region in self.region_of_scope.items():
            if region in {self.primary, ""}:
                yield from self._in(scope)

    def _in(self, scope: Scope) -> Iterator[ScopedResource]:
        return (ScopedResource(scope, declared) for declared in scope.resources())


def _provider_regions(module: Module) -> Mapping[str, str]:
    """The Region of each provider configuration, by alias."""
    return {
        provider_address(block).name: literal_text(region)
        for block in module.blocks("provider")
        if block.labels and (region := block.value("region")) is not None
    }


def _provider(scope: Scope) -> str:
    """The alias of the provider that is passed to a module; "" for the default one."""
    providers = scope.call.value("providers") if scope.call is not None else None
    return _alias(providers.get("aws")) if isinstance(providers, Object) else ""


def _alias(provider: Expression | None) -> str:
    if isinstance(provider, Reference) and provider.steps and isinstance(provider.steps[0], GetAttribute):
        return provider.steps[0].name
    return ""
