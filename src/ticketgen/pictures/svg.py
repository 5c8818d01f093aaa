"""The picture as one SVG without scripts, external fonts or external styles."""

from __future__ import annotations

from ticketgen.escaping import as_markup
from ticketgen.pictures.flow_panel import flow_panel
from ticketgen.pictures.legend import path_legend, type_legend
from ticketgen.pictures.picture import Picture
from ticketgen.pictures.region_detail import region_detail
from ticketgen.pictures.region_table import region_table
from ticketgen.pictures.shapes import Panel, number, rect, text, width_of
from ticketgen.pictures.style import STYLE

__all__ = ["describe", "svg"]

_MARGIN = 44.0
_TITLE = 30.0  # above a panel, for its title
_CAPTION = 20.0  # below a title, for a sentence
_BETWEEN = 46.0
_MIN_WIDTH = 1500.0  # even if the boxes need less

_PATHS = "A letter marks the path, the number after it the step. Dashed lines are asynchronous."


def describe(picture: Picture) -> str:
    """Describe the picture in a few sentences, for readers who cannot see it."""
    count = len(picture.regions)
    regions = (
        f"{count} Regions: {', '.join(picture.regions)}" if count > 1 else f"the Region {picture.primary}"
    )
    hubs = " and ".join(picture.hubs)
    replicated = [row.name for row in picture.rows if row.is_replicated]
    copies = f"Replicated tables: {', '.join(replicated)}." if replicated else "No table is replicated."
    functions = ", ".join(node.name for node in picture.nodes if node.kind == "function")
    return (
        f"{picture.project}, environment {picture.environment}, runs in {regions}. Analytics and verification run in "
        f"{hubs}. {copies} Functions: {functions}."
    )


def svg(picture: Picture) -> str:
    """The picture, with a newline at the end."""
    detail = region_detail(picture)
    headline = f"{picture.project} · {picture.environment}"
    count = len(picture.regions)
    secondary = "".join(f", secondary {name}" for name in picture.hubs[1:])
    subtitle = f"{count} Region{'' if count == 1 else 's'}, primary {picture.primary}{secondary}"
    flows = _titled("Traffic that the security groups of a Region allow", "", flow_panel(picture))
    caption = (
        "A ring marks a replica; a line joins it to the original."
        if any(row.is_replicated for row in picture.rows)
        else ""
    )
    width = max(
        detail.width, _MIN_WIDTH, width_of(headline, "headline"), width_of(subtitle, "subtitle"), flows.width
    )
    table = _table(picture, caption, width - flows.width - _BETWEEN)
    if table.width + _BETWEEN + flows.width > width:
        table = _table(picture, caption, width)
    width = max(width, table.width)
    legend_width = _legend(picture, 0).width
    width = max(width, legend_width)

    paths = path_legend(picture, width)
    body = [
        text(_MARGIN, _MARGIN + 24, headline, "headline"),
        text(_MARGIN, _MARGIN + 48, subtitle, "subtitle"),
    ]
    y = _MARGIN + 84
    for panel in (paths, _titled(f"Data paths in {picture.primary}", _PATHS, detail)):
        body.append(panel.at(_MARGIN, y))
        y += panel.height + 26
    # Table and flows go side by side if they fit, and the legend goes where it makes the picture less tall.
    body.append(table.at(_MARGIN, y))
    x = _MARGIN + table.width + _BETWEEN
    if table.width + _BETWEEN + flows.width <= width:
        body.append(flows.at(x, y))
        x += flows.width + _BETWEEN
        lowest = y + max(table.height, flows.height)
    else:
        body.append(flows.at(_MARGIN, y + table.height + _BETWEEN))
        y += table.height + _BETWEEN
        x = _MARGIN + flows.width + _BETWEEN
        lowest = y + flows.height
    left = _MARGIN + width - x
    below = _legend(picture, width)
    beside = _legend(picture, left) if legend_width <= left else None
    if beside is not None and y + beside.height <= lowest + _BETWEEN + below.height:
        body.append(beside.at(x, y))
        lowest = max(lowest, y + beside.height)
    else:
        body.append(below.at(_MARGIN, lowest + _BETWEEN))
        lowest += _BETWEEN + below.height
    return _document(picture, width + 2 * _MARGIN, lowest + _MARGIN, body)


def _table(picture: Picture, caption: str, width: float) -> Panel:
    return _titled("Resources by Region", caption, region_table(picture, width))


def _legend(picture: Picture, width: float) -> Panel:
    return _titled(
        "Resource types and their number of blocks in all Regions", "", type_legend(picture, width)
    )


def _titled(title: str, caption: str, panel: Panel) -> Panel:
    """A panel with a title and an optional caption above it."""
    head = _TITLE + (_CAPTION if caption else 0)
    return Panel(
        max(panel.width, width_of(title, "title"), width_of(caption, "what")),
        head + panel.height,
        (
            text(0, 14, title, "title"),
            *((text(0, 14 + _CAPTION, caption, "what"),) if caption else ()),
            panel.at(0, head),
        ),
    )


def _document(picture: Picture, width: float, height: float, body: list[str]) -> str:
    title = f"{picture.project}, {picture.environment}: the stack"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(width)} {number(height)}" '
            f'width="{number(width)}" height="{number(height)}" role="img" aria-labelledby="stack-title stack-text">',
            f'<title id="stack-title">{as_markup(title, quotes=False)}</title>',
            f'<desc id="stack-text">{as_markup(describe(picture), quotes=False)}</desc>',
            f"<style>{STYLE}</style>",
            rect(0, 0, width, height, "paper"),
            *body,
            "</svg>",
            "",
        ]
    )
