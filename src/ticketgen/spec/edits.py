"""Add a Region to a spec, or remove one: edit the text where the value is written, and read the result again.

A value may be set in an environment, at the top of the file or in the preset. If the place that sets it applies to
exactly the chosen environments, it is edited; otherwise the value is written into each chosen environment. The edit may
change nothing but the Regions of these environments; any other edit is discarded and reported.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from yaml.nodes import CollectionNode, MappingNode, Node, SequenceNode

from ticketgen.aws.regions import DATA_API_MISSING, REGIONS
from ticketgen.findings import Checked, Finding, Location, has_errors
from ticketgen.findings.spec import (
    CANNOT_BE_SECONDARY,
    CANNOT_EDIT,
    NEEDS_OPT_IN,
    NEEDS_SECONDARY_REGION,
    NO_SUCH_REGION,
    OTHER_PARTITION,
    REGION_IS_NEEDED,
    UNKNOWN_ENVIRONMENT,
)
from ticketgen.guesses import did_you_mean
from ticketgen.spec.layout import (
    Replacement,
    applied,
    compose,
    insert_entry,
    insert_item,
    remove_item,
    replace_value,
    value_of,
)
from ticketgen.spec.load import SpecDocument
from ticketgen.spec.model import Environment, Project
from ticketgen.spec.nodes import Map, Sequence, find, plain
from ticketgen.spec.placement import other_partition
from ticketgen.spec.reader import read
from ticketgen.spec.resolve import resolve
from ticketgen.spec.texts import choice
from ticketgen.wording import listed

__all__ = ["Edit", "add_region", "remove_region"]

_Key = Literal["regions", "opt_in_regions", "secondary_region"]

_PLACES: dict[_Key, tuple[str, ...]] = {
    "regions": ("secondary_region", "primary_region", "extends", "project", "version"),
    "opt_in_regions": ("regions", "secondary_region", "primary_region", "extends", "project", "version"),
    "secondary_region": ("primary_region", "regions", "extends", "project", "version"),
}
"""The keys that may have to be added, each with the keys that it may follow; the first existing one counts."""


@dataclass(frozen=True, slots=True)
class Edit:
    """An edited spec.

    Attributes:
        document: the edited spec.
        project: the same, resolved.
        changed: the environments whose Regions changed, in the order of the spec.
        unchanged: the chosen environments that needed no change.
    """

    document: SpecDocument
    project: Project
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
        secondary: whether it becomes the secondary Region, of environments without one.
    """
    before = _before(document, region, only)
    return before.then(lambda found: _added(document, *found, region, opted_in=opted_in, secondary=secondary))


def _added(
    document: SpecDocument,
    project: Project,
    meant: Collection[Environment],
    region: str,
    *,
    opted_in: bool,
    secondary: bool,
) -> Checked[Edit]:
    partition = REGIONS[project.environments[0].primary_region].partition
    if REGIONS[region].partition != partition:
        return Checked(None, (OTHER_PARTITION.found(*other_partition(region, partition)),))
    lacking = [each for each in meant if region not in each.regions]
    refused = tuple(
        _not_secondary(document, project, meant, region)
        if secondary
        else _needs_secondary(document, lacking, region, project)
    )
    if refused:
        return Checked(None, refused)
    not_said = [each for each in lacking if REGIONS[region].opt_in and region not in each.opt_in_regions]
    if not_said and not opted_in:
        return Checked(None, (_not_opted_in(document, region),))

    def added(text: str, key: _Key, environments: Collection[Environment]) -> Checked[str]:
        return _edited(document, text, project, environments, key, region, add=True)

    unnamed = [each for each in meant if secondary and each.secondary_region != region]
    edited = (
        added(document.text, "secondary_region", unnamed)
        .then(lambda text: added(text, "opt_in_regions", not_said))
        .then(lambda text: added(text, "regions", lacking))
    )
    return edited.then(
        lambda text: _checked(document, project, text, lacking, meant, region, secondary=secondary)
    )


