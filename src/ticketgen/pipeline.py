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
from functools import partial
from pathlib import Path, PurePosixPath

from ticketgen.findings import Checked, Finding, Severity, Stage, errors, gather, has_errors
from ticketgen.findings.spec import UNKNOWN_ENVIRONMENT
from ticketgen.hcl.budget import Budget
from ticketgen.hcl.guards import refusal
from ticketgen.hcl.parse import parse
from ticketgen.hcl.syntax import File
from ticketgen.hcl.watchdog import LimitExceeded, Watchdog
from ticketgen.pictures.extraction import build_picture
from ticketgen.pictures.picture import Picture
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
from ticketgen.verification.admission import admit, too_large
from ticketgen.verification.result_cache import verify_cached as verify
from ticketgen.version import VERSION

__all__ = [
    "STACKS",
    "check_project",
    "concerns",
    "draw_project",
    "environments_of",
    "read_project",
    "render_project",
    "size_project",
    "stack_of",
    "stacks_of",
]

STACKS = "stacks"
"""The folder beside the spec that holds one folder per environment."""

_WRITTEN_STATES = frozenset({FileState.CREATED, FileState.CHANGED, FileState.HAND_EDITED, FileState.ORPHANED})
"""States of files that a write gives new content; a missing file is only restored."""


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


def _read(spec: Path, only: Sequence[str], options: Sequence[str]) -> Checked[Project]:
    return load(spec).then(lambda document: apply_overrides(document, options, only)).then(resolve)


def size_project(
    spec: Path, only: Sequence[str] = (), options: Sequence[str] = ()
) -> Checked[tuple[tuple[Environment, Sizing], ...]]:
    """Run the first three stages; capacities are returned even if they are too large."""
    resolved = _read(spec, only, options)
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


def draw_project(spec: Path, name: str | None = None) -> Checked[Picture]:
    """Run the first four stages and draw the result. Findings are errors only.

    Args:
        spec: its path.
        name: of the environment; None for the last protected one, or else the last of all.
    """

    def rendered(project: Project) -> Checked[Mapping[str, str]]:
        protected = [each.name for each in project.environments if each.protect]
        launched = [*(each.name for each in project.environments), *protected][-1]
        chosen = environments_of(project, [launched if name is None else name])
        return chosen.then(lambda environments: _rendered(project, environments[0], size(environments[0])))

    return read_project(spec).then(rendered).then(_drawn)


def _drawn(files: Mapping[str, str]) -> Checked[Picture]:
    """The picture of rendered files.

    It keeps to the budget of a verification, because templates may be untrusted.
    """
    budget = Budget()
    admitted = admit({p: text for p, text in files.items() if p.endswith(".tf")}, {}, budget, rendered=True)
    if admitted.findings:
        return Checked(None, admitted.findings)
    try:
        with Watchdog(budget.seconds, budget.bytes):
            parsed = (parse(path, text) for path, text in admitted.terraform.items() if not refusal(text))
            return Checked(build_picture((file for file in parsed if isinstance(file, File)), budget))
    except (LimitExceeded, MemoryError, RecursionError) as error:
        why = f"the picture takes more than {error}" if isinstance(error, LimitExceeded) else "the picture"
        return Checked(None, (too_large(why, None, "simplify the project's own templates", rendered=True),))


def stack_of(project: Project, environment: Environment) -> Checked[Stack]:
    """Size, render and verify one environment. Sizing reports errors only."""
    return _stack(project, environment, size(environment))


def _stack(project: Project, environment: Environment, sized: Checked[Sizing]) -> Checked[Stack]:
    return _rendered(project, environment, sized).then(lambda files: _verified(environment, files))


def _rendered(
    project: Project, environment: Environment, sized: Checked[Sizing]
) -> Checked[Mapping[str, str]]:
    """The files of an environment's stack. Sizing reports errors only."""
    without_warnings = Checked(sized.value, errors(sized.findings))
    return without_warnings.then(lambda sizing: render(environment, sizing, project))


def _verified(environment: Environment, files: Mapping[str, str]) -> Checked[Stack]:
    folder = PurePosixPath(STACKS) / environment.name
    findings = tuple(_below(folder, finding) for finding in verify(files, rendered=True))
    fingerprint = hashlib.sha256(environment.model_dump_json().encode()).hexdigest()
    return Checked(None if has_errors(findings) else Stack(str(folder), files, fingerprint), findings)


def _below(folder: PurePosixPath, finding: Finding) -> Finding:
    if finding.location is None:
        return finding
    return replace(finding, location=replace(finding.location, file=str(folder / finding.location.file)))


def check_project(
    spec: Path, only: Sequence[str] = (), *, progress: ProgressCallback = no_progress
) -> Checked[Changes]:
    """Run all stages but the last two: find what a render would change."""
    retire_in = None if only else STACKS
    built = read_project(spec).then(lambda project: stacks_of(project, only, progress=progress))
    return built.then(lambda stacks: plan_write(spec.parent, stacks, version=VERSION, retire_in=retire_in))


def render_project(
    spec: Path,
    only: Sequence[str] = (),
    *,
    force: bool = False,
    upgrade: bool = False,
    destroyed: bool = False,
    progress: ProgressCallback = no_progress,
) -> Checked[Changes]:
    """Run all stages but the report; with errors, write nothing."""
    restored = recover_interrupted(spec.parent) if spec.parent.is_dir() else ()
    loaded = Checked(spec, errors(restored)).then(load)
    rendered = loaded.then(lambda document: _all_rendered(document, only, progress))
    put = partial(
        _written,
        spec=spec,
        retire=not only,
        force=force,
        upgrade=upgrade,
        destroyed=destroyed,
        progress=progress,
    )
    return _without_repeated_warnings(rendered.then(put))


def _all_rendered(
    document: SpecDocument, only: Sequence[str], progress: ProgressCallback
) -> Checked[_Rendering]:
    """The stacks of a spec."""

    def rendered(project: Project) -> Checked[_Rendering]:
        built = _built(project, only, progress)
        return built.then(lambda stacks: Checked(_Rendering(document, project, stacks)))

    return resolve(document).then(rendered)


def _written(
    rendering: _Rendering,
    *,
    spec: Path,
    retire: bool,
    force: bool,
    upgrade: bool,
    destroyed: bool,
    progress: ProgressCallback,
) -> Checked[tuple[_Rendering, Changes]]:
    """What was written, and the changes."""
    progress("Writing the stacks")
    written = write(
        spec.parent,
        [each.stack for each in rendering.built],
        version=VERSION,
        retire_in=STACKS if retire else None,
        force=force,
        upgrade=upgrade,
        destroyed=destroyed,
        sources={spec.name: rendering.document.text.encode()},
    )
    return written.then(lambda changes: Checked((rendering, changes)))


def _without_repeated_warnings(written: Checked[tuple[_Rendering, Changes]]) -> Checked[Changes]:
    """The changes, with the warnings and notes about environments for which something new was written."""
    if written.value is None:
        return Checked(None, _due(written.findings, None, ()))
    rendering, changes = written.value
    folders = {change.folder for change in changes.files if change.state in _WRITTEN_STATES}
    new = [each for each in rendering.built if each.stack.folder in folders]
    due = _due(written.findings, rendering.project, {each.environment.name for each in new})
    return Checked(changes, due + group_findings((each.environment.name, each.warnings) for each in new))


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

    return environments_of(project, only).then(lambda chosen: gather(map(build, chosen)))
