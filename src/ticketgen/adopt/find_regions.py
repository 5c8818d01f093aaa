"""Find the Regions of a stack, and which of them are primary and secondary."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from ticketgen.adopt.counterpart_table import GLOBAL_TYPES, NOT_PLACED, counterpart_of
from ticketgen.adopt.counterparts import is_state_lock
from ticketgen.adopt.found_values import FoundValue, LeftOut
from ticketgen.adopt.placement import regions_in
from ticketgen.adopt.stack_view import StackView
from ticketgen.aws.regions import DATA_API_MISSING, REGIONS
from ticketgen.findings import Location

__all__ = ["find_regions"]

_LISTS: Final = re.compile(r"(?:[a-z0-9]+_)*regions(?:_list)?")
_NO_LISTS: Final = re.compile(r"(?:[a-z0-9]+_)*(?:allowed|valid|denied|supported|available|blocked)_.*")
_PRIMARY: Final = re.compile(r"(?:aws_)?(?:primary|main|home|master)_(?:aws_)?region")
_SECONDARY: Final = re.compile(
    r"(?:aws_)?(?:secondary|dr|failover|backup|standby|disaster_recovery)_(?:aws_)?region"
)


@dataclass(slots=True)
class _Seen:
    """The first sign of a Region, and its counts."""

    basis: str
    location: Location | None
    tables: int = 0
    resources: int = 0


@dataclass(slots=True)
class _Search:
    """Regions, and the evidence for each."""

    found: dict[str, _Seen] = field(default_factory=dict)
    weak: dict[str, tuple[str, Location]] = field(default_factory=dict)

    def add(self, region: str, basis: str, location: Location | None) -> _Seen:
        return self.found.setdefault(region, _Seen(basis, location))


def find_regions(view: StackView) -> Iterator[FoundValue | LeftOut]:
    """Yield the Regions, the primary and the secondary one."""
    search = _Search()
    _add_resources(search, view)
    _add_replicas(search, view)
    _add_remote_modules(search, view)
    for region, what, location in _lists(view):
        search.add(region, what, location)
    if not search.found:
        for region, (what, location) in (*_provider_regions(view).items(), *search.weak.items()):
            search.add(region, what, location)
    yield from _declared_only(search, view)
    yield from _chosen(search, view)


def _add_resources(search: _Search, view: StackView) -> None:
    for each in view.resources():
        for region in each.regions:
            if each.type.startswith(GLOBAL_TYPES):
                continue
            if is_state_lock(each):
                continue
            if counterpart_of(each.type) and not each.type.startswith(NOT_PLACED):
                seen = search.add(region, each.address, each.location)
                seen.resources += 1
                seen.tables += each.type == "aws_dynamodb_table"
            else:
                search.weak.setdefault(region, (each.address, each.location))


def _add_replicas(search: _Search, view: StackView) -> None:
    for each in view.resources("aws_dynamodb_table", "aws_dynamodb_global_table"):
        for replica in each.blocks("replica"):
            region = replica.value("region_name")
            if isinstance(region, str) and region in REGIONS:
                search.add(region, f"a replica of {each.address}", replica.at("region_name"))


def _add_remote_modules(search: _Search, view: StackView) -> None:
    for run in view.runs:
        for call, scope, regions in run.remote_calls():
            named = run.argument(call, scope, "region")
            for region in regions_in(named) or regions:
                search.add(region, f"module.{call.name}, which was not read", call.location)


def _lists(view: StackView) -> Iterator[tuple[str, str, Location]]:
    for each in view.named_values():
        if _LISTS.fullmatch(each.name) and not _NO_LISTS.fullmatch(each.name):
            found = regions_in(each.value)
            if len(found) > 1 or (found and isinstance(each.value, list)):
                for region in found:
                    yield region, each.written, each.location


def _provider_regions(view: StackView) -> Mapping[str, tuple[str, Location]]:
    found: dict[str, tuple[str, Location]] = {}
    for each in view.providers():
        region = each.block.value("region")
        if isinstance(region, str) and region in REGIONS:
            found.setdefault(region, (each.title, each.block.at("region")))
    return found


def _declared_only(search: _Search, view: StackView) -> Iterator[LeftOut]:
    for region, (title, location) in {**_provider_regions(view), **search.weak}.items():
        if region not in search.found:
            reason = (
                "no resource there has a counterpart: run `ticketgen add-region` if sales should run there"
            )
            yield LeftOut(f"Region {region} ({title})", reason, location, region)
    for each in view.providers():
        written = each.block.value("region")
        if isinstance(written, str) and written not in REGIONS:
            yield LeftOut(
                f"Region {written} ({each.title})",
                "it is not a Region of AWS that ticketgen knows",
                each.block.at("region"),
            )
        elif (
            written is not None
            and not isinstance(written, str)
            and each.declared.value("for_each") is None
            and not each.view.provider_regions(each.configuration, each.scope)
        ):
            reason = "it is not known from the code: pass the variable that sets it with --var"
            yield LeftOut(f"the Region of {each.title}", reason, each.block.at("region"))


def _chosen(search: _Search, view: StackView) -> Iterator[FoundValue | LeftOut]:
    natural = _primary(search.found, view)
    if natural is None:
        return
    partition = REGIONS[natural.region].partition
    found = {}
    for region, seen in search.found.items():
        if REGIONS[region].partition == partition:
            found[region] = seen
            continue
        reason = f"a spec has Regions of one partition, and {natural.region} is in {partition}"
        yield LeftOut(f"Region {region} ({seen.basis})", reason, seen.location, region)
    usable = {region: seen for region, seen in found.items() if region not in DATA_API_MISSING}
    primary = _primary(usable, view)
    if primary is None:
        yield from _nearest(natural.region, found)
        return
    if primary.region != natural.region:
        at = natural.location or found[natural.region].location
        yield _without_data_api("primary", natural, primary.region, at)
    secondary = yield from _secondary(usable, primary.region, view)
    if secondary.value is None:
        yield from _left_alone(found, primary.region)
        found = {primary.region: found[primary.region]}
    regions = sorted(found, key=lambda region: region != primary.region)
    notes = tuple((found[region].basis, found[region].location) for region in regions)
    yield FoundValue(("regions",), tuple(regions), "", None, notes)
    yield FoundValue(("primary_region",), primary.region, primary.basis, primary.location)
    yield secondary
    opt_in = [region for region in regions if REGIONS[region].opt_in]
    if opt_in:
        basis = "the stack has resources there, so the account has enabled them"
        yield FoundValue(("opt_in_regions",), tuple(opt_in), basis)


@dataclass(frozen=True, slots=True)
class _Choice:
    """A Region with a role, and why it was chosen."""

    region: str
    basis: str
    location: Location | None


def _without_data_api(role: str, refused: _Choice, chosen: str, at: Location | None) -> LeftOut:
    reason = (
        f"{refused.region} has no Aurora Data API, so it cannot be the {role} Region; the spec has {chosen}"
    )
    return LeftOut(f"{role}_region {refused.region} ({refused.basis})", reason, at)


def _nearest(region: str, found: Mapping[str, _Seen]) -> Iterator[FoundValue | LeftOut]:
    """Yield the nearest Region that can be primary, for a stack that has none."""
    start = REGIONS[region]
    near = min(
        (
            each
            for each in REGIONS.values()
            if each.partition == start.partition and not each.opt_in and each.name not in DATA_API_MISSING
        ),
        key=lambda each: abs(each.slot - start.slot),  # slots are numbered by part of the world
    )
    for name, seen in found.items():
        reason = (
            f"{name} has no Aurora Data API, so it cannot be the primary Region; the spec has {near.name}, "
            f"{near.long_name}: set the Region in which sales should run"
        )
        yield LeftOut(f"Region {name} ({seen.basis})", reason, seen.location, name)
    basis = f"assumption: near {region}, which has no Aurora Data API"
    yield FoundValue(("regions",), (near.name,), "", None, ((basis, None),))
    yield FoundValue(("primary_region",), near.name, "there is one Region")
    yield FoundValue(("secondary_region",), None, "there is one Region")


def _left_alone(found: Mapping[str, _Seen], primary: str) -> Iterator[LeftOut]:
    """Yield the Regions that the spec cannot have because none of them can be the secondary Region."""
    for region, seen in found.items():
        if region != primary:
            reason = (
                f"{region} has no Aurora Data API, so it cannot be the secondary Region that several Regions need; add "
                "it together with a Region that can"
            )
            yield LeftOut(f"Region {region} ({seen.basis})", reason, seen.location, region)


def _primary(found: Mapping[str, _Seen], view: StackView) -> _Choice | None:
    for each in view.named_values():
        if _PRIMARY.fullmatch(each.name) and isinstance(each.value, str) and each.value in found:
            return _Choice(each.value, each.written, each.location)
    tables = Counter({region: seen.tables for region, seen in found.items()})
    most = max(tables.values(), default=0)
    with_tables = [region for region in found if tables[region] == most > 0]
    if len(with_tables) == 1:
        return _Choice(with_tables[0], f"has the most tables, {most}", found[with_tables[0]].location)
    default = next(
        (region for region, (title, _) in _provider_regions(view).items() if title == "provider aws"), ""
    )
    if default in found:
        return _Choice(default, "the provider without an alias", _provider_regions(view)[default][1])
    if not found:
        return None
    first = max(found, key=lambda region: (region in with_tables, found[region].resources))
    return _Choice(first, "assumption: the first Region with the most resources", None)


def _secondary(
    usable: Mapping[str, _Seen], primary: str, view: StackView
) -> Generator[LeftOut, None, FoundValue]:
    """Yield a named secondary Region that cannot have the role; return the Region that can."""
    others = [region for region in usable if region != primary]
    named = next(
        (
            _Choice(str(each.value), each.written, each.location)
            for each in view.named_values()
            if _SECONDARY.fullmatch(each.name) and each.value in {*others, *DATA_API_MISSING}
        ),
        None,
    )
    if named and named.region in others:
        return FoundValue(("secondary_region",), named.region, named.basis, named.location)
    if not others:
        return FoundValue(("secondary_region",), None, "there is one Region")
    best = max(others, key=lambda region: usable[region].resources)
    if named:
        yield _without_data_api("secondary", named, best, named.location)
    basis = "assumption: of the other Regions, the first with the most resources"
    return FoundValue(("secondary_region",), best, basis, usable[best].location)
