"""Progress callbacks: long work reports its current step."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["ProgressCallback", "no_progress"]

ProgressCallback = Callable[[str], None]
"""Called with each step, as a phrase."""


def no_progress(step: str) -> None:
    """No-op progress callback."""
