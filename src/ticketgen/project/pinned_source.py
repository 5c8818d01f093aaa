"""The source that a project's pin names, as `new` wrote it: the place to look for a newer ticketgen.

The file may be untrusted. What is read from it is an address, a version, a commit or hashes, each checked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from ticketgen.project.bases import InstallKind
from ticketgen.project.source import REQUIREMENTS, VENDOR, VERSION_TEXT, WHEEL, logical_lines
from ticketgen.safe_open import MAX_TEXT, read_below

__all__ = ["PinnedSource", "install_kind", "read_pinned_source"]

_MAX_LINE: Final = 10_000
_PYPI: Final = "https://pypi.org/simple"
_COMMIT: Final = re.compile(r"[0-9a-f]{64}|[0-9a-f]{40}")
_NAMED: Final = re.compile(r"ticketgen(?:\[[a-z,]{0,50}\])? ?==")


@dataclass(frozen=True, slots=True)
class PinnedSource:
    """A pin.

    Attributes:
        kind: of the source.
        text: of the whole file.
        line: the requirement, as a logical line; empty in a file that locks many packages.
        version: that is pinned; empty if the line does not say it.
        address: of the repository, without ``git+``; of the index; or the path or URL of the wheel.
        commit: of a repository.
        hashes: of a version on an index.
    """

    kind: InstallKind
    text: str
    line: str = ""
    version: str = ""
    address: str = ""
    commit: str = ""
    hashes: tuple[str, ...] = ()


def install_kind(root: Path) -> InstallKind:
    """The kind of a project's source; `LOCK` if its pin is missing, or is none that `new` writes."""
    found = read_pinned_source(root)
    return found.kind if found else InstallKind.LOCK


def read_pinned_source(root: Path) -> PinnedSource | None:
    """The pin of a project; None if it is missing, or is none that `new` writes."""
    try:
        text = read_below(root, REQUIREMENTS, MAX_TEXT).decode()
    except (OSError, UnicodeDecodeError):
        return None
    lines = [line for _, line in logical_lines(text)]
    if any(len(line) > _MAX_LINE for line in lines):
        return None
    index = next((_option(line) for line in lines if line.startswith(("--index-url", "-i "))), _PYPI)
    wanted = [line for line in lines if not line.startswith("-")]
    if len(wanted) > 1:
        pinned = next((line for line in wanted if _NAMED.match(line)), "")
        return PinnedSource(InstallKind.LOCK, text, "", _version(pinned), index) if pinned else None
    if not wanted:
        return None
    return _read_line(wanted[0], text, index)


def _read_line(line: str, text: str, index: str) -> PinnedSource | None:
    if line.startswith(f"./{VENDOR}/"):
        path = line.removeprefix("./")
        wheel = WHEEL.fullmatch(path.rpartition("/")[2])
        return PinnedSource(InstallKind.WHEEL, text, line, wheel[1], path) if wheel else None
    address = line.removeprefix("ticketgen @ ")
    if address.startswith("git+"):
        place, _, reference = address.removeprefix("git+").partition("#")[0].rpartition("@")
        if not _COMMIT.fullmatch(reference) or _is_unsafe(place):
            return None
        return PinnedSource(InstallKind.GIT, text, line, "", place, reference)
    if address.startswith("https://"):
        wheel = WHEEL.fullmatch(urlsplit(address).path.rpartition("/")[2])
        return PinnedSource(InstallKind.URL, text, line, wheel[1], address) if wheel else None
    if _NAMED.match(line) and index.startswith("https://") and not _is_unsafe(index):
        hashes = tuple(
            word.removeprefix("--hash=sha256:") for word in line.split() if word.startswith("--hash=sha256:")
        )
        return PinnedSource(InstallKind.INDEX, text, line, _version(line), index.rstrip("/"), "", hashes)
    return None


def _is_unsafe(address: str) -> bool:
    """Whether programs would read a part of an address as something else, or it is not one to fetch from."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return True
    host = parts.hostname or ""
    plain = address.isascii() and address.isprintable() and " " not in address
    known = parts.scheme in {"https", "ssh", "file"}
    return not (plain and known) or host.startswith("-") or (parts.username or "").startswith("-")


def _option(line: str) -> str:
    return line.replace("=", " ", 1).split()[-1]


def _version(line: str) -> str:
    """The version of a requirement with ``==``; empty if it is none."""
    words = line.partition("==")[2].split()
    version = words[0].partition(";")[0].rstrip("\\") if words else ""
    return version if re.fullmatch(VERSION_TEXT, version) else ""
