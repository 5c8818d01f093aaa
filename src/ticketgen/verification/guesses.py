"""Guess which known name an unknown one was meant to be."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher
from itertools import islice, zip_longest

from ticketgen.hcl.address import Address

__all__ = ["Guesses"]

_SIMILAR = 0.6  # the cutoff of difflib.get_close_matches
_LONGEST = 64
"""Characters of a part of a name that is compared: difflib is quadratic, and a longer one is not a typing error."""
_MOST_STEPS = 200_000
"""Limit of all guesses for a directory together: half a second. Afterwards, findings come without a guess."""
_OF_A_RATIO = 20
"""Steps that a full comparison counts as; a glance at two names is one step."""


class Guesses:
    """The guesses for one directory, which share a limit. They depend on nothing but the names and their order."""

    def __init__(self) -> None:
        self._left = _MOST_STEPS

    def did_you_mean(self, name: str | Address, known: Iterable[str | Address]) -> str:
        """The help for an unknown name or address: the most similar known one; "" if none is similar."""
        if self._left <= 0:
            return ""
        candidates = list(islice(known, self._left + 1))
        self._left -= len(candidates)
        if self._left < 0:
            return ""
        similarity, best = _SIMILAR, None
        for each in sorted(candidates, key=str):
            ratio = self._similarity(name, each, similarity)
            if ratio >= similarity:
                similarity, best = ratio, each
        return f"did you mean {best}?" if best and self._left >= 0 else ""

    def _similarity(self, one: str | Address, other: str | Address, least: float) -> float:
        """The similarity of two addresses in their least similar part, so that a common prefix proves nothing.

        Zero if it is below the least that matters.
        """
        pairs = list(zip_longest(_parts(one), _parts(other), fillvalue=""))
        if set(pairs[0]) == {"var", "local"}:
            pairs = pairs[1:]  # a local value instead of a variable is a usual mistake
        lowest = 1.0
        for mine, its in pairs:
            if mine == its:
                continue
            size = len(mine) + len(its)
            if max(len(mine), len(its)) > _LONGEST or 2 * min(len(mine), len(its)) < least * size:
                return 0.0
            matcher = SequenceMatcher(None, mine, its)
            if matcher.quick_ratio() < least:
                return 0.0
            self._left -= _OF_A_RATIO
            if self._left < 0:
                return 0.0
            lowest = min(lowest, matcher.ratio())
        return lowest if lowest >= least else 0.0


def _parts(name: str | Address) -> tuple[str, ...]:
    return name.parts if isinstance(name, Address) else (name,)
