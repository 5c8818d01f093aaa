"""The user's state folder, which no repository contains and nobody else changes.

It is ``ticketgen`` in the platform's folder for state
(https://specifications.freedesktop.org/basedir-spec/latest/). A folder in a project or in a git work tree is not safe,
for instance where CI sets HOME to the checkout.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from pathlib import Path

__all__ = ["is_private", "open_state_folder", "state_folder"]

_FOLDER = (
    os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
)


def state_folder() -> Path | None:
    """The path of the folder, which may be missing or unsafe; None if there is none."""
    if sys.platform == "win32":
        return None
    state = Path(os.environ.get("XDG_STATE_HOME", ""))
    try:
        if sys.platform == "darwin":
            state = Path.home() / "Library/Application Support"
        elif not state.is_absolute():  # the specification says to ignore a relative path
            state = Path.home() / ".local/state"
    except RuntimeError:  # the user has no home
        return None
    return state / "ticketgen" if state.is_absolute() else None


def open_state_folder(
    folder: Path, *names: str, create: bool, project: os.stat_result | None = None
) -> int | None:
    """Open the folder, or one in it; None if it is missing, or not safe.

    Args:
        folder: the result of `state_folder`.
        names: the names on the path to a folder in it.
        create: create what is missing.
        project: a folder that must not contain it.
    """
    try:
        return _opened(folder.parent, (folder.name, *names), create=create, project=project)
    except OSError:
        return None


def _opened(
    named: Path, names: tuple[str, ...], *, create: bool, project: os.stat_result | None
) -> int | None:
    base = Path(os.path.realpath(named))
    # Check the given path as well: a link that leads to a safe folder may have come with a work tree.
    around = dict.fromkeys((base, *base.parents, named, *named.parents))
    for folder in around:
        if os.path.lexists(folder / ".git"):
            return None
        with contextlib.suppress(FileNotFoundError):
            if project is not None and os.path.samestat(folder.stat(), project):
                return None
    if create:
        # As root with the HOME of another user, as with sudo, do not create a folder that the HOME's owner cannot use.
        nearest = next(folder for folder in (base, *base.parents) if folder.exists())
        if nearest.stat().st_uid not in {0, os.geteuid()}:
            return None
        base.mkdir(parents=True, exist_ok=True, mode=0o700)
    fd = os.open(base, _FOLDER)
    for name in names:
        try:
            if create:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, 0o700, dir_fd=fd)
            inner = os.open(name, _FOLDER, dir_fd=fd)
        finally:
            os.close(fd)
        fd = inner
        if not is_private(os.fstat(fd)):
            os.close(fd)
            return None
    return fd


def is_private(found: os.stat_result, *, others: int = 0o022) -> bool:
    """Whether it belongs to this user and denies others these permissions.

    The default is the permission to change it.
    """
    return found.st_uid == os.geteuid() and not stat.S_IMODE(found.st_mode) & others
