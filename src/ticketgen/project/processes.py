"""Run a program, and end it and all processes that it started when ticketgen ends."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from ticketgen.signals import defer_signals

__all__ = ["run"]

_GRACE_S: Final = 5.0
"""Time for a program to clean up after itself before it is killed, in seconds."""


def run(
    command: Sequence[str],
    folder: Path,
    *,
    environment: Mapping[str, str] | None = None,
    capture: bool = False,
    seconds: float | None = None,
) -> tuple[int, str]:
    """Run a program to its end.

    On a terminal the program shares ticketgen's process group, so it may ask questions and gets Ctrl-C itself. When
    ticketgen ends, everything that the program started ends as well. Without a terminal it gets its own process group,
    which ends as a whole.

    Args:
        command: the program and its arguments; no shell reads them.
        folder: its working directory.
        environment: its variables; those of ticketgen if None.
        capture: whether to return its output instead of showing it.
        seconds: the time after which it is ended; None for no limit.

    Returns:
        The exit code, and the output if it was captured.

    Raises:
        OSError: it cannot be started.
        TimeoutError: it ran too long.
    """
    interactive = sys.stdin is not None and sys.stdin.isatty()
    with defer_signals() as ending:
        child = subprocess.Popen(
            command, cwd=folder, env=environment,
            stdin=None if interactive else subprocess.DEVNULL,
            stdout=subprocess.PIPE if capture else None, stderr=subprocess.STDOUT if capture else None,
            process_group=None if interactive else 0,
        )  # fmt: skip
        try:
            try:
                ending.deliver()
                output, _ = child.communicate(timeout=seconds)
                return child.returncode, (output or b"").decode(errors="replace")
            except subprocess.TimeoutExpired:
                raise TimeoutError(errno.ETIMEDOUT, f"{command[0]} took more than {seconds:.0f} s") from None
            finally:
                ending.defer()
        finally:
            if child.returncode is None:
                _stop(child, whole_group=not interactive)


def _stop(child: subprocess.Popen[bytes], *, whole_group: bool) -> None:
    # On a terminal, ticketgen's own group may contain a shell script that must continue.
    started = {} if whole_group else _descendants(child.pid)
    for number in (signal.SIGTERM, signal.SIGKILL):
        if whole_group:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, number)
        else:
            if child.poll() is None:
                child.send_signal(number)
            running = _processes()
            for process in (each for each in started if running.get(each, ("", ""))[1] == started[each]):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(process, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_GRACE_S)
    if child.stdout is not None:
        child.stdout.close()


def _descendants(process: int) -> Mapping[int, str]:
    """The descendants of a process, with their start times."""
    running = _processes()
    found: dict[int, str] = {}
    parents = {str(process)}
    while parents:
        children = {each: start for each, (parent, start) in running.items() if parent in parents}
        found |= children
        parents = {str(each) for each in children}
    return found


def _processes() -> Mapping[int, tuple[str, str]]:
    """The parent and the start time of every process; empty if `ps` is missing."""
    command = ["ps", "-A", "-o", "pid=,ppid=,lstart="]
    try:
        listed = subprocess.run(
            command, env={**os.environ, "LC_ALL": "C"}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, check=False, process_group=0,
        ).stdout.decode(errors="replace")  # fmt: skip
    except OSError:
        return {}
    rows = (line.split(maxsplit=2) for line in listed.splitlines())
    return {int(row[0]): (row[1], row[2]) for row in rows if len(row) == 3 and row[0].isdecimal()}
