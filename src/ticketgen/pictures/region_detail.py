"""One Region up close: its boxes, and the paths through them."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.pictures.kinds import PATHS
from ticketgen.pictures.layout import PlacedBox, Route, lay_out
from ticketgen.pictures.picture import Picture
from ticketgen.pictures.shapes import (
    Panel,
    arrow,
    badge,
    group,
    number,
    rect,
    reference_data,
    stroke,
    text,
)

__all__ = ["region_detail"]

_BADGE = 25.0  # from a line's end to its number


def region_detail(picture: Picture) -> Panel:
    """The primary Region, which has every resource of the environment."""
    places = lay_out(picture.nodes, picture.lines)
    names = {node.key: node.name for node in picture.nodes}
    body = [
        *(_line(course, names) for course in places.routes),
        *(_box(box) for box in places.boxes),
        # Numbers last: they may lie on another line, but never under one.
        *(number for course in places.routes for number in _number(course)),
    ]
    return Panel(places.width, places.height, tuple(body))


def _line(course: Route, names: dict[str, str]) -> str:
    line = course.line
    title = f"{names[line.source]} → {names[line.target]}: {line.references[0]}"
    marks = (
        f'class="edge" data-from="{line.source}" data-to="{line.target}" {reference_data(line.references)}'
    )
    return group(title, marks, arrow(course.points, line.path, upright=course.upright, dashed=line.is_async))


def _number(course: Route) -> Iterator[str]:
    line = course.line
    if not line.step:
        return
    (x1, y1), (x, y) = course.points[-2:]
    if course.upright:
        y = (y + y1) / 2
    else:
        x += -_BADGE if x1 < x else _BADGE
    yield badge(x, y, f"{PATHS[line.path].letter}{line.step}", f"fill {line.path}")


def _box(box: PlacedBox) -> str:
    node = box.node
    x, y = box.x, box.y
    top = y + (box.height - 44 - 14 * len(box.notes)) / 2 + 20
    edge = f"M{number(x + 6)} {number(y)}a6 6 0 0 0-6 6v{number(box.height - 12)}a6 6 0 0 0 6 6z"
    parts = [
        rect(x, y, box.width, box.height, "box", 6),
        stroke(edge, f"fill {node.kind}"),
        text(x + 16, top, node.name, "name"),
        text(x + 16, top + 15, node.description, "what"),
    ]
    if node.in_vpc:
        parts.append(badge(x + box.width - 22, top + 11, "VPC", "vpc"))
    for row, note in enumerate(box.notes, 1):
        parts.append(text(x + 16, top + 17 + 14 * row, note, "note"))
    return group(
        f"{node.type} {node.key} ({node.declaration})", f'class="node" data-key="{node.key}"', *parts
    )
