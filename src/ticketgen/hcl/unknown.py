"""The value of an expression that only a plan can know."""

from __future__ import annotations

from typing import Final

__all__ = ["UNKNOWN", "Unknown", "is_known"]


class Unknown:
    """The type of `UNKNOWN`, which equals only itself and is not a list, number or string."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


def is_known(value: object) -> bool:
    """Whether a value and all of its elements are known, and none is a link to a resource."""
    if isinstance(value, list):
        return all(map(is_known, value))
    if isinstance(value, dict):
        return all(map(is_known, value.values()))
    return value is None or isinstance(value, str | int | float)
