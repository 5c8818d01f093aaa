"""The legend: each colour and line, and every resource type that is not a box."""

from __future__ import annotations

from ticketgen.pictures.kinds import BOX_TYPES, LINE_TYPES, NOTES, PATHS, StackPath
from ticketgen.pictures.picture import Picture
from ticketgen.pictures.shapes import Panel, badge, rect, stroke, text, widest, width_of

__all__ = ["path_legend", "type_legend"]

_ROW = 17.0
_GAP = 14.0
_PATH_ROW = 38.0
_PATH_TEXT = 44.0  # from the left end of a path to its text


def path_legend(picture: Picture, width: float) -> Panel:
    """The paths through the stack, each with its colour, letter and description."""
    used = [path for path in StackPath if any(line.path is path for line in picture.lines)]
    words = max(
        (
            max(width_of(PATHS[path].title, "row-name"), width_of(PATHS[path].sentence, "what"))
            for path in used
        ),
        default=0.0,
    )
    per_row = max(1, int((width + 2 * _GAP) // (_PATH_TEXT + words + 2 * _GAP)))
    column = (width + 2 * _GAP) / per_row
    body = []
    for index, path in enumerate(used):
        x, y = column * (index % per_row), _PATH_ROW * (index // per_row) + 8
        body.append(stroke(f"M{x:.1f} {y:.1f}h34", f"line {path}", dashed=path is StackPath.FOLLOWING))
        if PATHS[path].letter:
            body.append(badge(x + 17, y, PATHS[path].letter, f"fill {path}"))
        body.append(text(x + _PATH_TEXT, y + 4, PATHS[path].title, "row-name"))
        body.append(text(x + _PATH_TEXT, y + 19, PATHS[path].sentence, "what"))
    return Panel(width, _PATH_ROW * -(-len(used) // per_row), tuple(body))


def type_legend(picture: Picture, width: float) -> Panel:
    """Every resource type of the stack with its number of blocks.

    Args:
        picture: the picture.
        width: the available width; the panel is wider if not even one column fits.
    """
    counts = sorted(picture.counts.items())
    entries = [
        *(
            (kind, count, BOX_TYPES[kind].description, BOX_TYPES[kind].kind)
            for kind, count in counts
            if kind in BOX_TYPES
        ),
        *((kind, count, "drawn as a line", "line") for kind, count in counts if kind in LINE_TYPES),
        *(
            (kind, count, NOTES.get(kind, "not drawn"), "")
            for kind, count in counts
            if kind not in BOX_TYPES and kind not in LINE_TYPES
        ),
    ]
    number = 18 + widest([f"{count} ×" for _, count, _, _ in entries], "count")
    note = number + 8 + widest([kind for kind, _, _, _ in entries], "note") + _GAP
    column = note + widest([what for _, _, what, _ in entries], "what") + 2 * _GAP
    columns = max(1, int((width + 2 * _GAP) // column))
    per_column = -(-len(entries) // columns)
    body = []
    for index, (kind, count, what, colour) in enumerate(entries):
        x, y = column * (index // per_column), _ROW * (index % per_column) + 10
        if colour == "line":
            body.append(stroke(f"M{x:.1f} {y:.1f}h10", "line other"))
        elif colour:
            body.append(rect(x, y - 5, 10, 10, f"fill {colour}", 2))
        body.append(text(x + number, y + 4, f"{count} ×", "count", anchor="end"))
        body.append(text(x + number + 8, y + 4, kind, "note"))
        body.append(text(x + note, y + 4, what, "what"))
    used = -(-len(entries) // per_column) if entries else 1
    return Panel(column * used - 2 * _GAP, _ROW * per_column + 10, tuple(body))
