"""Files below one open folder, reached without following a link, even if folders are replaced meanwhile.

Every folder on the way to a file is opened relative to the folder before it and with ``O_NOFOLLOW``. Another process
that replaces a folder with a link between two steps therefore gets an error, never a file elsewhere.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ticketgen.findings import Finding, Location, Stage
from ticketgen.findings.stacks import IN_THE_WAY, PATH_OUTSIDE
from ticketgen.findings.verification import UNREADABLE

__all__ = ["FOLDER_FLAGS", "MAX_BYTES", "Disk", "invalid_path", "open_project", "read_in"]

# Characters that Windows forbids in names. ticketgen does not run on Windows, but people clone the folder there.
_FORBIDDEN_CHARACTERS = frozenset('\\:*?"<>|') | {chr(code) for code in range(32)} | {"\x7f"}

MAX_BYTES = 16_000_000
"""Size of the largest file that is read into memory; rendered files have less than 1 MB."""

_MAX_NAME_BYTES = 255  # NAME_MAX of Linux and macOS
_MAX_PATH_BYTES = 1023  # PATH_MAX of macOS, without the NUL

FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def open_project(root: Path) -> Iterator[Disk]:
    """Open the project's folder; the root itself may be a link, because the user chose it.

    Raises:
        OSError: it is not a folder, or it cannot be read.
    """
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield Disk(folder)
    finally:
        os.close(folder)


class Disk:
    """The project's folder. Paths are relative to it, with forward slashes.

    All methods raise an ``OSError`` if a path leads through a link or a file, or leads out of the folder.
    """

    def __init__(self, fd: int) -> None:
        self.fd = fd

    @contextmanager
    def folder(self, path: str) -> Iterator[int]:
        """Open a folder; the empty path is the root."""
        found = self._walk(path.split("/") if path else ())
        try:
            yield found
        finally:
            os.close(found)

    @contextmanager
    def parent(self, path: str) -> Iterator[tuple[int, str]]:
        """Open the folder of a file; with it comes the file's name."""
        *parts, name = path.split("/")
        if name in {"", ".", ".."}:
            raise OSError(0, "it is not the path of a file")
        with self.folder("/".join(parts)) as folder:
            yield folder, name

    def read(self, path: str, limit: int = MAX_BYTES) -> bytes | None:
        """The bytes of a regular file up to a limit; None if the file does not exist."""
        try:
            with self.parent(path) as (folder, name):
                return read_in(folder, name, limit)
        except FileNotFoundError:
            return None

    def list_names(self, path: str) -> list[str]:
        """The names in a folder; none if it does not exist."""
        try:
            with self.folder(path) as folder:
                return os.listdir(folder)  # noqa: PTH208 - of a descriptor
        except FileNotFoundError:
            return []

    def exists(self, path: str) -> bool:
        """Whether there is anything at a path, of any kind."""
        try:
            with self.parent(path) as (folder, name):
                os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    def make_folders(self, path: str) -> None:
        """Create a folder and its parents unless they exist."""
        try:
            with self.folder(path):
                return
        except FileNotFoundError:
            pass
        self.make_folders(path.rpartition("/")[0])
        with self.parent(path) as (folder, name), contextlib.suppress(FileExistsError):
            os.mkdir(name, dir_fd=folder)

    def unsafe_path(self, path: str) -> Finding | None:
        """The reason not to touch a path; None if only folders lead to it.

        Paths come from a rendering, but also from manifests, which anybody may have edited.
        """
        refused = invalid_path(path)
        if refused:
            return refused
        parts = path.split("/")[:-1]
        try:
            with self.folder("/".join(parts)):
                return None
        except FileNotFoundError:
            return None
        except OSError as error:
            return self._explain_blocked(parts, error)

    def _walk(self, parts: Sequence[str]) -> int:
        folder = os.dup(self.fd)
        for part in parts:
            try:
                if part in {"", ".", ".."}:
                    raise OSError(0, "it is not a path below the project's folder")
                inner = os.open(part, FOLDER_FLAGS, dir_fd=folder)
            finally:
                os.close(folder)
            folder = inner
        return folder

    def _explain_blocked(self, parts: Sequence[str], error: OSError) -> Finding:
        """Explain why a folder cannot be opened: the first part that is a link, a file or not readable."""
        for depth in range(1, len(parts) + 1):
            place = "/".join(parts[:depth])
            try:
                with self.parent(place) as (folder, name):
                    mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
                if stat.S_ISDIR(mode):
                    with self.folder(place):
                        continue
            except OSError as found:
                return UNREADABLE.found(
                    f"the folder cannot be read: {found.strerror}", at=Location(place), stage=Stage.WRITE
                )
            if stat.S_ISLNK(mode):
                return PATH_OUTSIDE.found(
                    "the folder is a symbolic link, and ticketgen does not write through links",
                    "replace the link with a folder, or run ticketgen in the folder that it points to",
                    at=Location(place),
                )
            return IN_THE_WAY.found(
                "a file is in the place of a folder",
                "move the file elsewhere, then run `ticketgen render` again",
                at=Location(place),
            )
        return UNREADABLE.found(
            f"the folder cannot be read: {error.strerror}", at=Location("/".join(parts)), stage=Stage.WRITE
        )


def read_in(folder: int, name: str, limit: int = MAX_BYTES) -> bytes | None:
    """The bytes of a regular file in an open folder; None if it does not exist.

    Raises:
        OSError: it is not a regular file, is larger than ``limit`` bytes, or cannot be read.
    """
    try:
        # Check the type before opening: opening a device can have side effects.
        _require_regular(os.stat(name, dir_fd=folder, follow_symlinks=False))
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError:
        return None
    try:
        _require_regular(os.fstat(file))
        parts = []
        left = limit + 1
        while left > 0 and (part := os.read(file, min(left, 1 << 20))):
            parts.append(part)
            left -= len(part)
    finally:
        os.close(file)
    if left <= 0:
        raise OSError(0, f"it is larger than {limit / 1e6:g} MB")
    return b"".join(parts)


def _require_regular(found: os.stat_result) -> None:
    """Refuse links, folders, devices and other special files."""
    if not stat.S_ISREG(found.st_mode):
        raise OSError(0, "it is not a regular file")


def invalid_path(path: str) -> Finding | None:
    """The reason why a text cannot be a path below the root; None if it can."""
    parts = path.split("/")
    if any(part in {"", ".", ".."} or _FORBIDDEN_CHARACTERS & set(part) for part in parts):
        return PATH_OUTSIDE.found(f"{_short(path)} is not a path below the project's folder")
    try:
        long = len(path.encode()) > _MAX_PATH_BYTES or max(len(p.encode()) for p in parts) > _MAX_NAME_BYTES
    except UnicodeEncodeError:
        return PATH_OUTSIDE.found(f"{_short(path)} is not a path, because it is not valid Unicode")
    if any(_is_git(part) for part in parts):
        return PATH_OUTSIDE.found(f"{_short(path)} is in a folder of git, where ticketgen writes nothing")
    if long:
        return PATH_OUTSIDE.found(f"{_short(path)} is not a path, because it is too long")
    return None


def _is_git(part: str) -> bool:
    """Whether a file system may take a name for ``.git``, as git's own check does (core.protectHFS, protectNTFS)."""
    plain = "".join(c for c in part if c.isascii()).rstrip(". ").casefold()
    return plain in {".git", "git~1"}


def _short(path: str) -> str:
    shown = ascii(path) if any("\ud800" <= c <= "\udfff" for c in path) else repr(path)
    return shown if len(shown) <= 120 else f"{shown[:100]}…{shown[-10:]}"
