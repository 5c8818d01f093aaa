"""A picture of a rehearsal for a launch review: one self-contained SVG whose texts fit in any font."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.escaping import as_markup
from ticketgen.pictures.text_width import upper_bound
from ticketgen.rehearsal.scoreboard import Goal, Scoreboard
from ticketgen.wording import counted

__all__ = [
    "BAD", "BOTTOM", "GOOD", "HEIGHT", "INK", "LEFT", "LINE", "PAPER", "QUIET", "TOP", "WIDTH", "draw_line",
    "draw_rect", "draw_text", "scoreboard_svg",
]  # fmt: skip

WIDTH, HEIGHT = 1200, 675
LEFT, _RIGHT, TOP, BOTTOM = 60, 830, 200, 590
_FIGURE = 222.0  # width of a figure with its caption
_ROW = 16  # height of the row of an injected fault

INK, QUIET, LINE, PAPER = "#1b1f24", "#6a737d", "#d8dee4", "#ffffff"
_KINDS = {
    "sold": ("#2f81b7", "sold"),
    "taken": ("#e3b341", "seats taken"),
    "unavailable": ("#b7bdc4", "unavailable"),
}
GOOD, BAD = "#2da44e", "#cf222e"


def scoreboard_svg(board: Scoreboard) -> str:
    """The scoreboard as an SVG of 1200 by 675."""
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'width="{WIDTH}" height="{HEIGHT}" font-family="Helvetica,Arial,sans-serif" role="img" '
            f'aria-labelledby="rehearsal-title rehearsal-text">',
            f'<title id="rehearsal-title">{as_markup(_title(board))}</title>',
            f'<desc id="rehearsal-text">{as_markup(_description(board))}</desc>',
            draw_rect(0, 0, WIDTH, HEIGHT, PAPER),
            *_head(board),
            *_chart(board),
            *_objectives(board),
            "</svg>",
            "",
        )
    )


def _title(board: Scoreboard) -> str:
    regions = counted(len(board.regions), "Regions")
    return f"Rehearsal of {board.environment}: {regions}, {board.sold_seats:,} seats sold"


def _description(board: Scoreboard) -> str:
    """The picture in a few sentences, for readers who cannot see it."""
    goals = "; ".join(f"{goal.name} {_measured(goal)}" for goal in board.goals)
    return (
        f"{'Passed' if board.passed else 'Failed'}. {board.oversold} seats sold twice, {board.caught} of "
        f"{board.planted} planted oversells corrected, {board.contradicted} retries with a different answer. "
        f"99th percentiles: {goals}."
    )


def draw_text(
    x: float,
    y: float,
    words: str,
    size: float = 14,
    colour: str = INK,
    *,
    room: float,
    bold: bool = False,
    anchor: str = "start",
) -> str:
    """A line of text, in a smaller font if it could need more than ``room``."""
    size = min(size, int(10 * size * room / max(room, upper_bound(words, size, bold=bold))) / 10)
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}"{weight} fill="{colour}" stroke="none" '
        f'text-anchor="{anchor}">{as_markup(words, quotes=False)}</text>'
    )


def draw_rect(x: float, y: float, width: float, height: float, colour: str, radius: float = 0) -> str:
    """A rectangle without a border."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{radius:g}" ry="{radius:g}" '
        f'fill="{colour}" stroke="none"/>'
    )


