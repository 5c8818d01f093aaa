"""Add a Region to a spec, or remove one: edit the text, and read the result again.

A value may be set in an environment, at the top of the file or in the preset. If the place that sets it applies to
exactly the chosen environments, it is edited; otherwise the value is written into each chosen environment. The edit may
change nothing but the Regions of these environments; any other edit is discarded and reported.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from ticketgen.aws.regions import REGIONS
from ticketgen.findings import Checked, has_errors
from ticketgen.findings.spec import OTHER_PARTITION
from ticketgen.spec.edit_refusals import (
    cannot_be_secondary,
    cannot_edit,
    is_needed,
    needs_secondary,
    not_opted_in,
    unknown_names,
    unnamed_environment,
)
from ticketgen.spec.load import SpecDocument
from ticketgen.spec.model import Environment, Project
from ticketgen.spec.reader import read
from ticketgen.spec.region_checks import other_partition
from ticketgen.spec.region_text import Key, UnnamedEnvironment, edit_text
from ticketgen.spec.resolve import resolve

__all__ = ["Edit", "add_region", "remove_region"]


@dataclass(frozen=True, slots=True)
class Edit:
    """An edited spec.

    Attributes:
        document: the edited spec.
        project: the same, resolved.
        action: what was done to the Region, before the environments' names: ``added to``, ``retired in``.
        changed: the environments whose Regions changed, in the order of the spec.
        unchanged: the chosen environments that needed no change.
    """

    document: SpecDocument
    project: Project
    action: str
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]


def add_region(
    document: SpecDocument,
    region: str,
    only: Collection[str] = (),
    *,
    opted_in: bool = False,
    secondary: bool = False,
) -> Checked[Edit]:
    """Add a Region to all environments, or to some.

    Args:
        document: a spec, as it was loaded.
        region: as AWS writes it.
        only: the chosen environments; all if empty.
        opted_in: whether an opt-in Region is enabled in the AWS account, so that the spec may say so.
        secondary: whether it becomes the secondary Region of environments without one.
    """
    before = _before(document, region, only)
    return before.then(
        lambda selection: _added(document, *selection, region, opted_in=opted_in, secondary=secondary)
    )


def _added(
    document: SpecDocument,
    project: Project,
    chosen: Collection[Environment],
    region: str,
    *,
    opted_in: bool,
    secondary: bool,
) -> Checked[Edit]:
    partition = REGIONS[project.environments[0].primary_region].partition
    if REGIONS[region].partition != partition:
        return Checked(None, (OTHER_PARTITION.found(*other_partition(region, partition)),))
    to_change = [each for each in chosen if region not in each.regions]
    refused = tuple(
        cannot_be_secondary(document, project, chosen, region)
        if secondary
        else needs_secondary(document, to_change, region, project)
    )
    if refused:
        return Checked(None, refused)
    unlisted = [each for each in to_change if REGIONS[region].opt_in and region not in each.opt_in_regions]
    if unlisted and not opted_in:
        return Checked(None, (not_opted_in(document, region),))

    def added(text: str, key: Key, environments: Collection[Environment]) -> Checked[str]:
        return _edited(document, text, project, environments, key, region, add=True)

    unnamed = [each for each in chosen if secondary and each.secondary_region != region]
    returning = [each for each in to_change if region in each.retired_regions]
    edited = (
        added(document.text, "secondary_region", unnamed)
        .then(lambda text: added(text, "opt_in_regions", unlisted))
        .then(lambda text: added(text, "regions", to_change))
        .then(lambda text: _edited(document, text, project, returning, "retired_regions", region, add=False))
    )
    intended = {
        each.name: {
            "regions": _with(each.regions, region),
            "retired_regions": _without(each.retired_regions, region),
            "secondary_region": region if secondary else each.secondary_region,
        }
        for each in to_change
    }
    return edited.then(lambda text: _checked(document, project, text, "added to", intended, chosen, region))


def remove_region(
    document: SpecDocument, region: str, only: Collection[str] = (), *, destroyed: bool = False
) -> Checked[Edit]:
    """Remove a Region that is neither primary nor secondary, from some environments or all.

    The first removal retires the Region, so that Terraform can destroy what is there; the second one forgets it.
    ``opt_in_regions`` keeps it: the account still has it enabled.

    Args:
        document: a spec, as it was loaded.
        region: as AWS writes it.
        only: the chosen environments; all if empty.
        destroyed: whether nothing of it is left to destroy, so that it need not be retired.
    """
    return _before(document, region, only).then(
        lambda selection: _removed(document, *selection, region, destroyed)
    )


def _removed(
    document: SpecDocument,
    project: Project,
    chosen: Collection[Environment],
    region: str,
    destroyed: bool,
) -> Checked[Edit]:
    used = [each for each in chosen if region in each.regions]
    retired = [each for each in chosen if region in each.retired_regions]
    needed = tuple(is_needed(document, project, used, region))
    if needed:
        return Checked(None, needed)
    edited = (
        _edited(document, document.text, project, used, "regions", region, add=False)
        .then(
            lambda text: _edited(
                document, text, project, [] if destroyed else used, "retired_regions", region, add=True
            )
        )
        .then(lambda text: _edited(document, text, project, retired, "retired_regions", region, add=False))
    )
    still_there = _with if not destroyed else _without
    intended = {
        each.name: {
            "regions": _without(each.regions, region),
            "retired_regions": (still_there if each in used else _without)(each.retired_regions, region),
        }
        for each in chosen
        if each in used or each in retired
    }
    action = "retired in" if used and not destroyed else "removed from"
    return edited.then(lambda text: _checked(document, project, text, action, intended, chosen, region))


def _before(
    document: SpecDocument, region: str, only: Collection[str]
) -> Checked[tuple[Project, tuple[Environment, ...]]]:
    """The project as it is, and the chosen environments."""
    resolved = resolve(document)
    if resolved.value is None:
        return Checked(None, resolved.findings)
    project = resolved.value
    names = [each.name for each in project.environments]
    findings = unknown_names(region, only, names)
    if findings:
        return Checked(None, findings)
    return Checked((project, tuple(each for each in project.environments if not only or each.name in only)))


def _edited(
    document: SpecDocument,
    text: str,
    project: Project,
    environments: Collection[Environment],
    key: Key,
    region: str,
    *,
    add: bool,
) -> Checked[str]:
    """The text with the Region added to or removed from a key of the environments."""
    try:
        return Checked(edit_text(document, text, project, environments, key, region, add=add))
    except UnnamedEnvironment as error:
        return Checked(None, (unnamed_environment(document, project, str(error)),))


def _checked(
    document: SpecDocument,
    project: Project,
    text: str,
    action: str,
    intended: Mapping[str, Mapping[str, object]],
    chosen: Collection[Environment],
    region: str,
) -> Checked[Edit]:
    """Read the edited text again: only what is intended may differ.

    ``intended`` has the new values of each environment that changes, by its name.
    """
    reread = read(text.encode(), document.file)
    if reread.value is None or has_errors(reread.findings):
        return Checked(None, (cannot_edit(document, region),))
    new_document = replace(document, root=reread.value, text=text)
    resolved = resolve(new_document)
    if resolved.value is None:
        return Checked(None, resolved.findings)
    pairs = list(zip(project.environments, resolved.value.environments, strict=False))
    as_intended = (_is_as_intended(old, new, region, intended.get(old.name, {})) for old, new in pairs)
    if len(project.environments) != len(resolved.value.environments) or not all(as_intended):
        return Checked(None, (cannot_edit(document, region),))
    unchanged = tuple(each.name for each in chosen if each.name not in intended)
    edit = Edit(new_document, resolved.value, action, tuple(intended), unchanged)
    return Checked(edit, resolved.findings)


def _is_as_intended(
    before: Environment, after: Environment, region: str, intended: Mapping[str, object]
) -> bool:
    expected = dict(intended)
    if after.opt_in_regions == (*before.opt_in_regions, region):
        expected["opt_in_regions"] = after.opt_in_regions
    return after == before.model_copy(update=expected)


def _with(regions: Collection[str], region: str) -> tuple[str, ...]:
    return tuple(sorted({*regions, region}))


def _without(regions: Collection[str], region: str) -> tuple[str, ...]:
    return tuple(each for each in regions if each != region)
