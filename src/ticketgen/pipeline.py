"""Run the seven stages: load, resolve, size, render, verify, write, report.

Each stage takes the result of the one before it. A stage that finds errors ends the work on its subject: the whole
project up to `resolve`, one environment after that. Reporting is the task of the command line.

Errors are always reported. A warning or note of `resolve` and `size` is reported once: by the render that writes
something new for an environment that it concerns. `ticketgen size` reports it every time. So `--check`, a render
without changes and the commands that only read a spec do not report it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path, PurePosixPath

from ticketgen.consequences.accepted_losses import Acceptance, AcceptedLosses
from ticketgen.consequences.destruction_guard import DestructionGuard, accepted_in
from ticketgen.consequences.stack_plan import StackPlan
from ticketgen.findings import Checked, Finding, Severity, Stage, errors, gather, has_errors
from ticketgen.findings.spec import UNKNOWN_ENVIRONMENT
from ticketgen.patches import PatchedFiles, patch_files, patches_without_environment
from ticketgen.progress import ProgressCallback, no_progress
from ticketgen.sizing import Sizing, size
from ticketgen.sizing.finding_groups import group_findings
from ticketgen.spec.load import SpecDocument, load
from ticketgen.spec.model import Environment, Project
from ticketgen.spec.override import apply_overrides
from ticketgen.spec.resolve import resolve
from ticketgen.spec.string_types import suggest_known
from ticketgen.stack.render import render
from ticketgen.tree import Changes, FileState, Stack, plan_write, recover_interrupted, write
from ticketgen.verification.result_cache import verify_cached as verify
from ticketgen.version import VERSION

__all__ = [
    "STACKS",
    "Guarding",
    "Rendered",
    "check_project",
    "concerns",
    "environments_of",
    "read_project",
    "render_environment",
    "render_project",
    "size_project",
    "stack_of",
    "stacks_of",
    "verified_stack",
]

STACKS = "stacks"
"""The folder beside the spec that holds one folder per environment."""

_WRITTEN_STATES = frozenset({FileState.CREATED, FileState.CHANGED, FileState.HAND_EDITED, FileState.ORPHANED})
"""States of files that a write gives new content; a missing file is only restored."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """The result of a render or of a check.

    Attributes:
        changes: the files; None if nothing was written or could be compared.
        plans: what happens to the resources of each stack whose Terraform changes, by folder.
        refused: the changes, if they were refused.
    """

    changes: Changes | None
    plans: Mapping[str, StackPlan]
    refused: Changes | None = None


@dataclass(frozen=True, slots=True)
class Guarding:
    """How the destruction guard judges a change.

    Attributes:
        accept: the addresses whose loss is accepted.
        destroyed: whether root modules that are no longer rendered hold nothing.
        against: the project in another checkout, whose stacks are compared instead of those on the disk.
    """

    accept: tuple[str, ...] = ()
    destroyed: bool = False
    against: Path | None = None

    def accepted(self, project: Project | None) -> AcceptedLosses:
        """The losses that the options and the spec accept today."""
        today = date.today()
        return AcceptedLosses((*map(Acceptance, self.accept), *accepted_in(project)), today)

    def guard(self, project: Project, spec: Path) -> DestructionGuard:
        """The guard for a project."""
        return DestructionGuard(
            project,
            spec.name,
            self.accepted(project),
            destroyed=self.destroyed,
            against=self.against,
            stacks=STACKS,
        )


_GUARDING = Guarding()


@dataclass(frozen=True, slots=True)
class _Built:
    """An environment's stack, and the warnings and notes of sizing it."""

    environment: Environment
    stack: Stack
    warnings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Rendering:
    """A spec, and the stacks of the chosen environments."""

    document: SpecDocument
    project: Project
    built: tuple[_Built, ...]


def read_project(spec: Path, only: Sequence[str] = (), options: Sequence[str] = ()) -> Checked[Project]:
    """Load and resolve a spec. Findings are errors only.

    Args:
        spec: its path.
        only: the chosen environments; all of them if empty.
        options: ``path=value`` each, which override the chosen environments for this run.
    """
    resolved = _read(spec, only, options)
    return Checked(resolved.value, errors(resolved.findings))


