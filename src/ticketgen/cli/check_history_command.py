"""``ticketgen check-history``."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Annotated

import typer

from ticketgen.cli.displayed_paths import STDOUT, display_path, resolve_argument
from ticketgen.cli.options import OutputOption, ReportFormatOption
from ticketgen.cli.output import exit_with_findings, print_findings
from ticketgen.cli.session import print_info
from ticketgen.findings import Location, has_errors
from ticketgen.reports import ReportFormat
from ticketgen.wording import counted

__all__ = ["check_history"]


def _finite(seconds: float) -> float:
    if not math.isfinite(seconds):  # every comparison with NaN is false, and nothing would be found
        raise typer.BadParameter(f"{seconds} is not a number of seconds")
    return seconds


def check_history(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            parser=resolve_argument,
            help="The history, one operation a line; `-` is standard input.",
        ),
    ],
    quiet_time: Annotated[
        float,
        typer.Option(
            "--quiet-time",
            metavar="SECONDS",
            min=0,
            callback=_finite,
            help="Allow sales for this long after the answer to a close, and answers with a seat for this long after "
            "its refund.",
        ),
    ] = 10.0,
    skew: Annotated[
        float,
        typer.Option(
            "--skew",
            metavar="SECONDS",
            min=0,
            callback=_finite,
            help="Allow this difference between the clock of the history and the clock of a refund.",
        ),
    ] = 2.0,
    without_ledger: Annotated[
        bool,
        typer.Option("--without-ledger", help="Judge the answers alone, if the final ledger is not known."),
    ] = False,
    format: ReportFormatOption = ReportFormat.TEXT,
    output: OutputOption = None,
) -> None:
    """Judge the history of a sale: no seat sold twice, no answer taken back, no charge without a seat.

    `ticketgen rehearse --history FILE` writes one, and `ticketgen help history` describes the format, so that you can
    judge a system of your own. Findings name the lines of all operations that are involved. Exit code 1 if anything
    is wrong.

    Examples:
      ticketgen check-history history.jsonl
      ticketgen check-history history.jsonl --quiet-time 17 --format json
      ticketgen check-history - < history.jsonl
    """
    from ticketgen.findings.histories import HISTORY_UNREADABLE
    from ticketgen.history.allowances import Allowances
    from ticketgen.history.reading import judge
    from ticketgen.safe_open import open_chosen

    allowances = Allowances(quiet_time, skew, ledger=not without_ledger)
    name = "stdin" if file == STDOUT else str(file)
    try:
        if file == STDOUT:
            verdict = judge(sys.stdin.buffer, name, allowances)
        else:
            with open_chosen(file) as stream:
                verdict = judge(stream, name, allowances)
    except OSError as error:
        text = f"{display_path(file)} cannot be read: {error.strerror or error}"
        unreadable = [HISTORY_UNREADABLE.found(text, at=Location(name))]
        print_findings(unreadable, format, output=output)
        exit_with_findings(unreadable)
    print_findings(verdict.findings, format, output=output)
    if format is ReportFormat.TEXT:
        judged = f"{counted(verdict.operations, 'operations')}, {counted(verdict.entries, 'ledger entries')}"
        fine = "" if has_errors(verdict.findings) else ", nothing is wrong"
        print_info(f"{display_path(name)}: {judged}{fine}", err=output is not None)
    exit_with_findings(verdict.findings)
