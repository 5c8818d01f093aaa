"""Why a Region cannot be added to a spec or removed from it, each with the fix."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ticketgen.aws.regions import DATA_API_MISSING, REGIONS
from ticketgen.findings import Finding, Location
from ticketgen.findings.spec import (
    CANNOT_BE_SECONDARY,
    CANNOT_EDIT,
    NEEDS_OPT_IN,
    NEEDS_SECONDARY_REGION,
    NO_SUCH_REGION,
    REGION_IS_NEEDED,
    UNKNOWN_ENVIRONMENT,
)
from ticketgen.guesses import did_you_mean
from ticketgen.spec.load import SpecDocument
from ticketgen.spec.model import Environment, Project
from ticketgen.spec.nodes import find
from ticketgen.spec.string_types import suggest_known
from ticketgen.wording import join_words

__all__ = [
    "cannot_be_secondary",
    "cannot_edit",
    "is_needed",
    "needs_secondary",
    "not_opted_in",
    "unknown_names",
    "unnamed_environment",
]


def unknown_names(region: str, only: Collection[str], names: Collection[str]) -> tuple[Finding, ...]:
    """Findings for an unknown Region, and for chosen environments that do not exist."""
    findings = []
    if region not in REGIONS:
        help = did_you_mean(region, REGIONS, NO_SUCH_REGION.fix)
        findings.append(NO_SUCH_REGION.found(f"{region!r} is not a Region of AWS", help))
    for name in sorted(set(only) - set(names)):
        findings.append(
            UNKNOWN_ENVIRONMENT.found(f"the spec has no environment {name!r}", suggest_known(name, names))
        )
    return tuple(findings)


def not_opted_in(document: SpecDocument, region: str) -> Finding:
    """The finding about an opt-in Region that the spec does not list as enabled."""
    return NEEDS_OPT_IN.found(
        f"{region} is an opt-in Region, and opt_in_regions does not list it",
        f"run `aws account enable-region --region-name {region}`, wait until `aws account get-region-opt-status` "
        "says ENABLED, then add it with --opted-in",
        at=Location(document.file),
    )


def needs_secondary(
    document: SpecDocument, to_change: Collection[Environment], region: str, project: Project
) -> Iterator[Finding]:
    """Findings for environments whose second Region has to be the secondary one."""
    alone = [each.name for each in to_change if each.secondary_region is None]
    if not alone:
        return
    command = f"ticketgen add-region {region}"
    options = "" if len(alone) == len(project.environments) else "".join(f" --env {name}" for name in alone)
    then = f", then `{command}` for the others" if len(alone) < len(to_change) else ""
    yield NEEDS_SECONDARY_REGION.found(
        f"{join_words(alone)} {'have' if len(alone) > 1 else 'has'} one Region, so {region} has to be the secondary "
        f"Region",
        f"run `{command} --secondary{options}`{then}",
        at=Location(document.file),
    )


def cannot_be_secondary(
    document: SpecDocument, project: Project, chosen: Collection[Environment], region: str
) -> Iterator[Finding]:
    """Findings for environments in which the Region cannot become the secondary one."""
    primary = [each.name for each in chosen if each.primary_region == region]
    if primary:
        yield CANNOT_BE_SECONDARY.found(
            f"{region} is the primary Region of {join_words(primary)}",
            "name another Region as the secondary one",
            at=_editable(document, project, primary[0], "primary_region"),
        )
    free = [each.name for each in chosen if each.secondary_region in {None, region}]
    taken: dict[str, list[str]] = {}
    for each in chosen:
        if each.secondary_region not in {None, region} and each.primary_region != region:
            taken.setdefault(str(each.secondary_region), []).append(each.name)
    for other, names in taken.items():
        instead = f"add {region} to these without --secondary"
        if free:
            options = " ".join(f"--env {name}" for name in free)
            instead = f"choose the environments without a secondary Region: {options}"
        yield CANNOT_BE_SECONDARY.found(
            f"{other} is already the secondary Region of {join_words(names)}",
            instead,
            at=_editable(document, project, names[0], "secondary_region"),
        )


def is_needed(
    document: SpecDocument, project: Project, to_change: Collection[Environment], region: str
) -> Iterator[Finding]:
    """Findings for environments whose primary or secondary Region it is."""
    groups: dict[tuple[str, Location, str], list[str]] = {}
    for each in to_change:
        role = "primary" if region == each.primary_region else "secondary"
        if region in {each.primary_region, each.secondary_region}:
            at = _editable(document, project, each.name, f"{role}_region")
            groups.setdefault((role, at, _successor(each)), []).append(each.name)
    for (role, at, successor), names in groups.items():
        yield REGION_IS_NEEDED.found(
            f"{region} is the {role} Region of {join_words(names)}: analytics, verification and audit live there",
            _removal_steps(_where(document, project, f"{role}_region", names), role, region, successor),
            at=at,
        )


def _successor(environment: Environment) -> str:
    """The Region that may become the primary or secondary one; "" if there is none."""
    hubs = {environment.primary_region, environment.secondary_region}
    others = [each for each in environment.regions if each not in hubs | DATA_API_MISSING]
    if others or len(environment.regions) > 2:
        return others[0] if others else "another Region"
    return ""


def _where(document: SpecDocument, project: Project, key: str, names: Collection[str]) -> str:
    """Where to write a value for some environments: once if no others share it."""
    own = [name for name in names if _sets(document, name, key)]
    sharing = [each.name for each in project.environments if not _sets(document, each.name, key)]
    if not own and set(sharing) == set(names):
        return "at the top of the file"
    return f"in {join_words([f'environments.{name}' for name in names])}"


def _sets(document: SpecDocument, name: str, key: str) -> bool:
    return len(find(document.root, ("environments", name, key)).path) == 3


def _removal_steps(where: str, role: str, region: str, successor: str) -> str:
    """The steps before a primary or secondary Region can be removed."""
    if successor:
        return (
            f"write {role}_region: {successor} {where}, run `ticketgen render` and apply it, then run "
            f"`ticketgen remove-region {region}` again"
        )
    if role == "secondary":
        return f"write secondary_region: null {where}, delete {region} from regions there, and run `ticketgen render`"
    return "add a Region that can replace it first, or name the other environments with --env"


def unnamed_environment(document: SpecDocument, project: Project, name: str) -> Finding:
    """The finding about an environment of the preset that the spec does not name."""
    return CANNOT_EDIT.found(
        f"the environment {name} comes from the preset, and the spec does not name it",
        f"write {name}: {{}} under environments first",
        at=_editable(document, project, name),
    )


def cannot_edit(document: SpecDocument, region: str) -> Finding:
    """The finding about an edit that is refused because it would change something else."""
    return CANNOT_EDIT.found(
        f"ticketgen cannot edit the spec for {region} without changing something else",
        at=Location(document.file),
    )


def _editable(document: SpecDocument, project: Project, *path: str) -> Location:
    """Where the spec sets a value of an environment, or names the preset that sets it."""
    at = project.locations.get(("environments", *path))
    return at if at and at.file == document.file else find(document.root, ("extends",)).location
