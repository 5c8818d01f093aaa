"""All Regions: a row a thing, a column a Region, a line along what is replicated. As legible with 34 as with one."""

from __future__ import annotations

from collections.abc import Iterator
from math import cos, radians, sin

from ticketgen.pictures.picture import Copy, Picture, Row
from ticketgen.pictures.shapes import Panel, behind_attribute, circle, group, rect, shortened, text, width_of

__all__ = ["region_table"]

_LABEL = 296.0
_ROW = 22.0
_TURN = -50.0
_WIDEST, _NARROWEST = 58.0, 30.0  # of a column


def region_table(picture: Picture, width: float) -> Panel:
    """The table of Regions.

    Args:
        picture: what is drawn.
        width: that it may have; it takes less where there are few Regions.
    """
    count = max(1, len(picture.regions))
    step = max(_NARROWEST, min(_WIDEST, (width - _LABEL - 70) / count))
    names = {region: _heading(picture, region) for region in picture.regions}
    longest = max((width_of(name, 12) for name in names.values()), default=0)
    head = longest * sin(radians(-_TURN)) + 16
    columns = {region: _LABEL + step * (number + 0.5) for number, region in enumerate(picture.regions)}
    body: list[str] = []
    for region, x in columns.items():
        hub = region in picture.hubs
        if hub:
            body.append(rect(x - step / 2 + 2, head - 4, step - 4, _ROW * len(picture.rows) + 8, "hub", 5))
        body.append(text(x + 3, head - 10, names[region], "region hub-name" if hub else "region", turn=_TURN))
    for number, row in enumerate(picture.rows):
        y = head + _ROW * (number + 0.5)
        if number % 2:
            body.insert(0, rect(0, y - _ROW / 2, _LABEL + step * count, _ROW, "stripe"))
        body += _row(row, y, columns, picture)
    right = _LABEL + step * count + longest * cos(radians(_TURN))
    return Panel(right, head + _ROW * len(picture.rows) + 10, tuple(body))


def _heading(picture: Picture, region: str) -> str:
    if region == picture.primary:
        return f"{region} (primary)"
    return f"{region} (secondary)" if region in picture.hubs else region


def _row(row: Row, y: float, columns: dict[str, float], picture: Picture) -> Iterator[str]:
    yield rect(0, y - 6, 6, 12, f"kind {row.kind}", 2)
    yield text(14, y + 4, shortened(row.name, 150, 12.5), "row-name")
    yield text(164, y + 4, shortened(row.what, 126, 11), "what")
    origin = next((copy for copy in row.copies if not copy.is_replica), None)
    for copy in row.copies:
        if copy.is_replica and origin is not None and origin.region in columns:
            yield _replication(row, origin, copy, y, columns)
    for copy in row.copies:
        x = columns.get(copy.region)
        if x is None:
            continue
        dot = circle(x, y, 5.5, f"{'replica' if copy.is_replica else 'kind'} {row.kind}")
        title = f"{row.name} in {copy.region}{', a replica' if copy.is_replica else ''}"
        yield group(title, f'class="copy" {behind_attribute(copy.behind)}', dot)


def _replication(row: Row, origin: Copy, copy: Copy, y: float, columns: dict[str, float]) -> str:
    first, last = columns[origin.region], columns[copy.region]
    title = f"{row.name}: {origin.region} ↔ {copy.region}"
    marks = f'class="edge" data-from="{row.name}@{origin.region}" data-to="{row.name}@{copy.region}"'
    drawn = f'<path d="M{first:.1f} {y:.1f}L{last:.1f} {y:.1f}" class="replication {row.kind}"/>'
    return group(title, f"{marks} {behind_attribute(copy.behind)}", drawn)
