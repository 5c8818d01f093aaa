"""Findings as Markdown, for a comment on a pull request.

Source of the syntax and of what it escapes: https://github.github.com/gfm/. Texts come from untrusted files, so that
nothing in them may become a link, a mention or a picture.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ticketgen.escaping import visible
from ticketgen.findings import Finding, FindingKind, Severity
from ticketgen.reports.report import Style
from ticketgen.wording import counted

__all__ = ["as_code", "as_plain", "render"]

_MAX_LISTED = 50
"""Findings of a severity that are listed: GitHub refuses a comment of more than 65,536 characters."""
_MAX_MESSAGE = 500

_SPECIAL = re.compile(r"[\\`*_\[\]<>|~&$!]")
_LINKED = re.compile(r"(?<=[@#])(?=\w)|(?<=:)(?=//)|(?<=www)(?=\.)|(?<=\b[Gg][Hh])(?=-\d)")
_BREAK = "<!-- -->"
"""Between the parts of what GitHub would make a mention, a reference to an issue, or a link."""
_CODE = re.compile(r"`([^`\n]*)`")


def render(
    findings: tuple[Finding, ...], sources: Mapping[str, str], kinds: Mapping[str, FindingKind], style: Style
) -> str:
    """A headline and a list for each severity."""
    if not findings:
        return "**ticketgen**: no findings."
    counts = [
        counted(number, f"{severity.value}s")
        for severity in Severity
        if (number := sum(each.severity is severity for each in findings))
    ]
    return "\n".join([f"**ticketgen**: {', '.join(counts)}.", "", *_lists(findings)]).rstrip("\n")


def _lists(findings: tuple[Finding, ...]) -> Iterator[str]:
    for severity in Severity:
        mine = [each for each in findings if each.severity is severity]
        for each in mine[:_MAX_LISTED]:
            yield from _item(each)
        if len(mine) > _MAX_LISTED:
            yield f"- {len(mine) - _MAX_LISTED:,} more {severity.value}s"
        if mine:
            yield ""


def _item(finding: Finding) -> Iterator[str]:
    place = f"{as_code(str(finding.location))}: " if finding.location else ""
    yield (
        f"- **{finding.severity.value}** {place}{_text(finding.message[:_MAX_MESSAGE])} {as_code(finding.rule)}"
    )
    if finding.help:
        yield f"  - {_text(finding.help[:_MAX_MESSAGE])}"


def _text(text: str) -> str:
    """A text with its code spans; anything else in it is plain."""
    plain = " ".join(visible(text).split())
    parts = _CODE.split(plain)
    return "".join(as_code(part) if number % 2 else as_plain(part) for number, part in enumerate(parts))


def as_plain(text: str) -> str:
    """A text on one line without any meaning in Markdown."""
    return _LINKED.sub(_BREAK, _SPECIAL.sub(r"\\\g<0>", visible(text)))


def as_code(text: str) -> str:
    """A text on one line as code; "" if it is empty."""
    return f"`{visible(text).replace('`', chr(39))}`" if text else ""
