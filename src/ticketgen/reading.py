"""Reading files that a stranger may have put there: no link out, no wait, no more bytes than asked for."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

__all__ = ["contents", "is_below", "leads_out", "open_below", "open_file", "open_folder", "read_file"]

_FLAGS = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_NONBLOCK", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_FOLDER = getattr(os, "O_DIRECTORY", 0)


def read_file(path: Path, most: int) -> bytes:
    """The content of a regular file, up to one byte over a limit.

    Raises:
        OSError: it cannot be read, is no regular file, or is a link that leads out of its folder.
    """
    if leads_out(path):
        raise OSError(errno.ELOOP, "it is a link that leads out of its folder", os.fspath(path))
    return contents(os.open(path, _FLAGS), most)


def contents(descriptor: int, most: int) -> bytes:
    """The bytes behind a descriptor, up to one over a limit; closes it.

    Raises:
        OSError: it cannot be read, or is no regular file.
    """
    with open(descriptor, "rb", closefd=True) as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        return stream.read(most + 1)


def leads_out(path: Path) -> bool:
    """Whether a path is a link to something that is not below the link's own folder."""
    if not path.is_symlink():
        return False
    folder = os.path.realpath(path.parent)
    return not is_below(os.path.realpath(path), folder)


def is_below(path: str, folder: str) -> bool:
    """Whether a real path is below a real folder."""
    return path.startswith(folder.rstrip(os.sep) + os.sep)


def open_below(folder: int, path: str) -> int:
    """Open a file below an open folder without following a link anywhere on the way.

    Args:
        folder: its descriptor, which stays open.
        path: relative, with slashes, without ``..``.

    Raises:
        OSError: it cannot be opened, or there is a link on the way.
    """
    *folders, name = path.split("/")
    place = folder
    try:
        for each in folders:
            inner = open_folder(each, place)
            if place != folder:
                os.close(place)
            place = inner
        return open_file(name, place)
    finally:
        if place != folder:
            os.close(place)


def open_file(name: str, folder: int) -> int:
    """Open a file in an open folder; it must not be a link.

    Raises:
        OSError: it cannot be opened.
    """
    return os.open(name, _FLAGS | _NO_LINK, dir_fd=folder)


def open_folder(name: str, above: int | None = None) -> int:
    """Open a folder: one that is named by the user, or one below an open folder, which must not be a link.

    Raises:
        OSError: it cannot be opened.
    """
    if above is None:
        return os.open(name, _FLAGS | _FOLDER)
    return os.open(name, _FLAGS | _FOLDER | _NO_LINK, dir_fd=above)
