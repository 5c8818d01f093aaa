"""The seven stages, in order, and nothing else: load, resolve, size, render, verify, write, report.

Each stage takes the result of the one before it. A stage that finds errors ends the work on its subject: the whole
project up to `resolve`, one environment after that. Reporting is the task of the command line.

Errors are always reported. A warning or note of `resolve` and `size` is reported once: by the render that writes
something new for an environment that it concerns. `ticketgen size` reports it every time. So `--check`, a render
without changes and the commands that only read a spec do not report it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from ticketgen.findings import Checked, Finding, Severity, has_errors
from ticketgen.findings.spec import UNKNOWN_ENVIRONMENT
from ticketgen.hcl.backstop import Backstop, Overrun
from ticketgen.hcl.budget import Budget
from ticketgen.hcl.guards import refusal
from ticketgen.hcl.parse import parse
from ticketgen.hcl.syntax import File
from ticketgen.pictures.extraction import picture
from ticketgen.pictures.picture import Picture
from ticketgen.sizing import Sizing, size
from ticketgen.sizing.telling import told
from ticketgen.spec.load import load
from ticketgen.spec.model import Environment, Project
from ticketgen.spec.override import override
from ticketgen.spec.resolve import resolve
from ticketgen.spec.texts import choice
from ticketgen.stack.render import render
from ticketgen.tree import Changes, Stack, State, plan, put_back, write
from ticketgen.verification.admission import admit, too_large
from ticketgen.verification.remembered import verify_or_remember as verify
from ticketgen.version import VERSION

__all__ = [
    "STACKS",
    "check_project",
    "concerns",
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
"""The folder beside the spec that holds one folder per environment."""

_NEWS = frozenset({State.CREATED, State.CHANGED, State.HAND_EDITED, State.ORPHANED})
"""States of files that a write brings to something new; a missing file only comes back."""


@dataclass(frozen=True, slots=True)
class _Built:
    """An environment's stack, and the warnings and notes of sizing it; no stack with errors."""

    environment: Environment
    stack: Checked[Stack]
    warnings: tuple[Finding, ...]


def read_project(spec: Path, only: Sequence[str] = (), options: Sequence[str] = ()) -> Checked[Project]:
    """Load and resolve a spec. Findings are errors only.

    Args:
        spec: its path.
        only: the chosen environments; all of them if empty.
        options: ``path=value`` each, which the chosen environments have for once.
    """
    project = _read(spec, only, options)
    return Checked(project.value, _errors(project.findings))


def _read(spec: Path, only: Sequence[str] = (), options: Sequence[str] = ()) -> Checked[Project]:
    document = load(spec)
    if document.value is None or has_errors(document.findings):
        return Checked(None, document.findings)
    changed = override(document.value, options, only)
    findings = document.findings + changed.findings
    if changed.value is None:
        return Checked(None, findings)
    project = resolve(changed.value)
    return Checked(project.value, findings + project.findings)


