"""``ticketgen validate --fix`` and ``--diff``: write or show the fixes of a directory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from stat import S_IWUSR

from ticketgen.cli.diff_output import print_diff
from ticketgen.cli.displayed_paths import display_path
from ticketgen.cli.session import print_info
from ticketgen.findings import Finding
from ticketgen.wording import counted

__all__ = ["Fixing", "fix_directory"]


@dataclass(frozen=True, slots=True)
class Fixing:
    """What to do with fixes.

    Attributes:
        write: whether to write them; otherwise they are only shown.
        err: whether they are shown, and reported, on standard error.
    """

    write: bool
    err: bool


def fix_directory(
    folder: Path,
    texts: Mapping[str, str],
    findings: tuple[Finding, ...],
    verify: Callable[[Mapping[str, str]], tuple[Finding, ...]],
    accepts: Callable[[Finding], bool],
    fixing: Fixing,
) -> tuple[Mapping[str, str], tuple[Finding, ...]]:
    """Write or show the fixes of a directory.

    Args:
        folder: the directory.
        texts: by path.
        findings: those of the texts.
        verify: returns the findings of other texts.
        accepts: whether a finding may be fixed.
        fixing: what to do with the fixes.

    Returns:
        The texts and findings afterwards, which are the same if nothing was written.
    """
    from ticketgen.tree.diff import unified
    from ticketgen.tree.write import write_files
    from ticketgen.verification.fixes import fix

    done = fix(texts, findings, verify, lambda finding: accepts(finding) and _has_own_files(folder, finding))
    if not fixing.write:
        for path, text in sorted(done.texts.items()):
            print_diff(unified(texts[path], text, f"a/{path}", f"b/{path}"), folder, err=fixing.err)
        return texts, findings
    if not done.texts:
        return texts, findings
    contents = {
        path: (texts[path].encode("utf-8"), text.encode("utf-8")) for path, text in done.texts.items()
    }
    problems = write_files(folder, contents)
    if problems:
        return texts, findings + problems
    what = f"fixed {counted(len(done.fixed), 'findings')} in {counted(len(contents), 'files')}"
    print_info(f"{display_path(folder)}: {what}", err=fixing.err)
    return {**texts, **done.texts}, done.findings


def _has_own_files(folder: Path, finding: Finding) -> bool:
    """Whether all edits of a finding are in files that are not read-only, nor behind a link to another directory."""
    return all(_is_own_file(folder, Path(edit.at.file)) for edit in finding.edits)


def _is_own_file(folder: Path, file: Path) -> bool:
    try:
        is_writable = bool((folder / file).stat().st_mode & S_IWUSR)
    except OSError:
        return False
    return is_writable and not any((folder / each).is_symlink() for each in (file, *file.parents[:-1]))
