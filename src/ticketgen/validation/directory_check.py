"""Read one directory, verify it, and select the findings that are reported."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol, TypeAlias

from ticketgen.findings import Finding, Location
from ticketgen.hcl.budget import DEFAULT
from ticketgen.progress import ProgressCallback, no_progress
from ticketgen.real_path import real_path
from ticketgen.validation.finding_filter import FindingFilter, rendered_stack_of
from ticketgen.verification.directory import Directory, Target
from ticketgen.wording import counted

__all__ = ["CheckedDirectory", "FixTexts", "VerifyTexts", "check_directory"]


class VerifyTexts(Protocol):
    """The verification of a directory with other texts."""

    def __call__(self, texts: Mapping[str, str], /) -> tuple[Finding, ...]:
        """The findings of the texts, by relative posix path."""


FixTexts: TypeAlias = Callable[
    [Mapping[str, str], tuple[Finding, ...], VerifyTexts], tuple[Mapping[str, str], tuple[Finding, ...]]
]
"""From the texts of a directory and its findings to those after a fix."""


@dataclass(frozen=True, slots=True)
class CheckedDirectory:
    """The findings of one directory.

    Attributes:
        findings: those that are reported; their paths begin with the path of the directory.
        left_out: the number of findings that the filter left out.
        texts: the texts of the directory, by relative posix path.
        around: the paths of the files outside the directory that its calls need, likewise; they may begin with ``..``.
    """

    findings: tuple[Finding, ...]
    left_out: int
    texts: Mapping[str, str]
    around: frozenset[str] = frozenset()


def check_directory(
    target: Target,
    reported: FindingFilter,
    *,
    name: str | None = None,
    root: Path | None = None,
    unsaved: Mapping[str, str] | None = None,
    budget: int = DEFAULT,
    fix: FixTexts | None = None,
    progress: ProgressCallback = no_progress,
) -> CheckedDirectory:
    """Check a directory.

    Args:
        target: the directory, and the files that are reported.
        reported: which findings are reported.
        name: the name of the directory in messages; None for its path.
        root: links and local modules are followed within this folder; None for the git work tree.
        unsaved: the texts of files that an editor has open, by absolute path.
        budget: the multiple of the default budget.
        fix: fixes the directory after its first verification.
        progress: told of each step.
    """
    from ticketgen.verification.directory import read_directory
    from ticketgen.verification.surroundings import work_tree_of

    folder = target.folder
    read = read_directory(folder, name, work_tree=root or work_tree_of(folder), unsaved=unsaved)
    findings = read.findings
    texts: Mapping[str, str] = read.value.texts if read.value else {}
    progress(f"read {counted(len(texts), 'files')}")
    if read.value is not None:
        verify = _verification(folder, read.value, reported, budget, progress, fixes=fix is not None)
        found = verify(texts)
        if fix is not None:
            texts, found = fix(texts, found, verify)
        findings += found
        progress(counted(len(findings), "findings"))
    if target.files is not None:
        findings = tuple(each for each in findings if not each.location or each.location.file in target.files)
    findings = reported.applied_to(findings, folder)
    kept = tuple(each.placed(partial(_below, folder)) for each in findings if reported.accepts(each))
    around = frozenset(read.value.around.texts) if read.value else frozenset()
    return CheckedDirectory(kept, len(findings) - len(kept), texts, around)


def _below(folder: Path, place: Location) -> Location:
    path = (folder / place.file).as_posix()
    return replace(place, file=posixpath.normpath(path) if place.file.startswith("../") else path)


def _verification(
    folder: Path,
    read: Directory,
    reported: FindingFilter,
    budget: int,
    progress: ProgressCallback,
    *,
    fixes: bool,
) -> VerifyTexts:
    from ticketgen.findings.verification import REQUESTED
    from ticketgen.verification.result_cache import verify_cached

    is_rendered = rendered_stack_of(Path(real_path(folder))) is not None

    def verify(texts: Mapping[str, str]) -> tuple[Finding, ...]:
        found = verify_cached(
            texts,
            rendered=False,
            paths=read.paths,
            left_out=read.unread,
            around=read.around,
            budget=budget,
            round_trips=is_rendered,
            progress=progress,
        )
        if fixes or any(map(reported.selects, REQUESTED)):
            from ticketgen.verification.requested_checks import requested_findings

            found += tuple(requested_findings(texts, found, lambda kind: fixes or reported.selects(kind)))
        return found

    return verify
