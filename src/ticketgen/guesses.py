"""Guess which known name an unknown one was meant to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import islice, zip_longest
from typing import Protocol

__all__ = ["Guesses", "did_you_mean", "nearest"]

_SIMILAR = 0.6  # the cutoff of difflib.get_close_matches
_MAX_COMPARED = 64
"""Maximum characters of a compared part of a name: difflib is quadratic, and typing errors are shorter."""
_MAX_STEPS = 200_000
"""Limit of all guesses for a directory together, about half a second; later findings have no guess."""
_OF_A_RATIO = 20
"""Steps that a full comparison counts as; a quick look at two names is one step."""


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """The help for an unknown word: the word that was probably meant, or `otherwise`."""
    close = nearest(word, known)
    return f"did you mean {close}?" if close else otherwise


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The most similar known word, ignoring case and separators; None if none is similar."""
    folded = {_folded(each): each for each in sorted(known)}
    best = Guesses().most_similar([_folded(word)], {each: [each] for each in folded})
    return folded[best] if best else None


def _parts(word: str | _Dotted) -> Sequence[str]:
    return (word,) if isinstance(word, str) else word.parts


def _folded(word: str) -> str:
    return word.casefold().replace("_", "-").replace(" ", "-")


class _Dotted(Protocol):
    """An address, whose parts are compared one by one."""

    @property
    def parts(self) -> Sequence[str]: ...


class Guesses:
    """The guesses for one directory, which share a limit.

    They depend only on the names and their order.
    """

    def __init__(self) -> None:
        self._left = _MAX_STEPS

    @property
    def spent(self) -> bool:
        """Whether the limit is reached, so that no name is compared any more."""
        return self._left <= 0

    def did_you_mean(self, word: str | _Dotted, known: Iterable[str | _Dotted]) -> str:
        """The help for an unknown word or address: the most similar one; "" if none is similar."""
        best = self.most_similar_to(word, known)
        return f"did you mean {best}?" if best else ""

    def most_similar_to(self, word: str | _Dotted, known: Iterable[str | _Dotted]) -> str:
        """The most similar known word or address; "" if none is similar.

        Addresses are as similar as their least similar parts, so that a common prefix proves nothing.
        """
        if self.spent:
            return ""
        candidates = sorted(islice(known, self._left + 1), key=str)
        self._left -= len(candidates)
        if self._left < 0:
            return ""
        return self.most_similar(_parts(word), {str(each): _parts(each) for each in candidates})

    def most_similar(self, parts: Sequence[str], known: Mapping[str, Sequence[str]]) -> str:
        """The most similar known name, the last one of several; "" if none is similar."""
        similarity, best = _SIMILAR, ""
        for name, known_parts in known.items():
            ratio = self._similarity(parts, known_parts, similarity)
            if ratio >= similarity:
                similarity, best = ratio, name
        return best if self._left >= 0 else ""

    def _similarity(self, parts: Sequence[str], known_parts: Sequence[str], least: float) -> float:
        """The similarity of the least similar parts; 0 if it is below `least`."""
        pairs = list(zip_longest(parts, known_parts, fillvalue=""))
        if {*pairs[0]} == {"var", "local"}:
            pairs = pairs[1:]  # a local value instead of a variable is a common mistake
        lowest = 1.0
        for part, other in pairs:
            if part == other:
                continue
            size = len(part) + len(other)
            if max(len(part), len(other)) > _MAX_COMPARED or 2 * min(len(part), len(other)) < least * size:
                return 0.0
            matcher = SequenceMatcher(None, part, other)
            quick = matcher.quick_ratio()
            if quick < least:
                return 0.0
            self._left -= _OF_A_RATIO
            if self._left < 0:
                return 0.0
            ratio = matcher.ratio()
            # Swapped letters (us-esat-1) are the most common typing error, and difflib ranks them low.
            swapped = quick == 1.0 and ratio >= _SIMILAR
            lowest = min(lowest, 1.0 if swapped else ratio)
        return lowest if lowest >= least else 0.0
