"""A progress line on standard error: on a terminal only, and only after a second."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ticketgen.cli.session import print_verbose, session
from ticketgen.cli.streams import write_escaped
from ticketgen.escaping import visible

__all__ = ["DELAY_S", "Progress", "progress"]

DELAY_S = 1.0
_REDRAW_INTERVAL_S = 0.1


class Progress:
    """A line with the current step and the time since the start."""

    def __init__(self) -> None:
        self._what = ""
        self._since = time.monotonic()
        self._shown = 0
        self._over = threading.Event()

    def step(self, what: str) -> None:
        """Show this step from now on."""
        self._what = visible(what)
        print_verbose(what)

    def run(self) -> None:
        """Show the line until `end`, beginning after a second."""
        self._over.wait(DELAY_S)
        while not self._over.is_set():
            if self._what:
                self._write_line(f"{self._what} … {time.monotonic() - self._since:.0f} s")
            self._over.wait(_REDRAW_INTERVAL_S)
        if self._shown:
            self._write_line("")

    def end(self) -> None:
        """Remove the line."""
        self._over.set()

    def _write_line(self, line: str) -> None:
        # Blanks instead of an escape sequence: every terminal knows them.
        write_escaped(f"\r{line.ljust(self._shown)}" + ("" if line else "\r"), err=True)
        self._shown = len(line)


@contextmanager
def progress() -> Iterator[Progress]:
    """Show progress while the block runs, on a terminal of a person.

    Nothing is shown in CI, in a pipe, on a dumb terminal, or with --quiet or --verbose.
    """
    shown = Progress()
    if (
        session().quiet
        or session().verbose
        or not sys.stderr.isatty()
        or os.environ.get("CI")
        or os.environ.get("TERM") == "dumb"
    ):
        yield shown
        return
    thread = threading.Thread(target=shown.run, daemon=True)
    thread.start()
    try:
        yield shown
    finally:
        shown.end()
        thread.join()
