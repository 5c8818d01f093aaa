"""The picture as a page that stands alone, with the references behind its lines as a table below it."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from ticketgen.pictures.instances import Behind
from ticketgen.pictures.kinds import WAYS
from ticketgen.pictures.picture import Picture
from ticketgen.pictures.style import PAGE
from ticketgen.pictures.svg import svg

__all__ = ["html"]


def html(picture: Picture) -> str:
    """The page, with a newline at its end."""
    title = escape(f"{picture.project}, {picture.environment}")
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{title}</title><style>{PAGE}</style></head>",
            "<body><main>",
            svg(picture).rstrip("\n"),
            "<section><h2>Behind the lines</h2>",
            "<table><thead><tr><th>way</th><th>from</th><th>to</th><th>reference</th></tr></thead><tbody>",
            *_rows(picture),
            "</tbody></table></section>",
            "</main></body></html>",
            "",
        ]
    )


def _rows(picture: Picture) -> Iterator[str]:
    order = list(WAYS)
    for line in sorted(
        picture.lines, key=lambda line: (order.index(line.way), line.step, line.source, line.target)
    ):
        words = WAYS[line.way]
        yield _row(f"{words.title} {line.step or ''}".rstrip(), line.source, line.target, line.behind)
    for row in picture.rows:
        origin = next((copy.region for copy in row.copies if not copy.is_replica), "")
        for copy in row.copies:
            if copy.is_replica:
                yield _row(
                    "replication", f"{row.name} in {origin}", f"{row.name} in {copy.region}", copy.behind
                )
    for group in picture.groups:
        for flow in group.flows:
            yield _row(f"flow, {flow.ports}", group.name, flow.peer, (*flow.out, *flow.back))


def _row(way: str, source: str, target: str, behind: tuple[Behind, ...]) -> str:
    references = "<br>".join(f"<code>{escape(str(each))}</code>" for each in behind)
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in (way, source, target))
    return f"<tr>{cells}<td>{references}</td></tr>"
