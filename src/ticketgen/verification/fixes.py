"""Fix a directory: make the edits of its findings, as far as they help.

An edit is kept only if the directory has no new error or warning afterwards: a misspelled argument, for example, may
stand beside the correct one, and then its correction would set the argument twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ticketgen.findings import Finding, Severity
from ticketgen.verification.text_edits import apply_edits

__all__ = ["Fixed", "fix"]

_MAX_ROUNDS = 5
"""Limit of rounds: a fix may reveal a finding that can be fixed as well."""
_MAX_RUNS = 40
"""Limit of verifications in all rounds together."""

_Verify: TypeAlias = Callable[[Mapping[str, str]], tuple[Finding, ...]]


@dataclass(frozen=True, slots=True)
class Fixed:
    """The result of fixing a directory.

    Attributes:
        texts: the new text of each file that changes.
        fixed: the findings whose edits were made.
        findings: what is left.
    """

    texts: Mapping[str, str]
    fixed: tuple[Finding, ...]
    findings: tuple[Finding, ...]


def fix(
    texts: Mapping[str, str],
    findings: Sequence[Finding],
    verify: _Verify,
    accepts: Callable[[Finding], bool] = lambda finding: True,
) -> Fixed:
    """Make the edits of a directory's findings.

    Args:
        texts: by path.
        findings: those of the texts as they are.
        verify: returns the findings of other texts.
        accepts: whether a finding may be fixed.
    """
    run = _Run(texts, tuple(findings), verify)
    for _ in range(_MAX_ROUNDS):
        fixable = [each for each in run.findings if each.edits and accepts(each) and each not in run.refused]
        if not fixable or not run.fix_all(fixable):
            break
    changed = {path: text for path, text in run.texts.items() if text != texts[path]}
    return Fixed(changed, tuple(run.fixed), run.findings)


class _Run:
    """The state of the directory while it is fixed."""

    def __init__(self, texts: Mapping[str, str], findings: tuple[Finding, ...], verify: _Verify) -> None:
        self.texts = dict(texts)
        self.findings = findings
        self.fixed: list[Finding] = []
        self.refused: set[Finding] = set()
        self._verify = verify
        self._runs = _MAX_RUNS

    def fix_all(self, fixable: Sequence[Finding]) -> bool:
        """Fix some findings of the current texts, or else a half of them, and so on; whether any was fixed.

        After the first part that is fixed, the places of the others may have moved, so the next round fixes them.
        """
        changed = apply_edits(self.texts, (edit for each in fixable for edit in each.edits))
        if not changed:
            self.refused.update(fixable)
            return False
        if self._runs <= 0:
            return False
        self._runs -= 1
        texts = {**self.texts, **changed}
        findings = self._verify(texts)
        if not _new_problems(self.findings, findings):
            left = Counter(map(_identity, findings))
            self.fixed += (each for each in fixable if not left[_identity(each)])
            self.texts, self.findings = texts, findings
            return True
        if len(fixable) == 1:
            self.refused.update(fixable)
            return False
        half = len(fixable) // 2
        return self.fix_all(fixable[:half]) or self.fix_all(fixable[half:])


def _identity(finding: Finding) -> tuple[str, str, str]:
    """What stays the same when the lines of a finding move."""
    return finding.rule, finding.message, finding.location.file if finding.location else ""


def _new_problems(before: Iterable[Finding], after: Iterable[Finding]) -> bool:
    known = Counter(_identity(each) for each in before if each.severity is not Severity.NOTE)
    found = Counter(_identity(each) for each in after if each.severity is not Severity.NOTE)
    return not found <= known
