"""Fetch a project template: from a folder, a zip archive or a git repository."""

from __future__ import annotations

import io
import os
import re
import stat
import urllib.request
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ticketgen.project.git_commands import GIT, git_environment
from ticketgen.project.isolation import run_isolated
from ticketgen.project.processes import run
from ticketgen.project.resource_limits import SECONDS, ResourceLimitExceeded, limit_resources
from ticketgen.project.template import (
    MAX_BYTES,
    MAX_FILES,
    ProjectTemplate,
    TemplateText,
    UnusableTemplate,
    build_template,
    read_template,
)
from ticketgen.project.web import why_failed

__all__ = ["fetch", "is_remote"]

_HOSTS: Final = {
    "gh": "https://github.com/{}.git",
    "gl": "https://gitlab.com/{}.git",
    "bb": "https://bitbucket.org/{}.git",
}
_ADDRESS: Final = re.compile(r"(?:git\+)?(?:https?|ssh|git|file)://|\w[\w.-]*@\w[\w.-]*:")
_ATTRIBUTES: Final = "* -filter\n"
"""Overrides a repository's ``.gitattributes``. It could send files to the user's filters, such as Git LFS, and these
programs read the repository's settings."""
_LFS: Final = b"version https://git-lfs.github.com/spec/"
"""The start of a file whose content is stored in Git LFS."""
_TIMEOUT_S: Final = 60


def is_remote(source: str) -> bool:
    """Whether a template's source is an address instead of a path on this machine."""
    return bool(_ADDRESS.match(source)) or source.partition(":")[0] in _HOSTS


def fetch(source: str, checkout: str | None, into: Path, base: Path = Path()) -> ProjectTemplate:
    """Fetch a template and read it.

    Args:
        source: a path, a URL, an address such as ``git@HOST:PATH``, or an abbreviation such as ``gh:OWNER/NAME``.
        checkout: a branch, tag or commit of a repository.
        into: a new folder for the fetched files.
        base: the folder that a relative path is relative to.

    Raises:
        UnusableTemplate: it cannot be fetched, or it is not a template.
        OSError: it cannot be written.
    """
    host, colon, rest = source.partition(":")
    address = _HOSTS[host].format(rest) if colon and host in _HOSTS else source
    is_zip = address.lower().endswith(".zip")
    if is_remote(address) and not is_zip:
        return _clone(address, checkout, into)
    if checkout is not None:
        raise UnusableTemplate(
            "it is not a git repository, so it has no branch, tag or commit", "omit --checkout"
        )
    if is_zip and is_remote(address):
        return build_template(_unpack(_download(address)))
    place = base / address
    if is_zip:
        return build_template(_unpack(_read(place)))
    if not place.is_dir():
        raise UnusableTemplate("it is not a folder" if os.path.lexists(place) else "it does not exist")
    return read_template(place)


def _clone(address: str, checkout: str | None, into: Path) -> ProjectTemplate:
    if checkout is not None and (checkout.startswith("-") or not checkout.isprintable() or not checkout):
        raise UnusableTemplate(f"{checkout!r} is not a branch, tag or commit", "name one with --checkout")
    if re.search("://(?:[^/@]*@)?-", address):
        raise UnusableTemplate(
            "its host begins with a hyphen, which programs read as an option", "correct the address"
        )
    into.mkdir()
    target = into / "repository"
    attributes = target / ".git" / "info" / "attributes"
    commands = (
        [*GIT, "clone", "--quiet", "--no-checkout", "--no-recurse-submodules", "--template=", "--",
         address.removeprefix("git+"), str(target)],
        [*GIT, "-C", str(target), "checkout", "--quiet", checkout or "HEAD", "--"],
    )  # fmt: skip
    for command in commands:
        if target.exists():
            attributes.parent.mkdir(exist_ok=True)
            attributes.write_text(_ATTRIBUTES, "utf-8")
        try:
            code, output = run(command, into, environment=git_environment(), capture=True)
        except OSError as error:
            raise UnusableTemplate(f"git cannot be run: {error.strerror}", "install git") from None
        if code:
            message = " ".join(output.split())[-300:]
            raise UnusableTemplate(
                f"git cannot fetch it: {message}", "correct the address, or the name after --checkout"
            )
    template = read_template(target)
    for path, file in template.files.items():
        if file.content.startswith(_LFS):
            raise UnusableTemplate(f"{path!r} is stored in Git LFS, which ticketgen does not run",
                           "clone the repository yourself, and name the folder")  # fmt: skip
    return template


def _download(address: str) -> bytes:
    if not address.startswith(("https://", "http://")):
        raise UnusableTemplate("archives are fetched only over https", "download it, and name the file")
    try:
        with urllib.request.urlopen(address, timeout=_TIMEOUT_S) as answer:
            content: bytes = answer.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise UnusableTemplate(f"it cannot be fetched: {why_failed(error)}", "correct the address") from None
    return _check_size(content)


def _read(place: Path) -> bytes:
    try:
        if not place.is_file():
            raise UnusableTemplate("it is not a file" if os.path.lexists(place) else "it does not exist")
        with place.open("rb") as stream:
            return _check_size(stream.read(MAX_BYTES + 1))
    except OSError as error:
        raise UnusableTemplate(f"it cannot be read: {error.strerror}") from None


def _check_size(content: bytes) -> bytes:
    if len(content) > MAX_BYTES:
        raise UnusableTemplate(f"it is larger than {MAX_BYTES // 1_000_000} MB", "name a smaller archive")
    return content


def _unpack(content: bytes) -> Mapping[str, TemplateText]:
    """The files of an archive, unpacked in a separate process; nothing is written to the disk."""

    def unpacked() -> Mapping[str, TemplateText]:
        with limit_resources():
            return _members(content)

    try:
        return run_isolated(unpacked, SECONDS)[0]
    except ResourceLimitExceeded as error:
        raise UnusableTemplate(f"it cannot be unpacked: {error}", "name a smaller archive") from None


def _members(content: bytes) -> Mapping[str, TemplateText]:
    """The files of an archive; a single top-level folder is stripped."""
    files: dict[str, TemplateText] = {}
    left = MAX_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) > MAX_FILES:
                raise UnusableTemplate(f"it has more than {MAX_FILES:,} files", "name a smaller archive")
            for member in members:
                mode = member.external_attr >> 16
                kind = stat.S_IFMT(mode)
                if member.is_dir():
                    continue
                if any(part in {"", ".", ".."} for part in member.filename.split("/")):
                    raise UnusableTemplate(
                        f"{member.filename!r} leads out of the archive", "remove it from the archive"
                    )
                if kind not in {0, stat.S_IFREG}:
                    raise UnusableTemplate(
                        f"{member.filename!r} is not a plain file", "remove it from the archive"
                    )
                with archive.open(member) as stream:
                    packed = stream.read(left + 1)
                left -= len(packed)
                if left < 0:
                    raise UnusableTemplate(
                        f"it has more than {MAX_BYTES // 1_000_000} MB", "name a smaller archive"
                    )
                files[member.filename] = TemplateText(packed, bool(mode & stat.S_IXUSR))
    except UnusableTemplate:
        raise
    except Exception as error:  # zipfile, zlib and lzma raise many types
        reason = str(error) or type(error).__name__
        raise UnusableTemplate(
            f"it cannot be unpacked: {reason}", "name a zip archive without a password"
        ) from None
    tops = {path.split("/")[0] for path in files}
    if "cookiecutter.json" in files or len(tops) != 1:
        return files
    start = f"{tops.pop()}/"
    return {path.removeprefix(start): file for path, file in files.items() if path.startswith(start)}
