"""Read a file of a project that may be a stranger's: a plain file below its folder, of a bounded size, or an error."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Final

__all__ = ["MOST_TEXT", "read_chosen", "read_plain"]

MOST_TEXT: Final = 5_000_000
"""The most bytes of a text that somebody wrote; locks with hashes of hundreds of packages are below."""


def read_plain(root: Path, path: str, most: int = MOST_TEXT) -> bytes:
    """The bytes of a file. No link below the root is followed, and nothing waits for a pipe or a device.

    Args:
        root: the folder; links that lead to it are followed.
        path: relative to the root, with slashes.
        most: the most bytes.

    Raises:
        OSError: the file does not exist, is not a plain file below the root, or is too large.
    """
    *folders, name = path.split("/")
    if not all(part not in {"", ".", ".."} for part in (*folders, name)):
        raise OSError(errno.EINVAL, "it is not a path below the folder", path)
    at = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in folders:
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
            os.close(at)
            at = below
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at)
    finally:
        os.close(at)
    return _all_of(file, path, most)


def read_chosen(path: Path, most: int = MOST_TEXT) -> bytes:
    """The bytes of a plain file that the user named; links that lead to it are followed.

    Raises:
        OSError: it does not exist, is not a plain file, or is too large.
    """
    return _all_of(os.open(path, os.O_RDONLY | os.O_NONBLOCK), str(path), most)


def _all_of(file: int, path: str, most: int) -> bytes:
    with os.fdopen(file, "rb") as stream:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise OSError(errno.EINVAL, "it is not a plain file", path)
        content = stream.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"it is larger than {most:,} bytes", path)
    return content
