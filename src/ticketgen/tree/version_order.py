"""Stacks that another version of ticketgen wrote: older ones are upgraded, newer ones are left alone."""

from __future__ import annotations

import re

__all__ = ["is_newer"]

_VERSION = re.compile(r"([0-9]+(?:\.[0-9]+)*)[-_.]?(?:(a|b|rc|dev)[-_.]?([0-9]*))?")
_STAGES = {"dev": 0, "a": 1, "b": 2, "rc": 3}


def is_newer(version: str, other: str) -> bool:
    """Whether one version is newer than another, as PEP 440 orders releases and their candidates."""
    return _order(version) > _order(other)


def _order(version: str) -> tuple[tuple[int, ...], int, int]:
    """A sort key; a version that cannot be read is older than any other."""
    read = _VERSION.match(version)
    if not read:
        return (), 0, 0
    release = tuple(int(part) for part in read[1].split("."))
    while release and release[-1] == 0:  # 1.0 is 1.0.0
        release = release[:-1]
    return release, _STAGES.get(read[2] or "", 9), int(read[3] or 0)
