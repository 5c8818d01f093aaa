"""``ticketgen render``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from ticketgen.cli.exit_codes import ExitCode
from ticketgen.cli.options import Environments, ReportFormat, Spec
from ticketgen.cli.output import finish, show_findings
from ticketgen.cli.progress import progress
from ticketgen.cli.summary import as_json, folders, next_step, placed, summarise
from ticketgen.findings import Checked, Finding, has_errors

if TYPE_CHECKING:
    from ticketgen.tree import Changes

__all__ = ["render"]


def render(
    spec: Spec = Path("ticketgen.yaml"),
    env: Environments = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Write nothing; exit 1 when what is there is not what would be rendered."
        ),
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Like --check, and show the difference.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite rendered files that were edited by hand.")
    ] = False,
    upgrade: Annotated[
        bool,
        typer.Option("--upgrade", help="Change what another version of ticketgen wrote; --diff says why."),
    ] = False,
    format: Annotated[
        ReportFormat, typer.Option("--format", help="How findings are reported.")
    ] = ReportFormat.TEXT,
) -> None:
    """Render, verify and write the stacks of a spec, each environment to stacks/NAME.

    All or nothing: with an error anywhere, nothing is written.

    Examples:
      ticketgen render
      ticketgen render --env prod
      ticketgen render --check --format github
    """
    from ticketgen import pipeline
    from ticketgen.project.eject import moved_on

    root = spec.parent
    with progress() as shown:
        if check or diff:
            done = pipeline.check_project(spec, env or (), progress=shown.step)
        else:
            done = pipeline.render_project(spec, env or (), force=force, upgrade=upgrade, progress=shown.step)
    if check or diff:
        _report_drift(done, root, format, diff)
    findings = placed((*done.findings, *moved_on(root), *_why_refused(done, spec, env or ())), root)
    if format is ReportFormat.JSON:
        typer.echo(json.dumps(as_json(findings, done.value, root), indent=2))
    else:
        show_findings(findings, format)
    if done.value is not None and format is ReportFormat.TEXT:
        summarise(done.value, root)
        next_step(done.value, root)
    finish(findings)


def _why_refused(done: Checked[Changes], spec: Path, env: Sequence[str]) -> tuple[Finding, ...]:
    """The reasons for what a newer ticketgen would change, where it was kept from changing it."""
    if not any(found.rule == "upgrade" for found in done.findings):
        return ()
    from ticketgen.pipeline import check_project
    from ticketgen.project.upgrade import explain_upgrade

    checked = check_project(spec, env)
    return explain_upgrade(checked.value) if checked.value else ()


def _report_drift(checked: Checked[Changes], root: Path, format: ReportFormat, diff: bool) -> NoReturn:
    from ticketgen.project.eject import moved_on
    from ticketgen.project.upgrade import explain_upgrade
    from ticketgen.tree import diff as differences
    from ticketgen.tree import drift

    drifted = drift(checked.value) if checked.value else ()
    why = explain_upgrade(checked.value) if checked.value else ()
    findings = placed((*checked.findings, *drifted, *moved_on(root), *why), root)
    difference = differences(checked.value.files) if diff and checked.value else ""
    if format is ReportFormat.JSON:
        document = as_json(findings, checked.value, root)
        typer.echo(json.dumps({**document, "difference": difference} if diff else document, indent=2))
    else:
        typer.echo(difference, nl=False)
        show_findings(findings, format)
    if checked.value and format is ReportFormat.TEXT:
        if has_errors(findings):
            summarise(checked.value, root, would=True)
        else:
            typer.echo(f"Up to date: {folders(checked.value)}")
    if has_errors(drifted) and not has_errors(checked.findings):
        raise typer.Exit(ExitCode.FINDINGS)
    finish(findings)
