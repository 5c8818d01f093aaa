"""The table of Regions: a row per resource, and a column per Region."""

from __future__ import annotations

from collections.abc import Iterator
from math import cos, radians, sin

from ticketgen.escaping import as_markup
from ticketgen.pictures.picture import Copy, Picture, ResourceRow
from ticketgen.pictures.shapes import (
    Panel,
    circle,
    group,
    rect,
    reference_data,
    stroke,
    text,
    widest,
    width_of,
)

__all__ = ["region_table"]

_ROW = 22.0
_NAME = 14.0  # from the left edge to the names
_GAP = 16.0
_TURN = -50.0
_MAX_WIDTH, _MIN_WIDTH = 58.0, 30.0  # of a column


def region_table(picture: Picture, width: float) -> Panel:
    """The table of Regions; headings that do not fit horizontally are rotated.

    Args:
        picture: the picture.
        width: the available width. The table is narrower if there are few Regions, and wider if they do not fit.
    """
    rows = picture.rows
    description_x = _NAME + widest([row.name for row in rows], "row-name") + _GAP
    label = description_x + widest([row.description for row in rows], "what") + _GAP
    headings = {region: _heading(picture, region) for region in picture.regions}
    longest = max((width_of(*heading) for heading in headings.values()), default=0.0)
    count = max(1, len(headings))
    horizontal = label + count * (longest + _GAP) <= width
    # The part of the last heading to the right of its column.
    overhang = 0.0 if horizontal else longest * cos(radians(_TURN))
    step = (
        longest + _GAP if horizontal else max(_MIN_WIDTH, min(_MAX_WIDTH, (width - label - overhang) / count))
    )
    head = 30.0 if horizontal else longest * sin(radians(-_TURN)) + 20
    columns = {region: label + step * (number + 0.5) for number, region in enumerate(headings)}
    body: list[str] = []
    for number in range(1, len(rows), 2):
        body.append(rect(0, head + _ROW * number, label + step * len(columns), _ROW, "stripe"))
    for region, x in columns.items():
        if region in picture.hubs:
            body.append(rect(x - step / 2 + 2, head - 4, step - 4, _ROW * len(rows) + 8, "hub", 5))
        if horizontal:
            body.append(text(x, head - 10, *headings[region], anchor="middle"))
        else:
            body.append(text(x + 3, head - 10, *headings[region], turn=_TURN))
    for number, row in enumerate(rows):
        body += _row(row, head + _ROW * (number + 0.5), description_x, columns)
    return Panel(label + step * len(columns) + overhang, head + _ROW * len(rows) + 10, tuple(body))


def _heading(picture: Picture, region: str) -> tuple[str, str]:
    """The heading of a Region, and its kind of text."""
    if region == picture.primary:
        return f"{region} (primary)", "hub-name"
    return (f"{region} (secondary)", "hub-name") if region in picture.hubs else (region, "region")


def _row(row: ResourceRow, y: float, description_x: float, columns: dict[str, float]) -> Iterator[str]:
    yield rect(0, y - 6, 6, 12, f"fill {row.kind}", 2)
    yield text(_NAME, y + 4, row.name, "row-name")
    yield text(description_x, y + 4, row.description, "what")
    origin = next((copy for copy in row.copies if not copy.is_replica), None)
    for copy in row.copies:
        if copy.is_replica and origin is not None and {origin.region, copy.region} <= columns.keys():
            yield _replication(row, origin, copy, y, columns)
    for copy in row.copies:
        x = columns.get(copy.region)
        if x is None:
            continue
        dot = circle(x, y, 5.5, f"{'replica' if copy.is_replica else 'fill'} {row.kind}")
        title = f"{row.name} in {copy.region}{', a replica' if copy.is_replica else ''}"
        yield group(title, reference_data(copy.references), dot)


def _replication(row: ResourceRow, origin: Copy, copy: Copy, y: float, columns: dict[str, float]) -> str:
    first, last = columns[origin.region], columns[copy.region]
    title = f"{row.name}: {origin.region} ↔ {copy.region}"
    name = as_markup(row.name)
    marks = f'class="edge" data-from="{name}@{origin.region}" data-to="{name}@{copy.region}"'
    drawn = stroke(f"M{first:.1f} {y:.1f}L{last:.1f} {y:.1f}", f"replication {row.kind}")
    return group(title, f"{marks} {reference_data(copy.references)}", drawn)
