"""The weight of a value, and its limits.

A value that occurs twice inside another one counts twice, because code that reads the whole value visits it twice. So
the limit also applies to lists of lists that are small in memory but have 2^30 elements.
"""

from __future__ import annotations

from typing import Final

__all__ = ["MAX_CHARACTERS", "MAX_ELEMENTS", "MAX_WEIGHT", "weight"]

MAX_ELEMENTS: Final = 2_000
"""Limit of elements of one list or map, and of instances of a resource."""
MAX_CHARACTERS: Final = 2 * 1024 * 1024
"""Limit of characters of one string: the size of the largest file that is read."""
_CHARACTERS: Final = 64
"""Characters of a string that weigh as much as an element."""
MAX_WEIGHT: Final = MAX_CHARACTERS // _CHARACTERS + 1


def weight(value: object) -> int:
    """The number of elements at any depth; a long string counts as several.

    Above `MAX_WEIGHT` if the value is too large; then it is not exact.
    """
    if isinstance(value, str):
        return 1 + len(value) // _CHARACTERS
    if not isinstance(value, list | dict):
        return 1
    total = 0
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            total += 1 + len(each) // _CHARACTERS
        elif isinstance(each, list | dict):
            if len(each) > MAX_ELEMENTS:
                return MAX_WEIGHT + 1
            total += 1
            if isinstance(each, dict):
                total += sum(len(key) // _CHARACTERS for key in each)
                waiting.extend(each.values())
            else:
                waiting.extend(each)
        else:
            total += 1
        if total + len(waiting) > MAX_WEIGHT:
            return MAX_WEIGHT + 1
    return total
