"""The picture as a self-contained page, with a table of references below it."""

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
    """The page, with a newline at the end."""
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
    for line in sorted(
        picture.lines, key=lambda line: (line.path.position, line.step, line.source, line.target)
    ):
        title = PATHS[line.path].title
        yield _row(f"{title} {line.step or ''}".rstrip(), line.source, line.target, line.references)
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


def _row(path: str, source: str, target: str, references: tuple[SourceReference, ...]) -> str:
    items = "".join(f"<li><code>{_breakable(str(each))}</code></li>" for each in references)
    cells = "".join(f"<td>{_breakable(cell)}</td>" for cell in (path, source, target))
    return f"<tr>{cells}<td><ul>{items}</ul></td></tr>"


def _breakable(words: str) -> str:
    """Text that browsers wrap only between tokens; a copied text has no ``<wbr>``."""
    return "<wbr>".join(as_markup(part) for part in _BETWEEN_TOKENS.split(words))
