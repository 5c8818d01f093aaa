"""Decide whether an unknown name is a misspelling of a known one, so surely that a tool may correct it.

A similar name is not enough: ``subnet_c`` is probably not a misspelled ``subnet_a``, but a subnet that is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from typing import Final

__all__ = ["is_misspelling", "meant_name"]

_SEPARATOR: Final = re.compile(r"[-_. ]")
_SHORTEST: Final = 3
"""Characters of the shortest word in a name that can be misspelled: two letters are another word at once."""


def is_misspelling(word: str, correct: str) -> bool:
    """Whether one name is another one with a typing error in it.

    Their words may differ by a letter more, less or instead of another, by two swapped letters, by case, or by how
    they are separated. Digits never do: ``api2`` is not a misspelled ``api1``.
    """
    if word == correct or abs(len(word) - len(correct)) > _MAX_SEPARATORS:
        return False
    words, others = (_SEPARATOR.split(each.casefold()) for each in (word, correct))
    if "".join(words) == "".join(others):
        return True
    if len(words) != len(others):
        return False
    wrong = [(one, other) for one, other in zip(words, others, strict=True) if one != other]
    return len(wrong) == 1 and _is_one_error(*wrong[0])


def meant_name(word: str, known: Iterable[str]) -> str:
    """The only known name that a word is a misspelling of; "" if there is none, more than one, or too many known."""
    names = list(islice(known, _MAX_KNOWN + 1))
    if len(names) > _MAX_KNOWN:
        return ""
    found = {each for each in names if is_misspelling(word, each)}
    return found.pop() if len(found) == 1 else ""


_MAX_KNOWN: Final = 500
"""Known names that a word is compared with; untrusted code may have many, and many unknown words."""
_MAX_SEPARATORS: Final = 4
"""Separators that one name may have more than the other."""


def _is_one_error(word: str, other: str) -> bool:
    if min(len(word), len(other)) < _SHORTEST:
        return False
    start = 0
    while start < min(len(word), len(other)) and word[start] == other[start]:
        start += 1
    end = 0
    while end < min(len(word), len(other)) - start and word[-1 - end] == other[-1 - end]:
        end += 1
    ours, theirs = word[start : len(word) - end], other[start : len(other) - end]
    if any(each.isdigit() for each in ours + theirs):
        return False
    return max(len(ours), len(theirs)) == 1 or (len(ours) == 2 and ours == theirs[::-1])
