"""List and open the files below a directory without leaving its work tree.

Every folder is opened by its name in the parent folder, never by a path, and no link is followed on the way. So a link
that an attacker puts into the directory, even while it is read, leads nowhere. A link to a file in the directory or its
work tree (`ticketgen.verification.surroundings`) counts as that file.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Final

from ticketgen.safe_open import open_folder, read_file_in
from ticketgen.verification.surroundings import PlaceKind, Surroundings

__all__ = ["MAX_DEPTH", "MAX_ENTRIES", "DirectoryEntry", "EntryKind", "Listing"]

MAX_ENTRIES = 1_000_000
MAX_DEPTH = 100
"""Levels of folders; each level costs a file descriptor."""
_MAX_NAMES = 100 * 1024 * 1024
"""Limit of the bytes of names in memory at the same time: those in a folder and in each of its parents."""
_BYTES_PER_NAME = 100
"""Memory for each name in a list, in addition to the string."""


class EntryKind(StrEnum):
    """The kind of an entry, which decides how it is read."""

    FILE = "file"
    OUTSIDE = "a link that leads out of the work tree"
    BROKEN = "a broken link"
    SPECIAL = "a pipe, a socket or a device"
    FOLDER = "folder"
    LINKED = "a link to a folder"
    LINKED_UNSEEN = "a link to a folder that is outside of the work tree, or hidden"
    TANGLED = "one of too many links"


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """A file, or a folder that cannot be listed.

    Attributes:
        path: the path relative to the directory, with slashes.
        kind: the kind of the entry.
        read: returns the content, at most one byte more than a limit; None unless the entry is a file.
        error: why the folder cannot be listed.
    """

    path: str
    kind: EntryKind
    read: Callable[[int], bytes] | None = None
    error: str = ""


class Listing:
    """One pass over a directory.

    Args:
        root: the directory.
        around: its surroundings; None if links must not leave the directory.

    Attributes:
        is_complete: whether the pass has not hit a limit.
    """

    def __init__(self, root: Path, around: Surroundings | None = None) -> None:
        self.is_complete = True
        self._root = root
        self._around = around or Surroundings(root)
        self._seen = 0
        self._held = 0

    def __iter__(self) -> Iterator[DirectoryEntry]:
        """Every entry that is not hidden. Links to folders are not followed.

        Raises:
            OSError: the directory itself cannot be opened.
        """
        top = open_folder(os.fspath(self._root))
        try:
            with closing(self._folder(top, "", 0)) as entries:
                yield from entries
        finally:
            os.close(top)

    def _folder(self, folder: int, prefix: str, depth: int) -> Generator[DirectoryEntry]:
        names: list[tuple[str, bool, bool]] = []
        before = self._held
        with os.scandir(folder) as entries:
            for entry in entries:
                self._seen += 1
                if self._seen > MAX_ENTRIES or self._held > _MAX_NAMES:
                    self.is_complete = False
                    break
                if not entry.name.startswith("."):
                    names.append((entry.name, entry.is_symlink(), _is_folder(entry)))
                    self._held += sys.getsizeof(entry.name) + _BYTES_PER_NAME
        known = {name for name, _, _ in names}
        unsaved = {
            name for name in self._around.unsaved_names(prefix.rstrip("/")) if not name.startswith(".")
        }
        names += ((name, False, False) for name in unsaved - known)
        names.sort()
        for name, is_link, is_folder in names:
            if not is_folder:
                yield from (self._link(prefix + name),) if is_link else self._file(folder, prefix, name)
        for name, _, is_folder in names:
            if is_folder and self._seen <= MAX_ENTRIES:
                yield from self._inner(folder, prefix + name, name, depth + 1)
        self._held = before

    def _inner(self, above: int, path: str, name: str, depth: int) -> Iterator[DirectoryEntry]:
        if depth > MAX_DEPTH:
            self.is_complete = False
            return
        try:
            folder = open_folder(name, above)
        except OSError as error:
            yield DirectoryEntry(path, EntryKind.FOLDER, error=error.strerror or str(error))
            return
        try:
            yield from self._folder(folder, f"{path}/", depth)
        finally:
            os.close(folder)

    def _file(self, folder: int, prefix: str, name: str) -> Iterator[DirectoryEntry]:
        unsaved = self._around.unsaved(prefix + name)
        if unsaved is not None:
            yield DirectoryEntry(prefix + name, EntryKind.FILE, lambda limit: unsaved[: limit + 1])
            return
        try:
            is_file = stat.S_ISREG(os.lstat(name, dir_fd=folder).st_mode)
        except OSError:
            return  # it has vanished
        kind = EntryKind.FILE if is_file else EntryKind.SPECIAL
        yield DirectoryEntry(prefix + name, kind, lambda limit: read_file_in(name, folder, limit))

    def _link(self, path: str) -> DirectoryEntry:
        place = self._around.look_up(path)
        if place.kind is PlaceKind.FOLDER:
            return DirectoryEntry(path, EntryKind.LINKED if place.is_seen else EntryKind.LINKED_UNSEEN)
        if place.kind in _UNUSABLE:
            return DirectoryEntry(path, _UNUSABLE[place.kind])
        if not place.is_open:
            return DirectoryEntry(path, EntryKind.OUTSIDE)
        if place.kind is PlaceKind.SPECIAL:
            return DirectoryEntry(path, EntryKind.SPECIAL)
        return DirectoryEntry(path, EntryKind.FILE, partial(self._around.read, place))


_UNUSABLE: Final = {PlaceKind.NOTHING: EntryKind.BROKEN, PlaceKind.TANGLED: EntryKind.TANGLED}


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False
