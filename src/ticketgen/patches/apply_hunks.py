"""Apply a patch to a rendering: every hunk in its only possible place, or nothing.

If the rendering is the one that the patch was made from, the line numbers decide. Otherwise each hunk's old lines must
occur exactly once, because line numbers no longer tell two similar places apart.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from itertools import accumulate, pairwise

from ticketgen.patches.places import find_places
from ticketgen.patches.unified_patch import FilePatch, Hunk
from ticketgen.tree.diff import split_lines

__all__ = ["Rejection", "apply_hunks"]

_MAX_SHOWN = 80
"""Maximum length of a line in a message, in characters."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A hunk that does not apply; the reason continues a sentence that begins with the hunk."""

    hunk: Hunk
    reason: str


def apply_hunks(patch: FilePatch, text: str) -> str | tuple[Rejection, ...]:
    """Return the patched text, the text itself if it has all changes already, or the rejected hunks."""
    exact = patch.is_made_from(text)
    lines = split_lines(text)
    starts = [0, *accumulate(map(len, lines))]
    present = frozenset(lines)
    spans: list[tuple[int, Hunk]] = []
    rejections = []
    for hunk in patch.hunks:
        place = _exact_place(text, hunk, starts) if exact else _only_place(text, hunk)
        if place is not None and _fits(text, hunk, place):
            spans.append((place, hunk))
        else:
            rejections.append(Rejection(hunk, _reason(text, hunk, present, exact)))
    for (before, first), (after, second) in pairwise(spans):
        if before + len(first.old) > after:
            rejections.append(Rejection(second, f"would apply before the end of hunk {first.number}"))
    if rejections:
        return text if _is_applied(patch, text) else tuple(rejections)
    parts, end = [], 0
    for place, hunk in spans:
        parts += [text[end:place], hunk.new]
        end = place + len(hunk.old)
    return "".join([*parts, text[end:]])


def _exact_place(text: str, hunk: Hunk, starts: Sequence[int]) -> int | None:
    line = hunk.start - 1 if hunk.old else hunk.start  # an insertion records the number of the line before it
    if not 0 <= line < len(starts):
        return None
    return starts[line] if text.startswith(hunk.old, starts[line]) else None


def _only_place(text: str, hunk: Hunk) -> int | None:
    places = find_places(text, hunk.old)
    return places[0] if len(places) == 1 else None


def _fits(text: str, hunk: Hunk, place: int) -> bool:
    """Whether whole lines are replaced by whole lines; only the last one of the text may lack its end."""
    begins = place == 0 or text[place - 1] == "\n"
    ends = all(not side or side.endswith("\n") for side in (hunk.old, hunk.new))
    return begins and (ends or place + len(hunk.old) == len(text))


def _reason(text: str, hunk: Hunk, present: Set[str], exact: bool) -> str:
    """Why a hunk does not apply."""
    if exact:
        return f"does not fit line {hunk.start:,} of the rendering that the patch was made from"
    if not hunk.old:
        return "has no unchanged lines that would show its place"
    if len(find_places(text, hunk.old)) > 1:
        return "applies to several places of the rendering"
    lost = next((line for line in split_lines(hunk.old) if line not in present), None)
    if lost is None:
        return "does not apply: its lines are no longer rendered one after the other"
    shown = lost.strip() if len(lost.strip()) <= _MAX_SHOWN else f"{lost.strip()[:_MAX_SHOWN]}…"
    return f"does not apply: the line {shown!r} is no longer rendered"


def _is_applied(patch: FilePatch, text: str) -> bool:
    """Whether the text has all changes already, in their order."""
    places = [find_places(text, hunk.new) for hunk in patch.hunks]
    if not all(len(each) == 1 for each in places):
        return False
    return all(first[0] < second[0] for first, second in pairwise(places))
