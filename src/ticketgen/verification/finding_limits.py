"""Limit how many findings of one rule are listed.

GitHub takes 25,000 results of a run, and shows 5,000 of them:
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from ticketgen.findings import Finding, Severity

__all__ = ["MAX_PER_FILE", "MAX_PER_RULE", "limit_findings"]

MAX_PER_FILE: Final = 1_000
"""Limit of findings of one rule in one file."""
MAX_PER_RULE: Final = 5_000
"""Limit of findings of one rule in all files."""
_MAX_FILES: Final = 1_000
"""Limit of files whose other findings of one rule are counted by themselves."""
_MAX_LENGTH: Final = 2_000
"""Characters of a message or a help."""
_BY_SEVERITY: Final = {severity: place for place, severity in enumerate(Severity)}


def limit_findings(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the findings up to the limits, and one that counts the others for each rule and file.

    Those in very many files are counted together, for each rule. A finding that counts others is as severe as the
    worst of them, so what fails without the limits fails with them.
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
        if _BY_SEVERITY[finding.severity] < _BY_SEVERITY[worst.severity]:
            worst = finding
        more[key] = count + 1, worst
    for count, worst in more.values():
        if count == 1 and worst.location:
            yield _shorten_finding(worst)
            continue
        where = "this file" if worst.location else "other files"
        message = f"{count:,} more findings of {worst.rule} in {where}, which are not listed"
        yield replace(worst, message=message, help="fix or ignore the ones that are listed first")


def _shorten_finding(finding: Finding) -> Finding:
    if len(finding.message) <= _MAX_LENGTH and len(finding.help) <= _MAX_LENGTH:
        return finding
    return replace(finding, message=_shorten(finding.message), help=_shorten(finding.help))


def _shorten(text: str) -> str:
    return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}…"
