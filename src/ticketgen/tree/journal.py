"""Replace all files or none, with a journal from which the old tree can be restored.

The new files are first written to the stage. Then the journal is recorded, and each new file is exchanged with the old
one, which moves to the stage. Recording the end commits the write. A killed process therefore leaves either a
consistent tree, or a journal from which the next write first restores the old tree.

An edit that another program saves meanwhile is not lost: each replaced file is compared with the expected content,
once at its step and once more before the commit, since an editor may write into a file that it opened earlier. If the
content differs, everything is restored. Nothing in the stage is deleted unless its hash is known. Only a program that
keeps the old file open and writes into it after the stage was deleted loses that edit.

Swapping the folder as a whole would take one system call, but Terraform keeps its state and plugins in the folder,
and a running Terraform would go on writing into a folder that is about to be deleted. Instead, while the files may be
inconsistent, the folder contains a guard file that Terraform refuses.

Without a safe place for the journal (see `open_records`), a write that fails or is interrupted still restores
everything
itself. If it is killed, the old files stay in the stage and the guard in the stacks, and the next command reports both.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import replace

from ticketgen.findings import Finding, Location
from ticketgen.findings.stacks import CANNOT_WRITE, INTERFERENCE, RENDER_INTERRUPTED
from ticketgen.tree.disk import Disk, invalid_path
from ticketgen.tree.exchange import (
    ConcurrentChange,
    Operation,
    exchange_files,
    missing_folders,
    remove_empty_folders,
    restore_file,
    stage_files,
)
from ticketgen.tree.guard import GUARD, remove_guard, stage_guard, write_guards
from ticketgen.tree.paths import fingerprint
from ticketgen.tree.records import open_records
from ticketgen.tree.stage import (
    STAGE,
    Journal,
    JournalStep,
    Phase,
    StagingFolder,
    create_stage,
    find_abandoned,
)

__all__ = ["apply", "concurrent_change", "recover", "unfinished_write"]


def unfinished_write(disk: Disk) -> Finding | None:
    """The reason why the files may not belong together, or why nothing can be written; None if there is none."""
    with open_records(os.fstat(disk.fd), create=False) as known, find_abandoned(disk, known) as found:
        if found is None or isinstance(found, Finding):
            return found
        if found[1].phase is not Phase.WRITING:
            return None
    return RENDER_INTERRUPTED.found("a render was interrupted here, or is still running", at=Location(STAGE))


def apply(disk: Disk, operations: Sequence[Operation]) -> tuple[Finding, ...]:
    """Perform all operations, or none and return the reasons. The caller holds the lock and has called `recover`."""
    if not operations:
        return ()
    journal = Journal(
        Phase.WRITING,
        tuple(sorted({operation.folder for operation in operations} - {""})),
        (),
        tuple(JournalStep(o.path, _hash(o.before), _hash(o.after)) for o in operations),
    )
    try:
        journal = replace(journal, created=missing_folders(disk, operations))
        with open_records(os.fstat(disk.fd), create=True) as known, create_stage(disk, known) as stage:
            return _apply_staged(stage, operations, journal)
    except OSError as error:
        return (_write_failed(error),)


def recover(disk: Disk) -> tuple[Finding, ...]:
    """Restore the files that an interrupted write changed. The caller holds the lock."""
    with open_records(os.fstat(disk.fd), create=False) as known, find_abandoned(disk, known) as found:
        if isinstance(found, Finding):
            return (found,)
        if found is None:
            with contextlib.suppress(OSError):
                os.rmdir(STAGE, dir_fd=disk.fd)  # only if it is an empty folder
            return ()
        stage, journal = found
        if journal.phase is Phase.WRITING:
            paths = [step.path for step in journal.steps] + [f"{folder}/{GUARD}" for folder in journal.stacks]
            refused = tuple(bad for path in [*paths, *journal.created] if (bad := invalid_path(path)))
            return refused or _restore_all(stage, journal, own=False)
        return _discard_stage(stage, journal)


def _apply_staged(
    stage: StagingFolder, operations: Sequence[Operation], journal: Journal
) -> tuple[Finding, ...]:
    try:
        stage_guard(stage)
        stage_files(stage, operations)
        stage.record(journal)
    except BaseException:
        with contextlib.suppress(OSError):
            stage.discard(Journal())
        raise
    try:
        _perform(stage, journal)
        done = replace(journal, phase=Phase.DONE)
        stage.record(done)
    except (OSError, ConcurrentChange) as error:
        return (_write_failed(error), *_restore_all(stage, journal, own=True))
    except BaseException:
        _restore_all(stage, journal, own=True)
        raise
    return _discard_stage(stage, done)


def _discard_stage(stage: StagingFolder, journal: Journal) -> tuple[Finding, ...]:
    try:
        return stage.discard(journal)
    except OSError:
        return ()  # the next write tries again, and fails if it cannot


def _perform(stage: StagingFolder, journal: Journal) -> None:
    """Move all files into place; the guard is written first and deleted last."""
    for new in journal.created:
        stage.disk.make_folders(new)
    write_guards(stage, journal.stacks)
    exchange_files(stage, journal.steps)
    for stack in journal.stacks:
        remove_guard(stage, stack)
    for step in journal.steps:
        if step.after is None:
            remove_empty_folders(stage.disk, step.path, journal.stacks)


def _restore_all(stage: StagingFolder, journal: Journal, *, own: bool) -> tuple[Finding, ...]:
    """Restore every file that nobody else changed since, then discard the stage.

    Args:
        stage: the stage of the write.
        journal: its journal.
        own: whether this process did the write. If so, even a file that somebody edited is restored; from the stage of
            an ended process, only files whose hash is in the journal are moved.
    """
    reasons = []
    with contextlib.suppress(
        OSError, ConcurrentChange
    ):  # a folder that refuses the guard has refused every other file as well
        write_guards(stage, journal.stacks)
    for number, step in reversed(list(enumerate(journal.steps))):
        try:
            restore_file(stage, number, step, own=own)
        except OSError as error:
            reasons.append(f"{step.path}: {error.strerror}")
    try:
        if not reasons:
            for stack in journal.stacks:
                remove_guard(stage, stack)
            for new in reversed(journal.created):
                with contextlib.suppress(OSError), stage.disk.parent(new) as (parent, name):
                    os.rmdir(name, dir_fd=parent)
            return _discard_stage(stage, journal)
    except OSError as error:
        reasons.append(str(error.strerror))
    return (
        RENDER_INTERRUPTED.found(
            f"not all previous files could be restored: {reasons[0]}",
            "fix the cause, then run `ticketgen render` again to restore the rest",
            at=Location(STAGE),
        ),
    )


def _hash(text: bytes | None) -> str | None:
    return None if text is None else fingerprint(text)


def concurrent_change(path: str) -> Finding:
    """The finding that nothing was written because another program changed a file."""
    return INTERFERENCE.found("nothing was written, because the file changed meanwhile", at=Location(path))


def _write_failed(error: OSError | ConcurrentChange) -> Finding:
    """The finding that nothing was written, with the reason."""
    if isinstance(error, ConcurrentChange):
        return concurrent_change(error.args[0])
    where = f" ({error.filename})" if error.filename else ""
    return CANNOT_WRITE.found(
        f"nothing was written: {error.strerror}{where}",
        "fix the folder's permissions or free some space, then run `ticketgen render` again",
    )
