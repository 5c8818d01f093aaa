"""Create a file, or replace it atomically.

Readers find the old content or the new, and a failure changes nothing.

A file is named in an open folder, so that nobody can redirect the write with a link in the path. A set of files that
must change together needs more: see `ticketgen.tree.journal`.
"""

from __future__ import annotations

import contextlib
import os

__all__ = ["create_file", "replace_file"]

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


def create_file(
    name: str | os.PathLike[str],
    content: bytes,
    *,
    folder: int | None = None,
    mode: int = 0o666,
    exact_mode: int | None = None,
    durable: bool = False,
) -> None:
    """Create a file with its content.

    Args:
        name: of the file, in the folder if there is one.
        content: of the file.
        folder: a descriptor.
        mode: the permissions before the umask applies.
        exact_mode: the permissions, whatever the umask is.
        durable: flush the content to the disk.

    Raises:
        OSError: the name is taken, or the file cannot be written; a part of it may be left.
    """
    with open(os.open(name, _NEW, mode, dir_fd=folder), "wb") as stream:  # noqa: PTH123 - of a descriptor
        stream.write(content)
        stream.flush()
        if exact_mode is not None:
            os.fchmod(stream.fileno(), exact_mode)
        if durable:
            os.fsync(stream.fileno())


def replace_file(
    name: str,
    content: bytes,
    *,
    folder: int,
    mode: int = 0o666,
    exact_mode: int | None = None,
    durable: bool = False,
) -> None:
    """Write a file atomically, existing or not; arguments as for `create_file`.

    The content is first written to ``NAME.`` and a random number, which no archive or clone can contain as a link.

    Raises:
        OSError: it cannot be written; nothing has changed.
    """  # noqa: DOC501 - FileExistsError is an OSError
    new = f"{name}.{os.urandom(8).hex()}"
    try:
        create_file(new, content, folder=folder, mode=mode, exact_mode=exact_mode, durable=durable)
        os.replace(new, name, src_dir_fd=folder, dst_dir_fd=folder)
    except FileExistsError:  # not written here
        raise
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(new, dir_fd=folder)
        raise
    if durable:
        os.fsync(folder)
