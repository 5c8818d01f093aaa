"""Summarize a write, or a dry run: a line per stack for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from ticketgen.cli.displayed_paths import display_path
from ticketgen.cli.output import format_findings
from ticketgen.cli.session import print_info
from ticketgen.escaping import as_shell_word
from ticketgen.findings import Finding
from ticketgen.reports import ReportFormat

if TYPE_CHECKING:
    from ticketgen.consequences.stack_plan import StackPlan
    from ticketgen.tree import Changes

__all__ = ["changes_report", "folder_list", "print_next_steps", "print_summary"]


def print_summary(changes: Changes, root: Path, *, would: bool = False) -> None:
    """Print a line for each stack: how many of its files are in which state."""
    from ticketgen.tree import FileState

    for folder in sorted({change.folder for change in changes.files}):
        counts = {state: changes.count(state, folder) for state in FileState}
        parts = [f"{count} {_state_text(state.value, would)}" for state, count in counts.items() if count]
        print_info(f"{display_path(root / folder)}: {'' if would else 'verified, '}{', '.join(parts)}")


def _state_text(state: str, would: bool) -> str:
    """The state of a file before a write, or the action of the write."""
    return state if would else {"missing": "written again", "orphaned": "deleted"}.get(state, state)


def print_next_steps(changes: Changes, root: Path) -> None:
    """Print the command to run now, ready to paste in the current folder."""
    folders_left = sorted({change.folder for change in changes.files} - set(changes.retired))
    if folders_left:
        folder = display_path(root / folders_left[0])
        place = "" if folder == "." else f" -C {as_shell_word(folder)}"
        print_info(f"\nNext: make{place} plan")


def folder_list(changes: Changes, root: Path) -> str:
    """The stacks' folders, for a sentence."""
    return ", ".join(
        display_path(root / each) for each in sorted({change.folder for change in changes.files})
    )


def changes_report(
    findings: Iterable[Finding],
    changes: Changes | None,
    root: Path,
    plans: Mapping[str, StackPlan] = MappingProxyType({}),
) -> dict[str, object]:
    """The JSON report of findings, with ``changes``, the files by state, and ``consequences``, what is planned."""
    from ticketgen.consequences.plan_report import plan_rows
    from ticketgen.tree import FileState

    document: dict[str, object] = json.loads(format_findings(findings, ReportFormat.JSON, root=root))
    files = changes.files if changes else ()
    document["changes"] = {
        state.value: [display_path(root / change.path) for change in files if change.state is state]
        for state in FileState
        if state is not FileState.UNCHANGED
    }
    document["consequences"] = plan_rows(plans)
    return document
