"""``ticketgen render``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from ticketgen.cli.exit_codes import ExitCode
from ticketgen.cli.options import Environments, ReportFormat, Spec
from ticketgen.cli.output import finish, show_findings
from ticketgen.cli.progress import progress
from ticketgen.cli.summary import as_json, folders, next_step, placed, summarise
from ticketgen.findings import Checked, has_errors

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

    root = spec.parent
    with progress() as shown:
        if check or diff:
            done = pipeline.check_project(spec, env or (), progress=shown.step)
        else:
            done = pipeline.render_project(spec, env or (), force=force, progress=shown.step)
    if check or diff:
        _report_drift(done, root, format, diff)
    findings = placed(done.findings, root)
    if format is ReportFormat.JSON:
        typer.echo(json.dumps(as_json(findings, done.value, root), indent=2))
    else:
        show_findings(findings, format)
    if done.value is not None and format is ReportFormat.TEXT:
        summarise(done.value, root)
        next_step(done.value, root)
    finish(findings)


def _report_drift(checked: Checked[Changes], root: Path, format: ReportFormat, diff: bool) -> NoReturn:
    from ticketgen.tree import diff as differences
    from ticketgen.tree import drift

    drifted = drift(checked.value) if checked.value else ()
    findings = placed((*checked.findings, *drifted), root)
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
