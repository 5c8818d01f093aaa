"""Records of this user's writes, in a folder that no repository can contain.

The journal of a write is trusted: it says which files to move where. It is therefore in the user's own state folder,
and not beside the stacks: a clone, an archive or a pull request can put anything into the project, but nothing there.
It is authenticated with the user's secret as well, because a state folder that came with an unpacked archive would
look the same. The stage, which must be on the project's file system, contains only data, and a random number by which
its record is found.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from ticketgen.atomic_write import replace_file
from ticketgen.state_folder import is_private, open_state_folder, state_folder
from ticketgen.tree.disk import read_in
from ticketgen.user_secret import DIGEST_BYTES, authentication_code, user_secret

__all__ = ["ID", "RecordFolder", "open_records"]

ID = re.compile(r"[0-9a-f]{32}")
_MAX_BYTES = 64_000_000


class RecordFolder:
    """An open folder of records, one file per write that is running or was interrupted."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def save(self, id: str, text: bytes) -> None:
        """Write a record, or replace it atomically."""
        secret = user_secret()
        if secret is None:
            raise OSError(0, "there is no secret to authenticate the journal with")
        replace_file(
            id,
            authentication_code(secret, "write", id, text) + text,
            folder=self._fd,
            mode=0o600,
            durable=True,
        )

    def find(self, id: str) -> bytes | None:
        """The record with this id; None if this user's ticketgen wrote none.

        Raises:
            OSError: it cannot be read.
        """
        try:
            found = os.stat(id, dir_fd=self._fd, follow_symlinks=False)
        except FileNotFoundError:
            return None
        if not is_private(found) or found.st_nlink != 1:
            return None
        kept, secret = read_in(self._fd, id, _MAX_BYTES) or b"", user_secret()
        code, text = kept[:DIGEST_BYTES], kept[DIGEST_BYTES:]
        return (
            text
            if secret is not None
            and hmac.compare_digest(code, authentication_code(secret, "write", id, text))
            else None
        )

    def delete(self, id: str) -> None:
        """Delete a record."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(id, dir_fd=self._fd)


@contextmanager
def open_records(project: os.stat_result, *, create: bool) -> Iterator[RecordFolder | None]:
    """Open the folder of records; None if there is none, or if others could have written to it.

    The folder is ``writes`` in the user's state folder, unless that is in the project.
    """
    folder = state_folder()
    fd = None if folder is None else open_state_folder(folder, "writes", create=create, project=project)
    usable = not create or (user_secret() and fd is not None and os.access(".", os.W_OK | os.X_OK, dir_fd=fd))
    if fd is not None and not usable:
        os.close(fd)
        fd = None
    if fd is None:
        yield None
        return
    try:
        yield RecordFolder(fd)
    finally:
        os.close(fd)
