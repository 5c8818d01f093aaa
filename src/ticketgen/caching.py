"""The cache folder. Its content can be recomputed, so losing it costs only time.

An entry depends on the code that computed it. Callers therefore name an entry by a digest of its inputs and of
`fingerprint`, and treat corrupt entries as cache misses.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

__all__ = ["NO_CACHE", "cache_folder", "fingerprint", "keep"]

NO_CACHE = "TICKETGEN_NO_CACHE"
"""Environment variable that disables the cache if it is set to any value."""


@cache
def cache_folder() -> Path | None:
    """The cache folder, created if necessary; None if it is disabled, not writable, or not named in UTF-8.

    ``TICKETGEN_CACHE_DIR``, otherwise ``ticketgen`` in the platform's folder for caches
    (https://specifications.freedesktop.org/basedir-spec/latest/).
    """
    if os.environ.get(NO_CACHE):
        return None
    try:
        folder = _chosen()
        os.fspath(folder).encode()  # the parsers' own cache takes only names that are UTF-8
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        own = _is_own(folder)
    except (OSError, RuntimeError, UnicodeEncodeError):
        return None
    return folder if own and os.access(folder, os.W_OK | os.X_OK) else None


@cache
def fingerprint(*packages: str) -> str:
    """The installed versions of Python, ticketgen and some packages: each file by name, size and time."""
    return "\n".join([sys.version, *(told for name in ("ticketgen", *packages) for told in _files(name))])


def keep(path: Path, content: bytes, most: int) -> None:
    """Write a cache entry atomically for parallel runs, and delete the oldest ones; do nothing on an error.

    Args:
        path: the file in the cache folder; its name up to the first hyphen is the kind of entry.
        content: the content of the file.
        most: the number of entries of that kind to keep, the newest ones.
    """
    own = path.with_suffix(f".{os.getpid()}")
    try:
        own.write_bytes(content)
        own.replace(path)
        kind = path.name.partition("-")[0]
        kept = sorted(path.parent.glob(f"{kind}-*"), key=lambda each: each.stat().st_mtime, reverse=True)
        for old in kept[most:]:
            old.unlink(missing_ok=True)
    except OSError:
        own.unlink(missing_ok=True)


def _files(package: str) -> Iterator[str]:
    spec = find_spec(package)
    for folder in spec.submodule_search_locations or () if spec else ():
        for root, inner, names in os.walk(folder):
            inner[:] = sorted(each for each in inner if each != "__pycache__")
            with os.scandir(root) as entries:
                told = sorted(
                    (entry.name, entry.stat().st_size, entry.stat().st_mtime_ns)
                    for entry in entries
                    if entry.name in names and not entry.name.endswith(".bin")
                )
            yield f"{root!a}{told}"


def _is_own(folder: Path) -> bool:
    """Whether nobody else can write to the folder, because its content is trusted."""
    if sys.platform == "win32":
        return True
    found = folder.stat()
    return found.st_uid == os.geteuid() and not found.st_mode & 0o022


def _chosen() -> Path:
    own = os.environ.get("TICKETGEN_CACHE_DIR")
    if own:
        return Path(own)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "ticketgen"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/ticketgen"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ticketgen"
