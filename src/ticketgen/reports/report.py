"""The formats by name: each is a module of this package, and imported when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Protocol, cast

from ticketgen.findings import Finding, RuleInfo, Severity

__all__ = ["FORMATS", "report"]

_ORDER = {severity: place for place, severity in enumerate(Severity)}

FORMATS = ("text", "json", "github", "sarif", "junit")


class _Render(Protocol):
    def __call__(
        self, findings: tuple[Finding, ...], sources: Mapping[str, str], rules: Mapping[str, RuleInfo]
    ) -> str: ...


def report(
    findings: Iterable[Finding],
    format: str,
    sources: Mapping[str, str],
    rules: Mapping[str, RuleInfo] = MappingProxyType({}),
) -> str:
    """Findings in a format, errors first, then by place.

    Args:
        findings: in any order.
        format: one of ``FORMATS``.
        sources: the text of files that findings are about, by the file's name; may lack any.
        rules: what is to be known of the rules, by id; may lack any. SARIF says it.

    Returns:
        The report without a newline at its end; for no findings a document of none, or nothing as text and github.
    """
    render = cast("_Render", import_module(f"ticketgen.reports.{format}").render)
    return render(tuple(sorted(findings, key=_key)), sources, rules)


def _key(finding: Finding) -> tuple[int, str, int, int, str, str]:
    place = finding.location
    file, line, column = (place.file, place.line, place.column) if place else ("", 0, 0)
    return _ORDER[finding.severity], file, line, column, finding.rule, finding.message
