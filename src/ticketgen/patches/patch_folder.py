"""Read the patches of an environment. They come from the repository, so they are untrusted."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ticketgen.findings import Checked, Finding, Location
from ticketgen.findings.kept_edits import PATCH_BROKEN
from ticketgen.tree.disk import Disk, open_project

__all__ = [
    "MAX_PATCH_BYTES",
    "PATCHES",
    "PatchFolder",
    "patch_path",
    "patched_environments",
    "patched_file",
    "read_patches",
]

PATCHES: Final = "patches"
"""The folder beside the spec, with a folder for each environment and the paths of its stack below."""

_SUFFIX: Final = ".patch"

MAX_PATCH_BYTES: Final = 2_000_000
"""Maximum size of one patch in bytes: both sides of the largest rendered file."""

_MAX_TOTAL_BYTES: Final = 16_000_000
"""Maximum size of all patches of an environment in bytes; they are in memory at once."""

_MAX_ENTRIES: Final = 2_000
"""Maximum number of files and folders below an environment's folder; its stack has some 200 files."""

_MAX_DEPTH: Final = 8
"""Maximum depth of folders below an environment's folder; a stack has three levels."""


@dataclass(frozen=True, slots=True)
class PatchFolder:
    """The patches of an environment.

    Attributes:
        patches: path of the rendered file below the stack's folder → content of its patch.
        unused: the paths of files that have a patch but are not rendered, below the stack's folder.
    """

    patches: Mapping[str, bytes] = field(default_factory=dict)
    unused: tuple[str, ...] = ()


class _NotReadable(Exception):
    def __init__(self, path: str, reason: str, help: str | None = None) -> None:
        super().__init__(reason)
        self.path, self.reason, self.help = path, reason, help


def patch_path(environment: str, name: str) -> str:
    """The path of a file's patch below the project's folder."""
    return f"{PATCHES}/{environment}/{name}{_SUFFIX}"


def patched_file(path: str) -> str:
    """The path of the file that a patch path belongs to, from the environment's name on; "" for other paths."""
    top, _, rest = path.partition("/")
    return rest.removesuffix(_SUFFIX) if top == PATCHES and rest.endswith(_SUFFIX) else ""


def read_patches(root: Path, environment: str, rendered: Collection[str]) -> Checked[PatchFolder]:
    """Read the patches of an environment.

    Args:
        root: the project's folder.
        environment: its name.
        rendered: the paths of the rendered files. Patches of other files are not opened.
    """
    try:
        with open_project(root) as disk:
            names = sorted(_names(disk, environment))
            patches = dict(_contents(disk, environment, [name for name in names if name in rendered]))
            return Checked(PatchFolder(patches, tuple(name for name in names if name not in rendered)))
    except _NotReadable as error:
        return Checked(None, (_broken(root, error),))
    except OSError as error:
        refused = _NotReadable(f"{PATCHES}/{environment}", f"it cannot be read: {error.strerror}")
        return Checked(None, (_broken(root, refused),))


def patched_environments(root: Path) -> tuple[str, ...]:
    """The names of folders that hold patches, or that cannot be read.

    Files and links beside these folders belong to no environment; rendering reports one that has an environment's name.
    """
    try:
        with open_project(root) as disk:
            if disk.unsafe_path(f"{PATCHES}/any"):
                return ()
            with disk.folder(PATCHES) as descriptor, os.scandir(descriptor) as entries:
                folders = [each.name for each in entries if each.is_dir(follow_symlinks=False)]
            return tuple(name for name in sorted(folders)[:_MAX_ENTRIES] if _holds_patches(disk, name))
    except OSError:
        return ()


def _holds_patches(disk: Disk, environment: str) -> bool:
    try:
        return any(_names(disk, environment))
    except (OSError, _NotReadable):
        return True


def _names(disk: Disk, environment: str) -> Iterator[str]:
    """The rendered files that have a patch, in any order."""
    left = _MAX_ENTRIES
    waiting = [""]  # folders below the environment's, with a slash at the end
    while waiting:
        below = waiting.pop()
        for name, is_folder in _entries(disk, f"{PATCHES}/{environment}/{below}".rstrip("/")):
            left -= 1
            if left < 0:
                raise _NotReadable(
                    f"{PATCHES}/{environment}", f"it has more than {_MAX_ENTRIES:,} files and folders"
                )
            if name.endswith(_SUFFIX):  # also a folder: reading it then reports that it is not a patch
                yield f"{below}{name.removesuffix(_SUFFIX)}"
            elif is_folder and below.count("/") < _MAX_DEPTH:
                waiting.append(f"{below}{name}/")


def _entries(disk: Disk, folder: str) -> Iterator[tuple[str, bool]]:
    """The names in a folder, each with whether it is a folder.

    Raises:
        _NotReadable: the folder or something in it is a link.
    """
    found = disk.unsafe_path(f"{folder}/any{_SUFFIX}")
    if found:
        raise _NotReadable(found.location.file if found.location else folder, found.message, found.help)
    try:
        with disk.folder(folder) as descriptor, os.scandir(descriptor) as entries:
            for entry in entries:
                if entry.is_symlink():
                    raise _NotReadable(
                        f"{folder}/{entry.name}",
                        "it is a symbolic link, which ticketgen does not follow here",
                        "replace it with a copy of the file",
                    )
                yield entry.name, entry.is_dir(follow_symlinks=False)
    except FileNotFoundError:
        return


def _contents(disk: Disk, environment: str, names: Collection[str]) -> Iterator[tuple[str, bytes]]:
    left = _MAX_TOTAL_BYTES
    for name in names:
        path = patch_path(environment, name)
        try:
            content = disk.read(path, MAX_PATCH_BYTES)
        except OSError as error:
            raise _NotReadable(path, f"it cannot be read: {error.strerror}") from None
        left -= len(content or b"")
        if left < 0:
            total = f"{_MAX_TOTAL_BYTES // 1_000_000} MB"
            raise _NotReadable(f"{PATCHES}/{environment}", f"its patches have more than {total}")
        if content is not None:
            yield name, content


def _broken(root: Path, error: _NotReadable) -> Finding:
    help = (
        "restore it from version control, or delete it"
        if patched_file(error.path)
        else "restore it from version control, or drop patches that are no longer needed"
    )
    return PATCH_BROKEN.found(error.reason, error.help or help, at=Location(str(root / error.path)))
