"""``ticketgen doctor``."""

from __future__ import annotations

from typing import Annotated

import typer

from ticketgen.cli.exit_codes import ExitCode
from ticketgen.cli.options import Format, Spec
from ticketgen.cli.output import write_result
from ticketgen.cli.progress_line import progress
from ticketgen.cli.spec_file import expected_spec
from ticketgen.escaping import as_json

__all__ = ["doctor"]


def doctor(
    spec: Spec = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Do not contact the provider registries.")
    ] = False,
    format: Annotated[Format, typer.Option("--format", help="json for programs.")] = Format.TEXT,
) -> None:
    """Check this machine for what a project needs.

    Each line names what was found, and the fix for what is missing. Exit 1 if something that every project needs is
    missing, if the running ticketgen is not the one that the project installs, or if AWS no longer supports an engine
    or runtime of the stacks. The last 180 days of support are a warning.

    Examples:
      ticketgen doctor
      ticketgen doctor --offline --format json
    """
    from ticketgen.project.doctor import Health, run_checks

    with progress() as shown:
        shown.step("Checking this machine")
        checks = list(run_checks(expected_spec(spec), offline=offline))
    if format is Format.JSON:
        rows = [{"name": c.name, "health": c.health.value, "found": c.found, "help": c.help} for c in checks]
        write_result(f"{as_json(rows)}\n")
    else:
        width = max(len(check.name) for check in checks)
        for check in checks:
            typer.echo(f"{check.health.value:<8}  {check.name:<{width}}  {check.found}")
            if check.help:
                typer.echo(f"{'':<8}  {'':<{width}}  → {check.help}")
    if any(check.health in (Health.MISSING, Health.ERROR) for check in checks):
        raise typer.Exit(ExitCode.FINDINGS)