def draw_line(x1: float, y1: float, x2: float, y2: float, colour: str, more: str = "") -> str:
    """A line, with more attributes if there are any."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"{more}/>'


def _head(board: Scoreboard) -> Iterator[str]:
    whole = WIDTH - 2.0 * LEFT
    yield draw_text(LEFT, 52, _title(board), 26, room=whole, bold=True)
    yield draw_text(
        LEFT,
        78,
        f"{board.resources:,} resources applied in {board.apply_seconds:.0f} s on an emulated AWS; "
        f"{board.orders:,} orders in {board.sale_seconds:.0f} s",
        14,
        QUIET,
        room=whole,
    )
    figures = (
        (f"{board.sold_seats:,}", "seats sold", INK),
        (f"{board.oversold:,}", "seats sold twice", BAD if board.oversold else GOOD),
        (
            f"{board.caught} of {board.planted}",
            "planted oversells corrected",
            GOOD if board.caught == board.planted else BAD,
        ),
        (
            f"{board.contradicted:,}",
            "retries with a different answer",
            BAD if board.contradicted else GOOD,
        ),
        (f"{board.rate_reached:,.0f}/s", f"orders; target {board.rate_asked:,.0f}/s", INK),
    )
    for index, (figure, what, colour) in enumerate(figures):
        x = LEFT + index * _FIGURE
        room = min(_FIGURE - 12, WIDTH - 12 - x)
        yield draw_text(x, 122, figure, 32, colour, room=room, bold=True)
        yield draw_text(x, 142, what, 13, QUIET, room=room)


def _chart(board: Scoreboard) -> Iterator[str]:
    columns = board.timeline or ({},)
    most = max(1, *(sum(column.values()) for column in columns))
    width = (_RIGHT - LEFT) / len(columns)
    for share in (0.0, 0.5, 1.0):
        y = BOTTOM - share * (BOTTOM - TOP - 30)
        yield draw_line(LEFT, y, _RIGHT, y, LINE)
        yield draw_text(LEFT - 8, y + 4, f"{share * most:,g}", 11, QUIET, room=LEFT - 14.0, anchor="end")
    for index, column in enumerate(columns):
        y = float(BOTTOM)
        for kind, (colour, _) in _KINDS.items():
            height = column.get(kind, 0) / most * (BOTTOM - TOP - 30)
            y -= height
            if height:
                yield draw_rect(LEFT + index * width, y, max(1.0, width - 1), height, colour)
    seconds = max(1.0, board.sale_seconds)
    # Each fault has its own row, because they may be close in time; in this order, lines start below neighbouring
    # labels.
    places = [(LEFT + min(1.0, each.at / seconds) * (_RIGHT - LEFT), each.what) for each in board.moments]
    middle = (LEFT + _RIGHT) / 2
    late = sorted(((x, what) for x, what in places if x > middle), reverse=True)
    rows = [*late, *sorted((x, what) for x, what in places if x <= middle)]
    for index, (x, what) in enumerate(rows):
        y = TOP + 22 - _ROW * (len(rows) - 1 - index)
        yield draw_line(x, y - 9, x, BOTTOM, INK, ' stroke-dasharray="3 3"')
        if x > middle:
            yield draw_text(x - 5, y, what, 12, room=x - 5 - LEFT, anchor="end")
        else:
            yield draw_text(x + 5, y, what, 12, room=_RIGHT - x - 5)
    yield draw_text(LEFT, BOTTOM + 20, "0 s", 11, QUIET, room=50)
    yield draw_text(_RIGHT, BOTTOM + 20, f"{board.sale_seconds:.0f} s", 11, QUIET, room=60, anchor="end")
    share = (_RIGHT - LEFT - 130) / len(_KINDS)
    for index, (colour, what) in enumerate(_KINDS.values()):
        x = LEFT + 60 + index * share
        yield draw_rect(x, BOTTOM + 10, 12, 12, colour)
        yield draw_text(x + 18, BOTTOM + 20, f"orders: {what}", 12, QUIET, room=share - 28)


def _objectives(board: Scoreboard) -> Iterator[str]:
    yield draw_text(
        _RIGHT + 40, TOP - 8, "99th percentile and objective", 13, QUIET, room=WIDTH - _RIGHT - 52.0
    )
    for index, goal in enumerate(board.goals):
        yield from _objective_row(goal, TOP + 28 + index * 68)


def _objective_row(goal: Goal, y: float) -> Iterator[str]:
    """A bar for the measured value, with a mark for the objective at two thirds of the length."""
    left, length = _RIGHT + 40, 270.0
    mark = left + length * 2 / 3
    share = min(1.5, goal.measured.p99 / goal.objective)
    colour = GOOD if goal.met else BAD if goal.measured.count else QUIET
    yield draw_text(left, y - 8, goal.name, 14, room=length * 0.4)
    yield draw_text(left + length, y - 8, _measured(goal), 13, QUIET, room=length * 0.56, anchor="end")
    yield draw_rect(left, y, length, 10, LINE, 5)
    if goal.measured.count:
        yield draw_rect(left, y, max(4.0, share * length * 2 / 3), 10, colour, 5)
    yield draw_line(mark, y - 4, mark, y + 14, INK, ' stroke-width="2"')


def _measured(goal: Goal) -> str:
    """The measured value beside its objective."""
    objective = f"{goal.objective:g} {goal.unit}"
    if not goal.measured.count:
        return f"not measured; objective {objective}"
    return f"{goal.measured.p99:.3g} of {objective}"
