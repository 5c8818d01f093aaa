"""Give each environment of a draft the Regions that a spec needs, or leave the environment out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from ticketgen.adopt.draft_values import Draft
from ticketgen.adopt.found_values import FoundValue, LeftOut, SpecPath
from ticketgen.aws.regions import REGIONS
from ticketgen.findings import Location
from ticketgen.spec.authoring import MAX_ENVIRONMENTS

__all__ = ["complete_regions", "draftable"]

_LISTED: Final = ("regions",)
_PRIMARY: Final = ("primary_region",)
_SECONDARY: Final = ("secondary_region",)

_Found = Mapping[str, Sequence[FoundValue | LeftOut]]


def draftable(found: _Found) -> tuple[_Found, list[LeftOut]]:
    """Split environments into those that one spec can have, and those that are left out, with reasons.

    Args:
        found: the values that were found in each environment, production last.
    """
    listed = {name: _listed(values) for name, values in found.items()}
    named = {name: each for name, each in listed.items() if each is not None}
    if not named:
        return found, []
    partition = _partition(list(named.values())[-1])
    kept: dict[str, Sequence[FoundValue | LeftOut]] = {}
    left_out = []
    for name in reversed(list(found)):
        regions = listed[name]
        if regions is None:
            reason = "its Regions are not known from the code: pass the variable that sets them with --var"
        elif _partition(regions) != partition:
            reason = f"it is in {_partition(regions)}, and the spec is in {partition}: write a separate spec for it"
        elif len(kept) == MAX_ENVIRONMENTS:
            reason = f"a spec has at most {MAX_ENVIRONMENTS} environments: write another spec for the rest"
        else:
            kept[name] = found[name]
            continue
        left_out.append(_environment_out(name, reason, regions))
    return dict(reversed(list(kept.items()))), left_out[::-1]


def _listed(values: Sequence[FoundValue | LeftOut]) -> FoundValue | None:
    return next((each for each in values if isinstance(each, FoundValue) and each.path == _LISTED), None)


def _regions(listed: FoundValue) -> tuple[str, ...]:
    return listed.value if isinstance(listed.value, tuple) else ()


def _partition(listed: FoundValue) -> str:
    return REGIONS[_regions(listed)[0]].partition


def _place(listed: FoundValue | None) -> Location | None:
    return next((place for _, place in listed.notes if place), None) if listed else None


def _environment_out(name: str, reason: str, listed: FoundValue | None) -> LeftOut:
    return LeftOut(f"the environment {name}", reason, _place(listed))


def complete_regions(draft: Draft) -> None:
    """Replace Regions that ticketgen refused; leave an environment out if no Region remains."""
    for name, own in list(draft.own.items()):
        values = {**draft.common, **own}
        listed = values.get(_LISTED)
        regions = _regions(listed) if listed else ()
        secondary = values.get(_SECONDARY)
        primary = _choice(draft, values.get(_PRIMARY), regions, _PRIMARY, secondary)
        if listed is None or primary is None:
            del draft.own[name]
            draft.left_out.append(
                _environment_out(name, "none of its Regions can be the primary Region", listed)
            )
            continue
        others = tuple(each for each in regions if each != primary.value)
        second = _choice(draft, secondary, others, _SECONDARY)
        if second is None and others:
            notes = dict(zip(regions, listed.notes, strict=False))
            for region in others:
                basis, place = notes.get(region, ("", None))
                reason = f"no Region of {name} can be the secondary Region, which several Regions need"
                draft.left_out.append(LeftOut(f"Region {region} ({basis})", reason, place, region))
            regions = (str(primary.value),)
            kept = tuple(note for each, note in notes.items() if each in regions)
            own[_LISTED] = replace(listed, value=regions, notes=kept)
        second = second or FoundValue(_SECONDARY, None, "there is one Region")
        for path, chosen, before in (
            (_PRIMARY, primary, values.get(_PRIMARY)),
            (_SECONDARY, second, secondary),
        ):
            if before is None or chosen.value != before.value:
                own[path] = chosen


def _choice(
    draft: Draft,
    found: FoundValue | None,
    regions: tuple[str, ...],
    path: SpecPath,
    avoided: FoundValue | None = None,
) -> FoundValue | None:
    """The Region that was found for a role, if the environment has it, or else the first suitable Region."""
    if found is not None and found.value in regions:
        return found
    usable = [each for each in regions if (path, each) not in draft.refused]
    usable.sort(key=lambda region: avoided is not None and region == avoided.value)
    basis = "assumption: the first Region that ticketgen accepts here"
    return FoundValue(path, usable[0], basis) if usable else None
