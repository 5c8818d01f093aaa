"""Where the seats of an event lie in the string that answers buyers, the map.

    header    a flag byte, then for each section, in the layout's order, its number of taken seats: four bytes, the
              highest first
    blocks    for each section, in the same order, a flag byte, then a bit for each seat, 1 if it is taken. The first
              seat is the highest bit of the first byte; zeros fill the last byte

A flag is 1 if the map may be wrong, else 0. Every block repeats it, so that each answer is one range of the string: the
header is the overview of an event, a block is a section. A range is read by one command, so it never mixes two states.

Everything follows from the layout, which never changes. Readers know it from the event's description, a JSON text whose
head is different for every layout, and for every format of the map.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from events import Event, Section

__all__ = ["HEAD", "Layout", "description", "head_of", "places", "size_of"]

_HEAD = '{{"map": 1, "layout": "{digest}"'
HEAD = len(_HEAD.format(digest=32 * "0"))


@dataclass(frozen=True, slots=True)
class _Place:
    """A section's index in the header, its seats, and its block's first byte and length."""

    index: int
    first: int
    last: int
    start: int
    length: int


def _header(sections: int) -> int:
    return 1 + 4 * sections


def _places(ranges: Sequence[tuple[int, int]]) -> list[_Place]:
    found, start = [], _header(len(ranges))
    for index, (first, last) in enumerate(ranges):
        length = 1 + (last - first + 8) // 8
        found.append(_Place(index, first, last, start, length))
        start += length
    return found


def _ranges(sections: Iterable[Section]) -> list[tuple[int, int]]:
    return [(section.first, section.last) for section in sections]


def places(sections: Sequence[Section]) -> dict[str, str]:
    """Each section's place, for the scripts: its index, first and last seat, and its block's first byte."""
    found = zip(sections, _places(_ranges(sections)), strict=True)
    return {section.name: f"{p.index} {p.first} {p.last} {p.start}" for section, p in found}


def size_of(sections: Sequence[Section]) -> int:
    """The number of bytes of the map."""
    end = _places(_ranges(sections))[-1]
    return end.start + end.length


def head_of(event: Event) -> str:
    """The head of the event's description, which has HEAD characters."""
    return _HEAD.format(digest=event.digest)


def description(event: Event) -> str:
    """What readers need to know of the event."""
    sections = [
        {"name": s.name, "first": s.first, "last": s.last, "price": s.price, "capacity": s.last - s.first + 1}
        for s in event.sections
    ]
    about = {"event_id": event.event_id, "currency": event.currency, "sections": sections}
    return f"{head_of(event)}, {json.dumps(about)[1:]}"


class Layout:
    """The layout of an event, for its readers.

    Args:
        text: the event's description.

    Attributes:
        head: its head.
    """

    def __init__(self, text: bytes) -> None:
        self.head = text[:HEAD]
        self._about: dict[str, Any] = json.loads(text)
        self._sections: list[dict[str, Any]] = self._about["sections"]
        found = _places([(part["first"], part["last"]) for part in self._sections])
        self._places = {part["name"]: place for part, place in zip(self._sections, found, strict=True)}

    def span(self, section: str) -> tuple[int, int] | None:
        """The first byte and the number of bytes of a section's block, or of the header for the section "".

        None if the event has no such section.
        """
        if not section:
            return 0, _header(len(self._sections))
        place = self._places.get(section)
        return None if place is None else (place.start, place.length)

    def numbers(self, header: bytes) -> dict[str, Any]:
        """What the header says: all sections with their numbers of taken and available seats."""
        flag, *counts = struct.unpack(f">B{len(self._sections)}I", header)
        sections = [_counted(part, taken) for part, taken in zip(self._sections, counts, strict=True)]
        return self._answer(flag, sections)

    def details(self, section: str, block: bytes) -> tuple[dict[str, Any], bytes]:
        """What a section's block says: the section with its numbers, and its bitmap of taken seats."""
        flag, bitmap = block[0], block[1:]
        part = self._sections[self._places[section].index]
        taken = int.from_bytes(bitmap, "big").bit_count()
        return self._answer(flag, [_counted(part, taken)]), bitmap

    def _answer(self, flag: int, sections: list[dict[str, Any]]) -> dict[str, Any]:
        names = "event_id", "currency"
        return {name: self._about[name] for name in names} | {"exact": not flag, "sections": sections}


def _counted(part: dict[str, Any], taken: int) -> dict[str, Any]:
    return {**part, "taken": taken, "available": part["capacity"] - taken}
