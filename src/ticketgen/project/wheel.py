"""Wheels of ticketgen: pack the running one, and inspect others.

A project that carries its own ticketgen needs no index. The running ticketgen may be an installed wheel or an editable
checkout; both give the same bytes for the same files: sorted, with one date, and uncompressed, since compressed bytes
differ between versions of zlib. (Git compresses the stored wheel, and stores the next one as a delta.)
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.parser import HeaderParser
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

import ticketgen
from ticketgen.safe_open import MAX_TEXT, read_chosen
from ticketgen.version import VERSION

__all__ = ["MAX_BYTES", "NotTicketgen", "Wheel", "pack", "read_wheel"]

MAX_BYTES: Final = 100_000_000
"""The maximum size of a wheel in bytes, a hundred times that of ticketgen's."""
_TAG: Final = "py3-none-any"
_ZIP_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest date that a zip file can store."""
_CACHES: Final = re.compile(r"__pycache__|\.[a-z]+_cache|\.hypothesis|\.DS_Store")


class NotTicketgen(Exception):
    """Error of a file that is not a wheel of ticketgen; the message says why."""


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel of ticketgen: file name, version and bytes."""

    name: str
    version: str
    content: bytes


def pack() -> Wheel:
    """Pack the running ticketgen as a wheel.

    Raises:
        NotTicketgen: the installation lacks files that a wheel needs.
    """
    package = Path(ticketgen.__file__).resolve().parent
    files = dict(_installed(package) or _checkout(package))
    metadata = distribution("ticketgen").read_text("METADATA")
    scripts = distribution("ticketgen").read_text("entry_points.txt")
    if not metadata or not scripts or "ticketgen/__init__.py" not in files:
        raise NotTicketgen("the running ticketgen is not installed as a package")
    information = f"ticketgen-{VERSION}.dist-info"
    files[f"{information}/METADATA"] = metadata.encode()
    files[f"{information}/entry_points.txt"] = scripts.encode()
    files[f"{information}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: ticketgen {VERSION}\nRoot-Is-Purelib: true\nTag: {_TAG}\n".encode()
    )
    files[f"{information}/RECORD"] = _record(files, f"{information}/RECORD")
    return Wheel(f"ticketgen-{VERSION}-{_TAG}.whl", VERSION, _zip(files))


def read_wheel(path: Path) -> Wheel:
    """Read a wheel from disk.

    Raises:
        NotTicketgen: it is not a wheel, or it is a wheel of another package.
        OSError: it cannot be read.
    """
    content = read_chosen(path, MAX_BYTES)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            places = [name for name in names if re.fullmatch(r"[^/]+\.dist-info/METADATA", name)]
            if len(places) != 1:
                raise NotTicketgen(f"{path} is not a wheel: it has no METADATA")
            if archive.getinfo(places[0]).file_size > MAX_TEXT:
                raise NotTicketgen(f"{path} is not a wheel of ticketgen: its METADATA is too large")
            headers = HeaderParser().parsestr(archive.read(places[0]).decode())
    except NotTicketgen:
        raise
    except Exception as error:  # zipfile, zlib and lzma raise many types
        raise NotTicketgen(f"{path} is not a wheel: {error}") from None
    name, version = headers["Name"], headers["Version"]
    if name != "ticketgen" or "ticketgen/__init__.py" not in names:
        raise NotTicketgen(f"{path} is a wheel of {name}, not of ticketgen")
    if not path.name.startswith(f"ticketgen-{version}-"):
        raise NotTicketgen(f"{path} contains ticketgen {version}, but its name says otherwise")
    return Wheel(path.name, version, content)


def _installed(package: Path) -> dict[str, bytes]:
    """The package's files as the installer recorded them; empty for an editable installation."""
    here = distribution("ticketgen")
    if Path(str(here.locate_file("ticketgen"))).resolve() != package:
        return {}
    recorded = [file for file in here.files or () if file.parts[0] == "ticketgen"]
    kept = [file for file in recorded if not _CACHES.search(file.as_posix())]
    extra = [
        file
        for file in here.files or ()
        if file.parts[0].endswith(".dist-info") and file.parts[1:2] == ("licenses",)
    ]
    return {file.as_posix(): Path(str(file.locate())).read_bytes() for file in (*kept, *extra)}


def _checkout(package: Path) -> Iterator[tuple[str, bytes]]:
    """The files that a build of the checkout puts into a wheel, as its pyproject.toml says."""
    root = package.parents[1]
    yield from _below(package, "ticketgen")
    try:
        settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
        included = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    except (OSError, ValueError, KeyError) as error:
        raise NotTicketgen(
            f"{root} is neither an installation nor a checkout of ticketgen: {error}"
        ) from None
    for source, target in included.items():
        yield from _below(root / source, target)
    for pattern in settings["project"].get("license-files", ()):
        for path in sorted(root.glob(pattern)):
            yield f"ticketgen-{VERSION}.dist-info/licenses/{path.name}", path.read_bytes()


def _below(place: Path, name: str) -> Iterator[tuple[str, bytes]]:
    for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
        below = path.relative_to(place).as_posix()
        if path.is_file() and not _CACHES.search(below):
            yield (name if below == "." else f"{name}/{below}"), path.read_bytes()


def _record(files: Mapping[str, bytes], own: str) -> bytes:
    """The list of files with their hashes.

    Source: https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    for name, content in sorted(files.items()):
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        rows.writerow([name, f"sha256={digest}", len(content)])
    rows.writerow([own, "", ""])
    return text.getvalue().encode()


def _zip(files: Mapping[str, bytes]) -> bytes:
    """The files as a zip: sorted, with the metadata last, as the specification recommends."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(files.items(), key=lambda item: (".dist-info/" in item[0], item)):
            entry = zipfile.ZipInfo(name, _ZIP_EPOCH)
            entry.create_system = 3  # always Unix, whatever the machine
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content)
    return out.getvalue()
