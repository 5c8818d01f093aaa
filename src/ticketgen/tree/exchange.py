"""Exchange the files of a write with those in its stage, one by one, and restore them."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass

from ticketgen.atomic_write import create_file
from ticketgen.tree.disk import Disk
from ticketgen.tree.moves import REPLACED_SUFFIX, exchange, rename_noreplace
from ticketgen.tree.stage import STAGE, JournalStep, StagingFolder, digest

__all__ = [
    "ConcurrentChange",
    "Operation",
    "exchange_files",
    "missing_folders",
    "move_to_stage",
    "remove_empty_folders",
    "restore_file",
    "stage_files",
]


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


class ConcurrentChange(Exception):
    """Error of a file that another process changed between the comparison and the write; the argument is its path."""


def stage_files(stage: StagingFolder, operations: Sequence[Operation]) -> None:
    """Stage the new files, with the permissions of the old ones."""
    for number, operation in enumerate(operations):
        if operation.after is None:
            continue
        mode = None
        if operation.before is not None:
            with stage.disk.parent(operation.path) as (folder, name):
                mode = stat.S_IMODE(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode) & 0o777
        create_file(str(number), operation.after, folder=stage.fd, exact_mode=mode, durable=True)
    os.fsync(stage.fd)


def exchange_files(stage: StagingFolder, steps: Sequence[JournalStep]) -> None:
    """Move every new file into place and every old one to the stage.

    Raises:
        ConcurrentChange: another process changed a file.
        OSError: a file could not be moved.
    """
    for number, step in enumerate(steps):
        with stage.disk.parent(step.path) as (folder, name):
            if digest(folder, name) != step.before:
                raise ConcurrentChange(step.path)
            if step.after is None:
                os.rename(name, str(number), src_dir_fd=folder, dst_dir_fd=stage.fd)
            elif step.before is not None:
                exchange(stage.fd, str(number), folder, name)
            else:
                try:
                    rename_noreplace(stage.fd, str(number), folder, name)
                except FileExistsError:
                    raise ConcurrentChange(step.path) from None
        if step.before is not None and digest(stage.fd, str(number)) != step.before:
            raise ConcurrentChange(step.path)
    for parent in sorted({step.path.rpartition("/")[0] for step in steps}):
        with stage.disk.folder(parent) as folder:
            os.fsync(folder)
    for number, step in enumerate(steps):
        if step.before is not None and digest(stage.fd, str(number)) != step.before:
            raise ConcurrentChange(step.path)


def restore_file(stage: StagingFolder, number: int, step: JournalStep, *, own: bool) -> None:
    """Restore one file, unless somebody else changed it since."""
    if step.before is not None:
        stage.disk.make_folders(step.path.rpartition("/")[0])
    elif not stage.disk.exists(step.path):
        return
    with stage.disk.parent(step.path) as (folder, name):
        now = digest(folder, name)
        if step.before is None:
            if now == step.after:
                move_to_stage(stage, f"{number}{REPLACED_SUFFIX}", folder, name, step.after)
            return
        if now == step.before or now not in {None, step.after}:
            return
        old = _staged_name(stage, number, step, own=own)
        if old is None:
            return
        if now is None:
            with contextlib.suppress(FileExistsError):  # keep a file that another process wrote since
                rename_noreplace(stage.fd, old, folder, name)
            return
        exchange(stage.fd, old, folder, name)
        if digest(stage.fd, old) != step.after:  # edited just now: keep the newest edit
            exchange(stage.fd, old, folder, name)


def _staged_name(stage: StagingFolder, number: int, step: JournalStep, *, own: bool) -> str | None:
    """The staged name of the file that a step replaced; None if it replaced none.

    Raises:
        OSError: the stage has a different file under that name, which this process did not put there.
    """
    for name in (f"{number}{REPLACED_SUFFIX}", str(number)):
        found = digest(stage.fd, name)
        if found == step.before or (own and found not in {None, step.after}):
            return name
        if found not in {None, step.after}:
            raise OSError(0, f"another program saved it meanwhile; move {STAGE}/{name} to it, or delete that")
    return None


def move_to_stage(stage: StagingFolder, name: str, folder: int, target: str, expected: str | None) -> None:
    """Move a file that ticketgen wrote to the stage; put it back if its content is not the expected one.

    Raises:
        OSError: the content differs. The file is back in its place or, if another file is there, in the stage, which
            is kept and reported.
    """
    with contextlib.suppress(FileNotFoundError):
        os.rename(target, name, src_dir_fd=folder, dst_dir_fd=stage.fd)
        try:
            if digest(stage.fd, name) != expected:
                raise OSError(0, "another program saved it meanwhile")
        except BaseException:
            rename_noreplace(stage.fd, name, folder, target)
            raise


def remove_empty_folders(disk: Disk, path: str, stacks: Sequence[str]) -> None:
    """Remove the folders that became empty by deleting a file, up to the stack's folder."""
    folder = path.rpartition("/")[0]
    with contextlib.suppress(OSError):
        while any(folder == stack or folder.startswith(f"{stack}/") for stack in stacks):
            with disk.parent(folder) as (parent, name):
                os.rmdir(name, dir_fd=parent)
            folder = folder.rpartition("/")[0]


def missing_folders(disk: Disk, operations: Sequence[Operation]) -> tuple[str, ...]:
    """The folders to create, outer ones first."""
    needed = set()
    for operation in operations:
        parts = operation.path.split("/")[:-1]
        needed |= {"/".join(parts[:depth]) for depth in range(1, len(parts) + 1)}
    return tuple(sorted(folder for folder in needed if not disk.exists(folder)))
