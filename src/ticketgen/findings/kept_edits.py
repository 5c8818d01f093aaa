"""Kinds of findings about hand edits that are kept as patches."""

from __future__ import annotations

from functools import partial
from typing import Final

from ticketgen.findings import Category, FindingKind, Severity, Stage

TITLE: Final = "Kept hand edits"

_render = partial(FindingKind, stage=Stage.RENDER, category=Category.FINDINGS)
_keep = partial(FindingKind, stage=Stage.WRITE)
_usage = partial(FindingKind, stage=Stage.WRITE, category=Category.USAGE)

# At each render

PATCH_BROKEN = _render(
    "patch-broken",
    "Every patch of the project can be read and is for the file that its own path names",
    "Nothing is rendered, because a hand edit that somebody wanted to keep would be lost.",
    "restore the patch from version control, or drop it with `ticketgen keep FILE --drop`",
)
PATCH_CONFLICT = _render(
    "patch-conflict",
    "Every patch applies to the rendering",
    "The lines that the patch changes are no longer rendered like this, or more than once. Nothing is rendered, "
    "because a patch in another place, or a part of one, may do harm.",
    "correct the patch; or copy it elsewhere unless it is in version control, drop it with `ticketgen keep FILE "
    "--drop`, render, make the edit again, and run `ticketgen keep FILE`",
)
PATCH_EMPTIES_ROOT = _render(
    "patch-empties-root",
    "No patches delete every Terraform file of a root module or module",
    "Terraform cannot destroy what the state of a root module without files holds: it stays in the account.",
    "keep at least one file; remove a Region with `ticketgen remove-region`",
)
PATCHED_FILE_INVALID = _render(
    "patched-file-invalid",
    "Every Python and JSON file can be parsed with its patch",
    "Suites and scripts of the stack would fail when they are needed.",
    "correct the file and run `ticketgen keep FILE`, or drop its patch with `ticketgen keep FILE --drop`",
)
PATCH_MISSING = _keep(
    "patch-missing",
    "Every file that was written with a patch still has the patch, unless it was dropped",
    "A render without the patch would lose the edit, so it refuses, with --force, too.",
    "restore the patch from version control, make it again with `ticketgen keep FILE`, or give the edit up with "
    "`ticketgen keep FILE --drop`",
    category=Category.HAND_EDIT,
)
PATCH_UNUSED = _render(
    "patch-unused",
    "Every patch is for a file that is rendered",
    "The edit has no effect: its Region, its environment or its file is no longer rendered.",
    "drop it with `ticketgen keep FILE --drop`, unless the file comes back",
    severity=Severity.WARNING,
)
PATCH_NOT_NEEDED = _render(
    "patch-not-needed",
    "Every patch changes the rendering",
    "ticketgen renders the edit itself now.",
    "drop it with `ticketgen keep FILE --drop`",
    severity=Severity.NOTE,
)
DELETED_FILE_CHANGED = _render(
    "deleted-file-changed",
    "A file that was deleted on purpose is rendered as it was then",
    "The file stays deleted, and so does what its rendering has gained since.",
    "run `ticketgen keep FILE` to keep it deleted, or with --drop to have it again",
    severity=Severity.NOTE,
)

# Of `ticketgen keep`

NOT_A_RENDERED_FILE = _usage(
    "not-a-rendered-file",
    "An edit is kept of a file that is rendered",
    "Only rendered files are overwritten; all others are yours already.",
    "name a file below stacks/ENVIRONMENT that ticketgen renders",
)
NO_PATCH = _usage(
    "no-patch",
    "A dropped patch exists",
    "There is nothing to drop.",
    "run `ticketgen keep --list` for the patches of the project",
)
EDIT_OF_OLD_RENDERING = _keep(
    "edit-of-old-rendering",
    "An edit is kept with the spec and the ticketgen that rendered the file",
    "The patch would also undo what the rendering has changed since.",
    "run it with the spec and the version that wrote the file, then render; or bring the file up to date by hand, "
    "check with --diff --force what the patch changes, and run it with --force",
)
EDIT_NOT_KEPT = _keep(
    "edit-not-kept",
    "An edited file can be written as a patch",
    "Files that are not text, or too large, cannot be compared line by line.",
    "make it a text in UTF-8 with the size of a rendered file",
)

__all__ = ["TITLE"]
__all__ += [name for name, value in globals().items() if isinstance(value, FindingKind)]
