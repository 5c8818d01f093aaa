"""Find whole lines in a text."""

from __future__ import annotations

__all__ = ["find_places"]


def find_places(text: str, lines: str, most: int = 2) -> tuple[int, ...]:
    """Find the first ``most`` places of some lines in a text, as character offsets.

    Lines without a line end after the last one are found at the end of the text only, and no lines in an empty text.
    """
    if not lines:
        return () if text else (0,)
    if not lines.endswith("\n"):
        start = len(text) - len(lines)
        return (start,) if f"\n{text}".endswith(f"\n{lines}") else ()
    # A search for the line end before the first line finds whole lines only, in linear time.
    within, wanted = f"\n{text}", f"\n{lines}"
    places: list[int] = []
    at = within.find(wanted)
    while at >= 0 and len(places) < most:
        places.append(at)
        at = within.find(wanted, at + 1)
    return tuple(places)