def remove_region(document: SpecDocument, region: str, only: Collection[str] = ()) -> Checked[Edit]:
    """Remove a Region from all environments, or from some; never the primary or secondary Region of one.

    ``opt_in_regions`` keeps it: the account still has it enabled, and Terraform needs its provider to destroy the
    resources there.
    """
    return _before(document, region, only).then(lambda found: _removed(document, *found, region))


def _removed(
    document: SpecDocument, project: Project, meant: Collection[Environment], region: str
) -> Checked[Edit]:
    having = [each for each in meant if region in each.regions]
    needed = tuple(_needed(document, project, having, region))
    if needed:
        return Checked(None, needed)
    edited = _edited(document, document.text, project, having, "regions", region, add=False)
    return edited.then(lambda text: _checked(document, project, text, having, meant, region))


def _before(
    document: SpecDocument, region: str, only: Collection[str]
) -> Checked[tuple[Project, tuple[Environment, ...]]]:
    """The project as it is, and the chosen environments."""
    resolved = resolve(document)
    if resolved.value is None:
        return Checked(None, resolved.findings)
    project = resolved.value
    names = [each.name for each in project.environments]
    findings = []
    if region not in REGIONS:
        help = did_you_mean(region, REGIONS, NO_SUCH_REGION.fix)
        findings.append(NO_SUCH_REGION.found(f"{region!r} is not a Region of AWS", help))
    for name in sorted(set(only) - set(names)):
        findings.append(
            UNKNOWN_ENVIRONMENT.found(f"the spec has no environment {name!r}", choice(name, names))
        )
    if findings:
        return Checked(None, tuple(findings))
    return Checked((project, tuple(each for each in project.environments if not only or each.name in only)))


def _not_opted_in(document: SpecDocument, region: str) -> Finding:
    return NEEDS_OPT_IN.found(
        f"{region} is an opt-in Region, and opt_in_regions does not list it",
        f"run `aws account enable-region --region-name {region}`, wait until `aws account get-region-opt-status` "
        "says ENABLED, then add it with --opted-in",
        at=Location(document.file),
    )


def _needs_secondary(
    document: SpecDocument, lacking: Collection[Environment], region: str, project: Project
) -> Iterator[Finding]:
    """Findings for environments with a single Region, whose second Region has to be the secondary one."""
    alone = [each.name for each in lacking if each.secondary_region is None]
    if not alone:
        return
    command = f"ticketgen add-region {region}"
    chosen = "" if len(alone) == len(project.environments) else "".join(f" --env {name}" for name in alone)
    then = f", then `{command}` for the others" if len(alone) < len(lacking) else ""
    yield NEEDS_SECONDARY_REGION.found(
        f"{listed(alone)} {'have' if len(alone) > 1 else 'has'} one Region, so {region} has to be the secondary Region",
        f"run `{command} --secondary{chosen}`{then}",
        at=Location(document.file),
    )


def _not_secondary(
    document: SpecDocument, project: Project, meant: Collection[Environment], region: str
) -> Iterator[Finding]:
    """Findings for environments in which the Region cannot become the secondary one."""
    primary = [each.name for each in meant if each.primary_region == region]
    if primary:
        yield CANNOT_BE_SECONDARY.found(
            f"{region} is the primary Region of {listed(primary)}",
            "name another Region as the secondary one",
            at=_editable(document, project, primary[0], "primary_region"),
        )
    free = [each.name for each in meant if each.secondary_region in {None, region}]
    taken: dict[str, list[str]] = {}
    for each in meant:
        if each.secondary_region not in {None, region} and each.primary_region != region:
            taken.setdefault(str(each.secondary_region), []).append(each.name)
    for other, names in taken.items():
        instead = f"add {region} to these without --secondary"
        if free:
            options = " ".join(f"--env {name}" for name in free)
            instead = f"choose the environments without a secondary Region: {options}"
        yield CANNOT_BE_SECONDARY.found(
            f"{other} is already the secondary Region of {listed(names)}",
            instead,
            at=_editable(document, project, names[0], "secondary_region"),
        )


