"""One Region up close: its boxes, and the ways through them."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.pictures.kinds import WAYS
from ticketgen.pictures.layout import BOX_WIDTH, Course, Placed, plan
from ticketgen.pictures.picture import Picture
from ticketgen.pictures.shapes import (
    Panel,
    behind_attribute,
    circle,
    group,
    number,
    path,
    rect,
    shortened,
    text,
)

__all__ = ["close_up"]

_BADGE = 24.0  # from a line's end to its number


def close_up(picture: Picture) -> Panel:
    """The Region where the environment has everything."""
    places = plan(picture.nodes, picture.lines)
    names = {node.key: node.name for node in picture.nodes}
    body = [
        *(_line(course, names) for course in places.courses),
        *(_box(box) for box in places.boxes),
        # Numbers last: they may lie on another line, but never under one.
        *(badge for course in places.courses for badge in _badge(course)),
    ]
    return Panel(places.width, places.height, tuple(body))


def _line(course: Course, names: dict[str, str]) -> str:
    line = course.line
    way = f"way {line.way}{' apart' if line.apart else ''}"
    drawn = path(course.points, course.upright)
    title = f"{names[line.source]} → {names[line.target]}: {line.behind[0]}"
    marks = f'class="edge" data-from="{line.source}" data-to="{line.target}" {behind_attribute(line.behind)}'
    return group(title, marks, f'<path d="{drawn}" class="{way}" marker-end="url(#end-{line.way})"/>')


def _badge(course: Course) -> Iterator[str]:
    line = course.line
    if not line.step:
        return
    (x1, y1), (x, y) = course.points[-2:]
    if course.upright:
        y = (y + y1) / 2
    else:
        x += -_BADGE if x1 < x else _BADGE
    yield circle(x, y, 8, f"badge {line.way}")
    yield text(x, y + 3.4, f"{WAYS[line.way].letter}{line.step}", "badge-text", anchor="middle")


def _box(box: Placed) -> str:
    node = box.node
    x, y = box.x, box.y
    top = y + (box.height - 44 - 14 * len(box.notes)) / 2 + 20
    edge = f"M{number(x + 6)} {number(y)}a6 6 0 0 0-6 6v{number(box.height - 12)}a6 6 0 0 0 6 6z"
    parts = [
        rect(x, y, BOX_WIDTH, box.height, "box", 6),
        f'<path d="{edge}" class="kind {node.kind}"/>',
        text(x + 16, top, shortened(node.name, BOX_WIDTH - 22, 13), "name"),
        text(x + 16, top + 15, node.what, "what"),
    ]
    if node.in_vpc:
        parts.append(rect(x + BOX_WIDTH - 38, y + 5, 32, 14, "vpc", 7))
        parts.append(text(x + BOX_WIDTH - 22, y + 15.2, "VPC", "vpc-text", anchor="middle"))
    for row, note in enumerate(box.notes, 1):
        parts.append(text(x + 16, top + 17 + 14 * row, shortened(note, BOX_WIDTH - 22, 10.5), "note"))
    return group(f"{node.type} {node.key} ({node.behind})", f'class="node" data-key="{node.key}"', *parts)
