"""Serialize writes with a lock on the project's folder, which the system releases with the process."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ticketgen.findings import Finding
from ticketgen.findings.stacks import BUSY, CANNOT_LOCK, INTERFERENCE
from ticketgen.tree.disk import Disk, open_project

__all__ = ["TIMEOUT_S", "lock_project"]

TIMEOUT_S = 60.0
_POLL_INTERVAL_S = 0.05


@contextmanager
def lock_project(root: Path, timeout_s: float = TIMEOUT_S) -> Iterator[Disk | Finding]:
    """Hold the lock, or yield the reason why not: another write is running, or the folder cannot be locked.

    The caller works on the open, locked folder, even if another one takes its name.
    """
    with contextlib.ExitStack() as stack:
        try:
            disk = stack.enter_context(open_project(root))
        except OSError as error:
            yield CANNOT_LOCK.found(
                f"the project's folder cannot be opened: {error.strerror}",
                "make it a folder that you may read and write",
            )
            return
        yield _acquire(disk.fd, timeout_s) or _was_replaced(root, disk) or disk


def _was_replaced(root: Path, disk: Disk) -> Finding | None:
    """Find out whether the folder was replaced by another one while this process waited."""
    with contextlib.suppress(OSError):
        if os.path.samestat(root.stat(), os.fstat(disk.fd)):
            return None
    return INTERFERENCE.found(
        "nothing was written: the project's folder was replaced meanwhile", "run it again"
    )


def _acquire(folder: int, timeout_s: float) -> Finding | None:
    """Wait for the lock for at most `timeout_s` seconds."""
    end = time.monotonic() + timeout_s
    while True:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                return BUSY.found(
                    "another render is writing to this project",
                    "wait for it to finish, then run the command again",
                )
            time.sleep(_POLL_INTERVAL_S)
        except OSError as error:
            return CANNOT_LOCK.found(
                f"the project's folder cannot be locked: {error.strerror}",
                "run ticketgen in a folder on a local disk",
            )
        else:
            return None
