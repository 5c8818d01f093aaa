"""End the processes of a rehearsal and remove its folder, however the rehearsal itself ends.

    python -P -m ticketgen.rehearsal.reaper

It creates the private folder, prints its path, and waits for the end of its standard input, which closes when the
parent ends, even if the parent was killed. Then it kills its process group, to which all processes of the rehearsal
belong, and removes the folder. If the reaper itself was killed, the next one removes the folder.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import stat
import sys
import tempfile
import time
from pathlib import Path

__all__ = ["LOCK_FILE", "PREFIX", "lock_folder", "main"]

PREFIX = "ticketgen-rehearsal-"

LOCK_FILE = ".in-use"
"""The file in the folder on which every process in charge of it holds a shared lock."""

_MAX_PATH_LENGTH = 48
"""The longest path of a temporary folder in bytes: the path of a Unix socket below it has to fit into 104."""

_ORDINARY = re.compile(r"[\w/.,@+ -]+", re.ASCII)
"""A path that needs no quotes."""


def main() -> None:
    """Wait for the end of standard input, then end the process group and remove the folder."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    base = _base()
    _remove_stale(base)
    folder = _create_folder(base)
    print(folder, flush=True)
    sys.stdin.buffer.read()
    ended, group = os.pipe()
    remover = os.fork()
    if remover:
        os.setpgid(remover, remover)
        os.killpg(0, signal.SIGKILL)  # this process as well
    os.close(group)
    os.read(ended, 1)  # returns when the group is dead
    _remove(folder)


def lock_folder(folder: Path) -> int | None:
    """Lock the folder against removal by another rehearsal until the process ends; None if it is being removed."""
    return _lock(folder, fcntl.LOCK_SH)


def _base() -> Path:
    found = tempfile.gettempdir()
    return Path(found if len(found) <= _MAX_PATH_LENGTH and _ORDINARY.fullmatch(found) else "/tmp")


def _create_folder(base: Path) -> Path:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
        (folder / LOCK_FILE).touch(0o600)
        if lock_folder(folder) is not None and folder.exists():
            return folder


def _remove_stale(base: Path) -> None:
    """Remove the folders of this user that no living process holds."""
    for folder in base.glob(f"{PREFIX}*"):
        if re.fullmatch(r"[a-z0-9_]{8}", folder.name.removeprefix(PREFIX)):
            lock = _lock(folder, fcntl.LOCK_EX)
            if lock is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)


def _lock(folder: Path, kind: int) -> int | None:
    """A lock on a private folder of this user; None if it is not such a folder, or is locked."""
    try:
        place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    lock = None
    try:
        found = os.fstat(place)
        if found.st_uid == os.getuid() and stat.S_IMODE(found.st_mode) == 0o700:
            lock = os.open(LOCK_FILE, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=place)
            fcntl.flock(lock, kind | fcntl.LOCK_NB)
            return lock
    except OSError:
        if lock is not None:
            os.close(lock)
    finally:
        os.close(place)
    return None


def _remove(folder: Path) -> None:
    """Remove the folder; try again if a dying process created a file in it meanwhile."""
    for _ in range(100):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.05)


if __name__ == "__main__":
    main()