def _needed(
    document: SpecDocument, project: Project, having: Collection[Environment], region: str
) -> Iterator[Finding]:
    """Findings for environments whose primary or secondary Region it is: one for each place and fix."""
    groups: dict[tuple[str, Location, str], list[str]] = {}
    for each in having:
        role = "primary" if region == each.primary_region else "secondary"
        if region in {each.primary_region, each.secondary_region}:
            at = _editable(document, project, each.name, f"{role}_region")
            groups.setdefault((role, at, _successor(each)), []).append(each.name)
    for (role, at, successor), names in groups.items():
        yield REGION_IS_NEEDED.found(
            f"{region} is the {role} Region of {listed(names)}: analytics, verification and audit live there",
            _instead(_where(document, project, f"{role}_region", names), role, region, successor),
            at=at,
        )


def _successor(environment: Environment) -> str:
    """The Region that may become the primary or secondary one; "" if an environment has no other Region left."""
    hubs = {environment.primary_region, environment.secondary_region}
    others = [each for each in environment.regions if each not in hubs | DATA_API_MISSING]
    if others or len(environment.regions) > 2:
        return others[0] if others else "another Region"
    return ""


def _where(document: SpecDocument, project: Project, key: str, names: Collection[str]) -> str:
    """Where a value is written for some environments: once if they are all that share it, or in each of them."""
    own = [name for name in names if _says(document, name, key)]
    sharing = [each.name for each in project.environments if not _says(document, each.name, key)]
    if not own and set(sharing) == set(names):
        return "at the top of the file"
    return f"in {listed([f'environments.{name}' for name in names])}"


def _says(document: SpecDocument, name: str, key: str) -> bool:
    return len(find(document.root, ("environments", name, key)).path) == 3


def _instead(where: str, role: str, region: str, successor: str) -> str:
    """What to do before a primary or secondary Region can be removed."""
    if successor:
        return (
            f"write {role}_region: {successor} {where}, run `ticketgen render` and apply it, then run "
            f"`ticketgen remove-region {region}` again"
        )
    if role == "secondary":
        return f"write secondary_region: null {where}, delete {region} from regions there, and run `ticketgen render`"
    return "add a Region that can replace it first, or name the other environments with --env"


def _edited(
    document: SpecDocument,
    text: str,
    project: Project,
    environments: Collection[Environment],
    key: _Key,
    region: str,
    *,
    add: bool,
) -> Checked[str]:
    """The text with the Region added to, or removed from, a key of these environments."""
    if not environments:
        return Checked(text)
    replacements: list[Replacement] = []
    top = compose(text)
    own = [each for each in environments if _own(top, each, key) is not None]
    for each in own:
        replacements += _in_value(text, value_of(top, "environments", each.name), key, region, add)
    sharing = [each.name for each in project.environments if _own(top, each, key) is None]
    shared = [each for each in environments if each not in own]
    value = region if key == "secondary_region" else _words(_inherited(document, key), region, add)
    if shared and len(shared) == len(sharing):
        if value_of(top, key) is not None:
            replacements += _in_value(text, top, key, region, add)
        else:
            replacements += insert_entry(text, top, key, value, after=_place(top, key))
    else:
        for each in shared:
            where = value_of(top, "environments", each.name)
            if where is None:
                return Checked(None, (_elsewhere(document, project, each),))
            parent = value_of(top, "environments")
            inline = isinstance(parent, CollectionNode) and bool(parent.flow_style)
            after = _place(where, key) if key == "secondary_region" else ""
            quote = _quote_of_json(top)
            replacements += insert_entry(text, where, key, value, after=after, inline=inline, quote=quote)
    return Checked(applied(text, replacements))


