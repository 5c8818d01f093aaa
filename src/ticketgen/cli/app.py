"""The program, and the one place where an exception becomes an exit code."""

from __future__ import annotations

import codecs
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from ticketgen.cli.help import CommandGroup, epilog
from ticketgen.cli.streams import escape_streams
from ticketgen.signals import exit_on_signals

__all__ = ["app", "main"]

app = typer.Typer(
    name="ticketgen",
    help="Turn one YAML spec into verified Terraform for a multi-Region ticketing marketplace on AWS.",
    epilog=epilog(),
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
    """Run the command line; an unexpected exception is reported without a traceback."""
    _open_streams()
    exit_on_signals()
    try:
        app()
    except SystemExit as ending:
        if isinstance(ending.__context__, BrokenPipeError):
            # The reader has gone (`ticketgen list | head -1`). Typer would exit with 1, as for findings.
            _exit_now(141)
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            _exit_now(141)
        except OSError as error:
            _exit_now(_report_unwritable(error))
        raise
    except OSError as error:
        from ticketgen.cli.exit_codes import exit_code_of
        from ticketgen.cli.help import system_error_text

        typer.echo(f"Error: {system_error_text(error)}", err=True)
        sys.exit(exit_code_of(error))
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


def _report_unwritable(error: OSError) -> int:
    from ticketgen.cli.exit_codes import ExitCode

    typer.echo(f"Error: standard output cannot be written: {error.strerror}.", err=True)
    return ExitCode.CANNOT_WRITE


def _exit_now(code: int) -> None:
    """Exit without another attempt to write the rest of the buffer."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


_ASCII = {"→": "->", "…": "...", "·": "-", "–": "-", "—": "-", "×": "x", "’": "'", "“": '"', "”": '"'}


def _ascii_replacements(error: UnicodeError) -> tuple[str | bytes, int]:
    """Replacements for characters that the encoding of a stream lacks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = "".join(_ASCII.get(c, c) for c in error.object[error.start : error.end])
    return text.encode("ascii", "backslashreplace").decode("ascii"), error.end


def _open_streams() -> None:
    """Make the streams accept every text, and replace closed ones."""
    codecs.register_error("ticketgen", _ascii_replacements)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115
        elif mode == "w" and hasattr(stream, "reconfigure"):
            # Typer would replace a stream in ASCII with a second one, in UTF-8.
            ascii = codecs.lookup(stream.encoding).name == "ascii"
            stream.reconfigure(errors="ticketgen", **({"encoding": "utf-8"} if ascii else {}))
    escape_streams()
