"""Every kind of finding by id, in the groups of the documentation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from ticketgen import findings
from ticketgen.findings import FindingKind, Stage, sizing
from ticketgen.rules.catalogue import CATALOGUE
from ticketgen.sizing import quota_needs

__all__ = ["GROUPS", "KINDS"]

_STAGES = tuple(Stage)


def _groups() -> Iterator[tuple[str, tuple[FindingKind, ...]]]:
    """The title of each module of `ticketgen.findings`, and the kinds that `CATALOGUE` lacks."""
    for module in iter_modules(findings.__path__, f"{findings.__name__}."):
        declared = vars(import_module(module.name))
        kinds = [each for each in declared.values() if isinstance(each, FindingKind)]
        kinds += quota_needs.KINDS.values() if module.name == sizing.__name__ else ()
        yield declared["TITLE"], tuple(each for each in kinds if each.id not in CATALOGUE)


GROUPS: Mapping[str, tuple[FindingKind, ...]] = MappingProxyType(
    dict(sorted(_groups(), key=lambda group: min(_STAGES.index(kind.stage) for kind in group[1])))
)
"""Kinds that other commands report, and those that keep `ticketgen validate` from starting, by stage."""

KINDS: Mapping[str, FindingKind] = MappingProxyType(
    {**CATALOGUE, **{each.id: each for group in GROUPS.values() for each in group}}
)
