"""``--merge`` of `ticketgen render`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ticketgen.cli.output import exit_with_usage_error

if TYPE_CHECKING:
    from ticketgen.project.merge import MergeReport

__all__ = ["run_merge"]


def run_merge(spec: Path, *, asked: bool, upgrade: bool, dry_run: bool) -> MergeReport:
    """Merge the files that the user owns. This comes before rendering, because they include the templates.

    Args:
        spec: the path of the project's spec.
        asked: whether to merge at all.
        upgrade: whether `--upgrade` is given.
        dry_run: only find out what a merge would change.
    """
    from ticketgen.project.merge import NOT_ASKED, merge_project

    if not asked:
        return NOT_ASKED
    if not upgrade:
        exit_with_usage_error("--merge needs --upgrade: it merges what is new in this version of ticketgen.")
    return merge_project(spec.parent, spec, dry_run=dry_run)
