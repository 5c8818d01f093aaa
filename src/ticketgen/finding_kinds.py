"""Every kind of finding by id, in the groups of the documentation."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType, ModuleType

from ticketgen.findings import FindingKind, projects, rehearsal, sizing, spec, stacks, verification
from ticketgen.rules.catalogue import CATALOGUE
from ticketgen.sizing import quota_needs

__all__ = ["GROUPS", "KINDS"]


def _of(module: ModuleType) -> tuple[FindingKind, ...]:
    """The kinds that a module declares, without those about the checked Terraform."""
    found = (getattr(module, name) for name in module.__all__)
    return tuple(each for each in found if isinstance(each, FindingKind) and each.id not in CATALOGUE)


GROUPS: Mapping[str, tuple[FindingKind, ...]] = MappingProxyType({
    "The spec and the command line": _of(spec),
    "Capacity and quotas": (*_of(sizing), *quota_needs.KINDS.values()),
    "Rendering and writing stacks": _of(stacks),
    "New projects and templates": _of(projects),
    "Directories to verify": _of(verification),
    "Rehearsals": _of(rehearsal),
})  # fmt: skip
"""Kinds that other commands report, and those that keep `ticketgen validate` from starting."""

KINDS: Mapping[str, FindingKind] = MappingProxyType(
    {**CATALOGUE, **{each.id: each for group in GROUPS.values() for each in group}}
)
