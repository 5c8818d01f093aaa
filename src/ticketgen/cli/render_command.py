"""``ticketgen render``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from ticketgen.cli.diffs import plain_diff, show_diff
from ticketgen.cli.exit_codes import ExitCode
from ticketgen.cli.options import Environments, Output, ReportFormatOption, Spec
from ticketgen.cli.output import emit, finish, show_findings
from ticketgen.cli.progress import progress
from ticketgen.cli.session import say
from ticketgen.cli.spec_file import the_spec
from ticketgen.cli.summary import folders, next_step, summarise, told
from ticketgen.escaping import as_json
from ticketgen.findings import Checked, Finding, has_errors
from ticketgen.reports import ReportFormat

if TYPE_CHECKING:
    from ticketgen.tree import Changes

__all__ = ["render"]


def render(
    spec: Spec = None,
    env: Environments = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Write nothing; exit 1 if the stacks on disk differ from the spec."),
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Like --check, and show each difference.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite rendered files that were edited by hand.")
    ] = False,
    upgrade: Annotated[
        bool,
        typer.Option(
            "--upgrade",
            help="Change stacks that another version of ticketgen wrote; --diff lists the reasons.",
        ),
    ] = False,
    format: ReportFormatOption = ReportFormat.TEXT,
    output: Output = None,
) -> None:
    """Render, verify and write the stacks of a spec, each environment to stacks/NAME.

    If there is an error anywhere, nothing is written.

    Examples:
      ticketgen render
      ticketgen render --env prod
      ticketgen render --check --format github
    """
    from ticketgen import pipeline
    from ticketgen.project.eject import moved_on

    path = the_spec(spec, format)
    root = path.parent
    with progress() as shown:
        if check or diff:
            done = pipeline.check_project(path, env or (), progress=shown.step)
        else:
            done = pipeline.render_project(path, env or (), force=force, upgrade=upgrade, progress=shown.step)
    if check or diff:
        _report_drift(done, root, format, diff, output)
    findings = (*done.findings, *moved_on(root), *_why_refused(done, path, env or ()))
    if format is ReportFormat.JSON:
        emit(f"{as_json(told(findings, done.value, root))}\n", output)
    else:
        show_findings(findings, format, root=root, output=output)
    if done.value is not None and format is ReportFormat.TEXT:
        summarise(done.value, root)
        next_step(done.value, root, pipeline.read_project(path).value)
    finish(findings)


def _why_refused(done: Checked[Changes], spec: Path, env: Sequence[str]) -> tuple[Finding, ...]:
    """The reasons for the changes of another version, if the render was refused because of it."""
    from ticketgen.findings.stacks import UPGRADE

    if not any(found.rule == UPGRADE.id for found in done.findings):
        return ()
    from ticketgen.pipeline import check_project
    from ticketgen.project.upgrade import explain_upgrade

    checked = check_project(spec, env)
    return explain_upgrade(checked.value) if checked.value else ()


def _report_drift(
    checked: Checked[Changes], root: Path, format: ReportFormat, diff: bool, output: Path | None
) -> NoReturn:
    from ticketgen.project.eject import moved_on
    from ticketgen.project.upgrade import explain_upgrade
    from ticketgen.tree import diff as differences
    from ticketgen.tree import drift

    drifted = drift(checked.value) if checked.value else ()
    why = explain_upgrade(checked.value) if checked.value else ()
    findings = (*checked.findings, *drifted, *moved_on(root), *why)
    difference = differences(checked.value.files) if diff and checked.value else ""
    if format is ReportFormat.JSON:
        document = told(findings, checked.value, root)
        if diff:
            document["difference"] = plain_diff(difference, root)
        emit(f"{as_json(document)}\n", output)
    else:
        # A report for programs must stay one: with them the difference is for people, on standard error.
        show_diff(difference, root, err=format is not ReportFormat.TEXT)
        show_findings(findings, format, root=root, output=output)
    if checked.value and format is ReportFormat.TEXT:
        if has_errors(findings):
            summarise(checked.value, root, would=True)
        else:
            say(f"Up to date: {folders(checked.value, root)}")
    if has_errors(drifted) and not has_errors(checked.findings):
        raise typer.Exit(ExitCode.FINDINGS)
    finish(findings)