def _read(
    spec: Path, only: Sequence[str], options: Sequence[str], content: bytes | None = None
) -> Checked[Project]:
    return (
        load(spec, content=content)
        .then(lambda document: apply_overrides(document, options, only))
        .then(resolve)
    )


def size_project(
    spec: Path, only: Sequence[str] = (), options: Sequence[str] = (), *, content: bytes | None = None
) -> Checked[tuple[tuple[Environment, Sizing], ...]]:
    """Run the first three stages; capacities are returned even if they are too large.

    Args:
        spec: its path.
        only: the chosen environments; all of them if empty.
        options: ``path=value`` each, which override the chosen environments for this run.
        content: the text of the spec, if it is not the one on the disk.
    """
    resolved = _read(spec, only, options, content)
    chosen = resolved.then(lambda project: environments_of(project, only))
    sized = chosen.then(_sized)
    if chosen.value is None:
        return Checked(None, sized.findings)
    names = {each.name for each in chosen.value}
    return Checked(sized.value, _due(sized.findings, resolved.value, names))


def _sized(environments: Sequence[Environment]) -> Checked[tuple[tuple[Environment, Sizing], ...]]:
    sized = [(environment, size(environment)) for environment in environments]
    values = tuple((environment, each.value) for environment, each in sized if each.value is not None)
    return Checked(values, group_findings((environment.name, each.findings) for environment, each in sized))


def stack_of(project: Project, environment: Environment) -> Checked[Stack]:
    """Size, render and verify one environment. Sizing reports errors only."""
    return _stack(project, environment, size(environment))


def _stack(project: Project, environment: Environment, sized: Checked[Sizing]) -> Checked[Stack]:
    return render_environment(project, environment, sized).then(
        lambda patched: verified_stack(environment, patched)
    )


def render_environment(
    project: Project, environment: Environment, sized: Checked[Sizing]
) -> Checked[PatchedFiles]:
    """The files of an environment's stack, with the project's patches. Sizing reports errors only."""
    without_warnings = Checked(sized.value, errors(sized.findings))
    rendered = without_warnings.then(lambda sizing: render(environment, sizing, project))
    folder = f"{STACKS}/{environment.name}"
    return rendered.then(lambda files: patch_files(project.folder, folder, files))


def verified_stack(environment: Environment, patched: PatchedFiles) -> Checked[Stack]:
    """Verify the files of an environment's stack; no value if there are errors."""
    folder = PurePosixPath(STACKS) / environment.name
    findings = tuple(_below(folder, finding) for finding in verify(patched.files, rendered=True))
    fingerprint = hashlib.sha256(environment.model_dump_json().encode()).hexdigest()
    stack = Stack(str(folder), patched.files, fingerprint, patched.renderings)
    return Checked(None if has_errors(findings) else stack, findings)


def _below(folder: PurePosixPath, finding: Finding) -> Finding:
    return finding.placed(lambda at: replace(at, file=str(folder / at.file)))


def check_project(
    spec: Path,
    only: Sequence[str] = (),
    *,
    guarding: Guarding = _GUARDING,
    progress: ProgressCallback = no_progress,
) -> Checked[Rendered]:
    """Run all stages but the last two: find what a render would change, and what that would lose."""
    retire_in = None if only else STACKS

    def compared(project: Project) -> Checked[Rendered]:
        guard = guarding.guard(project, spec)
        built = stacks_of(project, only, progress=progress)
        planned = built.then(
            lambda stacks: plan_write(
                spec.parent, stacks, version=VERSION, retire_in=retire_in, judge=guard.judge
            )
        )
        if planned.value is None and not guard.plans:
            return Checked(None, planned.findings)
        return Checked(Rendered(planned.value, guard.plans), planned.findings)

    return read_project(spec).then(compared)


