"""Serialize writes with a lock on the project's folder, which the system releases with the process."""

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
    """Hold the lock, or yield the reason: another write is running, or the folder cannot be locked."""
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
    """Wait for the lock for at most `patience_s` seconds."""
    end = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                return trouble(
                    "busy",
                    "another render is writing to this project",
                    "",
                    "wait for it to finish, then run the command again",
                )
            time.sleep(PAUSE_S)
        except OSError as error:
            return trouble(
                "cannot-lock",
                f"the project's folder cannot be locked: {error.strerror}",
                "",
                "run ticketgen in a folder on a local disk",
            )
        else:
            return None
