"""Why a request over HTTP failed, in words."""

from __future__ import annotations

from urllib.error import HTTPError, URLError

__all__ = ["why_failed"]


def why_failed(error: Exception) -> str:
    """The reason as people read it: the text of a ``URLError`` is ``<urlopen error …>``."""
    if isinstance(error, HTTPError):
        return f"the answer is {error.code} {error.reason}"
    cause = error.reason if isinstance(error, URLError) else error
    return getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
