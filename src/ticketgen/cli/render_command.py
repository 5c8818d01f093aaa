"""``ticketgen render``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ticketgen.cli.exit_codes import ExitCode
from ticketgen.cli.options import ReportFormat, Spec
from ticketgen.cli.output import finish, show_findings
from ticketgen.findings import has_errors

if TYPE_CHECKING:
    from ticketgen.tree import Changes

__all__ = ["render"]


def render(
    spec: Spec = Path("ticketgen.yaml"),
    env: Annotated[
        list[str] | None,
        typer.Option("--env", metavar="NAME", help="Only this environment; may be given several times."),
    ] = None,
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
    from ticketgen.tree import diff as differences
    from ticketgen.tree import drift

    if check or diff:
        checked = pipeline.check_project(spec, env or ())
        drifted = drift(checked.value) if checked.value else ()
        findings = (*checked.findings, *drifted)
        if diff and checked.value:
            typer.echo(differences(checked.value.files), nl=False)
        show_findings(findings, format)
        if checked.value and not has_errors(findings) and format is ReportFormat.TEXT:
            typer.echo(f"Up to date: {_folders(checked.value)}")
        if has_errors(drifted) and not has_errors(checked.findings):
            raise typer.Exit(ExitCode.FINDINGS)
        finish(findings)

    rendered = pipeline.render_project(spec, env or (), force=force)
    show_findings(rendered.findings, format)
    if rendered.value is not None and format is ReportFormat.TEXT:
        _summarise(rendered.value, spec.parent)
    finish(rendered.findings)


def _summarise(changes: Changes, root: Path) -> None:
    from ticketgen.tree import State

    for folder in sorted({change.folder for change in changes.files}):
        counts = {state: changes.count(state, folder) for state in State}
        parts = [f"{count} {state.value}" for state, count in counts.items() if count]
        typer.echo(f"{root / folder}: verified, {', '.join(parts)}")
    first = _last_folder(changes)
    if first:
        typer.echo(f"\nNext: cd {root / first} && terraform init && terraform plan")


def _last_folder(changes: Changes) -> str:
    folders = sorted({change.folder for change in changes.files} - set(changes.retired))
    return folders[0] if folders else ""


def _folders(changes: Changes) -> str:
    return ", ".join(sorted({change.folder for change in changes.files}))
