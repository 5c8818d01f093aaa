"""The guard: a file that keeps Terraform out of a stack while its files may be inconsistent."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence

from ticketgen.atomic_write import create_file
from ticketgen.tree.disk import read_in
from ticketgen.tree.exchange import ConcurrentChange, move_to_stage
from ticketgen.tree.moves import REPLACED_SUFFIX, rename_noreplace
from ticketgen.tree.paths import fingerprint
from ticketgen.tree.stage import StagingFolder

__all__ = ["GUARD", "GUARD_TEXT", "remove_guard", "stage_guard", "write_guards"]

GUARD = "ticketgen-render-interrupted.tf"
GUARD_TEXT = b"""# A render of this folder was interrupted, so its files may be inconsistent.
# Run `ticketgen render`: it restores the previous files and deletes this one.
render was interrupted
"""


def stage_guard(stage: StagingFolder) -> None:
    """Write the guard file to the stage."""
    create_file("guard", GUARD_TEXT, folder=stage.fd, durable=True)


def write_guards(stage: StagingFolder, stacks: Sequence[str]) -> None:
    """Write the guard file, which Terraform refuses, into each stack."""
    for stack in stacks:
        stage.disk.make_folders(stack)
        with stage.disk.folder(stack) as folder:
            if read_in(folder, GUARD) == GUARD_TEXT:
                continue
            if read_in(stage.fd, "guard") != GUARD_TEXT:  # missing, or cut off because a process was killed
                with contextlib.suppress(FileNotFoundError):
                    os.unlink("guard", dir_fd=stage.fd)
                stage_guard(stage)
            try:
                rename_noreplace(stage.fd, "guard", folder, GUARD)
            except FileExistsError:
                raise ConcurrentChange(f"{stack}/{GUARD}") from None


def remove_guard(stage: StagingFolder, stack: str) -> None:
    """Delete the guard file of a stack, unless it has another content."""
    with contextlib.suppress(FileNotFoundError), stage.disk.folder(stack) as folder:
        if read_in(folder, GUARD) == GUARD_TEXT:
            move_to_stage(stage, f"guard{REPLACED_SUFFIX}", folder, GUARD, fingerprint(GUARD_TEXT))
