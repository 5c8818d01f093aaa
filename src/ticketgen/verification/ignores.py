"""Comments ``# ticketgen:ignore RULE reason``, which silence one finding for a reason.

A comment on a line of its own applies to the next line that is neither empty nor a comment; any other comment applies
to its own line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass

from ticketgen.findings import Finding, Location, Severity, Stage
from ticketgen.hcl.shown import shown
from ticketgen.rules.pages import CANNOT_BE_IGNORED
from ticketgen.verification.references import did_you_mean

__all__ = ["apply_ignores"]

_MARK = re.compile(
    r"(?P<sign>#|//|/\*)[ \t]*ticketgen:ignore(?:[ \t]+(?P<rule>[\w-]+))?[ \t]*(?P<reason>[^\n]*)"
)
_COMMENT = re.compile(r"\s*(?:#|//|/\*|\*|$)")


@dataclass(frozen=True, slots=True)
class _Ignore:
    place: Location
    rule: str
    reason: str
    line: int


def apply_ignores(
    findings: Iterable[Finding], texts: Mapping[str, str], rules: Set[str], *, all_read: bool
) -> Iterator[Finding]:
    """Yield the findings that no comment silences, and findings about the comments themselves.

    Args:
        findings: the findings of all levels.
        texts: every file, by its path in findings.
        rules: the ids of all rules.
        all_read: whether every level checked every file, so that a comment without a finding is unused.
    """
    ignores = [ignore for path, text in texts.items() for ignore in _ignores(path, text)]
    valid = {
        (each.place.file, each.line, each.rule): each
        for each in ignores
        if each.reason and each.rule in rules and each.rule not in CANNOT_BE_IGNORED
    }
    used = set()
    for finding in findings:
        key = (finding.location.file, finding.location.line, finding.rule) if finding.location else None
        if key in valid:
            used.add(key)
        else:
            yield finding
    for ignore in ignores:
        if (ignore.place.file, ignore.line, ignore.rule) not in used:
            yield from _wrong(ignore, rules, all_read=all_read)


def _ignores(path: str, text: str) -> Iterator[_Ignore]:
    if "ticketgen:ignore" not in text:
        return
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        match = _MARK.search(line)
        if match:
            alone = not line[: match.start()].strip()
            reason = (
                match["reason"].strip().removesuffix("*/").strip()
                if match["sign"] == "/*"
                else match["reason"].strip()
            )
            about = _next_line(lines, number) if alone else number
            yield _Ignore(Location(path, number, match.start() + 1), match["rule"] or "", reason, about)


def _next_line(lines: list[str], number: int) -> int:
    for following in range(number, len(lines)):
        if not _COMMENT.match(lines[following]):
            return following + 1
    return number


def _wrong(ignore: _Ignore, rules: Set[str], *, all_read: bool) -> Iterator[Finding]:
    if ignore.rule in CANNOT_BE_IGNORED:
        message, help = f"{ignore.rule} cannot be ignored", "remove the comment, and fix the finding"
        yield _finding("ignore-unknown-rule", message, ignore, help, Severity.ERROR)
    elif ignore.rule not in rules:
        message = f"unknown rule {shown(ignore.rule)} in ticketgen:ignore"
        if not ignore.rule:
            message = "ticketgen:ignore names no rule"
        help = did_you_mean(ignore.rule, rules) or "run ticketgen rules for a list of the rules"
        yield _finding("ignore-unknown-rule", message, ignore, help, Severity.ERROR)
    elif not ignore.reason:
        message = f"ticketgen:ignore {ignore.rule} gives no reason"
        help = f"write the reason after the rule: ticketgen:ignore {ignore.rule} because …"
        yield _finding("ignore-without-reason", message, ignore, help, Severity.ERROR)
    elif all_read:
        message = f"ticketgen:ignore {ignore.rule} matches no finding"
        yield _finding("ignore-unused", message, ignore, "remove the comment", Severity.WARNING)


def _finding(rule: str, message: str, ignore: _Ignore, help: str, severity: Severity) -> Finding:
    return Finding(rule, message, Stage.VERIFY, ignore.place, severity, help)
