"""The picture as a self-contained page, with the references behind its lines in a table below it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ticketgen.escaping import as_markup
from ticketgen.pictures.kinds import PATHS
from ticketgen.pictures.picture import Picture
from ticketgen.pictures.style import PAGE
from ticketgen.pictures.svg import svg
from ticketgen.pictures.trails import SourceReference

__all__ = ["html"]

_BETWEEN_TOKENS = re.compile(r"(?<=[/.:@ ])(?=\S)|(?=\[)")


def html(picture: Picture) -> str:
    """The page, with a newline at its end."""
    title = as_markup(f"{picture.project}, {picture.environment}")
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{title}</title><style>{PAGE}</style></head>",
            "<body><main>",
            '<div class="scroll" tabindex="0" role="region" aria-label="Picture">',
            svg(picture).rstrip("\n"),
            "</div>",
            '<section><h2 id="references">References behind the lines</h2>',
            '<div class="scroll table" tabindex="0" role="region" aria-labelledby="references">',
            '<table><thead><tr><th scope="col">path</th><th scope="col">from</th><th scope="col">to</th>'
            '<th scope="col">references</th></tr></thead><tbody>',
            *_rows(picture),
            "</tbody></table></div></section>",
            "</main></body></html>",
            "",
        ]
    )


def _rows(picture: Picture) -> Iterator[str]:
    order = list(PATHS)
    for line in sorted(
        picture.lines, key=lambda line: (order.index(line.path), line.step, line.source, line.target)
    ):
        words = PATHS[line.path]
        yield _row(f"{words.title} {line.step or ''}".rstrip(), line.source, line.target, line.references)
    for row in picture.rows:
        origin = next((copy.region for copy in row.copies if not copy.is_replica), "")
        for copy in row.copies:
            if copy.is_replica:
                yield _row(
                    "Replication", f"{row.name} in {origin}", f"{row.name} in {copy.region}", copy.references
                )
    for group in picture.groups:
        for flow in group.flows:
            yield _row(f"Traffic, {flow.ports}", group.name, flow.peer, (*flow.egress, *flow.ingress))


def _row(way: str, source: str, target: str, behind: tuple[SourceReference, ...]) -> str:
    references = "".join(f"<li><code>{_wrapping(str(each))}</code></li>" for each in behind)
    cells = "".join(f"<td>{_wrapping(cell)}</td>" for cell in (way, source, target))
    return f"<tr>{cells}<td><ul>{references}</ul></td></tr>"


def _wrapping(words: str) -> str:
    """Text that browsers wrap between its tokens only; copying it leaves out each ``<wbr>``."""
    return "<wbr>".join(as_markup(part) for part in _BETWEEN_TOKENS.split(words))
