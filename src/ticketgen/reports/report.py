"""Write a report: findings in order, as the module of the format writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import import_module
from types import MappingProxyType
from typing import Protocol, cast

from ticketgen.escaping import visible_lines
from ticketgen.findings import Finding, FindingKind

__all__ = ["Style", "lines_of", "report"]

_MAX_LENGTH = 16_000
"""Characters of a message: a parser may quote a whole file."""


@dataclass(frozen=True, slots=True)
class Style:
    """The appearance of a report, beyond its format.

    Attributes:
        color: whether text is coloured for a terminal.
        base: the absolute folder to which the files of findings are relative; "" if it is not known. SARIF names it.
    """

    color: bool = False
    base: str = ""


class _Render(Protocol):
    def __call__(
        self,
        findings: tuple[Finding, ...],
        sources: Mapping[str, str],
        kinds: Mapping[str, FindingKind],
        style: Style,
    ) -> str: ...


_PLAIN = Style()


def report(
    findings: Iterable[Finding],
    format: str,
    sources: Mapping[str, str],
    kinds: Mapping[str, FindingKind] = MappingProxyType({}),
    style: Style = _PLAIN,
) -> str:
    """Findings in a format, errors first, then by place.

    Args:
        findings: in any order.
        format: one of `ReportFormat`.
        sources: the text of files with findings, by the file's name; any may be missing.
        kinds: the kinds of findings by id, for a format that has metadata; any may be missing.
        style: colours, and where relative paths begin.

    Returns:
        The report without a newline at its end. Without findings it is an empty document, or "" as text and github.
    """
    render = cast("_Render", import_module(f"ticketgen.reports.{format}").render)
    return render(tuple(map(_escaped, sorted(findings, key=_key))), sources, kinds, style)


@lru_cache(maxsize=4)
def lines_of(source: str) -> tuple[str, ...]:
    """The lines of a file, split once for all of its findings.

    `splitlines` would also split at characters such as U+2028, which end no line of a file.
    """
    return tuple(source.split("\n"))


def _escaped(finding: Finding) -> Finding:
    """The finding with escaped texts; each format escapes names of files itself."""
    return replace(
        finding,
        message=visible_lines(finding.message[:_MAX_LENGTH]),
        help=visible_lines(finding.help[:_MAX_LENGTH]),
    )


def _key(finding: Finding) -> tuple[int, str, int, int, str, str]:
    place = finding.location
    file, line, column = (place.file, place.line, place.column) if place else ("", 0, 0)
    return finding.severity.rank, file, line, column, finding.rule, finding.message
