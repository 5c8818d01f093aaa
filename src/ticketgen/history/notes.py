"""Note findings about a history: the lines that are involved, and no more than can be read."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from ticketgen.findings import Finding, FindingKind, Location
from ticketgen.wording import join_words

__all__ = ["MAX_LISTED", "Notes", "name_key", "name_seats"]

MAX_LISTED: Final = 100
"""Findings of a kind that are reported one by one: a broken system may have a million."""


class Notes:
    """The findings about one history.

    Args:
        file: its name in findings.
    """

    def __init__(self, file: str) -> None:
        self._file = file
        self._found: list[Finding] = []
        self._counts: defaultdict[FindingKind, int] = defaultdict(int)

    def note(self, kind: FindingKind, message: str, line: int, *others: int) -> None:
        """Note a finding at a line; `others` are the lines of the other operations that are involved."""
        self._counts[kind] += 1
        if self._counts[kind] > MAX_LISTED:
            return
        also = sorted({each for each in others if each != line})
        named = f" (also line{'s' if len(also) > 1 else ''} {join_words([*map(str, also)])})" if also else ""
        self._found.append(kind.found(message + named, at=Location(self._file, line)))

    def findings(self) -> tuple[Finding, ...]:
        """All findings; of those of a kind that are too many, the last one has the number of the rest."""
        found = [*self._found]
        for kind, count in self._counts.items():
            if count > MAX_LISTED:
                last = next(each for each in reversed(found) if each.rule == kind.id)
                found.remove(last)
                more = kind.found(f"{count - MAX_LISTED + 1:,} more findings of this kind", at=last.location)
                found.append(more)
        return tuple(found)


def name_key(key: tuple[str, str, str]) -> str:
    """Name a key, without its event, in a message."""
    return f"key {key[2]} of {key[1]}"


def name_seats(event: str, *seats: str) -> str:
    """Name seats of an event in a message, the first eight of them."""
    shown = [*seats[:8], *([f"{len(seats) - 8} more"] if len(seats) > 8 else [])]
    return f"seat{'s' if len(seats) > 1 else ''} {join_words(shown)} of {event}"
