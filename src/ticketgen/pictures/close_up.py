"""One Region up close: its boxes, and the paths through them."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.pictures.kinds import WAYS
from ticketgen.pictures.layout import Course, Placed, plan
from ticketgen.pictures.picture import Picture
from ticketgen.pictures.shapes import (
    Panel,
    arrow,
    badge,
    behind_attribute,
    group,
    number,
    rect,
    stroke,
    text,
)

__all__ = ["close_up"]

_BADGE = 25.0  # from a line's end to its number


def close_up(picture: Picture) -> Panel:
    """The primary Region, which has every resource of the environment."""
    places = plan(picture.nodes, picture.lines)
    names = {node.key: node.name for node in picture.nodes}
    body = [
        *(_line(course, names) for course in places.courses),
        *(_box(box) for box in places.boxes),
        # Numbers last: they may lie on another line, but never under one.
        *(number for course in places.courses for number in _number(course)),
    ]
    return Panel(places.width, places.height, tuple(body))


def _line(course: Course, names: dict[str, str]) -> str:
    line = course.line
    title = f"{names[line.source]} → {names[line.target]}: {line.behind[0]}"
    marks = f'class="edge" data-from="{line.source}" data-to="{line.target}" {behind_attribute(line.behind)}'
    return group(title, marks, arrow(course.points, line.way, upright=course.upright, dashed=line.apart))


def _number(course: Course) -> Iterator[str]:
    line = course.line
    if not line.step:
        return
    (x1, y1), (x, y) = course.points[-2:]
    if course.upright:
        y = (y + y1) / 2
    else:
        x += -_BADGE if x1 < x else _BADGE
    yield badge(x, y, f"{WAYS[line.way].letter}{line.step}", f"fill {line.way}")


def _box(box: Placed) -> str:
    node = box.node
    x, y = box.x, box.y
    top = y + (box.height - 44 - 14 * len(box.notes)) / 2 + 20
    edge = f"M{number(x + 6)} {number(y)}a6 6 0 0 0-6 6v{number(box.height - 12)}a6 6 0 0 0 6 6z"
    parts = [
        rect(x, y, box.width, box.height, "box", 6),
        stroke(edge, f"fill {node.kind}"),
        text(x + 16, top, node.name, "name"),
        text(x + 16, top + 15, node.what, "what"),
    ]
    if node.in_vpc:
        parts.append(badge(x + box.width - 22, top + 11, "VPC", "vpc"))
    for row, note in enumerate(box.notes, 1):
        parts.append(text(x + 16, top + 17 + 14 * row, note, "note"))
    return group(f"{node.type} {node.key} ({node.behind})", f'class="node" data-key="{node.key}"', *parts)
