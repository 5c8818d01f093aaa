"""``ticketgen migrate``."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ticketgen.cli.completion import complete_environments
from ticketgen.cli.displayed_paths import STDOUT, display_path, resolve_argument
from ticketgen.cli.options import OutputOption, Spec
from ticketgen.cli.output import (
    check_output,
    exit_with_findings,
    exit_with_usage_error,
    format_findings,
    print_findings,
    value_of,
    write_result,
)
from ticketgen.cli.session import print_info
from ticketgen.cli.spec_file import require_spec
from ticketgen.escaping import as_json
from ticketgen.findings import Checked, Location
from ticketgen.reports import ReportFormat

if TYPE_CHECKING:
    from ticketgen.spec.model import Environment

__all__ = ["migrate"]


class _MigrationFormat(StrEnum):
    """The format of the migration."""

    SCRIPT = "script"
    JSON = "json"


def migrate(
    spec: Spec = None,
    env: Annotated[
        str | None,
        typer.Option(
            "--env",
            metavar="NAME",
            help="The environment; needed if the spec has several.",
            autocompletion=complete_environments,
        ),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            "--state",
            metavar="FILE",
            parser=resolve_argument,
            help="The contents of the old state: the output of `terraform state list`, `terraform show -json` or "
            "`terraform state pull`. Default: the local state in the stack's folder.",
        ),
    ] = None,
    suffix: Annotated[
        str | None,
        typer.Option("--suffix", metavar="SUFFIX", help="The deployment. Default: the environment's name."),
    ] = None,
    format: Annotated[
        _MigrationFormat, typer.Option("--format", help="json writes the plan for programs.")
    ] = _MigrationFormat.SCRIPT,
    output: OutputOption = None,
) -> None:
    """Write a script that moves a stack's state from its single root module to one for each Region.

    Versions before 0.2.0 rendered one root module for an environment. The script moves every resource to the state of
    its new root module, and imports the replicas. It works on a copy of the state unless you run it with --run.
    `ticketgen help upgrading` lists all steps.

    Examples:
      ticketgen migrate --env prod --output move_states.sh
      ticketgen migrate --env prod --state list.txt --output move_states.sh
      ticketgen migrate --env prod --format json
    """
    from ticketgen import pipeline
    from ticketgen.project.migration import migration_plan
    from ticketgen.project.move_script import move_script

    if state is not None:
        check_output(output, [state])
    report = ReportFormat.JSON if format is _MigrationFormat.JSON else ReportFormat.TEXT
    path = require_spec(spec, report)
    project = value_of(pipeline.read_project(path), report)
    if env is None and len(project.environments) > 1:
        exit_with_usage_error("the spec has several environments: choose one with --env.")
    (environment,) = value_of(pipeline.environments_of(project, [env] if env else []), report)
    deployment = environment.name if suffix is None else suffix
    _check_suffix(deployment, environment)
    stack = f"{pipeline.STACKS}/{environment.name}"
    addresses = value_of(_addresses(state, path.parent, stack, deployment == environment.name), report)
    planned = migration_plan(environment, deployment, addresses)
    if planned.value is None:
        print_findings(planned.findings, report)
        exit_with_findings(planned.findings)
    if format is _MigrationFormat.JSON:
        shown = json.loads(format_findings(planned.findings, report))
        write_result(f"{as_json(asdict(planned.value) | shown)}\n", output)
    else:
        write_result(move_script(planned.value, stack, environment.state.bucket or ""), output)
        print_findings(planned.findings, report)
        if output is not None and output != STDOUT:
            print_info(f"{display_path(output)}: written; without --run, it only rehearses the moves")
    exit_with_findings(planned.findings)


def _check_suffix(suffix: str, environment: Environment) -> None:
    from ticketgen.stack.names import longest_suffix

    longest = longest_suffix(environment.project)
    if len(suffix) > longest or not re.fullmatch(r"[a-z](?:[a-z0-9]|-[a-z0-9])*+", suffix):
        exit_with_usage_error(
            f"{suffix[:80]!r} is not a suffix: use at most {longest} lower-case letters, digits and single inner "
            "hyphens, a letter first."
        )


def _addresses(given: Path | None, root: Path, stack: str, is_default: bool) -> Checked[tuple[str, ...]]:
    """The addresses of the managed resources in the old stack."""
    from ticketgen.findings.migrations import STATE_UNREADABLE
    from ticketgen.project.state_addresses import MAX_STATE_BYTES, read_addresses
    from ticketgen.safe_open import read_below, read_chosen

    local = f"{stack}/terraform.tfstate"
    place = given or root / local
    try:
        if given:
            content = read_chosen(given, MAX_STATE_BYTES)
        elif is_default:
            content = read_below(root, local, MAX_STATE_BYTES)
        else:
            exit_with_usage_error("name the state of this suffix with --state.")
        return Checked(read_addresses(content.decode("utf-8")))
    except FileNotFoundError as error:
        if given:
            exit_with_usage_error(f"--state {display_path(given)} does not exist.")
        reason = error.strerror
    except OSError as error:
        reason = error.strerror or str(error)
    except UnicodeDecodeError:
        reason = "it is not UTF-8"
    except ValueError as error:
        reason = str(error)
    message = f"{display_path(place)} cannot be read: {reason}"
    return Checked(None, (STATE_UNREADABLE.found(message, at=Location(str(place))),))
