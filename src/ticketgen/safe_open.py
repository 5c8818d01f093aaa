"""Read untrusted files: regular, of bounded size, below a folder, without links.

A path is opened component by component, each relative to the open folder before it and without following links, so
that no concurrent change can redirect it. Pipes and devices are refused without waiting for them.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO, Final

__all__ = [
    "IN_THE_REPOSITORY",
    "MAX_TEXT",
    "NotRegularFile",
    "check_folder",
    "check_place",
    "open_chosen",
    "open_deep_below",
    "open_folder",
    "read_below",
    "read_chosen",
    "read_deep_below",
    "read_file_in",
    "read_within_area",
]

IN_THE_REPOSITORY: Final = "name a regular file; a link may lead to another place in the same repository only"
"""The fix for a file that `read_within_area` refuses."""

MAX_TEXT: Final = 5_000_000
"""Limit of a text file in bytes; lock files with hundreds of packages are smaller."""

_FOLDER: Final = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)
_FILE: Final = (
    os.O_RDONLY | _NO_LINK | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)  # fmt: skip
_SUPPORTS_DIR_FD: Final = os.open in os.supports_dir_fd
_CHUNK: Final = 1 << 20


class NotRegularFile(OSError):
    """Error for a path that is not a regular file of bounded size in its folder.

    ``strerror`` says what it is, beginning with "it" or with the offending part of the path.
    """

    def __init__(self, number: int, what: str, path: str) -> None:
        super().__init__(number, what, path)


def read_below(root: Path, path: str, limit: int, *, clip: bool = False) -> bytes:
    """The bytes of a regular file below a folder; nothing below it may be a link.

    Args:
        root: the folder. Links that lead to it are followed.
        path: of the file, with slashes, without ``..``.
        limit: the number of bytes that are permitted.
        clip: return that many bytes of a larger file, instead of an error.

    Raises:
        FileNotFoundError: the file, or a folder on the way to it, does not exist.
        NotRegularFile: the path is not below the folder, contains a link, or is not a regular file, or it is too large.
        OSError: it cannot be read.
    """
    parts = path.split("/")
    if any(
        part in {"", ".", ".."} or "\0" in part or os.sep in part or os.altsep in {*part} for part in parts
    ):
        raise NotRegularFile(errno.EINVAL, "it is not a path below the folder", path)
    file = _below(root, parts) if _SUPPORTS_DIR_FD else _below_by_path(root, parts)
    return _read_regular(file, path, limit, clip)


def _below(root: Path, parts: list[str]) -> int:
    folder = os.open(root, _FOLDER)
    try:
        for depth, part in enumerate(parts[:-1], start=1):
            try:
                inner = os.open(part, _FOLDER | _NO_LINK, dir_fd=folder)
            except OSError as error:
                raise _explain(error, part, folder, parts[:depth]) from None
            os.close(folder)
            folder = inner
        try:
            return os.open(parts[-1], _FILE, dir_fd=folder)
        except OSError as error:
            raise _explain(error, parts[-1], folder, parts) from None
    finally:
        os.close(folder)


def _below_by_path(root: Path, parts: list[str]) -> int:
    """Fallback for systems that cannot open relative to a folder."""
    place = root
    for depth, part in enumerate(parts, start=1):
        place = place / part
        if stat.S_ISLNK(place.lstat().st_mode):
            raise _link_error("/".join(parts[:depth]))
    return os.open(place, _FILE)


def _explain(error: OSError, part: str, folder: int, parts: list[str]) -> OSError:
    """The error in words.

    Links give ELOOP or ENOTDIR, depending on the system and the flags.
    """
    path = "/".join(parts)
    if error.errno in {errno.ELOOP, errno.ENOTDIR, errno.EMLINK, errno.EINVAL}:
        try:
            mode = os.stat(part, dir_fd=folder, follow_symlinks=False).st_mode
        except OSError:
            return error
        if stat.S_ISLNK(mode):
            return _link_error(path)
        if error.errno == errno.ENOTDIR:
            return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
    if error.errno == errno.ENXIO:  # a socket
        return NotRegularFile(errno.EINVAL, "it is not a regular file", path)
    return type(error)(error.errno, error.strerror, path)


def _link_error(path: str) -> NotRegularFile:
    return NotRegularFile(errno.ELOOP, f"{path!r} is a symbolic link", path)


def _read_regular(file: int, path: str, limit: int, clip: bool) -> bytes:
    """Read and close a file that was just opened."""
    try:
        mode = os.fstat(file).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        if not stat.S_ISREG(mode):
            raise NotRegularFile(errno.EINVAL, "it is not a regular file", path)
        content = bytearray()
        while len(content) <= limit:
            piece = os.read(file, min(_CHUNK, limit + 1 - len(content)))
            if not piece:
                return bytes(content)
            content += piece
    finally:
        os.close(file)
    if clip:
        return bytes(content[:limit])
    raise NotRegularFile(errno.EFBIG, f"it has more than {limit:,} bytes", path)


def read_chosen(path: Path, limit: int) -> bytes:
    """The bytes of a regular file that the user named; its links are followed.

    Raises:
        NotRegularFile: it is not a regular file, or it is too large.
        OSError: it does not exist, or cannot be read.
    """
    return _read_regular(os.open(path, _FILE & ~_NO_LINK), str(path), limit, clip=False)


def open_chosen(path: Path) -> BinaryIO:
    """Open a regular file that the user named, of any size, to be read piece by piece; its links are followed.

    Raises:
        NotRegularFile: it is not a regular file.
        OSError: it does not exist, or cannot be opened.
    """
    file = os.open(path, _FILE & ~_NO_LINK)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise NotRegularFile(errno.EINVAL, "it is not a regular file", str(path))
    return os.fdopen(file, "rb")


def read_file_in(name: str, folder: int, limit: int) -> bytes:
    """The bytes of a file in an open folder, up to one over a limit; no link.

    Raises:
        OSError: it cannot be opened, or is not a regular file.
    """
    return _read_regular(os.open(name, _FILE, dir_fd=folder), name, limit + 1, clip=True)


def open_folder(name: str, above: int | None = None) -> int:
    """Open a folder: one that the user named, or one below an open folder.

    A folder below an open one must not be a link.

    Raises:
        OSError: it cannot be opened.
    """
    return os.open(name, _FOLDER) if above is None else os.open(name, _FOLDER | _NO_LINK, dir_fd=above)


def open_deep_below(folder: int, path: str) -> int:
    """Open a folder below an open folder, without links.

    Args:
        folder: its descriptor, which stays open.
        path: relative, with slashes, without ``..``.

    Raises:
        OSError: it cannot be opened, or there is a link on the way.
    """
    place = folder
    try:
        for each in path.split("/"):
            inner = open_folder(each, place)
            if place != folder:
                os.close(place)
            place = inner
    except OSError:
        if place != folder:
            os.close(place)
        raise
    return place


def read_deep_below(folder: int, path: str, limit: int) -> bytes:
    """The bytes of a file below an open folder, up to one over a limit, without links.

    See `open_deep_below` for the arguments.

    Raises:
        OSError: it cannot be opened, is not a regular file, or there is a link on the way.
    """
    above, _, name = path.rpartition("/")
    place = open_deep_below(folder, above) if above else folder
    try:
        return read_file_in(name, place, limit)
    finally:
        if place != folder:
            os.close(place)


def read_within_area(path: Path, limit: int, *, clip: bool = False) -> bytes:
    """The bytes of a regular file, following only links within their trusted area.

    A link inside a git work tree must stay in that work tree. Outside of any work tree, a link below the current
    folder must stay in the current folder. Elsewhere folders may be links, which the machine's owner created, but the
    file itself may only link to a file in its own folder or below.

    Args:
        path: of the file, relative to the current folder or absolute.
        limit: the number of bytes that are permitted.
        clip: return that many bytes of a larger file, instead of an error.

    Raises:
        FileNotFoundError: the file does not exist.
        NotRegularFile: a link leaves its area, the file is not regular, or it is too large.
        OSError: it cannot be read.
    """
    real = _resolve(path, a_file=True)
    return read_below(real.parent, real.name, limit, clip=clip)


def check_folder(folder: Path) -> None:
    """Check the links in the path of a folder as `read_within_area` does.

    Raises:
        NotRegularFile: a link leads out.
        OSError: the folder does not exist, or cannot be reached.
    """
    _resolve(folder, a_file=False)


def check_place(file: Path) -> None:
    """Check the links in the path of a file to be written, as `check_folder` does.

    The file need not exist.

    Raises:
        NotRegularFile: a link leads out, or into ``.git``.
        OSError: its folder does not exist, or cannot be reached.
    """
    place = _resolve(file, a_file=False, may_lack=True)
    if ".git" in place.parts and ".git" not in Path.cwd().joinpath(file).parts:
        raise NotRegularFile(errno.ELOOP, "a symbolic link leads to '.git'", str(file))


_MAX_LINKS: Final = 40  # the limit of Linux


def _resolve(path: Path, *, a_file: bool, may_lack: bool = False) -> Path:
    """The path without links; each must stay in the area of its folder."""
    here = Path(os.path.realpath(Path.cwd()))
    waiting = list(reversed(path.parts if path.is_absolute() else (*Path.cwd().parts, *path.parts)))
    place = Path(waiting.pop())  # the root
    areas: list[tuple[Path, str]] = []  # the folder that a link must stay in, and the link
    links = 0
    while waiting:
        part = waiting.pop()
        if part == "..":
            place = place.parent
            continue
        place = place / part
        try:
            mode = place.lstat().st_mode
        except FileNotFoundError:
            if may_lack and not waiting:
                break
            raise
        if not stat.S_ISLNK(mode):
            continue
        links += 1
        if links > _MAX_LINKS:
            raise NotRegularFile(errno.ELOOP, "its links lead in a circle", str(path))
        area = _link_area(place.parent, here, last=a_file and not waiting)
        if area is not None:
            areas.append((area, str(place)))
        target = Path(os.readlink(place))  # noqa: PTH115 - as text
        place = place.parent
        if target.is_absolute():
            place = Path(target.anchor)
        waiting += reversed(target.parts[1:] if target.is_absolute() else target.parts)
    for area, link in areas:
        if not place.is_relative_to(area):
            raise NotRegularFile(
                errno.ELOOP, f"the symbolic link {link!r} leads out of {str(area)!r}", str(path)
            )
    return place


def _link_area(folder: Path, here: Path, *, last: bool) -> Path | None:
    """The folder that a link's target must be in; None if it may be anywhere.

    Neither path may contain links.
    """
    for each in (folder, *folder.parents):
        if os.path.lexists(each / ".git"):
            return each
    if folder.is_relative_to(here) and here != Path(here.anchor):
        return here
    return folder if last else None
