"""Fix a directory: make the edits of its findings, and keep those that help.

After the edits, the directory is verified again. They are kept only if their findings are gone and there is no new
error: a misspelled argument, for example, may stand beside the correct one, and then its correction would set the
argument twice. Errors that a fix reveals, such as those in a block whose type was misspelled, are fixed with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from ticketgen.findings import Finding, Severity
from ticketgen.findings.verification import NOT_FORMATTED, SYNTAX
from ticketgen.rules.registry import RULES
from ticketgen.verification.text_edits import apply_edits

__all__ = ["Fixed", "fix"]

_MAX_RUNS: Final = 40
"""Limit of verifications."""
_MAX_REVEALED: Final = 3
"""How many times in a row a fix may reveal errors that are fixed with it."""

_Verify: TypeAlias = Callable[[Mapping[str, str]], tuple[Finding, ...]]
_Identity: TypeAlias = tuple[str, str, str, int]


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
    run = _Run(texts, tuple(findings), verify, accepts)
    # The layout comes last, because every other edit may change it.
    for layout in (False, True):
        while fixable := run.fixable(run.findings, layout=layout):
            if not run.fix_all(fixable):
                break
    changed = {path: text for path, text in run.texts.items() if text != texts[path]}
    return Fixed(changed, tuple(run.fixed), run.findings)


class _Run:
    """The state of the directory while it is fixed."""

    def __init__(
        self,
        texts: Mapping[str, str],
        findings: tuple[Finding, ...],
        verify: _Verify,
        accepts: Callable[[Finding], bool],
    ) -> None:
        self.texts = dict(texts)
        self.findings = findings
        self.fixed: list[Finding] = []
        self.refused: set[Finding] = set()
        self._verify = verify
        self._accepts = accepts
        # Rules judge what Terraform accepts, and a fix may reveal what they have to say.
        self._tolerated = frozenset(each.id for each in RULES)
        self._runs = _MAX_RUNS

    def fixable(self, findings: Iterable[Finding], *, layout: bool = False) -> list[Finding]:
        """The findings whose edits may be made: those about the layout, or the others."""
        return [
            each
            for each in findings
            if each.edits and (each.rule == NOT_FORMATTED.id) is layout
            if each not in self.refused and self._accepts(each)
        ]

    def fix_all(self, fixable: Sequence[Finding]) -> bool:
        """Fix some findings of the current texts, or else a half of them, and so on; whether any was fixed.

        After the first part that is fixed, the places of the others may have moved, so another call fixes them.
        """
        if self._runs <= 0:
            return False
        if self._fix_together(fixable):
            return True
        if len(fixable) == 1:
            self.refused.update(fixable)
            return False
        half = len(fixable) // 2
        return self.fix_all(fixable[:half]) or self.fix_all(fixable[half:])

    def _fix_together(self, fixable: Sequence[Finding]) -> bool:
        """Fix some findings, and the errors that this reveals; whether that helps."""
        texts, findings, made = self.texts, self.findings, list[Finding]()
        wanted: Sequence[Finding] = fixable
        for _ in range(1 + _MAX_REVEALED):
            edited = apply_edits(texts, wanted)
            if not edited.texts or self._runs <= 0:
                return False
            self._runs -= 1
            made += edited.fixed
            texts = {**texts, **edited.texts}
            findings = self._verify(texts)
            new = self._new_errors(made, findings)
            if not new:
                break
            wanted = self.fixable(new)
        else:
            return False
        known = frozenset(self.findings)
        if not self._are_gone([each for each in made if each in known], findings):
            return False
        left, unlisted = Counter(map(_identity, findings)), self._unlisted_rules
        self.fixed += (each for each in made if each.rule in unlisted or not left[_identity(each)])
        self.texts, self.findings = texts, findings
        return True

    def _new_errors(self, fixed: Iterable[Finding], findings: Iterable[Finding]) -> list[Finding]:
        """The findings that are there after a fix and were not before, without those that do not count."""
        # Nothing else is known of a file with a syntax error, so its correction reveals all other errors.
        reveals = any(each.rule == SYNTAX.id for each in fixed)
        known, unlisted = Counter(map(_identity, self.findings)), self._unlisted_rules
        before, after = _counts(self.findings), _counts(findings)
        new = []
        for each in findings:
            known[_identity(each)] -= 1
            counts = each.severity is Severity.ERROR and each.rule not in self._tolerated
            if each.rule in unlisted and after[each.rule] <= before[each.rule]:
                continue  # it was among those that were not listed
            if counts and known[_identity(each)] < 0 and (not reveals or each.rule == SYNTAX.id):
                new.append(each)
        return new

    def _are_gone(self, fixed: Iterable[Finding], findings: Iterable[Finding]) -> bool:
        """Whether some findings are no longer there."""
        before, after = Counter(map(_identity, self.findings)), Counter(map(_identity, findings))
        unlisted = self._unlisted_rules
        wanted = Counter(_identity(each) for each in fixed if each.rule not in unlisted)
        rules = Counter(each.rule for each in fixed if each.rule in unlisted)
        all_before, all_after = _counts(self.findings), _counts(findings)
        return all(after[each] <= before[each] - count for each, count in wanted.items()) and all(
            all_after[rule] <= all_before[rule] - count for rule, count in rules.items()
        )

    @property
    def _unlisted_rules(self) -> frozenset[str]:
        """The rules with findings that are only counted, which take the place of those that are fixed."""
        return frozenset(each.rule for each in self.findings if each.unlisted)


def _counts(findings: Iterable[Finding]) -> Counter[str]:
    """The number of findings of each rule, with those that are not listed."""
    counts: Counter[str] = Counter()
    for each in findings:
        counts[each.rule] += each.unlisted or 1
    return counts


def _identity(finding: Finding) -> _Identity:
    """What stays the same when the lines of a finding move; several syntax errors of a file have one message."""
    at = finding.location
    line = at.line if at and finding.rule == SYNTAX.id else 0
    return finding.rule, finding.message, at.file if at else "", line
