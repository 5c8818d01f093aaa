"""The plan of a migration: which root module gets each resource of a stack that was one root module."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ticketgen.aws.regions import REGIONS
from ticketgen.findings import Checked, Finding, has_errors
from ticketgen.findings.migrations import MIGRATED_REGION, NOT_MIGRATED, NOTHING_TO_MIGRATE
from ticketgen.spec.model import Environment
from ticketgen.stack.moved_addresses import OLD_STACK, ChangeKind, address_changes
from ticketgen.stack.roots import RootModule, backend_settings, retired_roots, root_modules

__all__ = ["MigrationPlan", "RootState", "StateMove", "migration_plan"]


@dataclass(frozen=True, slots=True)
class StateMove:
    """One step.

    Attributes:
        kind: ``migrate``, ``forget`` or ``import``.
        root: the path of the root module that gets the resource, below the stack's folder.
        source: its address in the old state, or the address of a module with everything in it.
        target: its address in the root module's state.
        identifier: the id for an import.
    """

    kind: ChangeKind
    root: str
    source: str
    target: str
    identifier: str = ""


@dataclass(frozen=True, slots=True)
class RootState:
    """A root module, and the settings of its backend: empty for a local state."""

    path: str
    backend: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MigrationPlan:
    """The steps of a migration.

    Attributes:
        environment: the name of the environment.
        suffix: the suffix of the deployment.
        roots: the root modules that get resources, in the order of application.
        steps: moves and forgotten resources, in the order in which they must be done; then imports.
        resources: the number of resources that are moved.
        left: the addresses that stay in the old state.
    """

    environment: str
    suffix: str
    roots: tuple[RootState, ...]
    steps: tuple[StateMove, ...]
    resources: int
    left: tuple[str, ...]


def migration_plan(environment: Environment, suffix: str, addresses: Iterable[str]) -> Checked[MigrationPlan]:
    """Plan the migration of a deployment.

    Args:
        environment: the environment in the current spec.
        suffix: the suffix of the deployment; the environment's name by default.
        addresses: the addresses of the managed resources in its old state.

    Returns:
        The plan, with a warning for each resource that ticketgen did not render.
    """
    possible = tuple(_possible_steps(environment, suffix))
    roots = (*root_modules(environment), *retired_roots(environment))
    known = {root.path: root for root in roots}
    used: set[StateMove] = set()
    left, missing, moved = [], set(), 0
    for address in addresses:
        step = next((each for each in possible if _contains(each.source, address)), None)
        if step is None:
            left.append(address)
        elif step.root not in known:
            missing.add(step.root.rpartition("/")[2])
        else:
            used.add(step)
            moved += step.kind is ChangeKind.MIGRATE
    findings = (*map(_missing, sorted(missing)), *map(_left, left))
    if not used:
        findings = (NOTHING_TO_MIGRATE.found("the state has no resource of a single root module"), *findings)
    if has_errors(findings):
        return Checked(None, findings)
    steps = (*(step for step in possible if step in used), *_imports(environment, suffix, used))
    receiving = {step.root for step in used if step.kind is ChangeKind.MIGRATE}
    states = tuple(
        RootState(path, backend_settings(root, environment, suffix))
        for path, root in known.items()
        if path in receiving
    )
    return Checked(MigrationPlan(environment.name, suffix, states, steps, moved, tuple(left)), findings)


def _possible_steps(environment: Environment, suffix: str) -> Iterator[StateMove]:
    """Every step, including steps for Regions that the spec does not have."""
    for change in address_changes():
        if change.root != OLD_STACK or change.kind is ChangeKind.IMPORT:
            continue
        for region in REGIONS if "{region}" in change.source else (environment.primary_region,):
            values = {"region": region, "primary": environment.primary_region}
            yield StateMove(
                change.kind,
                change.target_root.format_map(values),
                change.source.format(region=region.replace("-", "_")),
                change.target,
            )


def _imports(environment: Environment, suffix: str, used: Iterable[StateMove]) -> Iterator[StateMove]:
    """The imports for Regions and tables of the old stack."""
    sources = {step.source for step in used}
    found = {step.root.rpartition("/")[2] for step in used}
    primary = environment.primary_region
    replicas = [root.region for root in _data_roots(environment) if root.region != primary]
    for change in address_changes():
        if change.kind is ChangeKind.IMPORT and change.source in sources:
            hubs = [environment.secondary_region] if environment.secondary_region else []
            name = "hub" if "{hub}" in change.target_root else "replica"
            values = {"project": environment.project, "suffix": suffix, "primary": primary}
            for region in hubs if name == "hub" else replicas:
                if region in found:
                    root = change.target_root.format_map({name: region})
                    identifier = change.identifier.format_map(values)
                    yield StateMove(change.kind, root, change.source, change.target, identifier)


def _data_roots(environment: Environment) -> Iterator[RootModule]:
    for root in (*root_modules(environment), *retired_roots(environment)):
        if root.path == f"data/{root.region}":
            yield root


def _contains(place: str, address: str) -> bool:
    """Whether an address is that of a resource or module, or of a part of it."""
    return address.startswith(place) and address[len(place) : len(place) + 1] in {"", ".", "["}


def _missing(region: str) -> Finding:
    return MIGRATED_REGION.found(f"the old stack has resources in {region}, which the spec does not have")


def _left(address: str) -> Finding:
    return NOT_MIGRATED.found(
        f"{address} is not a resource that ticketgen rendered, so it stays in the old state"
    )
