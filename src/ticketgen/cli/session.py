"""The options of this run: base folder, verbosity (``-q``, ``-v``), colours.

The options are accepted before and after the command. They are kept in one place, because commands, parsers of paths
and shell completion all ask for them.
"""

from __future__ import annotations

import os
import sys
import time
from contextvars import ContextVar
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

import typer

from ticketgen.safe_open import check_folder

__all__ = ["Color", "Session", "print_info", "print_verbose", "reset", "session", "set_option", "use_color"]


class Color(StrEnum):
    """When output is coloured."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Session:
    """The options that every command has.

    Attributes:
        base_folder: the folder in which relative paths begin, relative to the current one.
        quiet: print errors and results only.
        verbose: print stages, times and the files that were used.
        color: the value of ``--color``; None if it was not given.
        started: when the run began, on the monotonic clock.
    """

    base_folder: Path = Path()
    quiet: bool = False
    verbose: bool = False
    color: Color | None = None
    started: float = 0.0


_SESSION: ContextVar[Session] = ContextVar("session")
_DEFAULTS = Session()


def session() -> Session:
    """The options of this run, as far as they have been read."""
    return _SESSION.get(_DEFAULTS)


def reset() -> None:
    """Forget the options of an earlier run in this process."""
    _SESSION.set(Session(started=time.monotonic()))


def set_option(name: str | None, value: Any) -> None:
    """Take one of the common options into the session.

    Raises:
        typer.BadParameter: the value cannot be used.
    """
    options = session()
    if name == "directory":
        for each in value or ():
            folder = options.base_folder / each
            if not os.path.isdir(folder):  # noqa: PTH112 - Path.is_dir() raises where a path is too long
                what = "is not a directory" if os.path.lexists(folder) else "does not exist"
                raise typer.BadParameter(f"the directory {os.fspath(folder)!r} {what}.")
            try:
                check_folder(folder)
            except OSError as error:
                raise typer.BadParameter(
                    f"the directory {os.fspath(folder)!r} is not used: {error.strerror}."
                ) from None
            options = replace(options, base_folder=folder)
    elif name == "color" and value:
        options = replace(options, color=Color(value))
    elif name in {"quiet", "verbose"} and value:
        options = replace(options, quiet=True) if name == "quiet" else replace(options, verbose=True)
        if options.quiet and options.verbose:
            raise typer.BadParameter("--quiet and --verbose exclude each other.")
    _SESSION.set(options)


def use_color(stream: IO[str] | None) -> bool:
    """Whether to colour the output to a stream.

    ``--color`` wins, then ``NO_COLOR`` (https://no-color.org), ``FORCE_COLOR`` (https://force-color.org) and
    ``TERM=dumb``, in Python's own order; otherwise output to a terminal is coloured.
    """
    choice = session().color
    if choice in {Color.ALWAYS, Color.NEVER}:
        return choice is Color.ALWAYS
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    if os.environ.get("TERM") == "dumb":
        return False
    return stream is not None and stream.isatty()


def print_info(text: str, *, err: bool = False) -> None:
    """Print additional information, which ``--quiet`` omits."""
    if not session().quiet:
        typer.echo(text, err=err)


def print_verbose(text: str) -> None:
    """With ``--verbose``, print a step and the elapsed time."""
    if session().verbose:
        elapsed = time.monotonic() - session().started
        typer.echo(f"[{elapsed:6.2f} s] {text}", file=sys.stderr)
