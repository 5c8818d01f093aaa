"""A report as Markdown: a table per section, with a column for each detail."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ticketgen.capacity.environment_report import Report
from ticketgen.capacity.price_book import PriceBook
from ticketgen.capacity.report_table import Section
from ticketgen.capacity.sections import sections
from ticketgen.escaping import as_markdown, visible, visible_lines

__all__ = ["cell", "render", "table"]


def render(reports: tuple[Report, ...], prices: PriceBook | None) -> str:
    """All reports, without a newline at the end."""
    lines: list[str] = []
    for report in reports:
        environment = report.environment
        lines += [f"# {as_markdown(environment.name)}", ""]
        roles = [f"`{name}` {report.role(name)}".rstrip() for name in environment.regions]
        lines += [f"Regions: {', '.join(roles)}.", ""]
        for section in sections(report, prices):
            lines += [f"## {section.title}", ""]
            lines += [*_section(section), ""]
    return visible_lines("\n".join(lines).rstrip())


def _section(section: Section) -> Iterator[str]:
    if section.rows:
        yield _row((*section.headers, *section.details))
        right = [column > 0 and header not in section.text for column, header in enumerate(section.headers)]
        yield f"|{'|'.join('---:' if is_right else '---' for is_right in right)}{'|---' * len(section.details)}|"
        for row in section.rows:
            yield _row((*row.cells, *row.details))
        yield ""
    for note in section.notes:
        yield note
        yield ""
    if section.commands:
        yield "```shell"
        yield from section.commands
        yield "```"


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell(each) for each in cells)} |"


def cell(text: str) -> str:
    """Text inside a table.

    Formulas are ticketgen's own, so only the marks of tables and emphasis are escaped.
    """
    return re.sub(r"([\\|*])", r"\\\1", visible(text))


def table(headers: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    """The lines of a table on a page of the documentation."""
    yield f"| {' | '.join(headers)} |"
    yield f"|{'---|' * len(headers)}"
    yield from (f"| {' | '.join(cell(each) for each in row)} |" for row in rows)
    yield ""
