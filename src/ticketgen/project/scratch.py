"""The temporary folder in which a project is created, beside its final folder; removed however `new` ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from ticketgen.signals import defer_signals

__all__ = ["PREFIX", "stale_folders", "with_temporary_folder"]

T = TypeVar("T")

PREFIX: Final = ".ticketgen-new-"


def with_temporary_folder(above: Path, action: Callable[[Path], T], *, keep: Callable[[], bool]) -> T:
    """Call a function with a new private folder, and remove the folder afterwards.

    Only SIGKILL or a failing disk can leave the folder behind. The folder is locked while it is in use, so that
    `stale_folders` does not report it.

    Args:
        above: the folder to create it in; this folder and its parents are created, and removed again unless ``keep``
            is set.
        action: called with the folder.
        keep: whether to keep the parents that were created.
    """
    parents = [each for each in (above, *above.absolute().parents) if not each.exists()]
    made: list[tempfile.TemporaryDirectory[str]] = []
    locks: list[int] = []

    def make() -> None:
        above.mkdir(parents=True, exist_ok=True)
        made.append(tempfile.TemporaryDirectory(prefix=PREFIX, dir=above, ignore_cleanup_errors=True))
        locks.append(os.open(made[0].name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW))
        with contextlib.suppress(OSError):  # without locks on the file system, a stale folder is not reported
            fcntl.flock(locks[0], fcntl.LOCK_EX | fcntl.LOCK_NB)

    def remove() -> None:
        for each in made:
            each.cleanup()
        while locks:
            os.close(locks.pop())
        if not keep():
            for parent in parents:
                with contextlib.suppress(OSError):
                    parent.rmdir()

    with defer_signals() as ending:
        try:
            make()
            try:
                ending.deliver()
                return action(Path(made[0].name))
            finally:
                ending.defer()
        finally:
            remove()


def stale_folders(above: Path) -> tuple[Path, ...]:
    """The temporary folders of this user that a killed `new` left behind in a folder.

    They are reported but not removed: the name alone does not prove who created a folder, and a clone can contain it.
    """
    found = []
    with contextlib.suppress(OSError):
        for entry in sorted(os.scandir(above), key=lambda each: each.name):
            with contextlib.suppress(OSError):
                if entry.name.startswith(PREFIX) and _is_abandoned(entry):
                    found.append(above / entry.name)
    return tuple(found)


def _is_abandoned(entry: os.DirEntry[str]) -> bool:
    status = entry.stat(follow_symlinks=False)
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        return False
    folder = os.open(entry.path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(folder, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(folder)
    return True
