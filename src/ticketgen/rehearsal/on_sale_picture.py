"""A picture of a rehearsal of a large sale: the steps of its rate, and the figures that it ended with."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.escaping import as_markup
from ticketgen.rehearsal.on_sale_report import OnSaleReport
from ticketgen.rehearsal.scoreboard_picture import (
    BAD,
    BOTTOM,
    GOOD,
    HEIGHT,
    INK,
    LEFT,
    LINE,
    PAPER,
    QUIET,
    TOP,
    WIDTH,
    draw_line,
    draw_rect,
    draw_text,
)
from ticketgen.wording import counted

__all__ = ["on_sale_svg"]

_FIGURE = (WIDTH - 2 * LEFT) / 5
_SOLD = "#2f81b7"


def on_sale_svg(report: OnSaleReport) -> str:
    """The report as an SVG of 1200 by 675."""
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'width="{WIDTH}" height="{HEIGHT}" font-family="Helvetica,Arial,sans-serif" role="img" '
            f'aria-labelledby="rehearsal-title rehearsal-text">',
            f'<title id="rehearsal-title">{as_markup(_title(report))}</title>',
            f'<desc id="rehearsal-text">{as_markup(_description(report))}</desc>',
            draw_rect(0, 0, WIDTH, HEIGHT, PAPER),
            *_head(report),
            *_steps(report),
            "</svg>",
            "",
        )
    )


def _title(report: OnSaleReport) -> str:
    events = counted(report.events, "events")
    return f"Rehearsal of {report.environment}: {events} on sale in {counted(len(report.regions), 'Regions')}"


def _description(report: OnSaleReport) -> str:
    """The picture in a few sentences, for readers who cannot see it."""
    return (
        f"{'Passed' if report.passed else 'Failed'}. {report.held.reached:.1f} orders/s were reached, "
        f"{report.share_of_spec:.1%} of the spec's rate; ended by {report.ended.resource}. "
        f"{report.oversold} seats sold twice, {report.contradicted} retries with a different answer."
    )


def _head(report: OnSaleReport) -> Iterator[str]:
    whole = WIDTH - 2.0 * LEFT
    yield draw_text(LEFT, 52, _title(report), 26, room=whole, bold=True)
    ended = f"ended by {report.ended.resource}: {report.ended.why}"
    yield draw_text(LEFT, 78, ended, 14, QUIET, room=whole)
    verified = report.verification
    figures = (
        (f"{report.held.reached:,.1f}/s", f"orders; the spec says {report.rate_of_spec:,.0f}/s", INK),
        (f"{report.share_of_spec:.1%}", "of the spec's rate", INK),
        (f"{report.oversold:,}", "seats sold twice", BAD if report.oversold else GOOD),
        (
            f"{report.contradicted:,}",
            "retries with a different answer",
            BAD if report.contradicted else GOOD,
        ),
        (f"{verified.seconds.p99:.1f} s", f"verification, p99; objective {report.objective_s:g} s", INK),
    )
    for index, (figure, what, colour) in enumerate(figures):
        x = LEFT + index * _FIGURE
        yield draw_text(x, 122, figure, 32, colour, room=_FIGURE - 12, bold=True)
        yield draw_text(x, 142, what, 13, QUIET, room=_FIGURE - 12)


def _steps(report: OnSaleReport) -> Iterator[str]:
    """Two bars for each step: the offered rate, and the reached one."""
    steps = (*report.steps, report.held)
    most = max(1.0, *(max(step.offered, step.reached) for step in steps))
    width, height = (WIDTH - 2 * LEFT) / len(steps), BOTTOM - TOP - 20
    for share in (0.0, 0.5, 1.0):
        y = BOTTOM - share * height
        yield draw_line(LEFT, y, WIDTH - LEFT, y, LINE)
        yield draw_text(LEFT - 8, y + 4, f"{share * most:,.4g}", 11, QUIET, room=LEFT - 14.0, anchor="end")
    for index, step in enumerate(steps):
        x, part = LEFT + index * width, width * 0.4
        for offset, rate, colour in ((0.08, step.offered, LINE), (0.5, step.reached, _SOLD)):
            tall = rate / most * height
            yield draw_rect(x + offset * width, BOTTOM - tall, part, max(1.0, tall), colour)
        name = "held" if index == len(report.steps) else f"step {index + 1}"
        yield draw_text(x + width / 2, BOTTOM + 20, name, 12, QUIET, room=width - 6, anchor="middle")
        p95 = f"p95 {step.orders_ms.p95:,.0f} ms"
        yield draw_text(x + width / 2, BOTTOM + 38, p95, 11, QUIET, room=width - 6, anchor="middle")
    for index, (colour, what) in enumerate(((LINE, "orders/s offered"), (_SOLD, "orders/s reached"))):
        x = LEFT + index * 220
        yield draw_rect(x, BOTTOM + 52, 12, 12, colour)
        yield draw_text(x + 18, BOTTOM + 62, what, 12, QUIET, room=190)
