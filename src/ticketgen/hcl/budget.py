"""The budget of one directory: how much work and memory its verification may take, whatever is in it.

The work is counted in units that depend on the texts alone, so the same directory gives the same result on every
machine: tokens to parse (`weight`), scopes of modules, and steps of evaluation. `watchdog` ends what this count misses.

The default is about half of 20 seconds and 500 MB on one core, and four times what twelve Regions of ticketgen take.
"""

from __future__ import annotations

from typing import Final

__all__ = ["DEFAULT", "MAX_FACTOR", "Budget"]

DEFAULT: Final = 1
MAX_FACTOR: Final = 1000

_TOKENS: Final = 250_000
_TOKENS_PER_FILE: Final = 125_000
_MAX_LENGTH: Final = 300_000
_STEPS: Final = 1_500_000
_SECONDS: Final = 17.0
_BYTES: Final = 390 * 1024 * 1024


class Budget:
    """The budget, and what is left of it.

    Args:
        factor: how many times the default budget.

    Attributes:
        tokens: of all files, as `weight` counts them.
        tokens_of_a_file: of one file, whose tree is in memory as a whole.
        longest: the characters of one string, heredoc or comment in ``/* */``.
        left: the steps that are left: evaluated expressions, elements and characters of values, declarations in scopes.
        seconds: of processor time, for all processes together.
        bytes: of memory, for all processes together.
        short: what the budget did not suffice for, in the order in which it was noticed.
        partial: whether a rule has a limit of its own that it reached, and has a finding about that.
    """

    def __init__(self, factor: int = DEFAULT) -> None:
        self.tokens = _TOKENS * factor
        self.tokens_of_a_file = _TOKENS_PER_FILE * factor
        self.longest = _MAX_LENGTH * factor
        self.left = _STEPS * factor
        self.seconds = _SECONDS * factor
        self.bytes = _BYTES * factor
        self.short: list[str] = []
        self.partial = False

    def spend(self, steps: int) -> bool:
        """Take some steps; False if the budget lacks them, after which nothing is left of it."""
        self.left = self.left - steps if steps <= self.left else 0
        return self.left > 0

    def note_shortage(self, what: str) -> None:
        """Record once what the budget was too small for."""
        if what not in self.short:
            self.short.append(what)
