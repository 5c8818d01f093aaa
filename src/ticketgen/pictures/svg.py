"""The whole picture as one SVG that stands alone: no script, no font or style from elsewhere, light and dark."""

from __future__ import annotations

from html import escape

from ticketgen.pictures.close_up import close_up
from ticketgen.pictures.flow_panel import flow_panel
from ticketgen.pictures.kinds import Way
from ticketgen.pictures.legend import LEGEND_COLUMN, legend, ways
from ticketgen.pictures.picture import Picture
from ticketgen.pictures.region_table import region_table
from ticketgen.pictures.shapes import number, rect, text, width_of
from ticketgen.pictures.style import STYLE

__all__ = ["describe", "svg"]

_MARGIN = 44.0
_TITLE = 30.0  # above a panel, for its title
_BETWEEN = 46.0


def describe(picture: Picture) -> str:
    """The picture in a few sentences, for who cannot see it."""
    count = len(picture.regions)
    regions = (
        f"{count} Regions: {', '.join(picture.regions)}" if count > 1 else f"the Region {picture.primary}"
    )
    hubs = " and ".join(picture.hubs)
    replicated = [row.name for row in picture.rows if row.is_replicated]
    copies = f" {', '.join(replicated)} are replicated." if replicated else " Nothing is replicated."
    functions = ", ".join(node.name for node in picture.nodes if node.kind == "function")
    return (
        f"{picture.project}, environment {picture.environment}, runs in {regions}. Analytics and verification run in "
        f"{hubs}.{copies} The functions are {functions}."
    )


def svg(picture: Picture) -> str:
    """The picture, with a newline at its end."""
    near = close_up(picture)
    width = max(near.width, 1500.0)
    flows = flow_panel(picture)
    table = region_table(picture, width - flows.width - _BETWEEN)
    if table.width + _BETWEEN + flows.width > width:
        table = region_table(picture, width)
    width = max(width, table.width)
    told = ways(picture, width)

    body: list[str] = []
    y = _MARGIN
    count = len(picture.regions)
    body.append(text(_MARGIN, y + 24, f"{picture.project} · {picture.environment}", "headline"))
    secondary = "".join(f", secondary {name}" for name in picture.hubs[1:])
    regions = f"{count} Regions" if count > 1 else "1 Region"
    body.append(text(_MARGIN, y + 48, f"{regions}, primary {picture.primary}{secondary}", "subtitle"))
    y += 84
    body.append(told.at(_MARGIN, y))
    y += told.height + 26
    body.append(text(_MARGIN, y + 14, f"{picture.primary} up close", "title"))
    y += _TITLE
    body.append(near.at(_MARGIN, y))
    y += near.height + _BETWEEN - 20
    # The three others side by side, as far as they fit.
    x = _MARGIN
    lowest = y
    for title, panel in (
        ("What stands where: a ring is a replica, and the line what it follows", table),
        ("What the security groups of a Region let through", flows),
        ("All of it: blocks over all Regions", None),
    ):
        left = _MARGIN + width - x
        if x > _MARGIN and left < (panel.width if panel else 2 * LEGEND_COLUMN):
            x, y = _MARGIN, lowest + _BETWEEN
            left = width
        shown = panel or legend(picture, left)
        body.append(text(x, y + 14, title, "title"))
        body.append(shown.at(x, y + _TITLE))
        lowest = max(lowest, y + _TITLE + shown.height)
        x += max(shown.width, width_of(title, 15)) + _BETWEEN
    y = lowest + _MARGIN

    total = width + 2 * _MARGIN
    title = f"{picture.project}, {picture.environment}: the stack"
    markers = "".join(_marker(name) for name in (*Way, "flow"))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(total)} {number(y)}" '
            f'width="{number(total)}" height="{number(y)}" role="img" aria-labelledby="stack-title stack-text">',
            f'<title id="stack-title">{escape(title, quote=False)}</title>',
            f'<desc id="stack-text">{escape(describe(picture), quote=False)}</desc>',
            f"<style>{STYLE}</style>",
            f"<defs>{markers}</defs>",
            rect(0, 0, total, y, "paper"),
            *body,
            "</svg>",
            "",
        ]
    )


def _marker(name: str) -> str:
    return (
        f'<marker id="end-{name}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
        f'orient="auto"><path d="M0 1L10 5L0 9z" class="head {name}"/></marker>'
    )
