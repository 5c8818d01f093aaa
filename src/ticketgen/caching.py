"""The cache folder. Its content can be recomputed, so losing it costs only time.

The folder may be in an untrusted repository, as GitLab's ``cache:`` requires, and some entries are code. An
entry therefore begins with an authentication code of its kind, key and content under the user's secret. Entries that
another user or another machine wrote, and corrupt ones, count as cache misses. Without a secret there is no cache.

An entry depends on the code that computed it: keys contain `fingerprint`.
"""

from __future__ import annotations

import hmac
import os
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from ticketgen.atomic_write import replace_file
from ticketgen.user_secret import DIGEST_BYTES, authentication_code, user_secret

__all__ = ["DIGEST_BYTES", "NO_CACHE", "cache_folder", "entry_name", "fingerprint", "load", "store"]

NO_CACHE = "TICKETGEN_NO_CACHE"
"""Environment variable that disables the cache if it is set to any value."""

_MAX_BYTES = 4 * 2**20  # bytes; the compiled grammar takes 0.2 MB, the largest template 0.1 MB
_MAX_WRITE_S = 60
"""Seconds after which a run has certainly written an entry and renamed its temporary file."""


def cache_folder() -> Path | None:
    """The cache folder, created if necessary; None if disabled, unsafe or read-only.

    ``TICKETGEN_CACHE_DIR``, otherwise ``ticketgen`` in the platform's folder for caches
    (https://specifications.freedesktop.org/basedir-spec/latest/).
    """
    if os.environ.get(NO_CACHE) or user_secret() is None:
        return None
    try:
        folder = _configured_folder()
    except RuntimeError:  # the user has no home
        return None
    return folder if folder.is_absolute() and _is_safe(folder) else None


@cache
def fingerprint(*packages: str) -> str:
    """The Python version and the state of the files of ticketgen and some packages."""
    return "\n".join(
        [sys.version, *(entry for name in ("ticketgen", *packages) for entry in _package_files(name))]
    )


def load(kind: str, key: str) -> bytes | None:
    """The content of an entry; None if it is missing or not authentic.

    Args:
        kind: one word. An entry of one kind is never read as another.
        key: all inputs of its computation, of any length.
    """
    name = entry_name(kind, key)
    with suppress(OSError), _open_cache() as folder:
        # Without O_NONBLOCK, a FIFO in place of the file would block.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with os.fdopen(os.open(name, flags, dir_fd=folder), "rb") as file:
            status = os.fstat(file.fileno())
            if (
                not stat.S_ISREG(status.st_mode)
                or status.st_uid != os.geteuid()
                or status.st_size > _MAX_BYTES
            ):
                return None
            entry = file.read(_MAX_BYTES)
        code, content = entry[:DIGEST_BYTES], entry[DIGEST_BYTES:]
        return content if hmac.compare_digest(code, _with_digest(name, content)) else None
    return None


def store(kind: str, key: str, content: bytes, max_entries: int) -> None:
    """Write an entry atomically, and delete the oldest ones; ignore errors.

    Args:
        kind: as for `load`.
        key: as for `load`.
        content: the content of the entry.
        max_entries: the number of entries of that kind to keep; the newest ones stay.
    """
    name = entry_name(kind, key)
    if len(content) + DIGEST_BYTES > _MAX_BYTES:
        return
    with suppress(OSError), _open_cache() as folder:
        replace_file(name, _with_digest(name, content) + content, folder=folder, mode=0o600)
        _delete_oldest(folder, kind, max_entries)


def entry_name(kind: str, key: str) -> str:
    """The file name of an entry."""
    return f"{kind}-{sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _with_digest(name: str, content: bytes) -> bytes:
    secret = user_secret()
    if secret is None:
        raise OSError("there is no secret")
    return authentication_code(secret, "cache", name, content)


def _delete_oldest(folder: int, kind: str, max_entries: int) -> None:
    names = [name for name in os.listdir(folder) if name.startswith(f"{kind}-")]
    if len(names) <= max_entries:
        return
    ages: list[tuple[float, str]] = []
    for name in names:
        with suppress(FileNotFoundError):
            ages.append((os.stat(name, dir_fd=folder, follow_symlinks=False).st_mtime, name))
    # Other runs are still writing the newest temporary files; older ones are from runs that were killed.
    newest = time.time() - _MAX_WRITE_S
    deletable = [(age, name) for age, name in ages if "." not in name or age < newest]
    for _, name in sorted(deletable, reverse=True)[max_entries:]:
        with suppress(OSError):  # a folder, or already deleted by another run
            os.unlink(name, dir_fd=folder)


@contextmanager
def _open_cache() -> Iterator[int]:
    """The cache folder, open.

    Raises:
        FileNotFoundError: there is none.
        OSError: it cannot be opened.
    """
    folder = cache_folder()
    if folder is None:
        raise FileNotFoundError("there is no cache folder")
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield opened
    finally:
        os.close(opened)


def _is_safe(folder: Path) -> bool:
    """Whether only the user can write to the folder, reached without repository links."""
    try:
        here = Path.cwd()
        around = [each for each in folder.parents if each == here or os.path.lexists(each / ".git")]
        inside = [each for each in folder.parents if around and around[-1] in each.parents]
        if any(each.is_symlink() for each in (folder, *inside)):
            return False
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        status = folder.stat()
    except OSError:
        return False
    return (
        status.st_uid == os.geteuid() and not status.st_mode & 0o022 and os.access(folder, os.W_OK | os.X_OK)
    )


def _package_files(package: str) -> Iterator[str]:
    spec = find_spec(package)
    for folder in spec.submodule_search_locations or () if spec else ():
        for root, inner, names in os.walk(folder):
            inner[:] = sorted(each for each in inner if each != "__pycache__")
            with os.scandir(root) as entries:
                facts = sorted(
                    (entry.name, entry.stat().st_size, entry.stat().st_mtime_ns)
                    for entry in entries
                    if entry.name in names and not entry.name.endswith(".bin")
                )
            yield f"{root!a}{facts}"


def _configured_folder() -> Path:
    own = os.environ.get("TICKETGEN_CACHE_DIR")
    if own:
        return Path(os.path.abspath(own))  # noqa: PTH100 -- `resolve` would follow links, which are checked
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/ticketgen"
    cache = Path(os.environ.get("XDG_CACHE_HOME", ""))
    # The specification says to ignore a relative path.
    return (cache if cache.is_absolute() else Path.home() / ".cache") / "ticketgen"
