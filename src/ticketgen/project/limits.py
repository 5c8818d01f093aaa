"""Limit the time and memory that an untrusted template takes."""

from __future__ import annotations

import contextlib
import resource
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Final

__all__ = ["TooMuch", "bounded"]

SECONDS: Final = 30
BYTES: Final = 1_000_000_000
"""Templates that people use take a second of processor time and some megabytes."""


class TooMuch(Exception):
    """The work takes more time or memory than it may."""


@contextlib.contextmanager
def bounded(seconds: float = SECONDS, size: int = BYTES) -> Iterator[None]:
    """Bound the block: past a limit, it ends with `TooMuch`.

    The time is bounded in the main thread only, because no other one gets signals.

    Args:
        seconds: the most processor time, which a busy machine does not shorten.
        size: the most bytes that it may take beyond those that the process has.
    """
    with _less_memory(size), _less_time(seconds):
        try:
            yield
        except MemoryError:
            raise TooMuch(f"it takes more than {size // 1_000_000} MB of memory") from None


@contextlib.contextmanager
def _less_time(seconds: float) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def over(number: int, frame: FrameType | None) -> None:
        raise TooMuch(f"it takes more than {SECONDS} s of processor time")

    before = signal.signal(signal.SIGPROF, over)
    try:
        signal.setitimer(signal.ITIMER_PROF, max(seconds, 0.01), 1.0)  # again, in case something catches it
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextlib.contextmanager
def _less_memory(size: int) -> Iterator[None]:
    used = _used()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if used is None or (soft != resource.RLIM_INFINITY and soft <= used + size):
        yield
        return
    resource.setrlimit(resource.RLIMIT_AS, (used + size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _used() -> int | None:
    """The address space that the process has; None where Linux's /proc does not say it."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    except (OSError, ValueError):
        return None
