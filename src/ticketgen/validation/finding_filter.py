"""Select the findings that are reported, and give them the severities of their places."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ticketgen.findings import Finding, FindingKind, Severity
from ticketgen.manifest_name import MANIFEST_NAME
from ticketgen.real_path import real_path
from ticketgen.validation.config import Config

__all__ = ["FindingFilter", "rendered_stack_of"]


def rendered_stack_of(folder: Path) -> Path | None:
    """The stack that ticketgen rendered and that a folder belongs to: the folder itself, or one above it."""
    return next((each for each in (folder, *folder.parents) if os.path.lexists(each / MANIFEST_NAME)), None)


@dataclass(frozen=True, slots=True)
class FindingFilter:
    """Which findings are reported; None for options that were not given."""

    min_severity: Severity | None = None
    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    strict: bool | None = None
    stack_rules: bool | None = None

    def merged_with(self, config: Config) -> FindingFilter:
        """This filter completed by the configuration, which ignores no selected rule."""
        ignore = self.ignore
        if ignore is None:
            ignore = tuple(each for each in config.ignore if each not in (self.select or ()))
        select = config.select if self.select is None else self.select
        strict = config.strict if self.strict is None else self.strict
        stack_rules = config.stack_rules if self.stack_rules is None else self.stack_rules
        return FindingFilter(self.min_severity or config.min_severity, select, ignore, strict, stack_rules)

    def applied_to(self, findings: Iterable[Finding], folder: Path) -> tuple[Finding, ...]:
        """The findings of the rules that apply, with the severities of their places and options.

        Args:
            findings: with paths relative to the folder.
            folder: the directory that was verified.
        """
        from ticketgen.findings.verification import STACK_RULES
        from ticketgen.verification.unchecked import as_errors

        is_rendered = cache(lambda place: rendered_stack_of(Path(real_path(place))) is not None)
        applied: list[Finding] = []
        for each in findings:
            place = folder / each.location.file if each.location else folder / "_"
            if each.rule in STACK_RULES and each.rule not in (self.select or ()):
                applies = is_rendered(place.parent) if self.stack_rules is None else self.stack_rules
                if not applies:
                    continue
            if each.severity is Severity.WARNING and is_rendered(place.parent):
                from ticketgen.rules.apply import as_in_stack

                each = as_in_stack(each)
            strict = is_rendered(place.parent) if self.strict is None else self.strict
            applied += as_errors([each]) if strict else [each]
        return tuple(applied)

    def selects(self, kind: FindingKind) -> bool:
        """Whether findings of a kind are asked for by name."""
        return kind.id in (self.select or ())

    def accepts(self, finding: Finding) -> bool:
        """Whether a finding is reported; always if nothing else was checked after it."""
        from ticketgen.findings.verification import NEVER_IGNORED, NO_TERRAFORM, NOT_CHECKED

        levels = list(Severity)
        always = NEVER_IGNORED | {NO_TERRAFORM.id, NOT_CHECKED.id}
        if finding.rule in always and finding.severity is Severity.ERROR:
            return True
        if self.min_severity and levels.index(finding.severity) > levels.index(self.min_severity):
            return False
        return (not self.select or finding.rule in self.select) and finding.rule not in (self.ignore or ())
