"""Limits of the work that a rule does, so that no directory makes it slow."""

from __future__ import annotations

__all__ = ["StepLimit", "StepLimitReached"]


class StepLimitReached(Exception):
    """Error of work that reached its limit."""


class StepLimit:
    """A number of steps that may be taken."""

    def __init__(self, limit: int) -> None:
        self.left = limit

    def spend(self, steps: int = 1) -> None:
        """Take some steps.

        Raises:
            StepLimitReached: fewer are left.
        """
        self.left -= steps
        if self.left < 0:
            raise StepLimitReached
