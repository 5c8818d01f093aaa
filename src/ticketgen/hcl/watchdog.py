"""Stop work that takes too much time or memory, whatever the reason.

A timer checks both, twenty times per second of processor time, and raises `LimitExceeded` in the main thread. Python
runs its handler between two instructions, and inside regular expressions. `LimitExceeded` is not an `Exception`, so
that no ``except Exception`` swallows it, and it is raised again at every later check.

Only processor time counts, because a busy machine must not change a result.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType, TracebackType

__all__ = ["LimitExceeded", "Watchdog", "resident_bytes"]

_CHECK_INTERVAL_S = 0.05
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


class LimitExceeded(BaseException):
    """The work took too much; the message says how much, as ``390 MB of memory``."""


def resident_bytes(process: int | None = None) -> int:
    """The bytes of a process in memory, this one by default; 0 if unknown."""
    try:
        return int(Path(f"/proc/{process or 'self'}/statm").read_bytes().split()[1]) * _PAGE_BYTES
    except (OSError, ValueError, IndexError):
        return 0


class Watchdog:
    """A context that limits time and memory.

    It has an effect only in the main thread of a POSIX system.

    Args:
        seconds: the limit of processor time, from the beginning of the context.
        bytes: the limit of memory in addition to this process's memory at the beginning, on systems with ``/proc``. A
            program that uses ticketgen as a library may itself be large.
        others: returns the ids of other processes whose memory counts.
    """

    def __init__(self, seconds: float, bytes: int, others: Callable[[], Iterable[int]] = tuple) -> None:
        self._seconds = seconds
        self._bytes = bytes
        self._others = others
        self._end = 0.0
        self._before = 0
        self._previous: Callable[[int, FrameType | None], object] | int | None = None
        self._active = False

    def __enter__(self) -> Watchdog:
        main = threading.current_thread() is threading.main_thread()
        # A profiler uses the same timer.
        if main and hasattr(signal, "setitimer") and signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0):
            self._end = time.process_time() + self._seconds
            self._before = resident_bytes()
            self._previous = signal.signal(signal.SIGPROF, self._check)
            self._active = True
            signal.setitimer(signal.ITIMER_PROF, _CHECK_INTERVAL_S, _CHECK_INTERVAL_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def shorten(self, seconds: float) -> None:
        """Reduce the time limit, because another process gets that time."""
        self._seconds -= seconds
        self._end -= seconds

    def stop(self) -> None:
        """Stop, and restore the timer."""
        if self._active:
            self._active = False
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, signal.SIG_DFL if self._previous is None else self._previous)

    def _check(self, number: int, frame: FrameType | None) -> None:
        if not self._active:
            return
        if time.process_time() > self._end:
            raise LimitExceeded(f"{self._seconds:,.0f} seconds of processor time")
        if resident_bytes() - self._before + sum(map(resident_bytes, self._others())) > self._bytes:
            raise LimitExceeded(f"{self._bytes / 1024**2:,.0f} MB of memory")
