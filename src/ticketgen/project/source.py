"""The source that a project installs ticketgen from: one requirements file, and one command for everyone.

Every source is pinned: the same command installs the same ticketgen tomorrow. A bare name is never accepted, because
an index would resolve it to any package published under that name.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from ticketgen.project.bases import InstallKind
from ticketgen.project.wheel import NotTicketgen, Wheel, pack, read_wheel
from ticketgen.safe_open import MAX_TEXT, read_chosen
from ticketgen.version import VERSION, requirements

__all__ = [
    "DEPENDENCIES", "REQUIREMENTS", "VENDOR", "VERSION_TEXT", "WHEEL", "InstallSource", "SourceError", "command_of",
    "dependencies_text", "logical_lines", "read_source",
]  # fmt: skip

REQUIREMENTS: Final = "requirements-ticketgen.txt"
DEPENDENCIES: Final = "requirements-ticketgen-dependencies.txt"
VENDOR: Final = "vendor"
_PIP: Final = "python -m pip install"
_COMMAND: Final = f"{_PIP} -r {REQUIREMENTS}"
_INDEX_COMMAND: Final = f"{_PIP} --no-deps -r {REQUIREMENTS} && {_PIP} -r {DEPENDENCIES}"
_KINDS: Final = (
    "give a wheel, git+https://HOST/REPOSITORY@COMMIT, https://HOST/WHEEL#sha256=HASH, "
    "'ticketgen==VERSION --hash=sha256:HASH', or a requirements file with hashes"
)
_HASH: Final = re.compile("sha256:[0-9a-f]{64}")
_TICKETGEN: Final = re.compile(r"ticketgen\s*(?:\[[^]]*\]\s*)?(?:[=<>!~@;]|$)")
_COMMIT: Final = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")  # SHA-1, and SHA-256 repositories
VERSION_TEXT: Final = r"[A-Za-z0-9.!+_]{1,100}"
"""A version that is safe in a requirement and in a message; the parts of a wheel's name contain no hyphens."""
WHEEL: Final = re.compile(rf"ticketgen-({VERSION_TEXT})-(?:[\w.]+-)?[\w.]+-[\w.]+-[\w.]+\.whl", re.ASCII)


class SourceError(Exception):
    """Error of a source that cannot be used: what is wrong with it, and the fix."""

    def __init__(self, message: str, help: str = _KINDS) -> None:
        super().__init__(message)
        self.message, self.help = message, help


@dataclass(frozen=True, slots=True)
class InstallSource:
    """A source of ticketgen.

    Attributes:
        files: files for the project by name: the requirements, and the wheel if the project carries it.
        kind: the kind of the source.
        version: the version of ticketgen; empty if the address does not contain it.
    """

    files: Mapping[str, bytes]
    kind: InstallKind = InstallKind.LOCK
    version: str = ""

    @property
    def command(self) -> str:
        """The command that installs ticketgen, to be run in the project's folder."""
        return command_of(self.kind)


def command_of(kind: InstallKind) -> str:
    """The command that installs ticketgen from a kind of source, to be run in the project's folder."""
    return _INDEX_COMMAND if kind is InstallKind.INDEX else _COMMAND


def dependencies_text(needed: tuple[str, ...] | None = None) -> bytes:
    """The text of the file with dependencies; None takes the dependencies of the running ticketgen.

    One hash makes pip require all, so a version on an index and its dependencies are installed separately.
    """
    return _text(_INDEX_COMMAND, requirements() if needed is None else needed)


def read_source(given: str | None, base: Path = Path(), *, any_version: bool = False) -> InstallSource:
    """The source given with ``--install-from``; if None, the running ticketgen packed as a wheel.

    Args:
        given: the source.
        base: the folder that a relative path is relative to.
        any_version: whether its version may differ from the running one.

    Raises:
        SourceError: the source is not fixed, is not ticketgen, or has another version than the running one.
    """
    source = _read(given, base)
    if not any_version and source.version not in {"", VERSION}:
        where = str(given).split()[0].partition("#")[0].rpartition("/")[2]
        raise SourceError(f"{where} is ticketgen {source.version}, and ticketgen {VERSION} is running",
                          f"run `new` with ticketgen {source.version}, which then renders the project")  # fmt: skip
    return source


