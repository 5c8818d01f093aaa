"""What this user's ticketgen remembers of its writes, where no repository can bring a file.

The journal of a write is trusted: it says which files to move where. It therefore lies in the user's own folder for
state, and not beside the stacks: a clone, an archive or a pull request can put anything into the project, and nothing
there. The stage, which must be on the project's file system, holds data only, and in its name a random number by
which its record is found.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ticketgen.tree.disk import FOLDER, content

__all__ = ["ID", "Records", "records"]

ID = re.compile(r"[0-9a-f]{32}")
_MOST_BYTES = 64_000_000


class Records:
    """An open folder of records, one file per write that is running or was interrupted."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def keep(self, id: str, text: bytes) -> None:
        """Write a record, or replace it atomically."""
        part = f"{id}.{secrets.token_hex(8)}"
        file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=self._fd)
        try:
            with open(file, "wb") as stream:  # noqa: PTH123 - of a descriptor
                stream.write(text)
                stream.flush()
                os.fsync(file)
            os.rename(part, id, src_dir_fd=self._fd, dst_dir_fd=self._fd)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(part, dir_fd=self._fd)
            raise
        os.fsync(self._fd)

    def find(self, id: str) -> bytes | None:
        """The record of this number; None if this user's ticketgen wrote none.

        Raises:
            OSError: it cannot be read.
        """
        try:
            found = os.stat(id, dir_fd=self._fd, follow_symlinks=False)
        except FileNotFoundError:
            return None
        return content(self._fd, id, _MOST_BYTES) if _is_own(found) and found.st_nlink == 1 else None

    def drop(self, id: str) -> None:
        """Delete a record."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(id, dir_fd=self._fd)


@contextmanager
def records(project: os.stat_result, *, create: bool) -> Iterator[Records | None]:
    """Open the folder of records; None if there is none, or no place that only this user can have filled.

    The place is ``ticketgen/writes`` in the platform's folder for state
    (https://specifications.freedesktop.org/basedir-spec/latest/). A folder in the project or in a git work tree is no
    such place, for instance where CI sets HOME to the checkout.
    """
    try:
        fd = _open(project, create=create)
    except (OSError, RuntimeError):  # RuntimeError: the user has no home
        fd = None
    if fd is None:
        yield None
        return
    try:
        yield Records(fd)
    finally:
        os.close(fd)


def _open(project: os.stat_result, *, create: bool) -> int | None:
    base = Path(os.path.realpath(_base()))
    if not base.is_absolute():
        return None
    for folder in (base, *base.parents):
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(folder.stat(), project):
                return None
        if os.path.lexists(folder / ".git"):
            return None
    if create:
        # As root with the HOME of another user, as under sudo: do not leave a folder there that its owner cannot use.
        nearest = next(folder for folder in (base, *base.parents) if folder.exists())
        if nearest.stat().st_uid not in {0, os.geteuid()}:
            return None
        base.mkdir(parents=True, exist_ok=True, mode=0o700)
    fd = os.open(base, FOLDER)
    for name in ("ticketgen", "writes"):
        try:
            if create:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, 0o700, dir_fd=fd)
            inner = os.open(name, FOLDER, dir_fd=fd)
        finally:
            os.close(fd)
        fd = inner
        if not _is_own(os.fstat(fd)):
            os.close(fd)
            return None
    if create and not os.access(".", os.W_OK | os.X_OK, dir_fd=fd):
        os.close(fd)
        return None
    return fd


def _base() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support"
    state = Path(os.environ.get("XDG_STATE_HOME", ""))
    # The specification says to ignore a relative path.
    return state if state.is_absolute() else Path.home() / ".local/state"


def _is_own(found: os.stat_result) -> bool:
    """Whether this user made it and nobody else can change it."""
    return found.st_uid == os.geteuid() and not stat.S_IMODE(found.st_mode) & 0o022
