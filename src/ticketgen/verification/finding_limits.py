"""Limit how many findings of one rule are listed.

GitHub accepts 25,000 results of a run, and shows 5,000 of them:
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from ticketgen.findings import Finding

__all__ = ["MAX_PER_FILE", "MAX_PER_RULE", "limit_findings"]

MAX_PER_FILE: Final = 1_000
"""Limit of findings of one rule in one file."""
MAX_PER_RULE: Final = 5_000
"""Limit of findings of one rule in all files."""
_MAX_FILES: Final = 1_000
"""Limit of files for which the unlisted findings of one rule are counted separately."""
_MAX_LENGTH: Final = 2_000
"""Limit of characters in a message or a help."""


def limit_findings(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the findings up to the limits, then one per rule and file for the rest.

    For a rule with findings in very many files, the rest is counted in one finding. A finding that counts others has
    the highest severity among them, so the limits never change whether a run fails.
    """
    of_rule: Counter[str] = Counter()
    of_file: Counter[tuple[str, str]] = Counter()
    files: Counter[str] = Counter()
    more: dict[tuple[str, str], tuple[int, Finding]] = {}
    for finding in findings:
        key = finding.rule, finding.location.file if finding.location else ""
        of_rule[finding.rule] += 1
        of_file[key] += 1
        if of_rule[finding.rule] <= MAX_PER_RULE and of_file[key] <= MAX_PER_FILE:
            yield _shorten_finding(finding)
            continue
        if key not in more:
            files[finding.rule] += 1
            if files[finding.rule] > _MAX_FILES:
                key, finding = (finding.rule, ""), replace(finding, location=None)
        count, worst = more.get(key, (0, finding))
        if finding.severity.rank < worst.severity.rank:
            worst = finding
        more[key] = count + 1, worst
    for count, worst in more.values():
        if count == 1 and worst.location:
            yield _shorten_finding(worst)
            continue
        where = "this file" if worst.location else "other files"
        message = f"{count:,} more findings of {worst.rule} in {where}, which are not listed"
        help = "fix or ignore the ones that are listed first"
        yield replace(worst, message=message, help=help, edits=(), unlisted=count)


def _shorten_finding(finding: Finding) -> Finding:
    if len(finding.message) <= _MAX_LENGTH and len(finding.help) <= _MAX_LENGTH:
        return finding
    return replace(finding, message=_shorten(finding.message), help=_shorten(finding.help))


def _shorten(text: str) -> str:
    return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}…"
