"""What a write did, or would do, to the stacks: for people in a line a stack, for programs as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ticketgen.findings import Finding, Stage

if TYPE_CHECKING:
    from ticketgen.tree import Changes

__all__ = ["as_json", "folders", "next_step", "placed", "summarise"]


def summarise(changes: Changes, root: Path, *, would: bool = False) -> None:
    """Print a line for each stack: how many of its files are in which state."""
    from ticketgen.tree import State

    for folder in sorted({change.folder for change in changes.files}):
        counts = {state: changes.count(state, folder) for state in State}
        parts = [f"{count} {_in_words(state.value, would)}" for state, count in counts.items() if count]
        typer.echo(f"{root / folder}: {'' if would else 'verified, '}{', '.join(parts)}")


def _in_words(state: str, would: bool) -> str:
    """``missing`` and ``orphaned`` are what a write found; what it did about them is another word."""
    return state if would else {"missing": "written again", "orphaned": "deleted"}.get(state, state)


def next_step(changes: Changes, root: Path) -> None:
    """Print what to do now."""
    folders_left = sorted({change.folder for change in changes.files} - set(changes.retired))
    if folders_left:
        typer.echo(f"\nNext: cd {root / folders_left[0]} && terraform init && terraform plan")


def folders(changes: Changes) -> str:
    """The stacks' folders, for a sentence."""
    return ", ".join(sorted({change.folder for change in changes.files}))


def placed(findings: Iterable[Finding], root: Path) -> tuple[Finding, ...]:
    """The findings with the files of stacks as they are called from here.

    The stages that render and write name files from the project's folder on; those that read the spec name it as the
    command line did.
    """
    return tuple(_placed(finding, root) for finding in findings)


def _placed(finding: Finding, root: Path) -> Finding:
    if finding.location is None or finding.stage not in {Stage.VERIFY, Stage.WRITE}:
        return finding
    file = (root / finding.location.file).as_posix()
    return replace(finding, location=replace(finding.location, file=file))


def as_json(findings: Iterable[Finding], changes: Changes | None, root: Path) -> dict[str, object]:
    """The JSON report of findings, with ``changes``: from each state to the files in it."""
    from ticketgen.reports import report
    from ticketgen.tree import State

    document: dict[str, object] = json.loads(report(findings, "json", {}))
    files = changes.files if changes else ()
    document["changes"] = {
        state.value: [(root / change.path).as_posix() for change in files if change.state is state]
        for state in State
        if state is not State.UNCHANGED
    }
    return document
