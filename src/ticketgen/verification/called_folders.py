"""Read the folders outside a directory that its module calls lead to, and those behind links.

They belong to other directories, so nothing is reported about them. They are read because the calls depend on their
variables, outputs and providers.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from ticketgen.hcl.guards import MAX_BYTES
from ticketgen.terraform_file_names import DECLARING
from ticketgen.verification.surroundings import PlaceKind, Surroundings

__all__ = ["NOTHING_AROUND", "Neighbours", "read_called_folders"]

_SOURCE: Final = re.compile(r'\bsource"?[ \t]*[=:][ \t]*"(\.\.?(?:/[^"\\\n]*)?)"')
"""A local source of a module call, in either syntax. Other text may look like one: then a folder is read in vain."""
_MAX_NAMES: Final = 10_000
"""Limit of the names in a folder."""
_MAX_FOLDERS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What a directory uses of its surroundings.

    Attributes:
        texts: the texts of folders that it calls and that are not part of it, by path; the paths may begin with ``..``.
        unread: the paths of files and folders among them that could not be read.
        absent: the called folders that do not exist, or have nothing that Terraform reads.
        empty: those of them that exist.
        exists: whether a file is at a path relative to the directory; None if that is unknown.
        read: the text of a file at such a path; None if it cannot be read.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    empty: frozenset[str] = frozenset()
    exists: Callable[[str], bool | None] = lambda path: None if path.startswith("..") else False
    read: Callable[[str], str | None] = lambda path: None


NOTHING_AROUND: Final = Neighbours()


def read_called_folders(
    texts: Mapping[str, str], around: Surroundings, max_bytes: int, max_files: int
) -> Neighbours:
    """Read each folder that a module call names, directly or through other calls, if its text is not known.

    Args:
        texts: the texts of the directory, by relative posix path.
        around: the surroundings of the directory.
        max_bytes: the number of characters that may still be read; the rest counts as unread.
        max_files: the number of files that may still be read.
    """
    known = {posixpath.dirname(path) for path in texts if path.endswith(DECLARING)}
    found: dict[str, str] = {}
    unread: set[str] = set()
    absent: set[str] = set()
    empty: set[str] = set()
    waiting = list(dict.fromkeys(_local_sources(texts)))
    seen = {*known, *waiting}
    folders = 0
    while waiting:
        folder = waiting.pop()
        if folder in known or _is_hidden(folder):
            continue
        folders += 1
        place = around.look_up(folder)
        if place.kind is PlaceKind.NOTHING and place.is_open:
            absent.add(folder)
            continue
        if place.kind is not PlaceKind.FOLDER or not place.is_seen or folders > _MAX_FOLDERS:
            continue  # `verification.calls` reports that the call is not checked
        try:
            names = around.names(place, _MAX_NAMES)
        except OSError:
            continue
        own: dict[str, str] = {}
        paths = [posixpath.join(folder, name) for name in names if name.endswith(DECLARING)]
        for path in paths:
            text = _text(around, path) if max_bytes > 0 and max_files > 0 else None
            if text is None:
                unread.add(path)
                continue
            max_bytes -= len(text) + len(path)
            max_files -= 1
            own[path] = text
        if len(names) == _MAX_NAMES:
            unread.add(posixpath.join(folder, "more.tf"))
        if not paths and len(names) < _MAX_NAMES:
            empty.add(folder)
        found |= own
        more = [each for each in dict.fromkeys(_local_sources(own)) if each not in seen]
        waiting += more
        seen.update(more)
    return Neighbours(
        found,
        frozenset(unread),
        frozenset(absent | empty),
        frozenset(empty),
        around.exists,
        lambda path: _text(around, path),
    )


def _local_sources(texts: Mapping[str, str]) -> Iterator[str]:
    for path, text in texts.items():
        if path.endswith(DECLARING) and "source" in text:
            for match in _SOURCE.finditer(text):
                folder = posixpath.normpath(posixpath.join(posixpath.dirname(path), match[1]))
                yield "" if folder == "." else folder


def _is_hidden(folder: str) -> bool:
    return any(part.startswith(".") and part != ".." for part in folder.split("/"))


def _text(around: Surroundings, path: str) -> str | None:
    place = around.look_up(path)
    if place.kind is not PlaceKind.FILE or not place.is_open:
        return None
    try:
        content = around.read(place, MAX_BYTES)
        return content.decode() if len(content) <= MAX_BYTES else None
    except (OSError, UnicodeDecodeError):
        return None
