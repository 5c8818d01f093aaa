"""How long work tells its caller what it does now."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["ProgressCallback", "no_progress"]

ProgressCallback = Callable[[str], None]
"""Is called with each step, as a phrase."""


def no_progress(step: str) -> None:
    """No-op progress callback."""