def _read(given: str | None, base: Path) -> InstallSource:
    try:
        if given is None:
            return _read_wheel_file(pack())
        if "://" in given and not re.fullmatch("[!-~]+", given.partition(" --")[0]):
            raise SourceError(
                f"{given!r} is not an address: it has a character that is not ASCII, or a space"
            )
        if given.startswith("git+"):
            return _git(given)
        if given.startswith(("https://", "http://", "file://")):
            return _download(given)
        if given.endswith(".whl"):
            return _read_wheel_file(read_wheel(base / given))
        if re.match(r"ticketgen\b(?!.*\.txt$)", given) and not (base / given).is_file():
            return _index(given)
        return _lock(base / given)
    except NotTicketgen as error:
        raise SourceError(str(error)) from None
    except OSError as error:
        raise SourceError(f"{given} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise SourceError(f"{given!r} is not a valid address: {error}") from None


def _read_wheel_file(wheel: Wheel) -> InstallSource:
    if not WHEEL.fullmatch(wheel.name):
        raise SourceError(
            f"{wheel.name!r} is not the name of a wheel", "give the wheel the name that it was built with"
        )
    place = f"{VENDOR}/{wheel.name}"
    files = {place: wheel.content, REQUIREMENTS: _text(_COMMAND, [f"./{place}"])}
    return InstallSource(files, InstallKind.WHEEL, wheel.version)


def _git(given: str) -> InstallSource:
    address, _, fragment = given.partition("#")
    place, _, reference = address.removeprefix("git+").rpartition("@")
    _refuse_credentials(address.removeprefix("git+"))
    if not address.startswith(("git+https://", "git+ssh://", "git+file://")):
        raise SourceError(f"{given} is not an https or ssh address of a repository")
    if "@" not in urlsplit(address).path:
        raise SourceError(f"{given} does not name a commit", "append @ and the full commit hash")
    if not _COMMIT.fullmatch(reference):
        raise SourceError(
            f"{given} does not name a commit: {reference!r} may move",
            "write the full commit hash after the @",
        )
    if fragment and not re.fullmatch(r"subdirectory=[\w./-]+", fragment):
        raise SourceError(
            f"{given} ends with #{fragment}", "remove it; only #subdirectory=FOLDER is supported"
        )
    line = f"ticketgen @ {given}"
    if place.startswith("file://"):  # pip before 24 rejects "name @ URL" without a host
        line = f"{given}{'&' if fragment else '#'}egg=ticketgen"
    return InstallSource({REQUIREMENTS: _text(_COMMAND, [line])}, InstallKind.GIT)


def _download(given: str) -> InstallSource:
    """A wheel at a URL; pip compares the hash in the fragment."""
    address, _, fragment = given.partition("#")
    _refuse_credentials(address)
    name = urlsplit(address).path.rpartition("/")[2]
    named = WHEEL.fullmatch(name)
    if named is None:
        raise SourceError(f"{given} is not the URL of a ticketgen wheel")
    if not re.fullmatch("sha256=[0-9a-f]{64}", fragment):
        what = f"ends with #{fragment}, which is not a SHA-256 hash" if fragment else "has no hash"
        raise SourceError(
            f"{address if fragment else given} {what}",
            "append #sha256= and the wheel's SHA-256 hash, 64 hex digits",
        )
    requirement = _text(_COMMAND, [f"ticketgen @ {given}"])
    return InstallSource({REQUIREMENTS: requirement}, InstallKind.URL, named[1])


def _index(given: str) -> InstallSource:
    """A version on an index. One hash makes pip require all, so dependencies are installed separately."""
    try:
        named, *options = shlex.split(given)
    except ValueError as error:
        raise SourceError(f"{given!r} cannot be parsed: {error}") from None
    version = re.fullmatch(r"ticketgen==([\w.!+-]+)", named)
    if version is None:
        raise SourceError(f"{named!r} does not name a version", f"write ticketgen=={VERSION}, and its hash")
    hashes, address = [], ""
    words = iter(options)
    for word in words:
        option, equals, value = word.partition("=")
        value = value if equals else next(words, "")
        if option == "--hash" and _HASH.fullmatch(value):
            hashes.append(f"--hash={value}")
        elif option == "--index-url" and value.startswith("https://"):
            _refuse_credentials(value)
            address = value
        else:
            raise SourceError(
                f"{word!r} is not a supported option", "write --hash=sha256:HASH and --index-url https://…"
            )
    if not hashes:
        raise SourceError(f"{given} has no hash, and an index may contain another package of that name",
                      "append --hash=sha256: and the wheel's SHA-256 hash")  # fmt: skip
    lines = [f"--index-url {address}"] if address else []
    requirement = _text(_INDEX_COMMAND, [*lines, " ".join([named, *hashes])])
    files = {REQUIREMENTS: requirement, DEPENDENCIES: dependencies_text()}
    return InstallSource(files, InstallKind.INDEX, version[1])


def _lock(path: Path) -> InstallSource:
    """A requirements file with a hash for every package, as ``pip-compile --generate-hashes`` and uv write it."""
    try:
        content = read_chosen(path, MAX_TEXT)
        lines = list(logical_lines(content.decode()))
    except FileNotFoundError:
        raise SourceError(f"{path} does not exist") from None
    except UnicodeDecodeError:
        raise SourceError(f"{path} is not a requirements file: it is not UTF-8") from None
    # Do not print the content of another kind of file.
    if not any(_TICKETGEN.match(line) for _, line in lines):
        raise SourceError(f"{path} does not name ticketgen", "add it, with its hash")
    found = ""
    for number, line in lines:
        if line.startswith(("--index-url", "-i ", "--extra-index-url", "--find-links")):
            _refuse_credentials(line.replace("=", " ", 1).split()[-1])
            continue
        if line == "--require-hashes" or line.startswith(("--only-binary", "--no-binary")):
            continue
        if line.startswith("-") or re.match(r"[./]|\S+/", line):
            raise SourceError(f"{path}:{number}: {line.split()[0]!r} refers to another file",
                          "write packages with hashes only")  # fmt: skip
        if not re.search(r"\s--hash[= ]\s*sha(256|384|512):[0-9a-f]{64,}", line):
            raise SourceError(f"{path}:{number}: {line.split()[0]} has no hash",
                          "lock it with hashes: `uv pip compile --generate-hashes` writes such a file")  # fmt: skip
        if _TICKETGEN.match(line):
            found = line
    version = re.match(r"ticketgen\s*==\s*([^\s;]+)", found) or re.search(r"/ticketgen-([^-/]+)-", found)
    return InstallSource({REQUIREMENTS: content}, InstallKind.LOCK, version[1] if version else "")


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines without comments and with continuations joined, each with the number of its first line."""
    waiting: list[str] = []
    start = 0
    for number, line in enumerate(text.splitlines(), 1):
        start = start if waiting else number
        part = re.sub(r"(^|\s)#.*$", "", line).strip()
        waiting.append(part.removesuffix("\\"))
        if not part.endswith("\\"):
            whole = " ".join(waiting).strip()
            waiting.clear()
            if whole:
                yield start, whole
    if "".join(waiting).strip():
        yield start, " ".join(waiting).strip()


def _refuse_credentials(address: str) -> None:
    parts = urlsplit(address)
    if parts.password or (parts.username and parts.scheme != "ssh"):
        raise SourceError(f"the URL at {parts.hostname} contains a user name or a password, which would be committed",
                      "remove them; pip takes them from netrc, a keyring or the environment")  # fmt: skip


def _text(command: str, lines: list[str] | tuple[str, ...]) -> bytes:
    heading = f"# CI and developers install the same ticketgen. In this folder:\n#   {command}\n"
    return (heading + "\n".join(lines) + "\n").encode()
