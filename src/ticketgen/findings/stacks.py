"""Kinds of findings about rendering and writing stacks."""

from __future__ import annotations

from functools import partial
from typing import Final

from ticketgen.findings import Category, FindingKind, Severity, Stage

TITLE: Final = "Rendering and writing stacks"

_render = partial(FindingKind, stage=Stage.RENDER)
_write = partial(FindingKind, stage=Stage.WRITE)
_conflict = partial(FindingKind, stage=Stage.WRITE, category=Category.HAND_EDIT)
_cannot_write = partial(FindingKind, stage=Stage.WRITE, category=Category.CANNOT_WRITE)

# Rendering

NAME_TOO_LONG = _render(
    "name-too-long",
    "The names of all resources fit into AWS's limits",
    "Project and environment are part of every name. AWS refuses a longer one at the apply.",
    "shorten the name of the environment or of the project",
)
OVERRIDE_BROKEN = _render(
    "override-broken",
    "Every template of the project can be rendered",
    "The stack is not rendered, because a file of it would be missing.",
    "fix the template (`ticketgen help upgrading` lists what it may use), or delete it to go back to ticketgen's own",
    category=Category.FINDINGS,
)

# Files that are not as rendered: the id is the state of the file.

CREATED = _write(
    "created",
    "Every file of a stack was rendered",
    "Terraform does not see something that the spec asks for.",
    "run `ticketgen render`",
)
CHANGED = _write(
    "changed",
    "Every rendered file matches the current spec",
    "Terraform would apply the rendering of an older spec or of an older ticketgen.",
    "run `ticketgen render`",
)
MISSING = _write(
    "missing",
    "Every rendered file is still there",
    "Terraform would destroy the resources of a missing file.",
    "run `ticketgen render`, which writes it again, or keep it deleted with `ticketgen keep FILE`",
)
HAND_EDITED = _conflict(
    "hand-edited",
    "No rendered file was edited by hand",
    "A render would overwrite the edit, so it refuses.",
    "move the edit into the spec, keep it with `ticketgen keep FILE`, or discard it with `ticketgen render --force`",
)
IN_THE_WAY = _conflict(
    "in-the-way",
    "Nothing else is in the place of a file that ticketgen writes",
    "ticketgen never overwrites a file that it did not write.",
    "move it elsewhere, then run the command again",
)
ORPHANED = _write(
    "orphaned",
    "Every file that ticketgen rendered is still part of the stack",
    "Terraform would keep resources that the spec no longer asks for.",
    "run `ticketgen render`, which deletes it",
)
KEPT = _write(
    "kept",
    "No edited file stays after it is no longer rendered",
    "It was edited by hand, so it is not deleted, and Terraform still reads it.",
    "delete it unless you need the edit",
    severity=Severity.WARNING,
)
UPGRADE = _write(
    "upgrade",
    "The stacks were written by this version of ticketgen, or this version renders the same files",
    "Another version renders some files differently. You decide when the stacks change.",
    "run `ticketgen render --diff` to see the changes, then `ticketgen render --upgrade` to write them",
)
DOWNGRADE = _write(
    "downgrade",
    "No newer ticketgen wrote the stacks, or this version renders the same files",
    "The older rendering lacks what the newer version corrected.",
    "install the version that wrote them; only `ticketgen render --force` writes the older rendering",
)
UPGRADE_REASON = _write(
    "upgrade-reason",
    "The changelog says why another version of ticketgen renders a stack differently",
    "The reasons help you decide whether to upgrade.",
    "read it before `ticketgen render --upgrade`",
    severity=Severity.NOTE,
)

# Obstacles to a write

MANIFEST_BROKEN = _write(
    "manifest-broken",
    "The manifest of a stack can be read and lists only files that ticketgen renders",
    "Without it, ticketgen cannot tell rendered files from your own, or a hand edit from an old rendering.",
    "restore the manifest from version control, then run `ticketgen render`",
)
RENDER_INTERRUPTED = _write(
    "render-interrupted",
    "No render was interrupted halfway",
    "The stacks may be a mixture of two renderings.",
    "run `ticketgen render`, which first restores the previous files",
)
JOURNAL_BROKEN = _write(
    "journal-broken",
    "The journal of an interrupted render can be read",
    "ticketgen cannot tell which files to restore.",
    "restore the stacks from version control, and delete the folder of the journal",
)
PATH_OUTSIDE = _conflict(
    "path-outside",
    "Every path stays below the project's folder and passes through no link",
    "A manifest or a link that a stranger committed could make ticketgen write elsewhere.",
    "replace the link with a folder or a copy of the file, or restore the manifest from version control",
)
CASE_COLLISION = _conflict(
    "case-collision",
    "No two files of a folder have names that differ in case only",
    "They are one file on macOS and Windows.",
    "rename one of them",
)
BUSY = _cannot_write(
    "busy",
    "Only one render at a time writes to a project",
    "Two renders at once would mix their files.",
    "wait for the other render to finish, then run the command again",
)
CANNOT_LOCK = _cannot_write(
    "cannot-lock",
    "The project's folder can be locked",
    "Without a lock, two renders at once would mix their files.",
    "run ticketgen in a folder on a local disk that you may read and write",
)
CANNOT_WRITE = _cannot_write(
    "cannot-write",
    "The files can be written to the disk",
    "Nothing was written: a project or a render is written as a whole or not at all.",
    "fix the folder's permissions or free some space, then run the command again",
)
INTERFERENCE = _cannot_write(
    "interference",
    "No other program changes the files while ticketgen writes them",
    "The result would be based on files that no longer exist, or an edit would be lost.",
    "run the command again",
)

# Removed Regions

REGION_DESTROYED = _write(
    "region-destroyed",
    "The resources of a retired Region are no longer needed",
    "The next apply destroys all of them, with the locks and holds of events whose home is there.",
    "move these events to another home Region before the apply",
    severity=Severity.WARNING,
)
STATE_NOT_EMPTY = _write(
    "state-not-empty",
    "The local state of a root module that is no longer rendered is empty",
    "Without its files, Terraform cannot destroy the resources in its state: they stay in the account.",
    "destroy it first: `make apply` in the stack's folder destroys a retired Region, `terraform destroy` in its own "
    "folder any other root module",
)
STATE_UNKNOWN = _write(
    "state-unknown",
    "A root module that is no longer rendered is destroyed before its files are deleted",
    "Without its files, Terraform cannot destroy the resources in its state: they stay in the account.",
    "destroy it first with `terraform destroy` in its folder, then confirm that with --destroyed; retire a Region "
    "with `ticketgen remove-region` instead",
)

__all__ = ["TITLE"]
__all__ += [name for name, value in globals().items() if isinstance(value, FindingKind)]
