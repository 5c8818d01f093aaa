"""Merge changes of a newer ticketgen into the files that the user owns: ``render --upgrade --merge``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ticketgen.conflict_markers import conflict_lines
from ticketgen.findings import Finding, Location, has_errors
from ticketgen.findings.merging import MERGE_CONFLICT, MERGE_DUE, NEWER_BASES
from ticketgen.findings.stacks import CANNOT_WRITE, OVERRIDE_BROKEN
from ticketgen.project.bases import RECORD, Answers, ProjectRecord, read_record
from ticketgen.project.destination import invalid_name
from ticketgen.project.eject import outdated_copies, template_files
from ticketgen.project.merge_plan import MergePlan, conflicts_in, plan_files, record_change
from ticketgen.project.owned_files import current_texts
from ticketgen.project.pinned_source import install_kind
from ticketgen.project.template_merge import plan_templates
from ticketgen.safe_open import MAX_TEXT, read_below
from ticketgen.spec.load import load
from ticketgen.spec.nodes import Map, Scalar
from ticketgen.spec.presets import presets
from ticketgen.stack.overrides import OVERRIDES
from ticketgen.tree import recover_interrupted, write_files
from ticketgen.tree.diff import unified
from ticketgen.tree.version_order import is_newer
from ticketgen.version import VERSION

__all__ = ["NOT_ASKED", "MergeReport", "merge_project", "standing_findings", "without_repeated_conflicts"]

_GITHUB_WORKFLOW = ".github/workflows/ticketgen.yml"
_GITLAB_PIPELINE = ".gitlab-ci.yml"


@dataclass(frozen=True, slots=True)
class MergeReport:
    """What a merge did, or would do.

    Attributes:
        findings: the findings, except conflicts, which `standing_findings` reports from the files.
        difference: the changes that would be written, and how files without a base differ, as a unified diff.
    """

    findings: tuple[Finding, ...] = ()
    difference: str = ""


NOT_ASKED = MergeReport()
"""The report of a render without a merge."""


def merge_project(root: Path, spec: Path, *, dry_run: bool = False) -> MergeReport:
    """Merge the files of a project that `new` and `eject` wrote: all of them or, with errors of the disk, none.

    Args:
        root: the project's folder.
        spec: its spec.
        dry_run: write nothing; an error for each file that would change.
    """
    try:
        return _merge_project(root, spec, dry_run)
    except OSError as error:  # of a temporary folder; errors of the project's own files become findings
        where = f" ({error.filename})" if error.filename else ""
        return MergeReport((CANNOT_WRITE.found(f"nothing was merged: {error.strerror}{where}"),))


def _merge_project(root: Path, spec: Path, dry_run: bool) -> MergeReport:
    interrupted = () if dry_run else recover_interrupted(root)
    if has_errors(interrupted):
        return MergeReport(interrupted)
    content, recorded = read_record(root)
    record = recorded.value or _guessed_record(root, spec)
    if has_errors(recorded.findings):
        return MergeReport(recorded.findings)
    if is_newer(record.ticketgen, VERSION):
        message = f"ticketgen {record.ticketgen} merged the project's files, and {VERSION} is older"
        return MergeReport((NEWER_BASES.found(message, at=Location(RECORD)),))
    plan = MergePlan(root, dry_run=dry_run)
    texts = current_texts(record)
    if texts.value is None:
        plan.findings += texts.findings
    else:
        after = plan_files(plan, record, texts.value, adopted=content is None)
        record_change(plan, content, after)
    plan_templates(plan)
    difference = "".join(
        unified(
            yours.decode("utf-8", "replace"),
            ours.decode("utf-8", "replace"),
            f"a/{path}",
            f"ticketgen/{path}",
        )
        for path, (yours, ours) in plan.compared.items()
    )
    if dry_run:
        return MergeReport((*_due(plan), *plan.findings), _difference(plan) + difference)
    failed = write_files(root, plan.changes)
    if has_errors(failed):
        return MergeReport(failed)
    return MergeReport((*interrupted, *failed, *plan.findings), difference)


def _due(plan: MergePlan) -> tuple[Finding, ...]:
    """An error for each file that a merge would change."""
    found = []
    for path in plan.merged:
        after = plan.changes[path][1]
        conflicts = len(conflict_lines((after or b"").decode("utf-8", "replace")))
        what = (
            f"with {conflicts:,} conflict{'s' if conflicts > 1 else ''}"
            if conflicts
            else "without a conflict"
        )
        found.append(
            MERGE_DUE.found(
                f"ticketgen {VERSION} has changes for this file, which merge {what}", at=Location(path)
            )
        )
    return tuple(found)


def _difference(plan: MergePlan) -> str:
    def text(content: bytes | None) -> str:
        return (content or b"").decode("utf-8", "replace")

    return "".join(
        unified(
            text(before), text(after),
            "/dev/null" if before is None else f"a/{path}", "/dev/null" if after is None else f"b/{path}",
        )
        for path, (before, after) in plan.changes.items()
        if path in plan.merged
    )  # fmt: skip


def without_repeated_conflicts(
    root: Path, found: Sequence[Finding], standing: Sequence[Finding]
) -> tuple[Finding, ...]:
    """The findings of a render, without broken templates whose conflict `standing_findings` also reports."""
    conflicts = {
        (str(root / each.location.file), each.location.line)
        for each in standing
        if each.rule == MERGE_CONFLICT.id and each.location
    }
    return tuple(
        each
        for each in found
        if each.rule != OVERRIDE_BROKEN.id
        or each.location is None
        or (str(root / each.location.file), each.location.line) not in conflicts
    )


def standing_findings(root: Path) -> tuple[Finding, ...]:
    """Problems in the files that the user owns: unresolved conflicts, and outdated templates."""
    _, recorded = read_record(root)
    owned = set(recorded.value.files) if recorded.value else set()
    owned |= {f"{OVERRIDES}/{name}" for name in template_files(root / OVERRIDES)}
    conflicts = (each for path in sorted(owned) for each in conflicts_in(path, _content(root, path)))
    return (*conflicts, *outdated_copies(root))


def _content(root: Path, path: str) -> bytes:
    try:
        return read_below(root, path, MAX_TEXT)
    except OSError:
        return b""


def _guessed_record(root: Path, spec: Path) -> ProjectRecord:
    """The record of a project that an older ticketgen created, with answers derived from its files."""
    install = install_kind(root)
    loaded = load(spec)
    entries = loaded.value.root.entries if loaded.value and isinstance(loaded.value.root, Map) else {}
    project, preset = (_word(entries.get(key)) for key in ("project", "extends"))
    if invalid_name(project) or preset not in presets():
        return ProjectRecord(install=install)
    ci = (
        "github"
        if (root / _GITHUB_WORKFLOW).is_file()
        else "gitlab"
        if (root / _GITLAB_PIPELINE).is_file()
        else "none"
    )
    return ProjectRecord(install=install, answers=Answers(project, preset, ci))


def _word(node: object) -> str:
    return str(node.value) if isinstance(node, Scalar) else ""
