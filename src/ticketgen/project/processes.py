"""Run a program that ends when ticketgen ends, with all processes that it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from ticketgen.signals import held_back, surely

__all__ = ["run"]

_GRACE_S: Final = 5.0
"""Time for a program to clean up after itself before it is killed, in seconds."""


def run(
    command: Sequence[str],
    folder: Path,
    *,
    environment: Mapping[str, str] | None = None,
    capture: bool = False,
) -> tuple[int, str]:
    """Run a program to its end.

    On a terminal the program shares ticketgen's process group, so that it may ask questions and gets Ctrl-C itself.
    Elsewhere it gets a group of its own, which ends as a whole.

    Args:
        command: the program and its arguments; no shell reads them.
        folder: where it runs.
        environment: its variables; those of ticketgen if None.
        capture: whether to return its output instead of showing it.

    Returns:
        The exit code and the output.

    Raises:
        OSError: it cannot be started.
    """
    interactive = sys.stdin is not None and sys.stdin.isatty()
    child: subprocess.Popen[bytes] | None = None
    try:
        with held_back():
            child = subprocess.Popen(
                command, cwd=folder, env=environment,
                stdin=None if interactive else subprocess.DEVNULL,
                stdout=subprocess.PIPE if capture else None, stderr=subprocess.STDOUT if capture else None,
                process_group=None if interactive else 0,
            )  # fmt: skip
        output, _ = child.communicate()
        return child.returncode, (output or b"").decode(errors="replace")
    finally:
        if child is not None and child.returncode is None:
            running = child
            surely(lambda: _end(running, whole_group=not interactive))


def _end(child: subprocess.Popen[bytes], *, whole_group: bool) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if whole_group:
                os.killpg(child.pid, number)
            elif child.poll() is None:
                child.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_GRACE_S)
    if child.stdout is not None:
        child.stdout.close()
