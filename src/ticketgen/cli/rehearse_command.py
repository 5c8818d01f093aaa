"""``ticketgen rehearse``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ticketgen.cli.exit_codes import ExitCode
from ticketgen.cli.options import Format, ReportFormat, Spec
from ticketgen.cli.output import finish, show_findings

if TYPE_CHECKING:
    from ticketgen.spec.model import Environment, Project

__all__ = ["rehearse"]


def rehearse(
    spec: Spec = Path("ticketgen.yaml"),
    env: Annotated[
        str | None,
        typer.Option(
            "--env", metavar="NAME", help="The environment; by default the one of the fewest Regions."
        ),
    ] = None,
    seconds: Annotated[int, typer.Option(min=20, max=3600, help="How long the sale is open.")] = 60,
    seats: Annotated[int, typer.Option(min=10, max=20_000, help="Of each of the two events on sale.")] = 600,
    picture: Annotated[
        Path | None,
        typer.Option("--picture", metavar="FILE", help="Draw the run, as an SVG for a launch review."),
    ] = None,
    format: Annotated[Format, typer.Option("--format", help="How the scoreboard is printed.")] = Format.TEXT,
) -> None:
    """Apply an environment to an emulated AWS on this machine, and hold a sale on it.

    Needs Terraform or OpenTofu on the PATH, and the packages that `ticketgen doctor` names. Nothing but loopback is
    talked to, and where real credentials are in reach, it does not start. Exit 1 when the sale went wrong.

    Examples:
      ticketgen rehearse
      ticketgen rehearse --env prod --seconds 120 --picture rehearsal.svg
      ticketgen rehearse --format json | jq .oversold
    """
    import os

    from ticketgen.findings import has_errors
    from ticketgen.pipeline import read_project, stack_of

    project = read_project(spec)
    if project.value is None or has_errors(project.findings):
        show_findings(project.findings, ReportFormat(format.value))
        finish(project.findings)
    environment = _chosen(project.value, env)
    built = stack_of(project.value, environment)
    if built.value is None or has_errors(built.findings):
        show_findings(built.findings, ReportFormat(format.value))
        finish(built.findings)

    from ticketgen.rehearsal.readiness import what_is_missing

    missing = what_is_missing(os.environ, Path.home())
    if missing:
        show_findings(missing, ReportFormat(format.value))
        finish(missing)

    from ticketgen.rehearsal.picture import picture as drawn
    from ticketgen.rehearsal.run import Rehearsal
    from ticketgen.rehearsal.run import rehearse as held
    from ticketgen.rehearsal.scoreboard import text
    from ticketgen.rehearsal.terraform import Terraform, TerraformFailed

    binary = Terraform.find()
    assert binary is not None
    wanted = Rehearsal(environment, built.value.files, float(seconds), seats, binary)
    try:
        board = held(wanted, lambda line: typer.echo(f"… {line}", err=True))
    except TerraformFailed as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(ExitCode.FINDINGS) from None
    typer.echo(json.dumps(board.data(), indent=2) if format is Format.JSON else text(board))
    if picture:
        picture.write_text(drawn(board), encoding="utf-8")
        typer.echo(f"{picture}: drawn", err=True)
    raise typer.Exit(ExitCode.FINE if board.passed else ExitCode.FINDINGS)


def _chosen(project: Project, name: str | None) -> Environment:
    if name is None:
        return min(project.environments, key=lambda environment: len(environment.regions))
    for environment in project.environments:
        if environment.name == name:
            return environment
    known = ", ".join(environment.name for environment in project.environments)
    raise typer.BadParameter(f"the spec has no environment {name!r}; it has {known}", param_hint="--env")
