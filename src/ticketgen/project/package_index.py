"""Read the releases of ticketgen on a package index, as JSON or HTML, and inspect a wheel without running it.

Source: https://packaging.python.org/en/latest/specifications/simple-repository-api/
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.parser import HeaderParser
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import unquote, urljoin, urlsplit

from ticketgen.project.isolation import run_isolated
from ticketgen.project.resource_limits import SECONDS, ResourceLimitExceeded, limit_resources
from ticketgen.project.source import WHEEL
from ticketgen.project.template import TemplateText
from ticketgen.project.web import WebError, read_https
from ticketgen.project.wheel import MAX_BYTES
from ticketgen.safe_open import MAX_TEXT
from ticketgen.version import select_requirements

__all__ = [
    "IndexFailed",
    "PublishedWheel",
    "WheelContent",
    "inspect_wheel",
    "published_wheels",
    "read_published",
]

_JSON: Final = "application/vnd.pypi.simple.v1+json"
_ACCEPT: Final = f"{_JSON}, text/html;q=0.1"
_MAX_LIST: Final = 10_000_000
_CHANGELOG: Final = "ticketgen/_assets/CHANGELOG.md"
_HEX_DIGITS: Final = frozenset("0123456789abcdef")


class IndexFailed(Exception):
    """Error of an index that cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class PublishedWheel:
    """A wheel on an index."""

    name: str
    version: str
    address: str
    sha256: str
    yanked: bool


@dataclass(frozen=True, slots=True)
class WheelContent:
    """The metadata and changelog of a wheel."""

    changelog: str
    dependencies: tuple[str, ...]


def published_wheels(index: str) -> tuple[PublishedWheel, ...]:
    """The wheels of ticketgen on an index that have a hash.

    Raises:
        IndexFailed: the index cannot be read.
    """
    page = f"{index}/ticketgen/"
    try:
        content, kind = read_https(page, _MAX_LIST, _ACCEPT)
        rows = list(_json_rows(content) if kind.endswith("+json") else _html_rows(content))
    except WebError as error:
        raise IndexFailed(f"{page} cannot be read: {error}") from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise IndexFailed(f"{page} is not the page of a package") from None
    return tuple(found for row in rows if (found := _wheel(page, *row)))


def _json_rows(content: bytes) -> Iterator[tuple[str, str, str, bool]]:
    for each in json.loads(content.decode())["files"]:
        yield (
            str(each["filename"]),
            str(each["url"]),
            str(each["hashes"].get("sha256")),
            bool(each.get("yanked")),
        )


def _html_rows(content: bytes) -> Iterator[tuple[str, str, str, bool]]:
    links = _Links()
    links.feed(content.decode())
    for attributes in links.found:
        address, _, fragment = str(attributes.get("href")).partition("#")
        name = unquote(urlsplit(address).path.rpartition("/")[2])
        yield name, address, fragment.removeprefix("sha256="), "data-yanked" in attributes


class _Links(HTMLParser):
    """Collects the attributes of links."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Mapping[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a link."""
        if tag == "a":
            self.found.append(dict(attrs))


def _wheel(page: str, name: str, address: str, sha256: str, yanked: bool) -> PublishedWheel | None:
    named = WHEEL.fullmatch(name)
    if named is None or len(sha256) != 64 or not set(sha256) <= _HEX_DIGITS:
        return None
    return PublishedWheel(name, named[1], urljoin(page, address), sha256, yanked)


def read_published(wheel: PublishedWheel, limit: int) -> WheelContent:
    """Download a wheel, compare its hash, and return its changelog and dependencies.

    Args:
        wheel: a wheel on an index.
        limit: the maximum size of the changelog in bytes.

    Raises:
        IndexFailed: it cannot be fetched, or its hash differs from the one on the index.
    """
    try:
        content, _ = read_https(wheel.address, MAX_BYTES)
    except WebError as error:
        raise IndexFailed(f"{wheel.name} cannot be fetched: {error}") from None
    if hashlib.sha256(content).hexdigest() != wheel.sha256:
        raise IndexFailed(f"{wheel.name} does not have the hash that the index promises")
    return inspect_wheel(content, limit)


def inspect_wheel(content: bytes, limit: int) -> WheelContent:
    """The changelog and the dependencies in a wheel, unpacked in a separate process.

    Raises:
        IndexFailed: it is not a wheel of ticketgen.
    """

    def unpacked() -> Mapping[str, TemplateText]:
        with limit_resources():
            return _members(content, limit)

    try:
        members = run_isolated(unpacked, SECONDS)[0]
    except ResourceLimitExceeded as error:
        raise IndexFailed(f"the wheel cannot be unpacked: {error}") from None
    if "METADATA" not in members:
        raise IndexFailed("it is not a wheel of ticketgen")
    headers: Any = HeaderParser().parsestr(members["METADATA"].content.decode("utf-8", "replace"))
    needed = (" ".join(str(each).split()) for each in headers.get_all("Requires-Dist") or ())
    dependencies = select_requirements(each for each in needed if each[:1].isalnum())  # not an option of pip
    return WheelContent(members["CHANGELOG"].content.decode("utf-8", "replace"), dependencies)


def _members(content: bytes, limit: int) -> Mapping[str, TemplateText]:
    """The files with the changelog and the metadata; empty if it is not a wheel."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            (metadata,) = (
                name for name in names if name.endswith(".dist-info/METADATA") and name.count("/") == 1
            )
            if not metadata.startswith("ticketgen-"):
                return {}
            with archive.open(metadata) as stream:
                head = stream.read(MAX_TEXT)
            text = b""
            if _CHANGELOG in names and archive.getinfo(_CHANGELOG).file_size <= limit:
                with archive.open(_CHANGELOG) as stream:
                    text = stream.read(limit)
    except Exception:  # zipfile, zlib and lzma raise many types
        return {}
    return {"METADATA": TemplateText(head), "CHANGELOG": TemplateText(text)}
