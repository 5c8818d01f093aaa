"""``ticketgen plan-check``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ticketgen.cli.completion import complete_environments
from ticketgen.cli.displayed_paths import STDOUT, resolve_argument
from ticketgen.cli.options import Accept, OutputOption, ReportFormatOption, Spec
from ticketgen.cli.output import check_output, exit_with_findings
from ticketgen.cli.plan_output import report_with_plans
from ticketgen.cli.spec_file import find_spec
from ticketgen.reports import ReportFormat

if TYPE_CHECKING:
    from ticketgen.findings import Checked
    from ticketgen.spec.model import Project

__all__ = ["plan_check"]


def plan_check(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            parser=resolve_argument,
            help="The output of `terraform show -json PLAN`, one file for each root module; `-` is standard input.",
        ),
    ],
    env: Annotated[
        str | None,
        typer.Option(
            "--env",
            metavar="NAME",
            help="The environment whose `protect` and `accept` apply. Default: the environment whose stack contains "
            "FILE; without an environment, everything counts as protected.",
            autocompletion=complete_environments,
        ),
    ] = None,
    root: Annotated[
        str | None,
        typer.Option(
            "--root",
            metavar="ROOT",
            help="The root module, such as data/us-east-1. Default: the folder of FILE below the stack.",
        ),
    ] = None,
    spec: Spec = None,
    accept: Accept = None,
    format: ReportFormatOption = ReportFormat.TEXT,
    output: OutputOption = None,
) -> None:
    """Check saved Terraform plans for resources that hold data and would be replaced or destroyed.

    It judges Terraform's own plan by the rules of `ticketgen render`. A loss is an error if the environment or a
    changed resource is protected, and otherwise a warning. No value of a resource is printed.

    Examples:
      ticketgen plan-check tfplan.json --env prod
      ticketgen plan-check - --env prod --root data/us-east-1 < tfplan.json
      ticketgen plan-check stacks/prod/*/*/tfplan.json --format markdown
    """
    from ticketgen.consequences.plan_check import PlanDocument, check_plans
    from ticketgen.pipeline import STACKS, Guarding

    check_output(output, files)
    found = find_spec(spec)
    project = _project(found, required=spec is not None or env is not None, format=format)
    base = found.value.parent if found.value is not None and project is not None else None
    documents = [
        PlanDocument("stdin" if file == STDOUT else str(file), _content(file), root) for file in files
    ]
    checked = check_plans(
        documents,
        project,
        base / STACKS if base is not None else None,
        Guarding(tuple(accept or ())).accepted(project),
        env,
    )
    report_with_plans(checked.findings, checked.value or {}, format, output)
    exit_with_findings(checked.findings)


def _project(found: Checked[Path], *, required: bool, format: ReportFormat) -> Project | None:
    """The spec; None if there is none and none is needed."""
    from ticketgen.cli.output import value_of
    from ticketgen.pipeline import read_project

    if found.value is None and not required:
        return None
    return value_of(read_project(value_of(found, format)), format)


def _content(file: Path) -> bytes | OSError:
    from ticketgen.consequences.saved_plans import MAX_PLAN_BYTES
    from ticketgen.safe_open import read_chosen

    try:
        if file == STDOUT:
            return sys.stdin.buffer.read(MAX_PLAN_BYTES + 1)
        return read_chosen(file, MAX_PLAN_BYTES)
    except OSError as error:
        return error