def render_project(
    spec: Path,
    only: Sequence[str] = (),
    *,
    force: bool = False,
    upgrade: bool = False,
    guarding: Guarding = _GUARDING,
    progress: ProgressCallback = no_progress,
) -> Checked[Rendered]:
    """Run all stages but the report; with errors, write nothing.

    A render that would lose what holds data has a value, too: the plan of its consequences.
    """
    restored = recover_interrupted(spec.parent) if spec.parent.is_dir() else ()
    loaded = Checked(spec, errors(restored)).then(load)
    rendered = loaded.then(lambda document: _all_rendered(document, only, progress))

    def put(rendering: _Rendering) -> Checked[tuple[_Rendering, Rendered]]:
        progress("Writing the stacks")
        guard = guarding.guard(rendering.project, spec)
        written = write(
            spec.parent,
            [each.stack for each in rendering.built],
            version=VERSION,
            retire_in=None if only else STACKS,
            force=force,
            upgrade=upgrade,
            destroyed=guarding.destroyed,
            judge=guard.judge,
            sources={spec.name: rendering.document.text.encode()},
        )
        refused = guard.changes if written.value is None else None
        return Checked((rendering, Rendered(written.value, guard.plans, refused)), written.findings)

    return _without_repeated_warnings(rendered.then(put))


def _all_rendered(
    document: SpecDocument, only: Sequence[str], progress: ProgressCallback
) -> Checked[_Rendering]:
    """The stacks of a spec."""

    def rendered(project: Project) -> Checked[_Rendering]:
        built = _built(project, only, progress)
        return built.then(lambda stacks: Checked(_Rendering(document, project, stacks)))

    return resolve(document).then(rendered)


def _without_repeated_warnings(written: Checked[tuple[_Rendering, Rendered]]) -> Checked[Rendered]:
    """The result, with the warnings and notes about environments for which something new was written."""
    if written.value is None:
        return Checked(None, _due(written.findings, None, ()))
    rendering, result = written.value
    files = result.changes.files if result.changes else ()
    folders = {change.folder for change in files if change.state in _WRITTEN_STATES}
    new = [each for each in rendering.built if each.stack.folder in folders]
    due = _due(written.findings, rendering.project, {each.environment.name for each in new})
    return Checked(result, due + group_findings((each.environment.name, each.warnings) for each in new))


def _due(findings: Iterable[Finding], project: Project | None, names: Collection[str]) -> tuple[Finding, ...]:
    """The findings without warnings and notes of the spec about other environments."""
    early = {Stage.LOAD, Stage.RESOLVE}
    return tuple(
        each
        for each in findings
        if each.severity is Severity.ERROR
        or each.stage not in early
        or (project is not None and concerns(project, each, names))
    )


def concerns(project: Project, finding: Finding, names: Collection[str]) -> bool:
    """Whether a finding of `resolve` is about a value of one of these environments."""
    return any(
        at == finding.location and path[:1] == ("environments",) and len(path) > 1 and path[1] in names
        for path, at in project.locations.items()
    )


def environments_of(project: Project, only: Sequence[str]) -> Checked[tuple[Environment, ...]]:
    """The environments of these names, in the spec's order; all if there are none."""
    environments = tuple(each for each in project.environments if not only or each.name in only)
    unknown = sorted(set(only) - {each.name for each in environments})
    names = [each.name for each in project.environments]
    findings = tuple(
        UNKNOWN_ENVIRONMENT.found(f"the spec has no environment {name!r}", suggest_known(name, names))
        for name in unknown
    )
    return Checked(None if unknown else environments, findings)


def stacks_of(
    project: Project, only: Sequence[str] = (), *, progress: ProgressCallback = no_progress
) -> Checked[tuple[Stack, ...]]:
    """Size, render and verify every chosen environment; errors in one fail them all."""
    return _built(project, only, progress).then(lambda built: Checked(tuple(each.stack for each in built)))


def _built(project: Project, only: Sequence[str], progress: ProgressCallback) -> Checked[tuple[_Built, ...]]:
    def build(environment: Environment) -> Checked[_Built]:
        progress(f"Rendering and verifying {environment.name}")
        sized = size(environment)
        warnings = tuple(each for each in sized.findings if each.severity is not Severity.ERROR)
        verified = _stack(project, environment, sized)
        return verified.then(lambda stack: Checked(_Built(environment, stack, warnings)))

    stray = patches_without_environment(project.folder, {each.name for each in project.environments})
    built = environments_of(project, only).then(lambda chosen: gather(map(build, chosen)))
    # A template of the project can fail in each environment, at the same place and for the same reason.
    return replace(built, findings=tuple(dict.fromkeys(built.findings + stray)))
