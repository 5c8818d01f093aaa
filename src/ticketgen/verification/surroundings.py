"""Look up what links and relative paths of a directory lead to, no further than its work tree.

Terraform follows both: ``vars.tf`` may be a link to ``../shared/vars.tf``, and a call may name ``../modules/vpc``. Only
places below one folder are opened: the one that the user names, or the nearest folder upwards with ``.git``. The search
starts at the directory's real path, so a ``.git`` that an attacker puts into the directory makes the work tree smaller,
never larger. Hidden files and folders outside the directory are never opened, because they may hold secrets.

An editor may have files open with text that is not saved yet. It takes the place of what the disk has.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from ticketgen.real_path import follow, real_path
from ticketgen.safe_open import open_deep_below, open_folder, read_deep_below

__all__ = ["PlaceAround", "PlaceKind", "Surroundings", "work_tree_of"]

_MAX_STEPS: Final = 500_000
"""Limit of path segments to look up for all paths together: a link may lead to other links, through very long paths."""


class PlaceKind(StrEnum):
    """What is at the end of a path."""

    FILE = "file"
    FOLDER = "folder"
    NOTHING = "nothing"
    SPECIAL = "a pipe, a socket or a device"
    TANGLED = "one of too many links"


@dataclass(frozen=True, slots=True)
class PlaceAround:
    """The end of a path.

    Attributes:
        kind: what is there.
        is_open: whether it is in the work tree and not hidden, or in the directory. Nothing else is opened.
        is_seen: whether it is in the directory or the work tree, and not hidden.
        is_inside: whether it is in the directory.
        path: the path without links, relative to the work tree, if it is open.
    """

    kind: PlaceKind
    is_open: bool = False
    is_seen: bool = False
    is_inside: bool = False
    path: str = ""


class Surroundings:
    """The work tree around a directory.

    Args:
        folder: the directory.
        root: the folder that limits what is looked at; None for the directory itself.
        unsaved: the texts of files that an editor has open, by absolute path.
    """

    def __init__(
        self, folder: Path, root: Path | None = None, unsaved: Mapping[str, str] | None = None
    ) -> None:
        self._folder = real_path(folder).rstrip(os.sep)
        self._root = self._folder if root is None else real_path(root).rstrip(os.sep)
        self._steps = 0
        self._unsaved = {real_path(path): text for path, text in (unsaved or {}).items()}

    def look_up(self, path: str) -> PlaceAround:
        """What is at a path relative to the directory, with slashes; it may begin with ``..``."""
        if self._steps > _MAX_STEPS:
            return PlaceAround(PlaceKind.TANGLED)
        target = follow(f"{self._folder}/{path}")
        self._steps += target.parts
        real = target.path
        parts = Path(os.path.relpath(real, self._folder or os.sep)).parts
        is_hidden = any(part.startswith(".") and part != os.pardir for part in parts)
        is_inside = _is_below(real, self._folder)
        is_open = is_inside or (_is_below(real, self._root) and not is_hidden)
        kind = PlaceKind.FILE if real in self._unsaved else _kind(target.mode)
        return PlaceAround(kind, is_open, is_open and not is_hidden, is_inside, real[len(self._root) + 1 :])

    def exists(self, path: str) -> bool | None:
        """Whether a file is at a path relative to the directory; None if that is not looked at."""
        place = self.look_up(path)
        if place.kind is PlaceKind.TANGLED or not place.is_open:
            return None
        return place.kind not in {PlaceKind.NOTHING, PlaceKind.FOLDER}

    def read(self, place: PlaceAround, limit: int) -> bytes:
        """The bytes of a file, at most one more than a limit.

        Raises:
            OSError: it cannot be read, or a link has appeared on the way.
        """
        unsaved = self._unsaved_at(f"{self._root}/{place.path}")
        if unsaved is not None:
            return unsaved[: limit + 1]
        root = open_folder(self._root or os.sep)
        try:
            return read_deep_below(root, place.path, limit)
        finally:
            os.close(root)

    def names(self, place: PlaceAround, limit: int) -> list[str]:
        """The names in a folder that are not hidden, sorted; fewer than it has if it has more than a limit.

        Raises:
            OSError: it cannot be listed, or a link has appeared on the way.
        """
        root = open_folder(self._root or os.sep)
        try:
            folder = open_deep_below(root, place.path) if place.path else os.dup(root)
        finally:
            os.close(root)
        try:
            with os.scandir(folder) as entries:
                found = [entry.name for entry, _ in zip(entries, range(limit), strict=False)]
        finally:
            os.close(folder)
        found += self._unsaved_names(f"{self._root}/{place.path}" if place.path else self._root)
        return sorted({name for name in found if not name.startswith(".")})

    def unsaved(self, path: str) -> bytes | None:
        """The unsaved text of a file in the directory that is not a link; None if there is none."""
        return self._unsaved_at(f"{self._folder}/{path}") if self._unsaved else None

    def unsaved_names(self, folder: str) -> Iterator[str]:
        """The names of unsaved files in a folder of the directory, such as ``modules/vpc``."""
        return self._unsaved_names(f"{self._folder}/{folder}" if folder else self._folder)

    def _unsaved_at(self, real: str) -> bytes | None:
        text = self._unsaved.get(real)
        return None if text is None else text.encode("utf-8", "surrogatepass")

    def _unsaved_names(self, real: str) -> Iterator[str]:
        return (os.path.basename(path) for path in self._unsaved if os.path.dirname(path) == real)  # noqa: PTH119, PTH120


def _kind(mode: int) -> PlaceKind:
    if stat.S_ISREG(mode):
        return PlaceKind.FILE
    if stat.S_ISDIR(mode):
        return PlaceKind.FOLDER
    return PlaceKind.SPECIAL if mode else PlaceKind.NOTHING


def _is_below(path: str, above: str) -> bool:
    return path == above or path.startswith(above + os.sep)


def work_tree_of(folder: Path) -> Path | None:
    """The nearest folder with ``.git``, from a directory upwards; None if there is none."""
    place = Path(real_path(folder))
    return next((each for each in (place, *place.parents) if os.path.lexists(each / ".git")), None)
