"""Comments ``# ticketgen:ignore RULE reason``, which suppress one finding.

A comment on a separate line applies to the next line that is neither empty nor a comment; any other comment applies
to its own line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace

from ticketgen.escaping import quoted
from ticketgen.findings import Finding, Location
from ticketgen.findings.verification import IGNORE_UNKNOWN_RULE, IGNORE_UNUSED, IGNORE_WITHOUT_REASON
from ticketgen.guesses import Guesses
from ticketgen.rules.catalogue import CANNOT_BE_IGNORED
from ticketgen.verification.corrections import correct

__all__ = ["apply_ignores"]

_MARK = re.compile(
    r"(?P<sign>#|//|/\*)[ \t]*+ticketgen:ignore(?:[ \t]++(?P<rule>[\w-]++))?+[ \t]*+(?P<reason>[^\n]*+)"
)
_NOT_CODE = ("#", "//", "/*", "*")


@dataclass(frozen=True, slots=True)
class _Ignore:
    location: Location
    rule: str
    reason: str
    line: int


def apply_ignores(
    findings: Iterable[Finding], texts: Mapping[str, str], rules: Set[str], *, all_read: bool
) -> Iterator[Finding]:
    """Yield the findings that no comment suppresses, and findings about the comments.

    Args:
        findings: the findings of all levels.
        texts: the text of every file, by the path in findings.
        rules: the ids of all rules.
        all_read: whether every level checked every file, so that a comment without a finding is unused.
    """
    # The comments are read twice, so that only the valid ones are kept in memory.
    valid = {
        _key(each)
        for each in _all_comments(texts)
        if each.reason and each.rule in rules and each.rule not in CANNOT_BE_IGNORED
    }
    used = set()
    for finding in findings:
        key = (finding.location.file, finding.location.line, finding.rule) if finding.location else None
        if key in valid:
            used.add(key)
        else:
            yield finding
    guesses = Guesses()
    for ignore in _all_comments(texts):
        if _key(ignore) not in used:
            yield from _comment_errors(ignore, rules, guesses, all_read=all_read)


def _key(ignore: _Ignore) -> tuple[str, int, str]:
    """The file, line and rule of the findings that a comment suppresses."""
    return ignore.location.file, ignore.line, ignore.rule


def _all_comments(texts: Mapping[str, str]) -> Iterator[_Ignore]:
    for path, text in texts.items():
        yield from _ignores(path, text)


def _ignores(path: str, text: str) -> Iterator[_Ignore]:
    if "ticketgen:ignore" not in text:
        return
    lines = text.split("\n")
    waiting: list[_Ignore] = []  # comments on separate lines, which apply to the next line of code
    for number, line in enumerate(lines, 1):
        code = line.strip()
        if waiting and code and not code.startswith(_NOT_CODE):
            yield from (replace(ignore, line=number) for ignore in waiting)
            waiting = []
        match = _MARK.search(line) if "ticketgen:ignore" in line else None
        if match:
            alone = not line[: match.start()].strip()
            reason = (
                match["reason"].strip().removesuffix("*/").strip()
                if match["sign"] == "/*"
                else match["reason"].strip()
            )
            ignore = _Ignore(Location(path, number, match.start() + 1), match["rule"] or "", reason, number)
            if alone:
                waiting.append(ignore)
            else:
                yield ignore
    yield from waiting


def _comment_errors(
    ignore: _Ignore, rules: Set[str], guesses: Guesses, *, all_read: bool
) -> Iterator[Finding]:
    if ignore.rule in CANNOT_BE_IGNORED:
        message, help = f"{ignore.rule} cannot be ignored", "remove the comment, and fix the finding"
        yield IGNORE_UNKNOWN_RULE.found(message, help, at=ignore.location)
    elif ignore.rule not in rules:
        message = f"unknown rule {quoted(ignore.rule)} in ticketgen:ignore"
        if not ignore.rule:
            message = "ticketgen:ignore names no rule"
        otherwise = "run ticketgen rules for a list of the rules"
        help, edits = correct(guesses, ignore.rule, rules, ignore.location, otherwise)
        yield IGNORE_UNKNOWN_RULE.found(message, help, at=ignore.location, edits=edits)
    elif not ignore.reason:
        message = f"ticketgen:ignore {ignore.rule} gives no reason"
        help = f"write the reason after the rule: ticketgen:ignore {ignore.rule} because …"
        yield IGNORE_WITHOUT_REASON.found(message, help, at=ignore.location)
    elif all_read:
        message = f"ticketgen:ignore {ignore.rule} matches no finding"
        yield IGNORE_UNUSED.found(message, at=ignore.location)
