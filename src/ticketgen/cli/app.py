"""The program, and the one place where an exception becomes an exit code."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from ticketgen.cli.help import FIRST_STEPS, CommandGroup

__all__ = ["app", "main"]

app = typer.Typer(
    name="ticketgen",
    help="One YAML spec in; a verified Terraform stack for a multi-Region ticketing marketplace on AWS out.",
    epilog=FIRST_STEPS,
    cls=CommandGroup,
    no_args_is_help=True,
    rich_markup_mode=None,  # importing rich would double the time of --help
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        from ticketgen.version import VERSION

        typer.echo(f"ticketgen {VERSION}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; what nobody expected is a bug of ours, and says so without a traceback."""
    try:
        app()
    except SystemExit as ending:
        if isinstance(ending.__context__, BrokenPipeError):
            from ticketgen.cli.exit_codes import ExitCode

            # Whoever read us has gone (`ticketgen list | head -1`). Typer exits with 1, which would mean findings.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(ExitCode.READER_GONE)
        raise
    except Exception as error:
        if os.environ.get("TICKETGEN_DEBUG"):
            raise
        from ticketgen.cli.exit_codes import ExitCode

        typer.echo(
            f"ticketgen has a bug: {type(error).__name__}: {error}\n"
            "Run it again with TICKETGEN_DEBUG=1, and report what it prints, with your spec.",
            err=True,
        )
        sys.exit(ExitCode.BUG)
