"""Limits for the work of a rule, so that no directory makes it slow."""

from __future__ import annotations

__all__ = ["StepLimit", "StepLimitReached"]


class StepLimitReached(Exception):
    """The work takes more steps than its limit."""


class StepLimit:
    """A limited number of steps."""

    def __init__(self, limit: int) -> None:
        self.left = limit

    def spend(self, steps: int = 1) -> None:
        """Take some steps.

        Raises:
            StepLimitReached: fewer steps are left.
        """
        self.left -= steps
        if self.left < 0:
            raise StepLimitReached
