"""Add or remove a Region: change the spec and its stacks in one write.

The requirements of a new Region (quotas, opt-in, names) are found before anything is written, because the edited spec
passes all stages first. So are the resources that Terraform will destroy for a removed Region.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ticketgen.consequences.destruction_guard import DestructionGuard
from ticketgen.consequences.stack_plan import StackPlan
from ticketgen.findings import Checked, Finding, has_errors
from ticketgen.pipeline import Guarding, stacks_of
from ticketgen.progress import ProgressCallback, no_progress
from ticketgen.sizing import size
from ticketgen.sizing.finding_groups import group_findings
from ticketgen.spec.edits import Edit
from ticketgen.spec.load import SpecDocument, load
from ticketgen.spec.model import Project
from ticketgen.spec.resolve import resolve
from ticketgen.tree import Changes, Stack, plan_write, recover_interrupted, refusals, write
from ticketgen.tree.diff import unified
from ticketgen.version import VERSION

__all__ = ["RegionChange", "change_regions"]


@dataclass(frozen=True, slots=True)
class RegionChange:
    """The result of adding or removing a Region, or of the dry run.

    Attributes:
        edit: the edit of the spec.
        difference: a unified diff of the spec; empty if it did not change.
        changes: the changed stacks; None if no environment changed, or if there were errors.
        plans: what happens to the resources of each stack whose Terraform changes, by folder.
    """

    edit: Edit
    difference: str
    changes: Changes | None
    plans: Mapping[str, StackPlan] = field(default_factory=dict)


def change_regions(
    spec: Path,
    edit: Callable[[SpecDocument], Checked[Edit]],
    *,
    force: bool = False,
    dry_run: bool = False,
    guarding: Guarding,
    progress: ProgressCallback = no_progress,
) -> Checked[RegionChange]:
    """Edit a spec and render the environments that change; if there are errors, do neither.

    Args:
        spec: the path of the spec; the stacks are beside it.
        edit: a function of `spec.edits`.
        force: overwrite rendered files that were edited by hand.
        dry_run: write nothing.
        guarding: how the destruction guard judges the change.
        progress: called with each step.
    """
    if not dry_run and spec.parent.is_dir():
        recovered = recover_interrupted(spec.parent)
        if has_errors(recovered):
            return Checked(None, recovered)
    document = load(spec)
    if document.value is None or has_errors(document.findings):
        return Checked(None, document.findings)
    before = resolve(document.value)
    edited = edit(document.value)
    if edited.value is None or before.value is None:
        return Checked(None, edited.findings)
    if not edited.value.changed:
        return Checked(RegionChange(edited.value, "", None))
    built = stacks_of(edited.value.project, edited.value.changed, progress=progress)
    if built.value is None:
        return Checked(None, built.findings)
    findings = _new_warnings(before, edited.value, edited.findings) + built.findings
    guard = guarding.guard(edited.value.project, spec)
    changed = _write_change(
        spec,
        document.value.text,
        edited.value,
        built.value,
        guard,
        force=force,
        dry_run=dry_run,
        guarding=guarding,
    )
    findings += changed.findings
    if changed.value is None:
        return Checked(RegionChange(edited.value, "", None, guard.plans), findings)
    difference = unified(
        document.value.text, edited.value.document.text, f"a/{spec.name}", f"b/{spec.name}", context=1
    )
    return Checked(RegionChange(edited.value, difference, changed.value, guard.plans), findings)


def _write_change(
    spec: Path,
    text: str,
    edit: Edit,
    stacks: Sequence[Stack],
    guard: DestructionGuard,
    *,
    force: bool,
    dry_run: bool,
    guarding: Guarding,
) -> Checked[Changes]:
    if dry_run:
        planned = plan_write(spec.parent, stacks, version=VERSION, judge=guard.judge)
        against = (
            refusals(planned.value, force=force, upgrade=False, destroyed=guarding.destroyed)
            if planned.value
            else ()
        )
        return Checked(None, (*against, *planned.findings)) if against else planned
    return write(
        spec.parent,
        stacks,
        version=VERSION,
        force=force,
        upgrade=False,
        destroyed=guarding.destroyed,
        judge=guard.judge,
        sources={spec.name: text.encode()},
        extra_files={spec.name: edit.document.text.encode()},
    )


def _new_warnings(before: Checked[Project], edit: Edit, after: Sequence[Finding]) -> tuple[Finding, ...]:
    """Warnings of the edited spec that the spec did not have before; none if a Region was removed."""
    assert before.value is not None
    old = {each.name: each for each in before.value.environments}
    extended = [each for each in edit.project.environments if len(each.regions) > len(old[each.name].regions)]
    if not extended:
        return ()
    old_identities = {_identity(found) for found in before.findings}
    new_findings = tuple(found for found in after if _identity(found) not in old_identities)
    known = {each.name: size(old[each.name]).findings for each in extended}
    sized = group_findings(
        (each.name, [f for f in size(each).findings if f not in known[each.name]]) for each in extended
    )
    return new_findings + sized


def _identity(finding: Finding) -> tuple[str, str]:
    return finding.rule, finding.message
