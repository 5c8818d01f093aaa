"""One Region in detail: the boxes, and the paths through them."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.escaping import as_markup
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

_BADGE = 25.0  # from the end of a line to its number


def region_detail(picture: Picture) -> Panel:
    """The primary Region, which has every resource of the environment."""
    layout = lay_out(picture.nodes, picture.lines)
    names = {node.key: node.name for node in picture.nodes}
    body = [
        *(_line(route, names) for route in layout.routes),
        *(_box(box) for box in layout.boxes),
        # Numbers come last, so that no line covers them.
        *(number for route in layout.routes for number in _number(route)),
    ]
    return Panel(layout.width, layout.height, tuple(body))


def _line(route: Route, names: dict[str, str]) -> str:
    line = route.line
    title = f"{names[line.source]} → {names[line.target]}: {line.references[0]}"
    ends = f'data-from="{as_markup(line.source)}" data-to="{as_markup(line.target)}"'
    marks = f'class="edge" {ends} {reference_data(line.references)}'
    return group(title, marks, arrow(route.points, line.path, upright=route.upright, dashed=line.is_async))


def _number(route: Route) -> Iterator[str]:
    line = route.line
    if not line.step:
        return
    (x1, y1), (x, y) = route.points[-2:]
    if route.upright:
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
        f"{node.type} {node.key} ({node.declaration})",
        f'class="node" data-key="{as_markup(node.key)}"',
        *parts,
    )
