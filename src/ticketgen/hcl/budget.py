"""The budget of a directory: the work and memory that its checks may take.

The work is counted in units that depend only on the texts, so the same directory gives the same result on every
machine: tokens to parse (`weight`), scopes of modules, and steps of evaluation. `watchdog` ends work that this count
misses.

The default is about half of 20 seconds and 500 MB on one core, enough for 10,000 resources in 200 modules.
"""

from __future__ import annotations

from typing import Final

__all__ = ["DEFAULT", "MAX_FACTOR", "Budget"]

DEFAULT: Final = 1
MAX_FACTOR: Final = 1000

_TOKENS: Final = 1_000_000
_ROUND_TRIP_TOKENS: Final = 250_000
_TOKENS_PER_FILE: Final = 125_000
_MAX_LENGTH: Final = 300_000
_STEPS: Final = 1_500_000
_REPEATED_CALLS: Final = 500
_SECONDS: Final = 17.0
_BYTES: Final = 390 * 1024 * 1024


class Budget:
    """The budget, and the rest of it.

    Args:
        factor: the multiple of the default budget.

    Attributes:
        factor: the multiple.
        tokens: the limit of tokens in all files, as `weight` counts them.
        round_trip_tokens: the same limit where round trips are made, which take six times as long as everything else.
        tokens_per_file: the limit of tokens in one file, whose tree is in memory as a whole.
        longest: the limit of characters in one string, heredoc or comment in ``/* */``.
        steps: the limit of steps in each part of the checks: evaluated expressions, elements and characters of values,
            declarations in scopes.
        left: the steps that are left for this part.
        seconds: the limit of processor time, for all processes together.
        repeated_calls: the limit of calls of modules besides the first one of each, because nested calls multiply.
            Calls that are nested very deep count as well.
        bytes: the limit of memory, for all processes together.
        shortages: what the budget did not suffice for, in the order in which it was noticed.
        partial: whether a rule reached a limit of its own, and reported that.
    """

    def __init__(self, factor: int = DEFAULT) -> None:
        self.factor = factor
        self.tokens = _TOKENS * factor
        self.round_trip_tokens = _ROUND_TRIP_TOKENS * factor
        self.tokens_per_file = _TOKENS_PER_FILE * factor
        self.longest = _MAX_LENGTH * factor
        self.steps = _STEPS * factor
        self.left = self.steps
        self.repeated_calls = _REPEATED_CALLS * factor
        self.seconds = _SECONDS * factor
        self.bytes = _BYTES * factor
        self.shortages: list[str] = []
        self.partial = False

    def spend(self, steps: int) -> bool:
        """Take some steps; False if too few are left, which also uses up the rest."""
        self.left = self.left - steps if steps <= self.left else 0
        return self.left > 0

    def renew_steps(self) -> None:
        """Begin a part of the checks that has steps of its own, because it may run in another process."""
        self.left = self.steps

    def note_shortage(self, what: str) -> None:
        """Record once what the budget was too small for."""
        if what not in self.shortages:
            self.shortages.append(what)
