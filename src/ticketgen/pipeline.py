"""The seven stages, in order, and nothing else: load, resolve, size, render, verify, write, report.

Each stage takes what the one before it made. A stage that finds errors ends the way for what it was looking
at: the whole project up to `resolve`, one environment after that. Reporting is the command line's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from ticketgen.findings import Checked, Finding, Stage, has_errors
from ticketgen.hcl.parse import parse
from ticketgen.hcl.syntax import File
from ticketgen.pictures.extraction import picture
from ticketgen.pictures.picture import Picture
from ticketgen.sizing import Sizing, size
from ticketgen.spec.load import load
from ticketgen.spec.model import Environment, Project
from ticketgen.spec.override import override
from ticketgen.spec.resolve import resolve
from ticketgen.stack.render import render
from ticketgen.tree import Changes, Stack, plan, put_back, write
from ticketgen.verification.verify import verify
from ticketgen.version import VERSION

__all__ = [
    "STACKS",
    "check_project",
    "draw_project",
    "environments_of",
    "quiet",
    "read_project",
    "render_project",
    "size_project",
    "stack_of",
    "stacks_of",
]

STACKS = "stacks"
"""The folder beside the spec that holds one folder an environment."""

NOT_BUILT: Checked[tuple[Stack, ...]] = Checked(None)


def read_project(spec: Path, only: Sequence[str] = (), options: Sequence[str] = ()) -> Checked[Project]:
    """Load and resolve a spec.

    Args:
        spec: its path.
        only: the environments that are meant; all of them if empty.
        options: ``path=value`` each, which they have for once.
    """
    document = load(spec)
    if document.value is None or has_errors(document.findings):
        return Checked(None, document.findings)
    changed = override(document.value, options, only)
    findings = document.findings + changed.findings
    if changed.value is None:
        return Checked(None, findings)
    project = resolve(changed.value)
    return Checked(project.value, findings + project.findings)


def size_project(
    spec: Path, only: Sequence[str] = (), options: Sequence[str] = ()
) -> Checked[tuple[tuple[Environment, Sizing], ...]]:
    """The first three stages: each environment, or those named, with its capacities, even where they are too big."""
    project = read_project(spec, only, options)
    if project.value is None:
        return Checked(None, project.findings)
    chosen = environments_of(project.value, only)
    if chosen.value is None:
        return Checked(None, project.findings + chosen.findings)
    sized = [(environment, size(environment)) for environment in chosen.value]
    findings = project.findings + tuple(finding for _, each in sized for finding in each.findings)
    values = tuple((environment, each.value) for environment, each in sized if each.value is not None)
    return Checked(values, findings)


def draw_project(spec: Path, name: str | None = None) -> Checked[Picture]:
    """The first four stages, and a picture of what was rendered.

    Args:
        spec: its path.
        name: of the environment; None for the last that is protected, or else the last of all.
    """
    project = read_project(spec)
    if project.value is None:
        return Checked(None, project.findings)
    protected = [each.name for each in project.value.environments if each.protect]
    launched = [*(each.name for each in project.value.environments), *protected][-1]
    chosen = environments_of(project.value, [launched if name is None else name])
    if chosen.value is None:
        return Checked(None, project.findings + chosen.findings)
    (environment,) = chosen.value
    sizing = size(environment)
    if sizing.value is None or has_errors(sizing.findings):
        return Checked(None, project.findings + sizing.findings)
    rendered = render(environment, sizing.value, project.value)
    if rendered.value is None:
        return Checked(None, project.findings + rendered.findings)
    files = (parse(path, text) for path, text in rendered.value.items() if path.endswith(".tf"))
    drawn = picture(file for file in files if isinstance(file, File))
    return Checked(drawn, project.findings + rendered.findings)


def stack_of(project: Project, environment: Environment) -> Checked[Stack]:
    """Size, render and verify one environment."""
    sizing = size(environment)
    if sizing.value is None or has_errors(sizing.findings):
        return Checked(None, sizing.findings)
    rendered = render(environment, sizing.value, project)
    findings = sizing.findings + rendered.findings
    if rendered.value is None or has_errors(findings):
        return Checked(None, findings)
    folder = PurePosixPath(STACKS) / environment.name
    findings += tuple(_below(folder, finding) for finding in verify(rendered.value, ours=True))
    if has_errors(findings):
        return Checked(None, findings)
    fingerprint = hashlib.sha256(environment.model_dump_json().encode()).hexdigest()
    return Checked(Stack(str(folder), rendered.value, fingerprint), findings)


def quiet(what: str) -> None:
    """No-op progress callback."""


def check_project(
    spec: Path, only: Sequence[str] = (), *, progress: Callable[[str], None] = quiet
) -> Checked[Changes]:
    """All stages but the last two: what a render would change. Writes nothing."""
    project = read_project(spec)
    built = stacks_of(project.value, only, progress=progress) if project.value else NOT_BUILT
    findings = project.findings + built.findings
    if built.value is None:
        return Checked(None, findings)
    planned = plan(spec.parent, built.value, version=VERSION, retire_in=None if only else STACKS)
    return Checked(planned.value, findings + planned.findings)


def render_project(
    spec: Path,
    only: Sequence[str] = (),
    *,
    force: bool = False,
    upgrade: bool = False,
    progress: Callable[[str], None] = quiet,
) -> Checked[Changes]:
    """All stages but the report: every environment, or those named, or with errors nothing at all."""
    put = put_back(spec.parent) if spec.parent.is_dir() else ()
    if has_errors(put):
        return Checked(None, put)
    document = load(spec)
    if document.value is None or has_errors(document.findings):
        return Checked(None, document.findings)
    project = resolve(document.value)
    built = stacks_of(project.value, only, progress=progress) if project.value else NOT_BUILT
    findings = document.findings + project.findings + built.findings
    if built.value is None:
        return Checked(None, findings)
    progress("Writing the stacks")
    written = write(
        spec.parent,
        built.value,
        version=VERSION,
        retire_in=None if only else STACKS,
        force=force,
        upgrade=upgrade,
        based_on={spec.name: document.value.text.encode()},
    )
    return Checked(written.value, findings + written.findings)


def environments_of(project: Project, only: Sequence[str]) -> Checked[tuple[Environment, ...]]:
    """The environments of these names, in the spec's order; all of them without names."""
    environments = tuple(each for each in project.environments if not only or each.name in only)
    unknown = sorted(set(only) - {each.name for each in environments})
    known = ", ".join(each.name for each in project.environments)
    findings = tuple(
        Finding(
            "unknown-environment",
            f"the spec has no environment {name!r}",
            Stage.RESOLVE,
            help=f"it has {known}",
        )
        for name in unknown
    )
    return Checked(None if unknown else environments, findings)


def stacks_of(
    project: Project, only: Sequence[str] = (), *, progress: Callable[[str], None] = quiet
) -> Checked[tuple[Stack, ...]]:
    """Size, render and verify every environment, or those named; with errors in any, none."""
    chosen = environments_of(project, only)
    if chosen.value is None:
        return Checked(None, chosen.findings)
    stacks = []
    for environment in chosen.value:
        progress(f"Rendering and verifying {environment.name}")
        stacks.append(stack_of(project, environment))
    findings = tuple(finding for stack in stacks for finding in stack.findings)
    if has_errors(findings):
        return Checked(None, findings)
    return Checked(tuple(stack.value for stack in stacks if stack.value is not None), findings)


def _below(folder: PurePosixPath, finding: Finding) -> Finding:
    if finding.location is None:
        return finding
    return replace(finding, location=replace(finding.location, file=str(folder / finding.location.file)))
