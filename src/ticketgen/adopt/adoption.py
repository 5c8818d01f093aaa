"""Adopt a stack: read it, judge it, draft a spec, and list resources that have no counterpart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ticketgen.adopt.counterpart_table import TABLE
from ticketgen.adopt.counterparts import ResourceGroup, TableMatch, match_tables, resource_groups
from ticketgen.adopt.find_account import find_account, find_state
from ticketgen.adopt.find_api import find_api
from ticketgen.adopt.find_project import find_project, find_tags
from ticketgen.adopt.find_regions import find_regions
from ticketgen.adopt.find_scale import find_scale
from ticketgen.adopt.find_stores import find_stores
from ticketgen.adopt.found_values import FoundValue, LeftOut, place_text
from ticketgen.adopt.seven_failures import BrokenRule, FailureReport, broken_rules, seven_failures
from ticketgen.adopt.source_stack import SourceStack, read_stack
from ticketgen.adopt.spec_draft import SpecDraft, draft_spec
from ticketgen.adopt.stack_runs import backend_buckets, environments, is_below, roots_of
from ticketgen.adopt.stack_view import StackView
from ticketgen.findings import Checked, Finding, Location
from ticketgen.findings.imports import NO_REGION_FOUND, NOTHING_DEPLOYED
from ticketgen.findings.verification import (
    NO_DIRECTORY,
    NO_TERRAFORM,
    NOT_CHECKED,
    SYNTAX,
    UNREADABLE,
)
from ticketgen.hcl.budget import DEFAULT
from ticketgen.hcl.values import Value
from ticketgen.hcl.watchdog import LimitExceeded, Watchdog
from ticketgen.verification.admission import FIX, too_large

__all__ = ["Adoption", "adopt"]

_UNREAD: Final = frozenset({SYNTAX.id, UNREADABLE.id, NOT_CHECKED.id})
_ROOT_FIX: Final = "name a folder with root modules below the directory with --root, or omit --root"


@dataclass(frozen=True, slots=True)
class Adoption:
    """The report about a stack, and the draft of a spec that comes close to it.

    Attributes:
        directory: the name of the directory, for messages.
        roots: the folders of its root modules.
        environments: the environments, each with the basis of its name.
        failures: the seven usual failures.
        rules: the other rules that are broken.
        draft: the spec; None if the stack has no Region.
        left_out: values of the stack that the spec does not have.
        groups: the resources by type.
        tables: the tables, each with the most similar table of ticketgen.
    """

    directory: str
    roots: tuple[str, ...]
    environments: tuple[tuple[str, str], ...]
    failures: tuple[FailureReport, ...]
    rules: tuple[BrokenRule, ...]
    draft: SpecDraft | None
    left_out: tuple[LeftOut, ...]
    groups: tuple[ResourceGroup, ...]
    tables: tuple[TableMatch, ...]


def adopt(
    folder: Path,
    name: str,
    *,
    root: str | None = None,
    variables: Mapping[str, Value] | None = None,
    budget: int = DEFAULT,
) -> Checked[Adoption]:
    """Read a directory of Terraform and draft a spec for it.

    Args:
        folder: the directory.
        name: its name in messages.
        root: the folder of the root modules to read, below the directory; None for all.
        variables: the values of variables that no file sets.
        budget: the multiple of the default budget.

    Returns:
        No value if there is nothing to adopt, or if the work exceeds the budget.
    """
    try:
        read = read_stack(folder, name, budget)
        if read.value is None:
            return Checked(None, read.findings)
        stack = read.value
        with Watchdog(stack.budget.seconds, stack.budget.bytes):
            return _adopted(stack, folder, name, root, variables or {})
    except (LimitExceeded, MemoryError, RecursionError) as error:
        why = f"it takes more than {error}" if isinstance(error, LimitExceeded) else "it is nested too deeply"
        return Checked(None, (too_large(why, None, FIX, rendered=True),))


def _adopted(
    stack: SourceStack, folder: Path, name: str, root: str | None, variables: Mapping[str, Value]
) -> Checked[Adoption]:
    roots = roots_of(stack, root)
    found = environments(stack, roots, variables)
    views = {each.name: StackView(each, stack.budget, backend_buckets(stack)) for each in found}
    if not any(
        each for view in views.values() for run in view.runs for each in (*run.resources, *run.remote_calls())
    ):
        return Checked(None, (*_unread(stack), _nothing_deployed(stack, name, root)))
    values = {each: tuple(_placed(stack, _found(view, folder))) for each, view in views.items()}
    basis = {each.name: _basis(stack, each.basis, each.location) for each in found}
    drafted = draft_spec(values, basis)
    draft = drafted if isinstance(drafted, SpecDraft) else None
    findings: list[Finding] = []
    if draft is None:
        has_regions = any(
            isinstance(each, FoundValue) and each.path == ("regions",)
            for all in values.values()
            for each in all
        )
        findings += (
            drafted
            if has_regions and not isinstance(drafted, SpecDraft)
            else [NO_REGION_FOUND.found(f"{name} names no Region")]
        )
    left_out = (
        draft.left_out
        if draft
        else tuple(each for all in values.values() for each in all if isinstance(each, LeftOut))
    )
    project = draft.project.name if draft else "PROJECT"
    findings += (too_large(why, None, FIX, rendered=False) for why in stack.budget.shortages)
    return Checked(
        Adoption(
            name,
            tuple(each.module.folder or "." for each in roots),
            tuple(basis.items()),
            seven_failures(stack),
            broken_rules(stack.findings),
            draft,
            left_out,
            _groups(stack, views),
            tuple(_tables(stack, views, project)),
        ),
        tuple(findings),
    )


def _unread(stack: SourceStack) -> Iterator[Finding]:
    """Findings about code that may deploy something but was not read."""
    return (each for each in stack.findings if each.rule in _UNREAD)


def _nothing_deployed(stack: SourceStack, name: str, root: str | None) -> Finding:
    """Why there is nothing to adopt."""
    if not root or root == ".":
        return NOTHING_DEPLOYED.found(f"{name} deploys nothing")
    shown = f"{name}/{root}"
    modules = stack.configuration.modules.keys()
    paths = stack.configuration.paths
    if not any(is_below(folder, root) for folder in modules):
        if paths is None or any(is_below(path, root) for path in paths):
            return NO_TERRAFORM.found(f"{shown} has no Terraform that could be read", _ROOT_FIX)
        return NO_DIRECTORY.found(f"{shown} does not exist, or is hidden", _ROOT_FIX)
    if not roots_of(stack, root):
        return NOTHING_DEPLOYED.found(f"{shown} has no root module: other modules call it", _ROOT_FIX)
    return NOTHING_DEPLOYED.found(f"{shown} deploys nothing")


def _found(view: StackView, folder: Path) -> Iterator[FoundValue | LeftOut]:
    yield from find_project(view, str(folder))
    yield from find_regions(view)
    yield from find_account(view)
    yield from find_scale(view)
    yield from find_stores(view)
    yield from find_api(view)
    yield from find_state(view)
    yield from find_tags(view)


def _placed(stack: SourceStack, found: Iterator[FoundValue | LeftOut]) -> Iterator[FoundValue | LeftOut]:
    """Convert the places of values to paths that the user knows."""
    for each in found:
        placed = replace(each, location=stack.place(each.location)) if each.location else each
        if isinstance(placed, FoundValue) and placed.notes:
            notes = tuple((basis, stack.place(at) if at else None) for basis, at in placed.notes)
            placed = replace(placed, notes=notes)
        yield placed


def _basis(stack: SourceStack, basis: str, location: Location | None) -> str:
    return " ".join(filter(None, (place_text(stack.place(location) if location else None), basis)))


def _groups(stack: SourceStack, views: dict[str, StackView]) -> tuple[ResourceGroup, ...]:
    resources = (each for view in views.values() for each in view.resources())
    remote = (call for view in views.values() for run in view.runs for call, _, _ in run.remote_calls())
    return tuple(
        replace(group, addresses=tuple((address, stack.place(at)) for address, at in group.addresses))
        for group in resource_groups(resources, remote)
    )


def _tables(stack: SourceStack, views: dict[str, StackView], project: str) -> Iterator[TableMatch]:
    """The tables of the last environment, then tables that only earlier environments have."""
    seen: set[Location] = set()
    for view in reversed(list(views.values())):
        found = list(match_tables(view.resources(TABLE), project, view.environment.name))
        yield from (
            replace(each, location=stack.place(each.location)) for each in found if each.location not in seen
        )
        seen |= {each.location for each in found}
