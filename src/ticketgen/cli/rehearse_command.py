"""``ticketgen rehearse``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ticketgen.cli.completion import complete_environments
from ticketgen.cli.displayed_paths import display_path, resolve_argument
from ticketgen.cli.exit_codes import ExitCode
from ticketgen.cli.options import Format, Spec
from ticketgen.cli.output import check_writable, exit_with_findings, print_findings, value_of, write_result
from ticketgen.cli.session import print_info, print_verbose
from ticketgen.cli.spec_file import require_spec
from ticketgen.escaping import as_json
from ticketgen.reports import ReportFormat

__all__ = ["Profile", "rehearse"]


class Profile(StrEnum):
    """The kind of a rehearsal."""

    FAULTS = "faults"
    ON_SALE = "on-sale"


_SEATS = {Profile.FAULTS: 600, Profile.ON_SALE: 2_000}


def rehearse(
    spec: Spec = None,
    env: Annotated[
        str | None,
        typer.Option(
            "--env",
            metavar="NAME",
            help="The environment. Default: the one with the fewest Regions.",
            autocompletion=complete_environments,
        ),
    ] = None,
    profile: Annotated[
        Profile,
        typer.Option(
            "--profile",
            help="`faults`: two events, an oversell, a Region that is cut off. `on-sale`: many events that open at "
            "once, and as many orders as this machine can handle.",
        ),
    ] = Profile.FAULTS,
    seconds: Annotated[
        int,
        typer.Option(
            min=20, max=3600, help="The length of the sale; with `on-sale`, how long the best rate is held."
        ),
    ] = 60,
    events: Annotated[
        int | None,
        typer.Option(min=1, max=200, help="With `on-sale`, the most events. Default: as the spec says."),
    ] = None,
    seats: Annotated[
        int | None,
        typer.Option(
            min=10, max=20_000, help="The most seats of each event. Default: 600; with `on-sale` 2,000."
        ),
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option(
            "--picture",
            metavar="FILE",
            parser=resolve_argument,
            help="Draw the run as an SVG, for a launch review.",
        ),
    ] = None,
    history: Annotated[
        Path | None,
        typer.Option(
            "--history",
            metavar="FILE",
            parser=resolve_argument,
            help="Write what buyers asked and were told, and the final ledger, for `ticketgen check-history`.",
        ),
    ] = None,
    format: Annotated[Format, typer.Option("--format", help="The format of the scoreboard.")] = Format.TEXT,
) -> None:
    """Apply an environment to an emulated AWS on this machine, and run a sale on it.

    Needs Terraform or OpenTofu on the PATH, and the packages that `ticketgen doctor` names. It connects to loopback
    only, except to download providers, and refuses to start where it finds real credentials. It runs the stack's code:
    do not rehearse a stack that you do not trust. Exit code 1 if the sale went wrong.

    Examples:
      ticketgen rehearse
      ticketgen rehearse --env prod --seconds 120 --picture rehearsal.svg
      ticketgen rehearse --history history.jsonl && ticketgen check-history history.jsonl
      ticketgen rehearse --format json | jq .oversold
      ticketgen rehearse --profile on-sale --env prod
    """
    import os
    from io import StringIO

    from ticketgen.pipeline import environments_of, read_project, stack_of

    findings_format = ReportFormat(format.value)
    path = require_spec(spec, findings_format)
    project = value_of(read_project(path), findings_format)
    fewest = min(project.environments, key=lambda each: len(each.regions))
    (environment,) = value_of(environments_of(project, [env or fewest.name]), findings_format)
    print_verbose(f"environment: {environment.name}")
    stack = value_of(stack_of(project, environment), findings_format, root=path.parent)

    for file in (picture, history):
        if file:
            check_writable(file)

    from ticketgen.rehearsal.readiness import missing_requirements

    missing = missing_requirements(os.environ, Path.home())
    if missing:
        print_findings(missing, findings_format)
        exit_with_findings(missing)

    from ticketgen.history.recorder import Recorder
    from ticketgen.rehearsal import on_sale_report, scoreboard
    from ticketgen.rehearsal.applying import Rehearsal
    from ticketgen.rehearsal.on_sale import rehearse_on_sale
    from ticketgen.rehearsal.on_sale_picture import on_sale_svg
    from ticketgen.rehearsal.operator_scripts import ScriptFailed
    from ticketgen.rehearsal.run import rehearse as rehearse_faults
    from ticketgen.rehearsal.scoreboard_picture import scoreboard_svg
    from ticketgen.rehearsal.terraform import Terraform, TerraformFailed

    binary = Terraform.find()
    assert binary is not None
    recorded = StringIO()
    recorder = Recorder(recorded) if history else None
    scale = environment.event_scale
    most = seats or _SEATS[profile]
    if profile is Profile.ON_SALE:
        most = min(scale.seats_per_event, most)
    rehearsal = Rehearsal(environment, stack.files, float(seconds), most, binary, recorder)

    def progress(line: str) -> None:
        print_info(f"… {line}", err=True)

    try:
        if profile is Profile.ON_SALE:
            count = min(scale.concurrent_events, events or scale.concurrent_events)
            report = rehearse_on_sale(rehearsal, count, progress)
            told, drawn = on_sale_report.text(report), on_sale_svg(report)
            data, passed = report.data(), report.passed
        else:
            board = rehearse_faults(rehearsal, progress)
            told, drawn = scoreboard.text(board), scoreboard_svg(board)
            data, passed = board.data(), board.passed
    except (TerraformFailed, ScriptFailed) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(ExitCode.FINDINGS) from None
    if format is Format.JSON:
        write_result(f"{as_json(data)}\n")
    else:
        typer.echo(told)
    if picture:
        write_result(drawn, picture)
        print_info(f"{display_path(picture)}: drawn", err=True)
    if history:
        write_result(recorded.getvalue(), history)
        print_info(f"{display_path(history)}: written", err=True)
    raise typer.Exit(ExitCode.FINE if passed else ExitCode.FINDINGS)
