"""The legend: what each colour and line means, and every resource type that is no box."""

from __future__ import annotations

from collections.abc import Mapping

from ticketgen.pictures.kinds import BOXES, LINKS, NOTES, WAYS, Way
from ticketgen.pictures.picture import Picture
from ticketgen.pictures.shapes import Panel, circle, number, phrase, rect, shortened, text, width_of

__all__ = ["LEGEND_COLUMN", "legend", "ways"]

_ROW = 17.0
LEGEND_COLUMN = 500.0
"""The least width that a legend needs."""


def ways(picture: Picture, width: float) -> Panel:
    """The ways through the stack, each with its colour and its letter."""
    used = [way for way in Way if any(line.way is way for line in picture.lines)]
    column = max(420.0, width / 3)
    per_row = max(1, int(width / column))
    body = []
    for place, way in enumerate(used):
        words = WAYS[way]
        x, y = column * (place % per_row), 22.0 * (place // per_row)
        kind = f"way {way}{' apart' if way is Way.FOLLOWING else ''}"
        body.append(f'<path d="M{number(x)} {number(y)}h34" class="{kind}"/>')
        if words.letter:
            body.append(circle(x + 17, y, 8, f"badge {way}"))
            body.append(text(x + 17, y + 3.4, words.letter, "badge-text", anchor="middle"))
        room = column - 60 - width_of(words.title, 12.5)
        body.append(
            phrase(
                x + 44, y + 4, ("row-name", f"{words.title}:"), ("what", shortened(words.sentence, room, 11))
            )
        )
    return Panel(width, 22.0 * ((len(used) + per_row - 1) // per_row), tuple(body))


def legend(picture: Picture, width: float) -> Panel:
    """Every resource type of the stack, with how many blocks of it there are: boxes, lines, and what is not drawn."""
    entries = [
        *(
            _entry(kind, count, BOXES[kind].what, BOXES[kind].kind)
            for kind, count in _sorted(picture)
            if kind in BOXES
        ),
        *(_entry(kind, count, "a line", "line") for kind, count in _sorted(picture) if kind in LINKS),
        *(
            _entry(kind, count, NOTES.get(kind, "not drawn"), "")
            for kind, count in _sorted(picture)
            if kind not in BOXES and kind not in LINKS
        ),
    ]
    columns = max(1, int(width // LEGEND_COLUMN))
    per_column = -(-len(entries) // columns)
    body = []
    for place, (kind, count, note, colour) in enumerate(entries):
        x, y = LEGEND_COLUMN * (place // per_column), _ROW * (place % per_column) + 10
        if colour == "line":
            body.append(f'<path d="M{number(x)} {number(y)}h10" class="way other"/>')
        elif colour:
            body.append(rect(x, y - 5, 10, 10, f"kind {colour}", 2))
        room = LEGEND_COLUMN - 72 - 6.4 * len(kind)
        body.append(text(x + 50, y + 4, f"{count} ×", "count", anchor="end"))
        body.append(phrase(x + 56, y + 4, ("note", kind), ("what", shortened(note, room, 10))))
    return Panel(width, _ROW * per_column + 10, tuple(body))


def _sorted(picture: Picture) -> list[tuple[str, int]]:
    counts: Mapping[str, int] = picture.counts
    return sorted(counts.items())


def _entry(kind: str, count: int, note: str, colour: str) -> tuple[str, int, str, str]:
    return kind, count, note, colour
