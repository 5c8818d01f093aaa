"""A picture of a rehearsal, for a launch review: one SVG, no script, no font to fetch."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from ticketgen.rehearsal.scoreboard import Goal, Scoreboard

__all__ = ["picture"]

WIDTH, HEIGHT = 1200, 675
LEFT, RIGHT, TOP, BOTTOM = 60, 830, 200, 590

INK, QUIET, LINE, PAPER = "#1b1f24", "#6a737d", "#d8dee4", "#ffffff"
KINDS = {
    "sold": ("#2f81b7", "sold"),
    "taken": ("#e3b341", "taken by others"),
    "unavailable": ("#b7bdc4", "refused"),
}
GOOD, BAD = "#2da44e", "#cf222e"


def picture(board: Scoreboard) -> str:
    """The scoreboard as an SVG of 1200 by 675."""
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'font-family="Helvetica, Arial, sans-serif" role="img">',
            f"<title>{escape(_title(board))}</title>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>',
            *_head(board),
            *_chart(board),
            *_goals(board),
            "</svg>",
            "",
        )
    )


def _title(board: Scoreboard) -> str:
    return f"Rehearsal of {board.environment}: {len(board.regions)} Regions, {board.sold_seats:,} seats sold"


def _text(x: float, y: float, words: str, size: int = 14, colour: str = INK, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" {more}>{escape(words)}</text>'


def _head(board: Scoreboard) -> Iterator[str]:
    yield _text(LEFT, 52, _title(board), 26, more='font-weight="bold"')
    yield _text(
        LEFT,
        78,
        f"{board.resources} resources applied in {board.apply_seconds:.0f} s on an emulated AWS; "
        f"{board.orders:,} orders in {board.sale_seconds:.0f} s",
        14,
        QUIET,
    )
    figures = (
        (f"{board.sold_seats:,}", "seats sold", INK),
        (str(board.oversold), "sold twice", BAD if board.oversold else GOOD),
        (
            f"{board.caught} of {board.planted}",
            "planted oversells caught",
            GOOD if board.caught == board.planted else BAD,
        ),
        (str(board.contradicted), "retries contradicted", BAD if board.contradicted else GOOD),
        (f"{board.rate_reached:.0f}/s", f"orders, of {board.rate_asked:.0f}/s asked", INK),
    )
    for index, (figure, what, colour) in enumerate(figures):
        x = LEFT + index * 222
        yield _text(x, 128, figure, 32, colour, 'font-weight="bold"')
        yield _text(x, 150, what, 13, QUIET)


def _chart(board: Scoreboard) -> Iterator[str]:
    columns = board.timeline or ({},)
    most = max(1, *(sum(column.values()) for column in columns))
    width = (RIGHT - LEFT) / len(columns)
    for share in (0.0, 0.5, 1.0):
        y = BOTTOM - share * (BOTTOM - TOP - 30)
        yield f'<line x1="{LEFT}" y1="{y:.1f}" x2="{RIGHT}" y2="{y:.1f}" stroke="{LINE}"/>'
        yield _text(LEFT - 8, y + 4, f"{share * most:.0f}", 11, QUIET, 'text-anchor="end"')
    for index, column in enumerate(columns):
        y = float(BOTTOM)
        for kind, (colour, _) in KINDS.items():
            height = column.get(kind, 0) / most * (BOTTOM - TOP - 30)
            y -= height
            if height:
                yield (
                    f'<rect x="{LEFT + index * width:.1f}" y="{y:.1f}" width="{max(1.0, width - 1):.1f}" '
                    f'height="{height:.1f}" fill="{colour}"/>'
                )
    seconds = max(1.0, board.sale_seconds)
    for index, moment in enumerate(board.moments):
        x = LEFT + min(1.0, moment.at / seconds) * (RIGHT - LEFT)
        y = TOP - 12 + 16 * (index % 2)
        yield f'<line x1="{x:.1f}" y1="{y + 4:.1f}" x2="{x:.1f}" y2="{BOTTOM}" stroke="{INK}" stroke-dasharray="3 3"/>'
        anchor = "end" if x > (LEFT + RIGHT) / 2 else "start"
        yield _text(x + (-5 if anchor == "end" else 5), y, moment.what, 12, INK, f'text-anchor="{anchor}"')
    yield _text(LEFT, BOTTOM + 20, "0 s", 11, QUIET)
    yield _text(RIGHT, BOTTOM + 20, f"{board.sale_seconds:.0f} s", 11, QUIET, 'text-anchor="end"')
    for index, (colour, what) in enumerate(KINDS.values()):
        x = LEFT + 60 + index * 150
        yield f'<rect x="{x}" y="{BOTTOM + 10}" width="12" height="12" fill="{colour}"/>'
        yield _text(x + 18, BOTTOM + 20, f"orders {what}", 12, QUIET)


def _goals(board: Scoreboard) -> Iterator[str]:
    yield _text(RIGHT + 40, TOP - 8, "99th percentile against the objective", 13, QUIET)
    for index, goal in enumerate(board.goals):
        yield from _goal(goal, TOP + 28 + index * 68)


def _goal(goal: Goal, y: float) -> Iterator[str]:
    """A bar as long as the measured share of the objective; the objective is at two thirds."""
    left, length = RIGHT + 40, 270.0
    mark = left + length * 2 / 3
    share = min(1.5, goal.measured.p99 / goal.objective)
    colour = GOOD if goal.met else BAD if goal.measured.count else QUIET
    value = f"{goal.measured.p99:.3g} {goal.unit}" if goal.measured.count else "not measured"
    yield _text(left, y - 8, goal.name, 14)
    yield _text(
        left + length, y - 8, f"{value} of {goal.objective:g} {goal.unit}", 13, QUIET, 'text-anchor="end"'
    )
    yield f'<rect x="{left}" y="{y}" width="{length}" height="10" rx="5" fill="{LINE}"/>'
    if goal.measured.count:
        yield (
            f'<rect x="{left}" y="{y}" width="{max(4.0, share * length * 2 / 3):.1f}" height="10" rx="5" '
            f'fill="{colour}"/>'
        )
    yield f'<line x1="{mark:.1f}" y1="{y - 4}" x2="{mark:.1f}" y2="{y + 14}" stroke="{INK}" stroke-width="2"/>'
