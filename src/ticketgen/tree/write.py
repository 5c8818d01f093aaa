"""Write stacks: lock, recover, plan, refuse to lose a hand edit, apply the rest."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from ticketgen.findings import Checked, Finding, Location, has_errors
from ticketgen.findings.stacks import IN_THE_WAY, RENDER_INTERRUPTED
from ticketgen.tree.changes import Changes, Stack, WriteJudge, no_judge, plan_open_project
from ticketgen.tree.disk import Disk
from ticketgen.tree.drift import downgrades, upgrades
from ticketgen.tree.exchange import Operation
from ticketgen.tree.file_states import CONFLICTS, FileState, change_finding
from ticketgen.tree.journal import apply, concurrent_change, recover
from ticketgen.tree.lock import TIMEOUT_S, lock_project
from ticketgen.tree.stage import STAGE

__all__ = ["operations", "recover_interrupted", "refusals", "write", "write_files"]

_WRITTEN_STATES = frozenset(
    {FileState.CREATED, FileState.CHANGED, FileState.MISSING, FileState.HAND_EDITED, FileState.ORPHANED}
)


_NO_FILES: Mapping[str, bytes] = MappingProxyType({})


def recover_interrupted(root: Path, *, timeout_s: float = TIMEOUT_S) -> tuple[Finding, ...]:
    """Undo an interrupted write; call it before reading the spec in order to write."""
    if not os.path.lexists(root / STAGE):
        return ()
    with lock_project(root, timeout_s) as disk:
        return (disk,) if isinstance(disk, Finding) else _recover(disk)


def write(
    root: Path,
    stacks: Sequence[Stack],
    *,
    version: str,
    retire_in: str | None = None,
    force: bool = False,
    upgrade: bool = True,
    destroyed: bool = False,
    judge: WriteJudge = no_judge,
    sources: Mapping[str, bytes] = _NO_FILES,
    extra_files: Mapping[str, bytes] = _NO_FILES,
    timeout_s: float = TIMEOUT_S,
) -> Checked[Changes]:
    """Write the renderings: all of them or, with findings, nothing.

    Args:
        root: the project's folder.
        stacks: the renderings.
        version: ticketgen's own, for the manifests.
        retire_in: see :func:`ticketgen.tree.changes.plan_write`.
        force: overwrite rendered files that were edited by hand, and stacks that a newer ticketgen wrote. Files that
            ticketgen never wrote are kept even so.
        upgrade: whether to change stacks that an older ticketgen wrote.
        destroyed: whether nothing is left to destroy in root modules that are no longer rendered.
        judge: decides about changes that could be written otherwise.
        sources: path → content of the files from which the stacks were rendered, such as the spec. If one has
            changed meanwhile, nothing is written.
        extra_files: path → new content of some files of ``sources``, written together with the stacks.
        timeout_s: how long to wait for another write, in seconds.

    Returns:
        The changes, with warnings for files that were left alone; no value if nothing was written.
    """
    with lock_project(root, timeout_s) as disk:
        if isinstance(disk, Finding):
            return Checked(None, (disk,))
        found = _recover(disk)
        if has_errors(found):
            return Checked(None, found)
        moved = tuple(
            each for path, content in sources.items() if (each := _changed_since(disk, path, content))
        )
        if moved:
            return Checked(None, moved)
        compared = plan_open_project(disk, stacks, version=version, retire_in=retire_in)
        if compared.value is None:
            return Checked(None, found + compared.findings)
        changes = compared.value
        against = refusals(changes, force=force, upgrade=upgrade, destroyed=destroyed)
        judged = judge(disk, changes)
        if against or has_errors(judged):
            return Checked(None, (*against, *judged))
        kept = tuple(change_finding(change) for change in changes.files if change.state is FileState.KEPT)
        besides = (Operation("", path, sources[path], content) for path, content in extra_files.items())
        failures = apply(disk, (*operations(changes), *besides))
        return Checked(None if failures else changes, found + judged + kept + failures)


def write_files(
    root: Path, files: Mapping[str, tuple[bytes | None, bytes | None]], *, timeout_s: float = TIMEOUT_S
) -> tuple[Finding, ...]:
    """Replace, create or delete files that belong to no stack: all of them or, with findings, none.

    Args:
        root: the project's folder, which must exist. Folders below it are created as needed.
        files: path relative to the root, posix → the content that must be there now, and the content to write; None
            means no file. A file with the same content twice is only compared.
        timeout_s: how long to wait for another write, in seconds.

    Returns:
        No errors if all files are written.
    """
    with lock_project(root, timeout_s) as disk:
        if isinstance(disk, Finding):
            return (disk,)
        found = _recover(disk)
        if has_errors(found):
            return found
        refused = tuple(
            each
            for path, (before, _) in files.items()
            if (each := disk.unsafe_path(path) or _differs_from(disk, path, before))
        )
        if refused:
            return refused
        pairs = files.items()
        return found + apply(
            disk, [Operation("", path, before, after) for path, (before, after) in pairs if before != after]
        )


def refusals(changes: Changes, *, force: bool, upgrade: bool, destroyed: bool = False) -> tuple[Finding, ...]:
    """Find the reasons not to write: stacks of another version, or else files or states that would be lost."""
    foreign = (*(() if upgrade else upgrades(changes)), *(() if force else downgrades(changes)))
    if foreign:
        return foreign
    conflicts = (
        change_finding(change)
        for change in changes.files
        if change.state in CONFLICTS and not (force and change.state is FileState.HAND_EDITED)
    )
    return (*conflicts, *(() if destroyed else changes.lost_states))


def _recover(disk: Disk) -> tuple[Finding, ...]:
    try:
        return recover(disk)
    except OSError as error:
        message = f"an interrupted render cannot be undone: {error.strerror}"
        return (
            RENDER_INTERRUPTED.found(
                message, "fix the cause, then run `ticketgen render` again", at=Location(STAGE)
            ),
        )


def _changed_since(disk: Disk, path: str, content: bytes) -> Finding | None:
    """Find out whether a file changed after the stacks were rendered from it."""
    try:
        # Links are followed, because the file is only read. Without O_NONBLOCK, a FIFO would block.
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=disk.fd)
        with open(file, "rb") as stream:  # noqa: PTH123 - of a descriptor
            now = stream.read(len(content) + 1)
    except OSError:
        now = None
    return None if now == content else concurrent_change(path)


def _differs_from(disk: Disk, path: str, content: bytes | None) -> Finding | None:
    """Find out whether a file differs from the content that a write replaces."""
    try:
        now = disk.read(path)
    except OSError as error:
        return IN_THE_WAY.found(
            f"cannot be read as a file: {error.strerror}",
            "move it elsewhere, then run it again",
            at=Location(path),
        )
    return None if now == content else concurrent_change(path)


def operations(changes: Changes) -> tuple[Operation, ...]:
    """List the operations on the disk; a manifest comes after the files of its folder."""
    return tuple(
        Operation(
            change.folder, change.path, change.before, None if change.after is None else change.after.encode()
        )
        for change in (*changes.files, *changes.manifests)
        if change in changes.manifests or change.state in _WRITTEN_STATES
        if change.after is None or change.before != change.after.encode()
    )