def _quote_of_json(top: Node) -> str:
    """The quote that JSON puts around keys and words; "" for a spec in YAML's own style."""
    is_json = isinstance(top, MappingNode) and top.flow_style and top.value and top.value[0][0].style == '"'
    return '"' if is_json else ""


def _place(node: Node, key: _Key) -> str:
    """The key of a map that a new one goes after; "" if the map has none of them."""
    entries = {name.value for name, _ in node.value} if isinstance(node, MappingNode) else set()
    return next((name for name in _PLACES[key] if name in entries), "")


def _own(top: Node, environment: Environment, key: _Key) -> Node | None:
    return value_of(top, "environments", environment.name, key)


def _in_value(text: str, parent: Node | None, key: _Key, region: str, add: bool) -> list[Replacement]:
    assert isinstance(parent, MappingNode)
    node = value_of(parent, key)
    if not isinstance(node, SequenceNode):
        return replace_value(text, parent, key, region)
    return insert_item(text, node, region) if add else remove_item(text, node, region)


def _inherited(document: SpecDocument, key: _Key) -> list[str]:
    """The list that an environment inherits, in the order in which it was written."""
    for root in (document.root, document.preset):
        node = root.entries.get(key) if isinstance(root, Map) else None
        if isinstance(node, Sequence):
            return [str(plain(item)) for item in node.items]
    return []


def _words(regions: Collection[str], region: str, add: bool) -> list[str]:
    return [*regions, region] if add else [each for each in regions if each != region]


def _editable(document: SpecDocument, project: Project, *path: str) -> Location:
    """Where the spec sets a value of an environment; where it names its preset if that sets the value."""
    at = project.marks.get(("environments", *path))
    return at if at and at.file == document.file else find(document.root, ("extends",)).at


def _elsewhere(document: SpecDocument, project: Project, environment: Environment) -> Finding:
    return CANNOT_EDIT.found(
        f"the environment {environment.name} comes from the preset, and the spec does not name it",
        f"write {environment.name}: {{}} under environments first",
        at=_editable(document, project, environment.name),
    )


def _checked(
    document: SpecDocument,
    project: Project,
    text: str,
    changed: Collection[Environment],
    meant: Collection[Environment],
    region: str,
    *,
    secondary: bool = False,
) -> Checked[Edit]:
    """Read the edited text again: nothing but the Region in these environments may differ."""
    again = read(text.encode(), document.file)
    if again.value is None or has_errors(again.findings):
        return Checked(None, (_given_up(document, region),))
    new_document = replace(document, root=again.value, text=text)
    resolved = resolve(new_document)
    if resolved.value is None:
        return Checked(None, resolved.findings)
    names = {each.name for each in changed}
    pairs = list(zip(project.environments, resolved.value.environments, strict=False))
    as_meant = (
        _is_as_meant(old, new, region, changed=old.name in names, secondary=secondary) for old, new in pairs
    )
    if len(project.environments) != len(resolved.value.environments) or not all(as_meant):
        return Checked(None, (_given_up(document, region),))
    unchanged = tuple(each.name for each in meant if each.name not in names)
    in_order = tuple(each.name for each in changed)
    return Checked(Edit(new_document, resolved.value, in_order, unchanged), resolved.findings)


def _is_as_meant(
    before: Environment, after: Environment, region: str, *, changed: bool, secondary: bool
) -> bool:
    """Whether only the Region differs, and only in the intended environments."""
    expected: dict[str, object] = {}
    if changed:
        expected["regions"] = tuple(sorted({*before.regions} ^ {region}))
        expected |= {"secondary_region": region} if secondary else {}
    if after.opt_in_regions == (*before.opt_in_regions, region):
        expected["opt_in_regions"] = after.opt_in_regions
    return after == before.model_copy(update=expected)


def _given_up(document: SpecDocument, region: str) -> Finding:
    return CANNOT_EDIT.found(
        f"ticketgen cannot edit the spec for {region} without changing something else",
        at=Location(document.file),
    )
