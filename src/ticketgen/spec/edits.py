"""Adding a Region to a spec, or removing one: the text is edited where the list is written, and read again.

Which list that is depends on who says it: an environment for itself, the top of the file, or the preset. One that
does not say it for exactly the environments that are meant is written out where it does. Nothing but the Regions of
these environments may differ afterwards; an edit of which that is not true is given up, and said to be so.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal

from yaml.nodes import CollectionNode, Node, SequenceNode

from ticketgen.aws.regions import REGIONS
from ticketgen.findings import Checked, Finding, Location, Stage, has_errors
from ticketgen.spec.layout import (
    Replacement,
    applied,
    compose,
    insert_entry,
    insert_item,
    remove_item,
    value_of,
)
from ticketgen.spec.load import SpecDocument
from ticketgen.spec.model import Environment, Project
from ticketgen.spec.nodes import Map, Sequence, plain
from ticketgen.spec.reader import read
from ticketgen.spec.resolve import resolve
from ticketgen.spec.texts import nearest

__all__ = ["Edit", "add_region", "remove_region"]

_List = Literal["regions", "opt_in_regions"]
_BEFORE_REGIONS = ("secondary_region", "primary_region", "extends", "project", "version")


@dataclass(frozen=True, slots=True)
class Edit:
    """An edited spec.

    Attributes:
        document: the spec as it reads now.
        project: what it means now.
            changed: the environments whose Regions it changes, in the spec's order.
        unchanged: those that were meant, and have it so already.
    """

    document: SpecDocument
    project: Project
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]


def add_region(
    document: SpecDocument, region: str, only: Collection[str] = (), *, opted_in: bool = False
) -> Checked[Edit]:
    """Add a Region to all environments, or to some.

    Args:
        document: a spec, as it was loaded.
        region: as AWS writes it.
        only: the environments; all if empty.
        opted_in: whether an opt-in Region is enabled in the AWS account, so that the spec may say so.
    """
    before = _before(document, region, only)
    if before.value is None:
        return Checked(None, before.findings)
    project, meant = before.value
    text = document.text
    lacking = [each for each in meant if region not in each.regions]
    if REGIONS[region].opt_in:
        not_said = [each for each in lacking if region not in each.opt_in_regions]
        if not_said and not opted_in:
            return Checked(None, (_not_opted_in(document, region),))
        said = _edited(document, text, project, not_said, "opt_in_regions", region, add=True)
        if said.value is None:
            return Checked(None, said.findings)
        text = said.value
    listed = _edited(document, text, project, lacking, "regions", region, add=True)
    return _checked(document, project, listed, lacking, meant, region)


def remove_region(document: SpecDocument, region: str, only: Collection[str] = ()) -> Checked[Edit]:
    """Remove a Region from all environments, or from some; never one's primary or secondary Region.

    ``opt_in_regions`` keeps it: the account still has it enabled, and Terraform needs its provider to destroy what
    is there.
    """
    before = _before(document, region, only)
    if before.value is None:
        return Checked(None, before.findings)
    project, meant = before.value
    having = [each for each in meant if region in each.regions]
    needed = tuple(_needed(project, each, region) for each in having if region in _hubs(each))
    if needed:
        return Checked(None, needed)
    edited = _edited(document, document.text, project, having, "regions", region, add=False)
    return _checked(document, project, edited, having, meant, region)


def _finding(rule: str, message: str, at: Location | None, help_text: str) -> Finding:
    return Finding(rule, message, Stage.RESOLVE, at, help=help_text)


def _before(
    document: SpecDocument, region: str, only: Collection[str]
) -> Checked[tuple[Project, tuple[Environment, ...]]]:
    """The project as it is, and the environments that are meant."""
    resolved = resolve(document)
    if resolved.value is None:
        return Checked(None, resolved.findings)
    project = resolved.value
    names = [each.name for each in project.environments]
    findings = []
    if region not in REGIONS:
        close = nearest(region, REGIONS)
        way_out = f"did you mean {close}?" if close else "write a Region as AWS does, such as us-east-1"
        findings.append(_finding("no-such-region", f"{region!r} is not a Region of AWS", None, way_out))
    for name in sorted(set(only) - set(names)):
        findings.append(
            _finding("unknown-environment", f"the spec has no environment {name!r}", None,
                     f"it has {', '.join(names)}")
        )  # fmt: skip
    if findings:
        return Checked(None, tuple(findings))
    return Checked((project, tuple(each for each in project.environments if not only or each.name in only)))


def _not_opted_in(document: SpecDocument, region: str) -> Finding:
    return _finding(
        "opt-in-region",
        f"{region} is an opt-in Region, and opt_in_regions does not list it",
        Location(document.file),
        f"enable it in the account, `aws account enable-region --region-name {region}`, and wait until "
        "`aws account get-region-opt-status` says ENABLED; then add it with --opted-in",
    )


def _hubs(environment: Environment) -> tuple[str | None, str | None]:
    return environment.primary_region, environment.secondary_region


def _needed(project: Project, environment: Environment, region: str) -> Finding:
    role = "primary" if region == environment.primary_region else "secondary"
    return _finding(
        "region-is-needed",
        f"{region} is the {role} Region of {environment.name}: analytics, verification and audit live there",
        project.marks.get(("environments", environment.name, f"{role}_region")),
        f"make another Region the {role} one first, apply that, then remove {region}; or name the other "
        "environments with --env",
    )


def _edited(
    document: SpecDocument,
    text: str,
    project: Project,
    environments: Collection[Environment],
    key: _List,
    region: str,
    *,
    add: bool,
) -> Checked[str]:
    """The text with the Region in, or out of, a list of these environments."""
    if not environments:
        return Checked(text)
    replacements: list[Replacement] = []
    top = compose(text)
    own = [each for each in environments if isinstance(_own(top, each, key), SequenceNode)]
    for each in own:
        replacements += _in_list(text, _own(top, each, key), region, add)
    sharing = [each.name for each in project.environments if _own(top, each, key) is None]
    shared = [each for each in environments if each not in own]
    if shared and len(shared) == len(sharing):
        listed = value_of(top, key)
        if isinstance(listed, SequenceNode):
            replacements += _in_list(text, listed, region, add)
        else:
            words = _words(_inherited(document, key), region, add)
            entries = {name.value for name, _ in top.value}
            place = next((name for name in _BEFORE_REGIONS if name in entries), "")
            if key == "opt_in_regions" and "regions" in entries:
                place = "regions"
            replacements += insert_entry(text, top, key, words, after=place)
    else:
        for each in shared:
            where = value_of(top, "environments", each.name)
            if where is None:
                return Checked(None, (_elsewhere(project, each),))
            parent = value_of(top, "environments")
            words = _words(_inherited(document, key), region, add)
            inline = isinstance(parent, CollectionNode) and bool(parent.flow_style)
            replacements += insert_entry(text, where, key, words, inline=inline)
    return Checked(applied(text, replacements))


def _own(top: Node, environment: Environment, key: _List) -> Node | None:
    return value_of(top, "environments", environment.name, key)


def _in_list(text: str, node: Node | None, region: str, add: bool) -> list[Replacement]:
    if not isinstance(node, SequenceNode):
        return []
    if add:
        return insert_item(text, node, region)
    return remove_item(text, node, region)


def _inherited(document: SpecDocument, key: _List) -> list[str]:
    """The list that an environment without one has, in the order in which it was written."""
    for root in (document.root, document.preset):
        node = root.entries.get(key) if isinstance(root, Map) else None
        if isinstance(node, Sequence):
            return [str(plain(item)) for item in node.items]
    return []


def _words(regions: Collection[str], region: str, add: bool) -> list[str]:
    return [*regions, region] if add else [each for each in regions if each != region]


def _elsewhere(project: Project, environment: Environment) -> Finding:
    return _finding(
        "cannot-edit",
        f"the environment {environment.name} is the preset's, and the spec does not name it",
        project.marks.get(("environments", environment.name)),
        f"write {environment.name}: {{}} under environments first",
    )


def _checked(
    document: SpecDocument,
    project: Project,
    edited: Checked[str],
    changed: Collection[Environment],
    meant: Collection[Environment],
    region: str,
) -> Checked[Edit]:
    """Read the edited text again: it must say what it said, but for the Region in these environments."""
    if edited.value is None:
        return Checked(None, edited.findings)
    text = edited.value
    again = read(text.encode(), document.file)
    if again.value is None or has_errors(again.findings):
        return Checked(None, (_given_up(document, region),))
    new_document = replace(document, root=again.value, text=text)
    resolved = resolve(new_document)
    if resolved.value is None:
        return Checked(None, resolved.findings)
    names = {each.name for each in changed}
    pairs = list(zip(project.environments, resolved.value.environments, strict=False))
    as_meant = (_is_as_meant(old, new, region, changed=old.name in names) for old, new in pairs)
    if len(project.environments) != len(resolved.value.environments) or not all(as_meant):
        return Checked(None, (_given_up(document, region),))
    unchanged = tuple(each.name for each in meant if each.name not in names)
    in_order = tuple(each.name for each in changed)
    return Checked(Edit(new_document, resolved.value, in_order, unchanged), resolved.findings)


def _is_as_meant(before: Environment, after: Environment, region: str, *, changed: bool) -> bool:
    """Whether nothing differs but the Region, and that only where it was meant to."""
    regions = tuple(sorted({*before.regions} ^ {region})) if changed else before.regions
    opted_in = before.opt_in_regions
    if after.opt_in_regions == (*opted_in, region):
        opted_in = after.opt_in_regions
    return after == before.model_copy(update={"regions": regions, "opt_in_regions": opted_in})


def _given_up(document: SpecDocument, region: str) -> Finding:
    return _finding(
        "cannot-edit",
        f"the spec is written in a way in which ticketgen cannot edit it for {region} and keep the rest",
        Location(document.file),
        "edit its list of regions by hand, then run `ticketgen render`",
    )
