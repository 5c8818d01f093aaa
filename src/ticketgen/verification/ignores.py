"""``# ticketgen:ignore RULE reason``: silencing one place, with the reason why.

A comment that stands alone is about the next line that is neither empty nor a comment; any other, about its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass

from ticketgen.findings import Finding, Location, Severity, Stage

__all__ = ["NEVER_IGNORED", "apply_ignores"]

_MARK = re.compile(
    r"(?P<sign>#|//|/\*)[ \t]*ticketgen:ignore(?:[ \t]+(?P<rule>[\w-]+))?[ \t]*(?P<reason>[^\n]*)"
)
_COMMENT = re.compile(r"\s*(?:#|//|/\*|\*|$)")
NEVER_IGNORED = frozenset({"syntax", "unreadable", "round-trip"})
"""Rules that cannot be ignored: where they fail, nothing else was checked."""


@dataclass(frozen=True, slots=True)
class _Ignore:
    place: Location
    rule: str
    reason: str
    line: int


def apply_ignores(
    findings: Iterable[Finding], texts: Mapping[str, str], rules: Set[str], *, all_read: bool
) -> Iterator[Finding]:
    """The findings that no comment silences, and what is wrong with the comments.

    Args:
        findings: of every level.
        texts: every file, by the path that findings name.
        rules: the ids there are.
        all_read: whether every level looked at every file, so that a comment that silences nothing is not needed.
    """
    ignores = [ignore for path, text in texts.items() for ignore in _ignores(path, text)]
    valid = {
        (each.place.file, each.line, each.rule): each
        for each in ignores
        if each.reason and each.rule in rules and each.rule not in NEVER_IGNORED
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
    if ignore.rule not in rules or ignore.rule in NEVER_IGNORED:
        message = (
            f"there is no rule {ignore.rule!r} to ignore" if ignore.rule else "it does not say what to ignore"
        )
        if ignore.rule in NEVER_IGNORED:
            message = f"{ignore.rule} cannot be ignored"
        yield _finding("ignore-unknown-rule", message, ignore, "ticketgen rules lists them", Severity.ERROR)
    elif not ignore.reason:
        message = f"{ignore.rule} is not ignored: there is no reason why"
        help = f"write it behind the rule: ticketgen:ignore {ignore.rule} because …"
        yield _finding("ignore-without-reason", message, ignore, help, Severity.ERROR)
    elif all_read:
        message = f"there is no {ignore.rule} here to ignore"
        yield _finding("ignore-unused", message, ignore, "remove the comment", Severity.WARNING)


def _finding(rule: str, message: str, ignore: _Ignore, help: str, severity: Severity) -> Finding:
    return Finding(rule, message, Stage.VERIFY, ignore.place, severity, help)
