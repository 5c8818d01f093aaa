"""The value that only a plan knows."""

from __future__ import annotations

from typing import Final

__all__ = ["UNKNOWN", "Unknown", "is_known"]


class Unknown:
    """The type of `UNKNOWN`: equal to nothing but itself, and no sequence, number or text."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


def is_known(value: object) -> bool:
    """Whether a value is known, whole: also every element of it, and none is a link to a resource."""
    if isinstance(value, list):
        return all(map(is_known, value))
    if isinstance(value, dict):
        return all(map(is_known, value.values()))
    return value is None or isinstance(value, str | int | float)
