"""Writing stacks: lock, recover, plan, refuse what would lose a hand edit, apply the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from ticketgen.findings import Checked, Finding, has_errors
from ticketgen.tree.changes import CONFLICTS, Changes, Stack, State, finding, plan, upgrades
from ticketgen.tree.journal import Operation, apply, interrupted, recover
from ticketgen.tree.lock import PATIENCE_S, locked
from ticketgen.tree.paths import trouble

__all__ = ["put_back", "write"]

WRITTEN = frozenset({State.CREATED, State.CHANGED, State.MISSING, State.HAND_EDITED, State.ORPHANED})


NOTHING: Mapping[str, bytes] = MappingProxyType({})


def put_back(root: Path, *, patience_s: float = PATIENCE_S) -> tuple[Finding, ...]:
    """Put back what an interrupted write has changed; whoever reads the spec to write calls it before he reads."""
    if not interrupted(root):
        return ()
    with locked(root, patience_s) as refused:
        return (refused,) if refused else recover(root)


def write(
    root: Path,
    stacks: Sequence[Stack],
    *,
    version: str,
    retire_in: str | None = None,
    force: bool = False,
    upgrade: bool = True,
    based_on: Mapping[str, bytes] = NOTHING,
    also: Mapping[str, bytes] = NOTHING,
    patience_s: float = PATIENCE_S,
) -> Checked[Changes]:
    """Bring the disk to what was rendered: all of it or, with findings, nothing.

    Args:
        root: the project's folder.
        stacks: what was rendered.
        version: ticketgen's own, for the manifests.
        retire_in: see :func:`ticketgen.tree.changes.plan`.
        force: overwrite rendered files that were edited by hand. What ticketgen never wrote stays even so.
        upgrade: whether to change what another version of ticketgen wrote.
        based_on: path → content of the files from which the stacks were rendered, such as the spec. One that is
            another by now has been changed by somebody, and nothing is written.
        also: path → new content of some of those, in the same all or nothing.
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
        moved = tuple(each for path, content in based_on.items() if (each := _moved(root, path, content)))
        if moved:
            return Checked(None, moved)
        planned = plan(root, stacks, version=version, retire_in=retire_in)
        if planned.value is None:
            return Checked(None, found + planned.findings)
        changes = planned.value
        refused_upgrades = () if upgrade else upgrades(changes, version)
        if refused_upgrades:
            return Checked(None, refused_upgrades)
        conflicts = [
            change
            for change in changes.files
            if change.state in CONFLICTS and not (force and change.state is State.HAND_EDITED)
        ]
        if conflicts:
            return Checked(None, tuple(finding(change) for change in conflicts))
        kept = tuple(finding(change) for change in changes.files if change.state is State.KEPT)
        besides = (Operation("", path, based_on[path], content) for path, content in also.items())
        failures = apply(root, (*operations(changes), *besides))
        return Checked(None if failures else changes, found + kept + failures)


def _moved(root: Path, path: str, content: bytes) -> Finding | None:
    """Why a file is not what the stacks were rendered from."""
    try:
        now = (root / path).read_bytes()  # through a link, too: it is only read
    except OSError:
        now = None
    if now == content:
        return None
    return trouble(
        "interference", "nothing was written: the file was changed meanwhile", path, "run the command again"
    )


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
