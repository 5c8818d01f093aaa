"""The formats by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from ticketgen.findings import Finding, Severity
from ticketgen.reports import github, json, text

__all__ = ["FORMATS", "report"]

_ORDER = {severity: place for place, severity in enumerate(Severity)}

FORMATS: Mapping[str, Callable[[tuple[Finding, ...], Mapping[str, str]], str]] = MappingProxyType(
    {"text": text.render, "json": json.render, "github": github.render}
)


def report(findings: Iterable[Finding], format: str, sources: Mapping[str, str]) -> str:
    """Findings in a format, errors first, then by place.

    Args:
        findings: in any order.
        format: a key of ``FORMATS``.
        sources: the text of files that findings are about, by the file's name; may lack any.

    Returns:
        The report without a newline at its end; nothing for no findings, but for JSON.
    """
    return FORMATS[format](tuple(sorted(findings, key=_key)), sources)


def _key(finding: Finding) -> tuple[int, str, int, int, str, str]:
    place = finding.location
    file, line, column = (place.file, place.line, place.column) if place else ("", 0, 0)
    return _ORDER[finding.severity], file, line, column, finding.rule, finding.message
