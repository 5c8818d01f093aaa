"""A secret of this user on this machine, to recognize ticketgen's own files.

A clone, an archive or a restored CI cache can contain any file, but neither the content of the secret's file nor its
inode number and change time, which are part of the secret: a copy of the file is a different secret.
"""

from __future__ import annotations

import hmac
import os
import stat
import time
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from ticketgen.atomic_write import create_file
from ticketgen.state_folder import is_private, open_state_folder, state_folder

__all__ = ["DIGEST_BYTES", "MAX_TRIES", "authentication_code", "secret_in", "user_secret"]

DIGEST_BYTES: Final = sha256().digest_size
"""The length of an `authentication_code`."""

_NAME = "secret"
_BYTES = 32
MAX_TRIES = 100  # times 20 ms: another process holds the lock for less than a millisecond


def user_secret() -> bytes | None:
    """The secret, created if it is missing; None if there is no safe folder for it."""
    folder = state_folder()
    return None if folder is None else secret_in(folder)


def authentication_code(secret: bytes, purpose: str, name: str, content: bytes) -> bytes:
    """The code that shows that ticketgen wrote some content with this secret.

    Args:
        secret: the secret.
        purpose: what ticketgen wrote it for, such as ``cache``: no code is valid for another purpose.
        name: of the content.
        content: the content.
    """
    return hmac.digest(secret, f"ticketgen {purpose}\0{name}\0".encode() + content, "sha256")


@cache
def secret_in(folder: Path) -> bytes | None:
    """The secret in a folder; None if it cannot be read or created."""
    import fcntl

    opened = open_state_folder(folder, create=True)
    if opened is None:
        return None
    try:
        # Two runs that start at once must not create two secrets.
        for _ in range(MAX_TRIES):
            try:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.02)
                continue
            return _read(opened) or _create(opened)
        return None
    except OSError:
        return None
    finally:
        os.close(opened)


def _read(folder: int) -> bytes | None:
    """The secret; None if there is none, or a file that this module did not write."""
    try:
        # Without O_NONBLOCK, a FIFO in place of the file would block.
        opened = os.open(_NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except OSError:
        return None
    try:
        found = os.fstat(opened)
        if not (stat.S_ISREG(found.st_mode) and is_private(found, others=0o077) and found.st_nlink == 1):
            return None
        content = os.read(opened, _BYTES + 1)
        return content + f"{found.st_ino} {found.st_ctime_ns}".encode() if len(content) == _BYTES else None
    finally:
        os.close(opened)


def _create(folder: int) -> bytes | None:
    with suppress(FileNotFoundError):
        os.unlink(_NAME, dir_fd=folder)
    create_file(_NAME, os.urandom(_BYTES), folder=folder, mode=0o600)
    return _read(folder)
