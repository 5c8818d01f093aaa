"""Write stacks: compare the disk, the manifests and the rendering, and change all files or none.

``plan_write`` finds what would happen to every file, and changes nothing. ``write`` takes a lock, recovers from an
interrupted write, plans, refuses to lose a hand edit, and applies the rest under a journal. Nothing here knows the
purpose of the files: they are text in folders, and only files whose hash is in a manifest are replaced or deleted.
"""

from __future__ import annotations

from ticketgen.tree.changes import Changes, Stack, plan_write
from ticketgen.tree.diff import changes_diff
from ticketgen.tree.drift import downgrades, drift, upgrades
from ticketgen.tree.file_states import Change, FileState
from ticketgen.tree.write import recover_interrupted, refusals, write, write_files

__all__ = [
    "Change",
    "Changes",
    "FileState",
    "Stack",
    "changes_diff",
    "downgrades",
    "drift",
    "plan_write",
    "recover_interrupted",
    "refusals",
    "upgrades",
    "write",
    "write_files",
]
