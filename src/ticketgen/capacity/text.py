"""A report for a terminal: a line per figure, its formula, and numbered sources."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.capacity.environment_report import Report
from ticketgen.capacity.price_book import PriceBook
from ticketgen.capacity.report_table import Row, Section
from ticketgen.capacity.sections import sections
from ticketgen.escaping import visible_lines

__all__ = ["render"]


def render(reports: tuple[Report, ...], prices: PriceBook | None) -> str:
    """All reports, without a newline at the end."""
    sources: dict[str, int] = {}
    lines: list[str] = []
    for report in reports:
        lines += [_headline(report), ""]
        for section in sections(report, prices):
            lines += [*_section(section, sources), ""]
    lines += ["Sources"]
    lines += [f"  [{number}] {source}" for source, number in sources.items()]
    return visible_lines("\n".join(lines))


def _headline(report: Report) -> str:
    environment = report.environment
    count = len(environment.regions)
    regions = "1 Region" if count == 1 else f"{count} Regions"
    secondary = f", secondary {environment.secondary_region}" if environment.secondary_region else ""
    return f"{environment.name}: {regions}, primary {environment.primary_region}{secondary}"


def _section(section: Section, sources: dict[str, int]) -> Iterator[str]:
    yield section.title
    if section.rows:
        table = [section.headers, *(row.cells for row in section.rows)]
        widths = [max(len(cells[column]) for cells in table) for column in range(len(section.headers))]
        left = [column == 0 or header in section.text for column, header in enumerate(section.headers)]
        yield _line(section.headers, widths, left)
        for row in section.rows:
            yield _line(row.cells, widths, left)
            if section.details:
                yield from _details(section, row, sources)
    yield from (f"  {note}" for note in section.notes)
    yield from (f"    {command}" for command in section.commands)


def _line(cells: tuple[str, ...], widths: list[int], left: list[bool]) -> str:
    padded = [
        cell.ljust(width) if is_left else cell.rjust(width)
        for cell, width, is_left in zip(cells, widths, left, strict=True)
    ]
    return f"  {'  '.join(padded)}".rstrip()


def _details(section: Section, row: Row, sources: dict[str, int]) -> Iterator[str]:
    """Details below a row, without the inputs and places that other formats show."""
    named = dict(zip(section.details, row.details, strict=True))
    cited = [sources.setdefault(source, len(sources) + 1) for source in named["source"].split("; ")]
    for header, detail in named.items():
        if header == "formula":
            yield f"      {detail} {''.join(f'[{number}]' for number in cited)}"
        elif detail and header not in {"source", "rendered as", "inputs"}:
            yield f"      {detail}"
