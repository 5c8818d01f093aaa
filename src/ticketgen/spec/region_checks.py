"""Check that the Regions of an environment fit together."""

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
    RETIRED_REGION,
    SECONDARY_REGION,
    TWO_PARTITIONS,
)
from ticketgen.spec.nodes import OPTION, Map, Scalar, Sequence, YamlNode, dotted_path

__all__ = ["check_regions", "other_partition"]


@dataclass(frozen=True, slots=True)
class _RegionSettings:
    """The Regions of an environment, with their locations.

    Attributes:
        name: of the environment.
        regions_node: ``regions``.
        regions: the Regions in it that exist, with their names.
        is_complete: whether `regions_node` has no invalid item.
        retired: the Regions in ``retired_regions`` that exist, with their names.
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
    retired: tuple[tuple[str, Scalar], ...]
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
        """The node that wins: environment over file, and file over preset."""
        best = first
        for other in others:
            if self._rank(other) > self._rank(best):
                best = other
        return best

    def _rank(self, node: YamlNode) -> tuple[bool, bool, bool]:
        given = node.location.file.startswith(OPTION)
        return given, node.path[:1] == ("environments",), node.location.file == self.file

    def where_to_write(self, node: YamlNode) -> str:
        """Where to correct it, such as ``in environments.prod``: in the environment if that has the value."""
        in_environment = node.path[:1] == ("environments",)
        return f"in {dotted_path(node.path[:2])}" if in_environment else "at the top of the file"


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
    settings = _RegionSettings(
        name,
        listed,
        tuple(_regions_of(listed)),
        "regions" not in broken,
        tuple(_regions_of(tree.entries.get("retired_regions"))),
        _scalar(tree.entries.get("primary_region")),
        _scalar(tree.entries.get("secondary_region")),
        "secondary_region" not in broken,
        None if "opt_in_regions" in broken else frozenset(region for region, _ in _regions_of(enabled)),
        _scalar(audit.entries.get("store")) if isinstance(audit, Map) else None,
        file,
    )
    if partition:
        yield from _one_partition(settings, partition)
    for rule in _RULES:
        yield from rule(settings)


def _scalar(node: YamlNode | None) -> Scalar | None:
    return node if isinstance(node, Scalar) else None


def _regions_of(node: YamlNode | None) -> Iterator[tuple[str, Scalar]]:
    for item in node.items if isinstance(node, Sequence) else ():
        if isinstance(item, Scalar) and isinstance(item.value, str):
            yield item.value, item


def _finding(kind: FindingKind, node: YamlNode, what: str, help: str) -> Finding:
    return kind.found(f"{dotted_path(node.path)}: {what}", help, at=node.location)


def other_partition(region: str, partition: str) -> tuple[str, str]:
    """The message and fix for a Region outside the partition of the spec."""
    other = REGIONS[region].partition
    return (
        f"{region} is in the partition {other}, but the spec is in {partition}",
        f"write a separate spec for {other}: nothing replicates between partitions",
    )


def _one_partition(settings: _RegionSettings, partition: str) -> Iterator[Finding]:
    for name, item in (*settings.regions, *settings.retired):
        if REGIONS[name].partition != partition:
            yield _finding(TWO_PARTITIONS, item, *other_partition(name, partition))


def _no_duplicates(settings: _RegionSettings) -> Iterator[Finding]:
    for listed in (settings.regions, settings.retired):
        first: dict[str, Scalar] = {}
        for name, item in listed:
            if first.setdefault(name, item) is not item:
                help = f"delete it: the first is on line {first[name].location.line}"
                yield _finding(DUPLICATE_REGION, item, f"{name} occurs twice", help)


def _retired_apart(settings: _RegionSettings) -> Iterator[Finding]:
    for name, item in settings.retired:
        if name in settings.names:
            help = f"remove {name} from here, or from the regions {settings.where_to_write(settings.regions_node)}"
            yield _finding(RETIRED_REGION, item, f"{name} is also among the regions", help)


def _opted_in(settings: _RegionSettings) -> Iterator[Finding]:
    if settings.enabled is None:
        return
    for name, item in settings.regions:
        region = REGIONS[name]
        if region.opt_in and name not in settings.enabled:
            yield _finding(
                OPT_IN_REGION,
                item,
                f"{name} is an opt-in Region, but opt_in_regions does not list it",
                f"enable {region.long_name} in the AWS account, then add {name} to opt_in_regions",
            )


def _primary_among_regions(settings: _RegionSettings) -> Iterator[Finding]:
    primary = settings.primary
    if primary is None or not settings.is_complete or not settings.regions or primary.value in settings.names:
        return
    winner = settings.winning_node(primary, settings.regions_node)
    if winner is primary:
        what = f"{primary.value} is not among the regions: {_abbreviated_list(settings.names)}"
        yield _finding(PRIMARY_REGION, primary, what, "write one of them, or add it to regions")
        return
    yield _finding(
        PRIMARY_REGION,
        winner,
        f"the primary Region {primary.value} is not among them",
        f"add {primary.value}, or set primary_region {settings.where_to_write(winner)}",
    )


def _secondary_among_regions(settings: _RegionSettings) -> Iterator[Finding]:
    primary, secondary, listed = settings.primary, settings.secondary, settings.regions_node
    if not settings.secondary_known or not settings.is_complete or not settings.regions:
        return
    others = [
        name
        for name in settings.names
        if name not in DATA_API_MISSING and (primary is None or name != primary.value)
    ]
    suggestion = f", such as {others[0]}" if others else ""
    if secondary is None or secondary.value is None:
        if len(set(settings.names)) > 1:
            winner = listed if secondary is None else settings.winning_node(secondary, listed)
            yield _finding(
                SECONDARY_REGION,
                winner,
                f"{len(set(settings.names))} Regions need a secondary_region",
                f"set secondary_region {settings.where_to_write(winner)}{suggestion}",
            )
        return
    if primary is not None and secondary.value == primary.value:
        winner = settings.winning_node(secondary, primary)
        several = len(set(settings.names)) > 1
        help = f"write another Region{suggestion}" if several else "write null: there is one Region"
        what = f"{secondary.value} is both the primary and the secondary Region"
        yield _finding(SECONDARY_REGION, winner, what, help)
        return
    if secondary.value in settings.names:
        return
    winner = settings.winning_node(secondary, listed)
    alone = len(set(settings.names)) == 1
    if winner is secondary:
        what = f"{secondary.value} is not among the regions: {_abbreviated_list(settings.names)}"
        help = "write null: there is one Region" if alone else "write one of them, or add it to regions"
        yield _finding(SECONDARY_REGION, secondary, what, help)
        return
    replacement = "secondary_region: null" if alone else "another secondary_region"
    yield _finding(
        SECONDARY_REGION,
        winner,
        f"the secondary Region {secondary.value} is not among them",
        f"add {secondary.value}, or write {replacement} {settings.where_to_write(winner)}",
    )


def _abbreviated_list(names: tuple[str, ...]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _analytics(settings: _RegionSettings) -> Iterator[tuple[str, Scalar]]:
    """The Regions that run analytics."""
    for kind, node in (("primary", settings.primary), ("secondary", settings.secondary)):
        if node is not None and node.value is not None:
            yield kind, node


def _data_api(settings: _RegionSettings) -> Iterator[Finding]:
    for kind, node in _analytics(settings):
        if node.value in DATA_API_MISSING:
            yield _finding(
                NO_DATA_API,
                node,
                f"{node.value} has no Aurora Data API, so it cannot be the {kind} Region",
                f"choose another {kind} Region; {node.value} may stay among the regions",
            )


def _timestream(settings: _RegionSettings) -> Iterator[Finding]:
    store = settings.store
    if store is None or store.value != "timestream":
        return
    for kind, node in _analytics(settings):
        if node.value not in TIMESTREAM:
            winner = settings.winning_node(store, node)
            partition = REGIONS[str(node.value)].partition
            others = sorted(name for name in TIMESTREAM if REGIONS[name].partition == partition)
            help = f", or make the {kind} Region one of {', '.join(others)}" if others else ""
            yield _finding(
                NO_TIMESTREAM,
                winner,
                f"timestream is not available in the {kind} Region {node.value}",
                f"set audit.store to dynamodb{help}",
            )


_RULES: tuple[Callable[[_RegionSettings], Iterator[Finding]], ...] = (
    _no_duplicates,
    _retired_apart,
    _opted_in,
    _primary_among_regions,
    _secondary_among_regions,
    _data_api,
    _timestream,
)
