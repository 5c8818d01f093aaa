"""Replace all files or none, with a journal from which the old tree can be restored.

The new files are first written to the stage. Then the journal is recorded, and each new file is exchanged with the
old one, which so comes to the stage. Recording the end commits the write. So a killed process leaves either a
consistent tree, or a journal from which the next write restores the old tree before it does anything else.

An edit that another program saves meanwhile is not lost: what a step takes out is compared with what it was meant to
take out, once at the step and once more before the commit, since an editor may write into the file that it opened
before. If it differs, everything goes back. Nothing in the stage is deleted unless its hash is known. Only a program
that keeps the old file open, and writes into it after the stage was deleted, writes into nothing.

Swapping the folder as a whole would take one system call, but Terraform keeps its state and plugins in the folder,
and a running Terraform would go on writing into a folder that is about to be deleted. Instead, while the files may be
inconsistent, the folder contains a guard file that Terraform refuses.

Without a safe place for the journal (see `records`), a write that fails or is interrupted still restores everything
itself. If it is killed, the old files stay in the stage and the guard in the stacks, and the next command reports both.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ticketgen.findings import Finding, Location
from ticketgen.findings.stacks import CANNOT_WRITE, INTERFERENCE, RENDER_INTERRUPTED
from ticketgen.tree.disk import Disk, content, implausible
from ticketgen.tree.moves import OUT, place, swap
from ticketgen.tree.paths import fingerprint
from ticketgen.tree.records import records
from ticketgen.tree.stage import STAGE, Journal, Phase, Stage, Step, begin, digest, left_over, put

__all__ = ["GUARD", "STAGE", "Operation", "apply", "recover", "unfinished"]

GUARD = "ticketgen-render-interrupted.tf"
GUARD_TEXT = b"""# A render of this folder was interrupted, so its files may be inconsistent.
# Run `ticketgen render`: it restores the previous files and deletes this one.
render was interrupted
"""


@dataclass(frozen=True, slots=True)
class Operation:
    """One file to write, or to delete if ``after`` is None.

    ``before`` is the content that the file must have now. ``folder`` is the stack's folder, or empty for a file
    outside of every stack; ``path`` is the file's path; both are relative to the root.
    """

    folder: str
    path: str
    before: bytes | None
    after: bytes | None


class Interference(Exception):
    """Another process changed a file between the comparison and the write; the argument is its path."""


def unfinished(disk: Disk) -> Finding | None:
    """The reason why the files may not belong together, or why nothing can be written; None if there is none."""
    with records(os.fstat(disk.fd), create=False) as known, left_over(disk, known) as found:
        if found is None or isinstance(found, Finding):
            return found
        if found[1].phase is not Phase.WRITING:
            return None
    return RENDER_INTERRUPTED.found("a render was interrupted here, or is still running", at=Location(STAGE))


def apply(disk: Disk, operations: Sequence[Operation]) -> tuple[Finding, ...]:
    """Do all operations, or none and return the reasons. The caller holds the lock and has called `recover`."""
    if not operations:
        return ()
    journal = Journal(
        Phase.WRITING,
        tuple(sorted({operation.folder for operation in operations} - {""})),
        (),
        tuple(Step(o.path, _hash(o.before), _hash(o.after)) for o in operations),
    )
    try:
        journal = replace(journal, created=new_folders(disk, operations))
        with records(os.fstat(disk.fd), create=True) as known, begin(disk, known) as stage:
            return _applied(stage, operations, journal)
    except OSError as error:
        return (failed(error),)


def recover(disk: Disk) -> tuple[Finding, ...]:
    """Restore the files that an interrupted write changed. The caller holds the lock."""
    with records(os.fstat(disk.fd), create=False) as known, left_over(disk, known) as found:
        if isinstance(found, Finding):
            return (found,)
        if found is None:
            with contextlib.suppress(OSError):
                os.rmdir(STAGE, dir_fd=disk.fd)  # only if it is an empty folder
            return ()
        stage, journal = found
        if journal.phase is Phase.WRITING:
            paths = [step.path for step in journal.steps] + [f"{folder}/{GUARD}" for folder in journal.stacks]
            refused = tuple(bad for path in [*paths, *journal.created] if (bad := implausible(path)))
            return refused or undo(stage, journal, own=False)
        return _discarded(stage, journal)


def _applied(stage: Stage, operations: Sequence[Operation], journal: Journal) -> tuple[Finding, ...]:
    try:
        fill(stage, operations)
        stage.note(journal)
    except BaseException:
        with contextlib.suppress(OSError):
            stage.discard(Journal())
        raise
    try:
        perform(stage, journal)
        done = replace(journal, phase=Phase.DONE)
        stage.note(done)
    except (OSError, Interference) as error:
        return (failed(error), *undo(stage, journal, own=True))
    except BaseException:
        undo(stage, journal, own=True)
        raise
    return _discarded(stage, done)


def _discarded(stage: Stage, journal: Journal) -> tuple[Finding, ...]:
    try:
        return stage.discard(journal)
    except OSError:
        return ()  # the next write tries again; if it cannot either, it cannot write


def fill(stage: Stage, operations: Sequence[Operation]) -> None:
    """Stage the new files, with the permissions of the old ones."""
    put(stage.fd, "guard", GUARD_TEXT)
    for number, operation in enumerate(operations):
        if operation.after is None:
            continue
        mode = None
        if operation.before is not None:
            with stage.disk.parent(operation.path) as (folder, name):
                mode = stat.S_IMODE(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode) & 0o777
        put(stage.fd, str(number), operation.after, mode)
    os.fsync(stage.fd)


def perform(stage: Stage, journal: Journal) -> None:
    """Move all files into place; the guard is written first and deleted last."""
    for new in journal.created:
        stage.disk.make(new)
    guard(stage, journal)
    for number, step in enumerate(journal.steps):
        with stage.disk.parent(step.path) as (folder, name):
            if digest(folder, name) != step.before:
                raise Interference(step.path)
            if step.after is None:
                os.rename(name, str(number), src_dir_fd=folder, dst_dir_fd=stage.fd)
            elif step.before is not None:
                swap(stage.fd, str(number), folder, name)
            else:
                try:
                    place(stage.fd, str(number), folder, name)
                except FileExistsError:
                    raise Interference(step.path) from None
        if step.before is not None and digest(stage.fd, str(number)) != step.before:
            raise Interference(step.path)
    for parent in sorted({step.path.rpartition("/")[0] for step in journal.steps}):
        with stage.disk.folder(parent) as folder:
            os.fsync(folder)
    for number, step in enumerate(journal.steps):
        if step.before is not None and digest(stage.fd, str(number)) != step.before:
            raise Interference(step.path)
    for stack in journal.stacks:
        unguard(stage, stack)
    for step in journal.steps:
        if step.after is None:
            prune(stage.disk, step.path, journal.stacks)


def undo(stage: Stage, journal: Journal, *, own: bool) -> tuple[Finding, ...]:
    """Restore every file that nobody else changed since, then discard the stage.

    Args:
        stage: the stage of the write.
        journal: its journal.
        own: whether this process did the write. It knows what it took out and puts back even a file that somebody
            edited; from the stage of an ended process, only files are moved whose hash is in the journal.
    """
    reasons = []
    with contextlib.suppress(
        OSError, Interference
    ):  # a folder that refuses the guard refused every other file too
        guard(stage, journal)
    for number, step in reversed(list(enumerate(journal.steps))):
        try:
            restore(stage, number, step, own=own)
        except OSError as error:
            reasons.append(f"{step.path}: {error.strerror}")
    try:
        if not reasons:
            for stack in journal.stacks:
                unguard(stage, stack)
            for new in reversed(journal.created):
                with contextlib.suppress(OSError), stage.disk.parent(new) as (parent, name):
                    os.rmdir(name, dir_fd=parent)
            return _discarded(stage, journal)
    except OSError as error:
        reasons.append(str(error.strerror))
    return (
        RENDER_INTERRUPTED.found(
            f"not all previous files could be restored: {reasons[0]}",
            "fix the cause, then run `ticketgen render` again to restore the rest",
            at=Location(STAGE),
        ),
    )


def restore(stage: Stage, number: int, step: Step, *, own: bool) -> None:
    """Restore one file, unless somebody else changed it since."""
    if step.before is not None:
        stage.disk.make(step.path.rpartition("/")[0])
    elif not stage.disk.exists(step.path):
        return
    with stage.disk.parent(step.path) as (folder, name):
        now = digest(folder, name)
        if step.before is None:
            if now == step.after:
                take(stage, f"{number}{OUT}", folder, name, step.after)
            return
        if now == step.before or now not in {None, step.after}:
            return
        old = taken(stage, number, step, own=own)
        if old is None:
            return
        if now is None:
            with contextlib.suppress(FileExistsError):  # another process wrote one since, which stays
                place(stage.fd, old, folder, name)
            return
        swap(stage.fd, old, folder, name)
        if digest(stage.fd, old) != step.after:  # edited just now: the newest edit stays
            swap(stage.fd, old, folder, name)


def taken(stage: Stage, number: int, step: Step, *, own: bool) -> str | None:
    """The name of the file in the stage that a step took out; None if it took out none.

    Raises:
        OSError: another file than the old one is there, and this process did not take it out.
    """
    for name in (f"{number}{OUT}", str(number)):
        found = digest(stage.fd, name)
        if found == step.before or (own and found not in {None, step.after}):
            return name
        if found not in {None, step.after}:
            raise OSError(0, f"another program saved it meanwhile; move {STAGE}/{name} to it, or delete that")
    return None


def take(stage: Stage, name: str, folder: int, target: str, expected: str | None) -> None:
    """Move a file of ours to the stage; put it back if it is not as expected.

    Raises:
        OSError: it is there again, or, if another file took its place, in the stage, which is kept and reported.
    """
    with contextlib.suppress(FileNotFoundError):
        os.rename(target, name, src_dir_fd=folder, dst_dir_fd=stage.fd)
        try:
            if digest(stage.fd, name) != expected:
                raise OSError(0, "another program saved it meanwhile")
        except BaseException:
            place(stage.fd, name, folder, target)
            raise


def guard(stage: Stage, journal: Journal) -> None:
    """Write the guard file, which Terraform refuses, into each stack."""
    for stack in journal.stacks:
        stage.disk.make(stack)
        with stage.disk.folder(stack) as folder:
            if content(folder, GUARD) == GUARD_TEXT:
                continue
            if content(stage.fd, "guard") != GUARD_TEXT:  # none, or a part that a killed process wrote
                with contextlib.suppress(FileNotFoundError):
                    os.unlink("guard", dir_fd=stage.fd)
                put(stage.fd, "guard", GUARD_TEXT)
            try:
                place(stage.fd, "guard", folder, GUARD)
            except FileExistsError:
                raise Interference(f"{stack}/{GUARD}") from None


def unguard(stage: Stage, stack: str) -> None:
    """Delete the guard file of a stack, unless it has another content."""
    with contextlib.suppress(FileNotFoundError), stage.disk.folder(stack) as folder:
        if content(folder, GUARD) == GUARD_TEXT:
            take(stage, f"guard{OUT}", folder, GUARD, fingerprint(GUARD_TEXT))


def prune(disk: Disk, path: str, stacks: Sequence[str]) -> None:
    """Remove folders that became empty with a deleted file, up to the stack's folder."""
    folder = path.rpartition("/")[0]
    with contextlib.suppress(OSError):
        while any(folder == stack or folder.startswith(f"{stack}/") for stack in stacks):
            with disk.parent(folder) as (parent, name):
                os.rmdir(name, dir_fd=parent)
            folder = folder.rpartition("/")[0]


def new_folders(disk: Disk, operations: Sequence[Operation]) -> tuple[str, ...]:
    """The folders to create, outer ones first."""
    needed = set()
    for operation in operations:
        parts = operation.path.split("/")[:-1]
        needed |= {"/".join(parts[:depth]) for depth in range(1, len(parts) + 1)}
    return tuple(sorted(folder for folder in needed if not disk.exists(folder)))


def _hash(text: bytes | None) -> str | None:
    return None if text is None else fingerprint(text)


def failed(error: OSError | Interference) -> Finding:
    """The finding that nothing was written, with the reason."""
    if isinstance(error, Interference):
        return INTERFERENCE.found(
            "nothing was written, because the file changed meanwhile", at=Location(error.args[0])
        )
    where = f" ({error.filename})" if error.filename else ""
    return CANNOT_WRITE.found(
        f"nothing was written: {error.strerror}{where}",
        "fix the folder's permissions or free some space, then run `ticketgen render` again",
    )
