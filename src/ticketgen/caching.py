"""Where ticketgen keeps what it would only compute again. Losing it costs time and nothing else."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path

__all__ = ["NO_CACHE", "cache_folder"]

NO_CACHE = "TICKETGEN_NO_CACHE"
"""The environment variable that switches it off, when it is set to anything."""


@cache
def cache_folder() -> Path | None:
    """The folder, made if need be; None where there is none to write to, or none is wanted.

    ``TICKETGEN_CACHE_DIR``, else ``ticketgen`` in the platform's place for caches
    (https://specifications.freedesktop.org/basedir-spec/latest/).
    """
    if os.environ.get(NO_CACHE):
        return None
    try:
        folder = _chosen()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        own = _is_own(folder)
    except (OSError, RuntimeError):
        return None
    return folder if own and os.access(folder, os.W_OK | os.X_OK) else None


def _is_own(folder: Path) -> bool:
    """Whether nobody else can put anything there: what is kept is believed."""
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
