"""Check that the Regions of an environment fit together, which no single value shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ticketgen.aws.regions import DATA_API_MISSING, REGIONS, TIMESTREAM
from ticketgen.findings import Finding, FindingKind
from ticketgen.findings.spec import (
    DUPLICATE_REGION,
    NO_DATA_API,
    NO_TIMESTREAM,
    OPT_IN_REGION,
    PRIMARY_REGION,
    SECONDARY_REGION,
    TWO_PARTITIONS,
)
from ticketgen.spec.nodes import OPTION, Map, Node, Scalar, Sequence, dotted_path

__all__ = ["check_regions", "other_partition"]


@dataclass(frozen=True, slots=True)
class _RegionSettings:
    """The Regions of an environment, with places.

    Attributes:
        name: of the environment.
        regions_node: ``regions``.
        regions: the Regions in it that exist, with their names.
        is_complete: whether `regions_node` has no invalid item.
        primary: ``primary_region``, if it is a Region.
        secondary: ``secondary_region``, including null; None if it is not set or invalid.
        secondary_known: whether it is valid or not set.
        enabled: the names in ``opt_in_regions``; None if it has an invalid item.
        store: ``audit.store``.
        file: the spec file itself.
    """

    name: str
    regions_node: Sequence
    regions: tuple[tuple[str, Scalar], ...]
    is_complete: bool
    primary: Scalar | None
    secondary: Scalar | None
    secondary_known: bool
    enabled: frozenset[str] | None
    store: Scalar | None
    file: str

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.regions)

    def winning_node(self, first: Scalar | Sequence, *others: Scalar | Sequence) -> Scalar | Sequence:
        """The node that wins: an environment's over the file's, and the file's over the preset's."""
        best = first
        for other in others:
            if self._rank(other) > self._rank(best):
                best = other
        return best

    def _rank(self, node: Node) -> tuple[bool, bool, bool]:
        given = node.location.file.startswith(OPTION)
        return given, node.path[:1] == ("environments",), node.location.file == self.file

    def where_to_write(self, node: Node) -> str:
        """Where a correction goes: into the environment, if the environment has the value."""
        return dotted_path(node.path[:2]) if node.path[:1] == ("environments",) else "the top of the file"


def check_regions(
    name: str, tree: Map, broken: frozenset[str], file: str, partition: str | None
) -> Iterator[Finding]:
    """Find the errors in the Regions of an environment.

    Args:
        name: of the environment.
        tree: its settings, with preset and overrides applied, and without invalid values.
        broken: the settings that lost an invalid part, in which missing values are not errors.
        file: the spec file itself.
        partition: the partition of the spec; None if no Region shows it.
    """
    listed = tree.entries.get("regions")
    if not isinstance(listed, Sequence):
        return
    enabled = tree.entries.get("opt_in_regions")
    audit = tree.entries.get("audit")
    placement = _RegionSettings(
        name,
        listed,
        tuple(_regions_of(listed)),
        "regions" not in broken,
        _scalar(tree.entries.get("primary_region")),
        _scalar(tree.entries.get("secondary_region")),
        "secondary_region" not in broken,
        None if "opt_in_regions" in broken else frozenset(region for region, _ in _regions_of(enabled)),
        _scalar(audit.entries.get("store")) if isinstance(audit, Map) else None,
        file,
    )
    if partition:
        yield from _one_partition(placement, partition)
    for rule in _RULES:
        yield from rule(placement)


def _scalar(node: Node | None) -> Scalar | None:
    return node if isinstance(node, Scalar) else None


def _regions_of(node: Node | None) -> Iterator[tuple[str, Scalar]]:
    for item in node.items if isinstance(node, Sequence) else ():
        if isinstance(item, Scalar) and isinstance(item.value, str):
            yield item.value, item


def _found(kind: FindingKind, node: Node, what: str, help: str) -> Finding:
    return kind.found(f"{dotted_path(node.path)}: {what}", help, at=node.location)


def other_partition(region: str, partition: str) -> tuple[str, str]:
    """What is wrong with a Region that is not in the partition of the spec, and the fix."""
    theirs = REGIONS[region].partition
    return (
        f"{region} is in the partition {theirs}, but the spec is in {partition}",
        f"write a separate spec for {theirs}: nothing replicates between partitions",
    )


def _one_partition(placement: _RegionSettings, partition: str) -> Iterator[Finding]:
    for name, item in placement.regions:
        if REGIONS[name].partition != partition:
            yield _found(TWO_PARTITIONS, item, *other_partition(name, partition))


def _no_duplicates(placement: _RegionSettings) -> Iterator[Finding]:
    first: dict[str, Scalar] = {}
    for name, item in placement.regions:
        if first.setdefault(name, item) is not item:
            help = f"delete it: the first is on line {first[name].location.line}"
            yield _found(DUPLICATE_REGION, item, f"{name} occurs twice", help)


def _opted_in(placement: _RegionSettings) -> Iterator[Finding]:
    if placement.enabled is None:
        return
    for name, item in placement.regions:
        region = REGIONS[name]
        if region.opt_in and name not in placement.enabled:
            yield _found(
                OPT_IN_REGION,
                item,
                f"{name} is an opt-in Region, but opt_in_regions does not list it",
                f"enable {region.long_name} in the AWS account, then add {name} to opt_in_regions",
            )


def _primary_among_regions(placement: _RegionSettings) -> Iterator[Finding]:
    primary = placement.primary
    if (
        primary is None
        or not placement.is_complete
        or not placement.regions
        or primary.value in placement.names
    ):
        return
    to_blame = placement.winning_node(primary, placement.regions_node)
    if to_blame is primary:
        what = f"{primary.value} is not among the regions: {_some(placement.names)}"
        yield _found(PRIMARY_REGION, primary, what, "write one of them, or add it to regions")
        return
    yield _found(
        PRIMARY_REGION,
        to_blame,
        f"the primary Region {primary.value} is not among them",
        f"add {primary.value}, or set primary_region in {placement.where_to_write(to_blame)}",
    )


def _secondary_among_regions(placement: _RegionSettings) -> Iterator[Finding]:
    primary, secondary, listed = placement.primary, placement.secondary, placement.regions_node
    if not placement.secondary_known or not placement.is_complete or not placement.regions:
        return
    others = [
        name
        for name in placement.names
        if name not in DATA_API_MISSING and (primary is None or name != primary.value)
    ]
    such_as = f", such as {others[0]}" if others else ""
    if secondary is None or secondary.value is None:
        if len(set(placement.names)) > 1:
            to_blame = listed if secondary is None else placement.winning_node(secondary, listed)
            yield _found(
                SECONDARY_REGION,
                to_blame,
                f"{len(set(placement.names))} Regions need a secondary_region",
                f"set secondary_region in {placement.where_to_write(to_blame)}{such_as}",
            )
        return
    if primary is not None and secondary.value == primary.value:
        to_blame = placement.winning_node(secondary, primary)
        several = len(set(placement.names)) > 1
        help = f"write another Region{such_as}" if several else "write null: there is one Region"
        what = f"{secondary.value} is both the primary and the secondary Region"
        yield _found(SECONDARY_REGION, to_blame, what, help)
        return
    if secondary.value in placement.names:
        return
    to_blame = placement.winning_node(secondary, listed)
    alone = len(set(placement.names)) == 1
    if to_blame is secondary:
        what = f"{secondary.value} is not among the regions: {_some(placement.names)}"
        help = "write null: there is one Region" if alone else "write one of them, or add it to regions"
        yield _found(SECONDARY_REGION, secondary, what, help)
        return
    instead = "secondary_region: null" if alone else "another secondary_region"
    yield _found(
        SECONDARY_REGION,
        to_blame,
        f"the secondary Region {secondary.value} is not among them",
        f"add {secondary.value}, or write {instead} in {placement.where_to_write(to_blame)}",
    )


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _analytics(placement: _RegionSettings) -> Iterator[tuple[str, Scalar]]:
    """The Regions that run analytics."""
    for kind, node in (("primary", placement.primary), ("secondary", placement.secondary)):
        if node is not None and node.value is not None:
            yield kind, node


def _data_api(placement: _RegionSettings) -> Iterator[Finding]:
    for kind, node in _analytics(placement):
        if node.value in DATA_API_MISSING:
            yield _found(
                NO_DATA_API,
                node,
                f"{node.value} has no Aurora Data API, so it cannot be the {kind} Region",
                f"choose another {kind} Region; {node.value} may stay among the regions",
            )


def _timestream(placement: _RegionSettings) -> Iterator[Finding]:
    store = placement.store
    if store is None or store.value != "timestream":
        return
    for kind, node in _analytics(placement):
        if node.value not in TIMESTREAM:
            to_blame = placement.winning_node(store, node)
            yield _found(
                NO_TIMESTREAM,
                to_blame,
                f"timestream is not available in the {kind} Region {node.value}",
                f"set audit.store to dynamodb, or make the {kind} Region one of {', '.join(sorted(TIMESTREAM))}",
            )


_RULES: tuple[Callable[[_RegionSettings], Iterator[Finding]], ...] = (
    _no_duplicates,
    _opted_in,
    _primary_among_regions,
    _secondary_among_regions,
    _data_api,
    _timestream,
)
