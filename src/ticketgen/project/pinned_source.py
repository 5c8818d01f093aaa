"""The source that a project's pin names, as `new` wrote it: the place to look for a newer ticketgen.

The file may be untrusted, so the address, version, commit and hashes that are read from it are checked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from ticketgen.project.bases import InstallKind
from ticketgen.project.source import REQUIREMENTS, VENDOR, VERSION_TEXT, WHEEL, logical_lines
from ticketgen.safe_open import MAX_TEXT, read_below

__all__ = ["PinnedSource", "install_kind", "parse_pin", "read_pinned_source", "replace_line"]

_MAX_LINE: Final = 10_000
_PYPI: Final = "https://pypi.org/simple"
_COMMIT: Final = re.compile(r"[0-9a-f]{64}|[0-9a-f]{40}")
_NAMED: Final = re.compile(r"ticketgen(?:\[[a-z,]{0,50}\])? ?==")


@dataclass(frozen=True, slots=True)
class PinnedSource:
    """A pin.

    Attributes:
        kind: the kind of the source.
        text: the text of the whole file.
        line: the requirement of ticketgen, as a logical line.
        number: the number of its first line in the text, from 1.
        version: the pinned version; empty if the line does not contain it.
        address: the address of the repository, without ``git+``, or of the index; or the path or URL of the wheel.
        commit: the commit of a repository.
        hashes: the hashes of a version on an index.
    """

    kind: InstallKind
    text: str = ""
    line: str = ""
    number: int = 0
    version: str = ""
    address: str = ""
    commit: str = ""
    hashes: tuple[str, ...] = ()


def install_kind(root: Path) -> InstallKind:
    """The kind of a project's source; `LOCK` if its pin is missing, or is not in a form that `new` writes."""
    found = read_pinned_source(root)
    return found.kind if found else InstallKind.LOCK


def replace_line(pin: PinnedSource, line: str) -> str:
    """The text of a pin with its requirement replaced; every other line stays."""
    lines = pin.text.split("\n")
    end = pin.number
    while end < len(lines) and lines[end - 1].rstrip().endswith("\\"):
        end += 1
    return "\n".join([*lines[: pin.number - 1], line, *lines[end:]])


def read_pinned_source(root: Path) -> PinnedSource | None:
    """The pin of a project; None if it is missing, or is not in a form that `new` writes."""
    try:
        text = read_below(root, REQUIREMENTS, MAX_TEXT).decode()
    except (OSError, UnicodeDecodeError):
        return None
    return parse_pin(text)


def parse_pin(text: str) -> PinnedSource | None:
    """The pin in the text of a requirements file; None if it is not in a form that `new` writes."""
    lines = list(logical_lines(text))
    odd = len(text.splitlines()) != len(
        text.removesuffix("\n").split("\n")
    )  # other separators than a line feed
    if odd or any(len(line) > _MAX_LINE for _, line in lines):
        return None
    index = next((_option(line) for _, line in lines if line.startswith(("--index-url", "-i "))), _PYPI)
    wanted = [(number, line) for number, line in lines if not line.startswith("-")]
    if len(wanted) == 1:
        found = _read_line(wanted[0][1], index)
        return found and replace(found, text=text, line=wanted[0][1], number=wanted[0][0])
    for number, line in wanted:
        if _NAMED.match(line):
            found = _read_line(line, index)
            return found and replace(found, kind=InstallKind.LOCK, text=text, line=line, number=number)
    return None


def _read_line(line: str, index: str) -> PinnedSource | None:
    """Parse a requirement of ticketgen."""
    if line.startswith(f"./{VENDOR}/"):
        path = line.removeprefix("./")
        wheel = WHEEL.fullmatch(path.rpartition("/")[2])
        return PinnedSource(InstallKind.WHEEL, version=wheel[1], address=path) if wheel else None
    address = line.removeprefix("ticketgen @ ")
    if address.startswith("git+"):
        place, _, reference = address.removeprefix("git+").partition("#")[0].rpartition("@")
        if not _COMMIT.fullmatch(reference) or _is_unsafe(place):
            return None
        return PinnedSource(InstallKind.GIT, address=place, commit=reference)
    if address.startswith("https://") and not _is_unsafe(address):
        wheel = WHEEL.fullmatch(urlsplit(address).path.rpartition("/")[2])
        return PinnedSource(InstallKind.URL, version=wheel[1], address=address) if wheel else None
    if _NAMED.match(line) and index.startswith("https://") and not _is_unsafe(index):
        hashes = tuple(
            word.removeprefix("--hash=sha256:") for word in line.split() if word.startswith("--hash=sha256:")
        )
        return PinnedSource(
            InstallKind.INDEX, version=_version(line), address=index.rstrip("/"), hashes=hashes
        )
    return None


def _is_unsafe(address: str) -> bool:
    """Whether programs could misread a part of an address, or its scheme is not allowed."""
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
