"""Options that several commands have in common."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ticketgen.cli.completion import complete_environments
from ticketgen.cli.displayed_paths import resolve_argument
from ticketgen.cli.output import check_output
from ticketgen.hcl.budget import DEFAULT, MAX_FACTOR
from ticketgen.reports import ReportFormat

__all__ = [
    "Accept",
    "Against",
    "BudgetOption",
    "Destroyed",
    "Environments",
    "Format",
    "Merge",
    "OutputOption",
    "ReportFormatOption",
    "Spec",
]


class Format(StrEnum):
    """The format of a list."""

    TEXT = "text"
    JSON = "json"


Spec = Annotated[
    Path | None,
    typer.Option(
        "--spec",
        metavar="FILE",
        parser=resolve_argument,
        envvar="TICKETGEN_SPEC",
        help="The spec; stacks are rendered beside it. Default: ticketgen.yaml in this folder or the nearest above.",
    ),
]

Environments = Annotated[
    list[str] | None,
    typer.Option(
        "--env",
        metavar="NAME",
        help="Only this environment; can be repeated.",
        autocompletion=complete_environments,
    ),
]

Destroyed = Annotated[
    bool,
    typer.Option(
        "--destroyed",
        help="Confirm that nothing is left to destroy in root modules that are no longer rendered: their folders are "
        "deleted, even if their states are remote.",
    ),
]

Accept = Annotated[
    list[str] | None,
    typer.Option(
        "--accept",
        metavar="ADDRESS",
        help="Accept that this resource, which holds data, is replaced or destroyed; can be repeated. ADDRESS, "
        "ROOT:ADDRESS, ENVIRONMENT:ADDRESS, ENVIRONMENT/ROOT:ADDRESS, ENVIRONMENT/ROOT or ENVIRONMENT.",
    ),
]

Against = Annotated[
    Path | None,
    typer.Option(
        "--against",
        metavar="DIR",
        parser=resolve_argument,
        help="Judge consequences for the stacks of this project in another checkout, such as the base of a pull "
        "request, instead of the stacks on the disk.",
    ),
]

Merge = Annotated[
    bool,
    typer.Option(
        "--merge",
        help="With --upgrade: also merge what is new in this version into the project's README, CI files, hook and "
        "templates, with conflict markers where you changed the same lines.",
    ),
]

BudgetOption = Annotated[
    int,
    typer.Option(
        "--budget",
        metavar="FACTOR",
        min=DEFAULT,
        max=MAX_FACTOR,
        help="Multiply the budget of one directory, 20 seconds of a core and 500 MB. What exceeds it is reported as "
        "`not checked: too large`.",
    ),
]

OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        parser=resolve_argument,
        callback=lambda output: check_output(output),
        help="Write the result to this file instead of standard output. Specs, states and other Terraform files, and "
        "whatever is in the folder of a stack, are not overwritten.",
    ),
]

_PURPOSES = ", ".join(f"{each} for {each.purpose}" for each in ReportFormat if each.purpose)

ReportFormatOption = Annotated[
    ReportFormat, typer.Option("--format", help=f"The format of the report: {_PURPOSES}.")
]
