"""One write at a time: a lock on the project's folder itself, which ends with its process."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ticketgen.findings import Finding
from ticketgen.tree.paths import trouble

__all__ = ["locked"]

PATIENCE_S = 60.0
PAUSE_S = 0.05


@contextmanager
def locked(root: Path, patience_s: float = PATIENCE_S) -> Iterator[Finding | None]:
    """Hold the lock, or hand out why not: another write goes on, or the folder cannot be locked."""
    try:
        folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        yield trouble("cannot-lock", f"the project's folder cannot be opened: {error.strerror}", "")
        return
    try:
        yield wait(folder, patience_s)
    finally:
        os.close(folder)


def wait(folder: int, patience_s: float) -> Finding | None:
    """Wait for the lock as long as patience lasts."""
    end = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                return trouble("busy", "another render is writing here", "", "wait for it, then render again")
            time.sleep(PAUSE_S)
        except OSError as error:
            return trouble(
                "cannot-lock",
                f"the project's folder cannot be locked: {error.strerror}",
                "",
                "render in a folder of a local disk",
            )
        else:
            return None
