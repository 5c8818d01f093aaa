"""``ticketgen list``."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from ticketgen.cli.displayed_paths import display_path
from ticketgen.cli.options import Environments, Spec
from ticketgen.cli.output import value_of, write_result
from ticketgen.cli.spec_file import require_spec
from ticketgen.escaping import as_json
from ticketgen.reports import ReportFormat

__all__ = ["ListFormat", "list_environments"]


class ListFormat(StrEnum):
    """The format of the list."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    ATLANTIS = "atlantis"
    TERRAGRUNT = "terragrunt"


def list_environments(
    spec: Spec = None,
    env: Environments = None,
    format: Annotated[
        ListFormat,
        typer.Option(
            "--format",
            help="text: the environments. json: with their root modules, in order. github: a matrix of jobs for each "
            "stage, for $GITHUB_OUTPUT. atlantis: an atlantis.yaml. terragrunt: a terragrunt.hcl for each root module.",
        ),
    ] = ListFormat.TEXT,
) -> None:
    """List the environments of a spec, and the root modules of their stacks in the order in which they are applied.

    Examples:
      ticketgen list
      ticketgen list --format json | jq -c '.[].roots[].folder'
      ticketgen list --format github --env prod >> "$GITHUB_OUTPUT"
      ticketgen list --format atlantis > atlantis.yaml
    """
    from ticketgen.pipeline import STACKS, environments_of, read_project
    from ticketgen.project.root_lists import LISTS, listed_roots

    report = ReportFormat.JSON if format is ListFormat.JSON else ReportFormat.TEXT
    path = require_spec(spec, report)
    chosen = read_project(path, env or ()).then(lambda project: environments_of(project, env or ()))
    environments = value_of(chosen, report)
    roots = {each.name: list(listed_roots(each, f"{STACKS}/{each.name}")) for each in environments}
    if format in LISTS:
        write_result(LISTS[format]([root for each in environments for root in roots[each.name]]))
        return
    rows = [
        {
            "name": environment.name,
            "folder": display_path(path.parent / STACKS / environment.name),
            "primary_region": environment.primary_region,
            "secondary_region": environment.secondary_region,
            "regions": list(environment.regions),
            "retired_regions": list(environment.retired_regions),
            "protect": environment.protect,
            "roots": [asdict(root) for root in roots[environment.name]],
        }
        for environment in environments
    ]
    if format is ListFormat.JSON:
        write_result(f"{as_json(rows)}\n")
        return
    width = max(len(environment.name) for environment in environments)
    folders = max(len(str(row["folder"])) for row in rows)
    for row, environment in zip(rows, environments, strict=True):
        regions = ", ".join(environment.regions)
        typer.echo(f"{environment.name:<{width}}  {row['folder']!s:<{folders}}  {regions}")
