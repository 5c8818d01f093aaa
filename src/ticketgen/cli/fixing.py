"""``ticketgen validate --fix`` and ``--diff``: write or show the fixes of a directory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ticketgen.cli.diff_output import print_diff
from ticketgen.cli.displayed_paths import display_path
from ticketgen.cli.session import print_info
from ticketgen.findings import Finding
from ticketgen.wording import counted

__all__ = ["Fixing", "fix_directory"]


@dataclass(frozen=True, slots=True)
class Fixing:
    """What to do with the fixes of a directory.

    Attributes:
        write: whether to write them; otherwise they are only shown.
        accepts: whether a finding of the directory may be fixed.
        err: whether messages for people go to standard error.
    """

    write: bool
    accepts: Callable[[Finding], bool]
    err: bool


def fix_directory(
    folder: Path,
    texts: Mapping[str, str],
    findings: tuple[Finding, ...],
    verify: Callable[[Mapping[str, str]], tuple[Finding, ...]],
    fixing: Fixing,
) -> tuple[Mapping[str, str], tuple[Finding, ...]]:
    """Write or show the fixes; the texts and findings afterwards, which are the same if nothing was written."""
    from ticketgen.tree.diff import unified
    from ticketgen.tree.write import write_files
    from ticketgen.verification.fixes import fix

    done = fix(texts, findings, verify, fixing.accepts)
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
