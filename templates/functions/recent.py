"""A small cache of answers in memory.

An execution environment of Lambda serves one request at a time, so nothing is locked.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from events import Clock

__all__ = ["Recent"]

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """Values by key; the oldest make room for new ones.

    Args:
        entries: how many there may be.
        characters: how large they may be together.
        seconds: how old one may be.
    """

    def __init__(self, *, entries: int, characters: int, seconds: float = float("inf")) -> None:
        self.seconds = seconds
        self._most = entries, characters
        self._kept: dict[object, tuple[Value, int, Clock]] = {}
        self._characters = 0

    def get(self, key: object) -> Value | None:
        """The value, or None if it is not kept or too old."""
        value, _, since = self._kept.get(key, (None, 0, None))
        return value if since is not None and since.age() < self.seconds else None

    def put(self, key: object, value: Value, characters: int, since: Clock | None = None) -> None:
        """Keep a value of a size; it is as old as `since`."""
        self._drop(key)
        if characters > self._most[1]:
            return
        while len(self._kept) >= self._most[0] or self._characters + characters > self._most[1]:
            self._drop(next(iter(self._kept)))
        self._kept[key] = value, characters, since or Clock()
        self._characters += characters

    def _drop(self, key: object) -> None:
        self._characters -= self._kept.pop(key, (None, 0, None))[1]
