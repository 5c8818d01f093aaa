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

__all__ = ["SECONDS", "ResourceLimitExceeded", "limit_resources"]

SECONDS: Final = 30
_BYTES: Final = 1_000_000_000
"""Limits for a template; real templates take a second of processor time and some megabytes."""


class ResourceLimitExceeded(Exception):
    """Error of work that exceeds its time or memory limit."""


@contextlib.contextmanager
def limit_resources(seconds: float = SECONDS, size: int = _BYTES) -> Iterator[None]:
    """Limit the time and memory of the block.

    The time is limited only in the main thread, because signals do not reach other threads.

    Args:
        seconds: the maximum processor time, which does not depend on the load of the machine.
        size: the maximum memory in bytes, in addition to the memory that the process already uses.

    Raises:
        ResourceLimitExceeded: the block exceeds a limit.
    """
    with _limit_memory(size), _limit_time(seconds):
        try:
            yield
        except MemoryError:
            raise ResourceLimitExceeded(f"it takes more than {size // 1_000_000} MB of memory") from None


@contextlib.contextmanager
def _limit_time(seconds: float) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def over(number: int, frame: FrameType | None) -> None:
        raise ResourceLimitExceeded(f"it takes more than {SECONDS} s of processor time")

    before = signal.signal(signal.SIGPROF, over)
    try:
        signal.setitimer(signal.ITIMER_PROF, max(seconds, 0.01), 1.0)  # repeated, in case the code catches it
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextlib.contextmanager
def _limit_memory(size: int) -> Iterator[None]:
    used = _used_address_space()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if used is None or (soft != resource.RLIM_INFINITY and soft <= used + size):
        yield
        return
    resource.setrlimit(resource.RLIMIT_AS, (used + size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _used_address_space() -> int | None:
    """The size of the process's address space; None if Linux's /proc is not available."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    except (OSError, ValueError):
        return None
