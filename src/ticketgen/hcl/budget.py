"""The budget of one directory: how much work and memory its verification may take, whatever is in it.

The work is counted in units that depend on the texts alone, so the same directory gives the same result on every
machine: tokens to parse (`weight`), scopes of modules, and steps of evaluation. `backstop` ends what this count misses.

The default is about half of 20 seconds and 500 MB on one core, and ten times what the largest stack of ticketgen takes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

__all__ = ["DEFAULT", "MOST_FACTOR", "Budget"]

DEFAULT: Final = 1
MOST_FACTOR: Final = 1000

_TOKENS: Final = 300_000
_TOKENS_OF_A_FILE: Final = 150_000
_LONGEST: Final = 300_000
_STEPS: Final = 2_500_000
_SECONDS: Final = 14.0
_BYTES: Final = 430 * 1024 * 1024


@dataclass
class Budget:
    """The budget, and what is left of it.

    Attributes:
        factor: how many times the default budget.
        left: the steps that are left: evaluated expressions, elements and characters of values, declarations in scopes.
        short: what the budget did not suffice for, in the order in which it was noticed.
        partial: whether a rule has a limit of its own that it reached, and has a finding about that.
    """

    factor: int = DEFAULT
    left: int = 0
    short: list[str] = field(default_factory=list)
    partial: bool = False

    def __post_init__(self) -> None:
        self.left = _STEPS * self.factor

    @property
    def tokens(self) -> int:
        """The tokens of all files, as `weight` counts them."""
        return _TOKENS * self.factor

    @property
    def tokens_of_a_file(self) -> int:
        """The tokens of one file, whose tree is in memory as a whole."""
        return _TOKENS_OF_A_FILE * self.factor

    @property
    def longest(self) -> int:
        """The characters of one string or heredoc."""
        return _LONGEST * self.factor

    @property
    def steps(self) -> int:
        """The steps at the start."""
        return _STEPS * self.factor

    @property
    def seconds(self) -> float:
        """The processor time of each process."""
        return _SECONDS * self.factor

    @property
    def bytes(self) -> int:
        """The memory of all processes together."""
        return _BYTES * self.factor

    @property
    def spent(self) -> bool:
        """Whether no steps are left."""
        return self.left < 0

    def spend(self, steps: int) -> bool:
        """Take some steps; whether they were left."""
        self.left -= steps
        return self.left >= 0

    def lacks(self, what: str) -> None:
        """Note once what the budget did not suffice for."""
        if what not in self.short:
            self.short.append(what)