def _errors(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(each for each in findings if each.severity is Severity.ERROR)


def size_project(
    spec: Path, only: Sequence[str] = (), options: Sequence[str] = ()
) -> Checked[tuple[tuple[Environment, Sizing], ...]]:
    """Run the first three stages: each chosen environment with its capacities, even if they are too large."""
    project = _read(spec, only, options)
    if project.value is None:
        return Checked(None, project.findings)
    chosen = environments_of(project.value, only)
    if chosen.value is None:
        return Checked(None, project.findings + chosen.findings)
    sized = [(environment, size(environment)) for environment in chosen.value]
    findings = told((environment.name, each.findings) for environment, each in sized)
    names = {environment.name for environment in chosen.value}
    said = tuple(each for each in project.findings if concerns(project.value, each, names))
    values = tuple((environment, each.value) for environment, each in sized if each.value is not None)
    return Checked(values, said + findings)


def draw_project(spec: Path, name: str | None = None) -> Checked[Picture]:
    """Run the first four stages, and draw what was rendered. Findings are errors only.

    Args:
        spec: its path.
        name: of the environment; None for the last protected one, or else the last of all.
    """
    project = read_project(spec)
    if project.value is None:
        return Checked(None, project.findings)
    protected = [each.name for each in project.value.environments if each.protect]
    launched = [*(each.name for each in project.value.environments), *protected][-1]
    chosen = environments_of(project.value, [launched if name is None else name])
    if chosen.value is None:
        return Checked(None, chosen.findings)
    (environment,) = chosen.value
    sizing = size(environment)
    if sizing.value is None or has_errors(sizing.findings):
        return Checked(None, told([(environment.name, _errors(sizing.findings))]))
    rendered = render(environment, sizing.value, project.value)
    if rendered.value is None:
        return Checked(None, rendered.findings)
    return _drawn(rendered.value, rendered.findings)


def _drawn(files: Mapping[str, str], findings: tuple[Finding, ...]) -> Checked[Picture]:
    """The picture of rendered files, within the budget of a verification, because templates may be untrusted."""
    budget = Budget()
    admitted = admit({p: text for p, text in files.items() if p.endswith(".tf")}, {}, budget, ours=True)
    if admitted.findings:
        return Checked(None, findings + admitted.findings)
    try:
        with Backstop(budget.seconds, budget.bytes):
            parsed = (parse(path, text) for path, text in admitted.terraform.items() if not refusal(text))
            return Checked(picture(file for file in parsed if isinstance(file, File)), findings)
    except (Overrun, MemoryError, RecursionError) as error:
        why = f"the picture takes more than {error}" if isinstance(error, Overrun) else "the picture"
        return Checked(
            None, (*findings, too_large(why, None, "simplify the project's own templates", ours=True))
        )


def stack_of(project: Project, environment: Environment) -> Checked[Stack]:
    """Size, render and verify one environment. Of sizing, findings are errors only."""
    return _build(project, environment).stack


def _build(project: Project, environment: Environment) -> _Built:
    sizing = size(environment)
    warnings = tuple(each for each in sizing.findings if each.severity is not Severity.ERROR)
    if sizing.value is None or has_errors(sizing.findings):
        wrong = told([(environment.name, _errors(sizing.findings))])
        return _Built(environment, Checked(None, wrong), warnings)
    rendered = render(environment, sizing.value, project)
    if rendered.value is None or has_errors(rendered.findings):
        return _Built(environment, Checked(None, rendered.findings), warnings)
    folder = PurePosixPath(STACKS) / environment.name
    findings = rendered.findings
    findings += tuple(_below(folder, finding) for finding in verify(rendered.value, ours=True))
    if has_errors(findings):
        return _Built(environment, Checked(None, findings), warnings)
    fingerprint = hashlib.sha256(environment.model_dump_json().encode()).hexdigest()
    stack = Stack(str(folder), rendered.value, fingerprint)
    return _Built(environment, Checked(stack, findings), warnings)


def quiet(what: str) -> None:
    """No-op progress callback."""


def check_project(
    spec: Path, only: Sequence[str] = (), *, progress: Callable[[str], None] = quiet
) -> Checked[Changes]:
    """Run all stages but the last two: find what a render would change, and write nothing."""
    project = read_project(spec)
    if project.value is None:
        return Checked(None, project.findings)
    stacks = stacks_of(project.value, only, progress=progress)
    if stacks.value is None:
        return Checked(None, stacks.findings)
    planned = plan(spec.parent, stacks.value, version=VERSION, retire_in=None if only else STACKS)
    return Checked(planned.value, stacks.findings + planned.findings)


def render_project(
    spec: Path,
    only: Sequence[str] = (),
    *,
    force: bool = False,
    upgrade: bool = False,
    progress: Callable[[str], None] = quiet,
) -> Checked[Changes]:
    """Run all stages but the report: every chosen environment, or with errors nothing at all."""
    put = put_back(spec.parent) if spec.parent.is_dir() else ()
    if has_errors(put):
        return Checked(None, put)
    document = load(spec)
    if document.value is None or has_errors(document.findings):
        return Checked(None, document.findings)
    project = resolve(document.value)
    if project.value is None:
        return Checked(None, _errors(project.findings))
    built = _built(project.value, only, progress=progress)
    stacks = _stacks(built)
    if stacks.value is None:
        return Checked(None, stacks.findings)
    progress("Writing the stacks")
    written = write(
        spec.parent,
        stacks.value,
        version=VERSION,
        retire_in=None if only else STACKS,
        force=force,
        upgrade=upgrade,
        based_on={spec.name: document.value.text.encode()},
    )
    if written.value is None:
        return Checked(None, written.findings)
    renewed = {change.folder for change in written.value.files if change.state in _NEWS}
    names = {
        each.environment.name for each in built.value or () if f"{STACKS}/{each.environment.name}" in renewed
    }
    spoken = tuple(each for each in project.findings if concerns(project.value, each, names))
    sized = told((b.environment.name, b.warnings) for b in built.value or () if b.environment.name in names)
    return Checked(written.value, spoken + sized + stacks.findings + written.findings)


def concerns(project: Project, finding: Finding, names: Collection[str]) -> bool:
    """Whether a finding of `resolve` is about a value that one of these environments has."""
    return any(
        at == finding.location and path[:1] == ("environments",) and len(path) > 1 and path[1] in names
        for path, at in project.marks.items()
    )


def environments_of(project: Project, only: Sequence[str]) -> Checked[tuple[Environment, ...]]:
    """The environments of these names, in the spec's order; all of them without names."""
    environments = tuple(each for each in project.environments if not only or each.name in only)
    unknown = sorted(set(only) - {each.name for each in environments})
    names = [each.name for each in project.environments]
    findings = tuple(
        UNKNOWN_ENVIRONMENT.found(f"the spec has no environment {name!r}", choice(name, names))
        for name in unknown
    )
    return Checked(None if unknown else environments, findings)


def stacks_of(
    project: Project, only: Sequence[str] = (), *, progress: Callable[[str], None] = quiet
) -> Checked[tuple[Stack, ...]]:
    """Size, render and verify every chosen environment; with errors in any, none. Of sizing, errors only."""
    return _stacks(_built(project, only, progress=progress))


def _built(
    project: Project, only: Sequence[str], *, progress: Callable[[str], None]
) -> Checked[tuple[_Built, ...]]:
    chosen = environments_of(project, only)
    if chosen.value is None:
        return Checked(None, chosen.findings)
    built = []
    for environment in chosen.value:
        progress(f"Rendering and verifying {environment.name}")
        built.append(_build(project, environment))
    return Checked(tuple(built))


def _stacks(built: Checked[tuple[_Built, ...]]) -> Checked[tuple[Stack, ...]]:
    if built.value is None:
        return Checked(None, built.findings)
    findings = tuple(finding for each in built.value for finding in each.stack.findings)
    if has_errors(findings):
        return Checked(None, findings)
    return Checked(tuple(each.stack.value for each in built.value if each.stack.value is not None), findings)


def _below(folder: PurePosixPath, finding: Finding) -> Finding:
    if finding.location is None:
        return finding
    return replace(finding, location=replace(finding.location, file=str(folder / finding.location.file)))
