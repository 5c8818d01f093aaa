"""What a write did, or would do, to the stacks: one line for each stack for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ticketgen.cli.output import reported
from ticketgen.cli.paths import seen
from ticketgen.cli.session import say
from ticketgen.escaping import as_shell_word
from ticketgen.findings import Finding
from ticketgen.reports import ReportFormat

if TYPE_CHECKING:
    from ticketgen.spec.model import Project
    from ticketgen.tree import Changes

__all__ = ["folders", "next_step", "summarise", "told"]


def summarise(changes: Changes, root: Path, *, would: bool = False) -> None:
    """Print a line for each stack: how many of its files are in which state."""
    from ticketgen.tree import State

    for folder in sorted({change.folder for change in changes.files}):
        counts = {state: changes.count(state, folder) for state in State}
        parts = [f"{count} {_in_words(state.value, would)}" for state, count in counts.items() if count]
        say(f"{seen(root / folder)}: {'' if would else 'verified, '}{', '.join(parts)}")


def _in_words(state: str, would: bool) -> str:
    """The state that a write found, or what it did about it."""
    return state if would else {"missing": "written again", "orphaned": "deleted"}.get(state, state)


def next_step(changes: Changes, root: Path, project: Project | None) -> None:
    """Print the commands to run now, as the user can paste them where they stand."""
    folders_left = sorted({change.folder for change in changes.files} - set(changes.retired))
    if not folders_left:
        return
    folder = seen(root / folders_left[0])
    step = [] if folder == "." else [f"cd {as_shell_word(folder)}"]
    init = f"terraform init{_backend_key(project, folders_left[0].rpartition('/')[2])}"
    say(f"\nNext: {' && '.join([*step, init, 'terraform plan'])}")


def _backend_key(project: Project | None, name: str) -> str:
    """The option that ``terraform init`` needs if the state is in a bucket; ``provider.tf`` says the same."""
    for environment in project.environments if project else ():
        if environment.name == name and environment.state.bucket:
            return f' -backend-config="key={environment.project}/{name}.tfstate"'
    return ""


def folders(changes: Changes, root: Path) -> str:
    """The stacks' folders, for a sentence."""
    return ", ".join(seen(root / each) for each in sorted({change.folder for change in changes.files}))


def told(findings: Iterable[Finding], changes: Changes | None, root: Path) -> dict[str, object]:
    """The JSON report of findings, with ``changes``: from each state to the files in it."""
    from ticketgen.tree import State

    document: dict[str, object] = json.loads(reported(findings, ReportFormat.JSON, root=root))
    files = changes.files if changes else ()
    document["changes"] = {
        state.value: [seen(root / change.path) for change in files if change.state is state]
        for state in State
        if state is not State.UNCHANGED
    }
    return document
