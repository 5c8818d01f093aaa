"""Findings for people: place, message, help and the source line if known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ticketgen.escaping import visible, without_ci_commands
from ticketgen.findings import Finding, FindingKind, Location, Severity
from ticketgen.reports.report import Style, lines_of
from ticketgen.wording import counted

__all__ = ["render"]

_MAX_LINE = 160  # characters of a source line; a longer one is cut around the place

# Select Graphic Rendition: https://www.ecma-international.org/publications-and-standards/standards/ecma-48/
_PLACE, _RULE, _ARROW = "1", "2", "36"  # bold, faint, cyan
_SEVERITIES = {
    Severity.ERROR: "1;31",
    Severity.WARNING: "1;33",
    Severity.NOTE: "1;34",
}  # bold red, yellow, blue

_Paint = Callable[[str, str], str]


def render(
    findings: tuple[Finding, ...], sources: Mapping[str, str], kinds: Mapping[str, FindingKind], style: Style
) -> str:
    """One paragraph for each finding, and a count at the end."""
    if not findings:
        return ""
    paint = _painted if style.color else _plain
    paragraphs = ["\n".join(_lines(finding, sources, paint)) for finding in findings]
    return without_ci_commands("\n".join([*paragraphs, _count(findings)]))


def _plain(text: str, code: str) -> str:
    return text


def _painted(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m"


def _lines(finding: Finding, sources: Mapping[str, str], paint: _Paint) -> Iterator[str]:
    place = f"{paint(visible(str(finding.location)), _PLACE)}: " if finding.location else ""
    severity = paint(f"{finding.severity.value}:", _SEVERITIES[finding.severity])
    yield f"{place}{severity} {_indented(finding.message)} {paint(f'[{finding.rule}]', _RULE)}"
    if finding.location:
        yield from _excerpt(finding.location, sources.get(finding.location.file), paint)
    if finding.help:
        yield f"    {paint('→', _ARROW)} {_indented(finding.help)}"


def _indented(text: str) -> str:
    """Indent the lines below the first, so that they do not look like findings."""
    return text.replace("\n", "\n      ")


def _excerpt(location: Location, source: str | None, paint: _Paint) -> Iterator[str]:
    lines = lines_of(source) if source else ()
    if location.line > len(lines):
        return
    line, column = lines[location.line - 1].rstrip("\r"), location.column
    if len(line) > _MAX_LINE:
        start = max(0, column - _MAX_LINE // 2)
        line, column = line[start : start + _MAX_LINE], column - start
    line = line.replace("\t", " ")
    yield f"    {visible(line)}"
    if column <= len(line) + 1:
        yield f"    {' ' * len(visible(line[: column - 1]))}{paint('^', _ARROW)}"


def _count(findings: tuple[Finding, ...]) -> str:
    counts = {severity: sum(f.severity is severity for f in findings) for severity in Severity}
    parts = [counted(count, f"{severity.value}s") for severity, count in counts.items() if count]
    return ", ".join(parts)
