"""A stack's modules and the references between their resources, each resolved once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ticketgen.hcl.modules import modules
from ticketgen.hcl.syntax import Attribute, Block, Expression, File
from ticketgen.pictures.instances import Instance, Resource, Use, instances, literals, region_of, uses

__all__ = ["View"]


class View:
    """A stack and its primary Region.

    Attributes:
        every: the root and the modules that it calls.
        root: the first of them.
        primary: the Region in ``local.primary_region``.
        regions: all Regions, in alphabetical order.
    """

    def __init__(self, files: Iterable[File]) -> None:
        self.every: tuple[Instance, ...] = instances(modules(files))
        self.root = self.every[0]
        self.primary = literals(self.local("primary_region"))
        found = {instance.region for instance in self.every}
        found |= {self.region_of(resource) for resource in self.root.resources.values()}
        self.regions = tuple(sorted(found - {""}))
        self._children = {instance.name: instance for instance in self.every if instance.name}
        self._uses: dict[str, tuple[Use, ...]] = {}

    def local(self, name: str) -> Expression | None:
        """Return the value of a local of the root."""
        found = self.root.module.declarations.get(f"local.{name}", ())
        return found[0].node.value if found and isinstance(found[0].node, Attribute) else None

    def default(self, name: str) -> Expression | None:
        """The default of a variable of the root."""
        found = self.root.module.declarations.get(f"var.{name}", ())
        default = found[0].node.attribute("default") if found and isinstance(found[0].node, Block) else None
        return default.value if default is not None else None

    def region_of(self, resource: Resource) -> str:
        """Return the Region of a resource; "" if it is unknown."""
        return region_of(resource, self.every)

    def uses(self, resource: Resource) -> tuple[Use, ...]:
        """Return the resources that a resource uses."""
        if resource.key not in self._uses:
            self._uses[resource.key] = tuple(uses(resource, self._children))
        return self._uses[resource.key]

    def close(self) -> Iterator[Resource]:
        """Yield the resources of the primary Region and of the root."""
        for instance in self.every:
            if instance.region in {self.primary, ""}:
                yield from instance.resources.values()
