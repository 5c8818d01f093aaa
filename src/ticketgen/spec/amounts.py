"""Guess the whole number behind texts such as ``45k``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

__all__ = ["parse_amount"]

_THOUSANDS: Final = {"": 1, "k": 1_000, "m": 1_000_000}
_SECONDS: Final = {
    "": 1, "s": 1, "sec": 1, "second": 1, "seconds": 1, "m": 60, "min": 60, "minute": 60, "minutes": 60,
    "h": 3_600, "hour": 3_600, "hours": 3_600,
}  # fmt: skip
_MILLISECONDS: Final = {"": 1, "ms": 1, "s": 1_000}
_SCALES: Final[Mapping[str, Mapping[str, int]]] = {"s": _SECONDS, "ms": _MILLISECONDS}

_WRITTEN: Final = re.compile(
    r"\+?([0-9]{1,15}|[0-9]{1,3}(?:[_,' ][0-9]{3}){1,4})(?:\.([0-9]{1,6}))? ?([a-z]*)"
)
_CLOCK: Final = re.compile(r"([0-9]{1,4}):([0-5][0-9])")


def parse_amount(text: str, unit: str) -> int | None:
    """Guess the whole number that a text stands for, or None.

    Args:
        text: as it was written, without quotes.
        unit: of the field: ``s``, ``ms``, or anything else for things that are counted.
    """
    clock = _CLOCK.fullmatch(text)
    if clock and unit == "s":
        return int(clock[1]) * 60 + int(clock[2])
    written = _WRITTEN.fullmatch(text.strip().lower())
    if not written:
        return None
    scale = _SCALES.get(unit, _THOUSANDS).get(written[3])
    if scale is None:
        return None
    fraction = written[2] or ""
    # In whole steps of the fraction, so that no float is rounded.
    steps = int(re.sub("[^0-9]", "", written[1]) + fraction) * scale
    whole, rest = divmod(steps, 10 ** len(fraction))
    return None if rest else whole
