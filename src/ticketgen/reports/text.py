"""Findings for people: place, message and way out, with the line they are about where it is at hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ticketgen.findings import Finding, Location, RuleInfo, Severity

__all__ = ["render"]

_LONGEST_LINE = 160  # characters of a source line; a longer one is shown around the place


def render(findings: tuple[Finding, ...], sources: Mapping[str, str], rules: Mapping[str, RuleInfo]) -> str:
    """One paragraph a finding, and a count at the end."""
    if not findings:
        return ""
    paragraphs = ["\n".join(_lines(finding, sources)) for finding in findings]
    return "\n".join([*paragraphs, _count(findings)])


def _lines(finding: Finding, sources: Mapping[str, str]) -> Iterator[str]:
    place = f"{finding.location}: " if finding.location else ""
    yield f"{place}{finding.severity.value}: {finding.message} [{finding.rule}]"
    if finding.location:
        yield from _excerpt(finding.location, sources.get(finding.location.file))
    if finding.help:
        yield f"    → {finding.help}"


def _excerpt(place: Location, source: str | None) -> Iterator[str]:
    # Not splitlines(): that also splits at U+2028 and its like, which end no line of a file.
    lines = source.split("\n") if source else []
    if place.line > len(lines):
        return
    line, column = lines[place.line - 1].rstrip("\r"), place.column
    if len(line) > _LONGEST_LINE:
        start = max(0, column - _LONGEST_LINE // 2)
        line, column = line[start : start + _LONGEST_LINE], column - start
    shown = "".join(c if c.isprintable() else " " for c in line)
    yield f"    {shown}"
    if column <= len(shown) + 1:
        yield f"    {' ' * (column - 1)}^"


def _count(findings: tuple[Finding, ...]) -> str:
    counts = {severity: sum(f.severity is severity for f in findings) for severity in Severity}
    parts = [f"{count} {severity.value}{'s' * (count > 1)}" for severity, count in counts.items() if count]
    return ", ".join(parts)
