"""Stacks that another version of ticketgen wrote: older ones are upgraded, newer ones are left alone."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["is_newer", "is_release", "newest_of"]

_VERSION = re.compile(r"([0-9]+(?:\.[0-9]+)*)[-_.]?(?:(a|b|rc|dev)[-_.]?([0-9]*))?")
_MAX_RELEASE = 50
_STAGES = {"dev": 0, "a": 1, "b": 2, "rc": 3}


def is_newer(version: str, other: str) -> bool:
    """Whether one version is newer than another, as PEP 440 orders releases and their candidates."""
    return _order(version) > _order(other)


def is_release(version: str) -> bool:
    """Whether a version is a release, and not a candidate or a build of one."""
    return (
        version.isascii()
        and len(version) <= _MAX_RELEASE
        and all(part.isdigit() for part in version.split("."))
    )


def newest_of(versions: Iterable[str]) -> str:
    """The newest of these versions; empty if there are none."""
    newest = ""
    for each in versions:
        if is_newer(each, newest):
            newest = each
    return newest


def _order(version: str) -> tuple[tuple[int, ...], int, int]:
    """A sort key; a version that cannot be read is older than any other."""
    read = _VERSION.match(version)
    if not read:
        return (), 0, 0
    release = tuple(int(part) for part in read[1].split("."))
    while release and release[-1] == 0:  # 1.0 is 1.0.0
        release = release[:-1]
    return release, _STAGES.get(read[2] or "", 9), int(read[3] or 0)
