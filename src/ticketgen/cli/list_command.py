"""``ticketgen list``."""

from __future__ import annotations

from typing import Annotated

import typer

from ticketgen.cli.displayed_paths import display_path
from ticketgen.cli.options import Format, Spec
from ticketgen.cli.output import value_of, write_result
from ticketgen.cli.spec_file import require_spec
from ticketgen.escaping import as_json
from ticketgen.reports import ReportFormat

__all__ = ["list_environments"]


def list_environments(
    spec: Spec = None,
    format: Annotated[Format, typer.Option("--format", help="json suits a CI matrix.")] = Format.TEXT,
) -> None:
    """List the environments of a spec with their Regions and folders.

    Examples:
      ticketgen list
      ticketgen list --format json | jq -c '.[].name'
    """
    from ticketgen.pipeline import STACKS, read_project

    path = require_spec(spec, ReportFormat(format.value))
    project = value_of(read_project(path), ReportFormat(format.value))
    rows = [
        {
            "name": environment.name,
            "folder": display_path(path.parent / STACKS / environment.name),
            "primary_region": environment.primary_region,
            "secondary_region": environment.secondary_region,
            "regions": list(environment.regions),
            "protect": environment.protect,
        }
        for environment in project.environments
    ]
    if format is Format.JSON:
        write_result(f"{as_json(rows)}\n")
    else:
        width = max(len(environment.name) for environment in project.environments)
        folders = max(len(str(row["folder"])) for row in rows)
        for row, environment in zip(rows, project.environments, strict=True):
            regions = ", ".join(environment.regions)
            typer.echo(f"{environment.name:<{width}}  {row['folder']!s:<{folders}}  {regions}")
