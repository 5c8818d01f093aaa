"""The root modules of an environment's stack, each with a state of its own.

``global`` comes first, then ``data/<primary>``, then the other ``data/<region>``, then every ``regions/<region>``.
Roots of one stage need nothing from each other, so they can be applied side by side. The roots of a retired Region come
last: they are applied without deletion protection, then destroyed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ticketgen.spec.model import Environment

__all__ = ["RootKind", "RootModule", "backend_settings", "prerequisites", "retired_roots", "root_modules"]


class RootKind(StrEnum):
    """The kinds of root modules; the value is the folder below the stack."""

    GLOBAL = "global"  # IAM, certificate validation
    DATA = "data"  # a Region's key and tables
    REGIONS = "regions"  # everything else in a Region


@dataclass(frozen=True, slots=True)
class RootModule:
    """One root module.

    Attributes:
        kind: what it manages.
        region: where its provider works; for ``global``, the primary Region.
        retired: whether it waits to be destroyed.
    """

    kind: RootKind
    region: str
    retired: bool = False

    @property
    def path(self) -> str:
        """Its folder below the stack's, such as ``data/eu-west-1``."""
        return str(self.kind) if self.kind is RootKind.GLOBAL else f"{self.kind}/{self.region}"


def root_modules(environment: Environment) -> tuple[RootModule, ...]:
    """The environment's root modules, each after those that it needs."""
    return tuple(_in_order(environment))


def retired_roots(environment: Environment) -> tuple[RootModule, ...]:
    """The root modules of retired Regions, in the order in which they are destroyed."""
    return tuple(
        RootModule(kind, region, retired=True)
        for kind in (RootKind.REGIONS, RootKind.DATA)
        for region in environment.retired_regions
    )


def prerequisites(root: RootModule, environment: Environment) -> tuple[RootModule, ...]:
    """The root modules that must be applied before a root module, and destroyed after it."""
    primary = RootModule(RootKind.DATA, environment.primary_region)
    if root.kind is RootKind.GLOBAL:
        return ()
    if root.kind is RootKind.REGIONS:
        return (RootModule(RootKind.DATA, root.region, root.retired),)
    if root == primary:
        return (RootModule(RootKind.GLOBAL, environment.primary_region),)
    return (primary,)


def backend_settings(root: RootModule, environment: Environment, suffix: str) -> dict[str, str]:
    """The bucket, key and Region of a root module's state; empty without a bucket.

    With ``{region}`` in the bucket's name, a Region's states are in that Region.
    """
    state = environment.state
    if state.bucket is None:
        return {}
    per_region = "{region}" in state.bucket
    return {
        "bucket": state.bucket.replace("{region}", root.region),
        "key": f"{environment.project}/{suffix}/{root.path}.tfstate",
        "region": root.region if per_region else state.region or environment.primary_region,
    }


def _in_order(environment: Environment) -> Iterator[RootModule]:
    primary = environment.primary_region
    yield RootModule(RootKind.GLOBAL, primary)
    yield RootModule(RootKind.DATA, primary)
    for region in environment.regions:
        if region != primary:
            yield RootModule(RootKind.DATA, region)
    for region in environment.regions:
        yield RootModule(RootKind.REGIONS, region)
