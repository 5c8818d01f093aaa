"""The versions of the AWS provider that modules accept.

Terraform installs one version of a provider for a root module and all modules that it calls, so all their constraints
count. Source: https://developer.hashicorp.com/terraform/language/providers/requirements#version-constraints
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ticketgen.aws.provider.schema import AWS_VERSION, AWS_VERSION_6
from ticketgen.hcl.modules import Module, source_folder
from ticketgen.hcl.syntax import Expression, Literal, Object
from ticketgen.verification.version_constraints import Terms, constraint_terms, holds

__all__ = ["ANY_VERSION", "AcceptedVersions", "accepted_versions", "called_modules", "required_sources"]

_MAX_VISITS = 200_000
"""How many modules are visited from all root modules together; those left over count as unconstrained."""
_MAX_STEPS = 2_000_000
"""How often a version is compared with a bound, about one second; whatever is left counts as unconstrained."""
_MINORS = 200
"""How many minor versions of a major version are tried; provider 5 has 101 of them."""


@dataclass(frozen=True, slots=True)
class AcceptedVersions:
    """The versions of the AWS provider that a module accepts.

    Versions 5.x are as strict as 5.100, and 6.x as 6.25: a minor version removes nothing
    (https://registry.terraform.io/providers/hashicorp/aws/latest/docs/guides/version-6-upgrade).

    Attributes:
        snapshots: `AWS_VERSION` and `AWS_VERSION_6`, if any version with the same major number is accepted.
        constrained: whether any constraint was written.
        later: whether versions after `AWS_VERSION_6` are accepted.
        only_later: whether no earlier version is accepted.
    """

    snapshots: tuple[tuple[int, ...], ...]
    constrained: bool
    later: bool
    only_later: bool = False

    def or_else(self, other: AcceptedVersions) -> AcceptedVersions:
        """What a module accepts that two root modules call."""
        return AcceptedVersions(
            tuple(sorted({*self.snapshots, *other.snapshots})),
            self.constrained or other.constrained,
            self.later or other.later,
            self.only_later and other.only_later,
        )


ANY_VERSION = AcceptedVersions((AWS_VERSION, AWS_VERSION_6), constrained=False, later=True)
"""What a module accepts that has no constraint."""


def required_sources(module: Module) -> Mapping[str, tuple[str, Expression | None]]:
    """Source and version constraint of each entry in ``required_providers``, by name."""
    found: dict[str, tuple[str, Expression | None]] = {}
    for name, value in module.required_providers.items():
        source, version = f"hashicorp/{name}", None
        if isinstance(value, Object):
            written = value.get("source")
            if isinstance(written, Literal) and isinstance(written.value, str):
                source = (
                    written.value.removeprefix("registry.terraform.io/")
                    .removeprefix("registry.opentofu.org/")
                    .lower()
                )
            version = value.get("version")
        elif isinstance(value, Literal):
            version = value  # the form of Terraform 0.12
        found[name] = source, version
    return found


def accepted_versions(modules: Iterable[Module]) -> Mapping[str, AcceptedVersions]:
    """The versions that each module accepts together with its callers and callees, by folder."""
    folders = {module.folder: module for module in modules}
    constraints = {folder: _constraint(module) for folder, module in folders.items()}
    found: dict[str, AcceptedVersions] = {}
    by_constraints: dict[frozenset[Terms], AcceptedVersions] = {}
    steps = 0
    for reached in called_modules(folders.values()):
        written = frozenset(terms for each in reached if (terms := constraints[each]) is not None)
        versions = by_constraints.get(written)
        if versions is None:
            steps += (_MINORS + sum(map(len, written))) * (1 + sum(map(len, written)))
            versions = _accepted(written) if steps < _MAX_STEPS else ANY_VERSION
            by_constraints[written] = versions
        for each in reached:
            found[each] = found[each].or_else(versions) if each in found else versions
    return {folder: found.get(folder, ANY_VERSION) for folder in folders}


def called_modules(modules: Iterable[Module]) -> Iterator[list[str]]:
    """For each root module, its folder and those of the modules that it calls, directly or not."""
    folders = {module.folder: module for module in modules}
    callees = {
        folder: [
            target
            for call in module.calls.values()
            if (target := source_folder(module, call.block)) is not None and target in folders
        ]
        for folder, module in folders.items()
    }
    called = {target for folder, targets in callees.items() for target in targets if target != folder}
    seen: set[str] = set()
    visits = 0
    # Modules that only call each other have no root, so they come last, each on its own.
    for start in sorted(folders, key=lambda folder: (folder in called and folder != "", folder)):
        if (start in seen and start != "") or visits > _MAX_VISITS:
            continue
        reached = _reached(start, callees)
        visits += len(reached)
        seen.update(reached)
        yield reached


def _reached(start: str, callees: Mapping[str, list[str]]) -> list[str]:
    reached = [start]
    seen = {start}
    for folder in reached:
        new = [each for each in dict.fromkeys(callees[folder]) if each not in seen]
        seen.update(new)
        reached.extend(new)
    return reached


def _constraint(module: Module) -> Terms | None:
    source, constraint = required_sources(module).get("aws", ("", None))
    return constraint_terms(constraint) if source == "hashicorp/aws" and constraint is not None else None


def _accepted(written: frozenset[Terms]) -> AcceptedVersions:
    if not written:
        return ANY_VERSION
    terms = {each for constraint in written for each in constraint}
    named = {(*bound, *(0,) * (3 - len(bound))) for _, bound in terms}
    candidates = {
        *((major, minor, 0) for major in (5, 6) for minor in range(_MINORS)),
        *((major, 0, 0) for major in range(7, 20)),
        *named,
        *((*version[:2], version[2] + 1) for version in named),
    }
    fitting = [each for each in candidates if all(holds(*term, each) for term in terms)]
    snapshots = [
        snapshot
        for snapshot in (AWS_VERSION, AWS_VERSION_6)
        if any(version[0] == snapshot[0] for version in fitting)
    ]
    later = [version > AWS_VERSION_6 for version in fitting]
    return AcceptedVersions(
        tuple(snapshots), constrained=True, later=any(later), only_later=bool(later) and all(later)
    )
