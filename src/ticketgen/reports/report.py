"""The formats by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from ticketgen.findings import Finding, RuleInfo, Severity
from ticketgen.reports import github, json, junit, sarif, text

__all__ = ["FORMATS", "report"]

_ORDER = {severity: place for place, severity in enumerate(Severity)}

_Render = Callable[[tuple[Finding, ...], Mapping[str, str], Mapping[str, RuleInfo]], str]

FORMATS: Mapping[str, _Render] = MappingProxyType(
    {
        "text": text.render,
        "json": json.render,
        "github": github.render,
        "sarif": sarif.render,
        "junit": junit.render,
    }
)


def report(
    findings: Iterable[Finding],
    format: str,
    sources: Mapping[str, str],
    rules: Mapping[str, RuleInfo] = MappingProxyType({}),
) -> str:
    """Findings in a format, errors first, then by place.

    Args:
        findings: in any order.
        format: a key of ``FORMATS``.
        sources: the text of files that findings are about, by the file's name; may lack any.
        rules: what is to be known of the rules, by id; may lack any. SARIF says it.

    Returns:
        The report without a newline at its end; for no findings a document of none, or nothing as text and github.
    """
    return FORMATS[format](tuple(sorted(findings, key=_key)), sources, rules)


def _key(finding: Finding) -> tuple[int, str, int, int, str, str]:
    place = finding.location
    file, line, column = (place.file, place.line, place.column) if place else ("", 0, 0)
    return _ORDER[finding.severity], file, line, column, finding.rule, finding.message
