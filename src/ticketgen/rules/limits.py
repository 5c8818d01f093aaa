"""Limits of the work that a rule does, so that no directory makes it slow."""

from __future__ import annotations

__all__ = ["Enough", "Steps"]


class Enough(Exception):
    """Error of work that reached its limit."""


class Steps:
    """A number of steps that may be taken."""

    def __init__(self, most: int) -> None:
        self.left = most

    def spend(self, steps: int = 1) -> None:
        """Take some steps.

        Raises:
            Enough: fewer are left.
        """
        self.left -= steps
        if self.left < 0:
            raise Enough
