"""What a command is busy with, on standard error: on a terminal only, and only when it takes over a second."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Progress", "progress"]

PATIENCE_S = 1.0
PAUSE_S = 0.1


class Progress:
    """A line that says what is being done, and for how long."""

    def __init__(self) -> None:
        self._what = ""
        self._since = time.monotonic()
        self._shown = 0
        self._over = threading.Event()

    def step(self, what: str) -> None:
        """Say what is being done from now on."""
        self._what = what

    def run(self) -> None:
        """Show it, after the patience is over, until `end`."""
        self._over.wait(PATIENCE_S)
        while not self._over.is_set():
            if self._what:
                self._show(f"{self._what} … {time.monotonic() - self._since:.0f} s")
            self._over.wait(PAUSE_S)
        if self._shown:
            self._show("")

    def end(self) -> None:
        """Take the line away."""
        self._over.set()

    def _show(self, line: str) -> None:
        # Blanks instead of an escape sequence: every terminal knows them.
        sys.stderr.write(f"\r{line.ljust(self._shown)}")
        if not line:
            sys.stderr.write("\r")
        sys.stderr.flush()
        self._shown = len(line)


@contextmanager
def progress() -> Iterator[Progress]:
    """Show progress while the block runs; quiet in CI, in a pipe and on a dumb terminal."""
    shown = Progress()
    if not sys.stderr.isatty() or os.environ.get("CI") or os.environ.get("TERM") == "dumb":
        yield shown
        return
    thread = threading.Thread(target=shown.run, daemon=True)
    thread.start()
    try:
        yield shown
    finally:
        shown.end()
        thread.join()
