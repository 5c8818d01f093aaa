"""Writing stacks: lock, recover, plan, refuse what would lose a hand edit, apply the rest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ticketgen.findings import Checked, has_errors
from ticketgen.tree.changes import CONFLICTS, Changes, Stack, State, finding, plan
from ticketgen.tree.journal import Operation, apply, recover
from ticketgen.tree.lock import PATIENCE_S, locked

__all__ = ["write"]

WRITTEN = frozenset({State.CREATED, State.CHANGED, State.MISSING, State.HAND_EDITED, State.ORPHANED})


def write(
    root: Path,
    stacks: Sequence[Stack],
    *,
    version: str,
    retire_in: str | None = None,
    force: bool = False,
    patience_s: float = PATIENCE_S,
) -> Checked[Changes]:
    """Bring the disk to what was rendered: all of it or, with findings, nothing.

    Args:
        root: the project's folder.
        stacks: what was rendered.
        version: ticketgen's own, for the manifests.
        retire_in: see :func:`ticketgen.tree.changes.plan`.
        force: overwrite rendered files that were edited by hand. What ticketgen never wrote stays even so.
        patience_s: how long to wait for another write, in seconds.

    Returns:
        What was done, with warnings for what was left alone; no value when nothing was done.
    """
    with locked(root, patience_s) as refused:
        if refused:
            return Checked(None, (refused,))
        found = recover(root)
        if has_errors(found):
            return Checked(None, found)
        planned = plan(root, stacks, version=version, retire_in=retire_in)
        if planned.value is None:
            return Checked(None, found + planned.findings)
        changes = planned.value
        conflicts = [
            change
            for change in changes.files
            if change.state in CONFLICTS and not (force and change.state is State.HAND_EDITED)
        ]
        if conflicts:
            return Checked(None, tuple(finding(change) for change in conflicts))
        kept = tuple(finding(change) for change in changes.files if change.state is State.KEPT)
        failures = apply(root, operations(changes))
        return Checked(None if failures else changes, found + kept + failures)


def operations(changes: Changes) -> tuple[Operation, ...]:
    """What has to be done on the disk; a manifest comes after the files of its folder."""
    return tuple(
        Operation(
            change.folder, change.path, change.before, None if change.after is None else change.after.encode()
        )
        for change in (*changes.files, *changes.manifests)
        if change in changes.manifests or change.state in WRITTEN
        if change.after is None or change.before != change.after.encode()
    )
