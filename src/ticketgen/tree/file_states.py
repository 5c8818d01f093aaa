"""The state of a file: what the disk, the manifest and the rendering say of it, and what a write does to it.

| on the disk        | in the manifest | rendered | state       | a write …                           |
|--------------------|-----------------|----------|-------------|-------------------------------------|
| nothing            | no              | yes      | created     | writes it                           |
| nothing            | yes             | yes      | missing     | writes it again                     |
| as rendered        | any             | yes      | unchanged   | leaves it                           |
| as in the manifest | yes             | yes      | changed     | replaces it                         |
| anything else      | yes             | yes      | hand-edited | refuses, without force              |
| anything else      | no              | yes      | in the way  | refuses                             |
| as in the manifest | yes             | no       | orphaned    | deletes it                          |
| anything else      | yes             | no       | kept        | leaves it, and reports it each time |

A file that a patch changed or deleted, and whose patch is gone without having been dropped, is ``patch-missing``,
unless it is as rendered: a write refuses, with force, too.

A file that differs in line endings only does not count as edited by hand: a checkout may have converted it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ticketgen.findings import Finding, Location
from ticketgen.findings.kept_edits import PATCH_MISSING
from ticketgen.findings.stacks import CHANGED, CREATED, HAND_EDITED, IN_THE_WAY, KEPT, MISSING, ORPHANED
from ticketgen.tree.manifest import ManifestEntry
from ticketgen.tree.paths import fingerprint

__all__ = ["CONFLICTS", "Change", "FileState", "change_finding", "state_of"]


class FileState(StrEnum):
    """The state of a file; the table in this module's docstring defines them."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    MISSING = "missing"
    HAND_EDITED = "hand-edited"
    IN_THE_WAY = "in-the-way"
    ORPHANED = "orphaned"
    KEPT = "kept"
    PATCH_MISSING = "patch-missing"


@dataclass(frozen=True, slots=True)
class Change:
    """One file: ``before`` is the content on the disk, ``after`` the rendered content; None means no file."""

    path: str
    folder: str
    state: FileState
    before: bytes | None
    after: str | None


CONFLICTS = frozenset({FileState.HAND_EDITED, FileState.IN_THE_WAY, FileState.PATCH_MISSING})

# FileState → its kind, what is wrong with the file, and the fix.
_DRIFT_TEXTS = {
    FileState.CREATED: (CREATED, "was never rendered", "run `{render}`"),
    FileState.CHANGED: (CHANGED, "is out of date", "run `{render}`"),
    FileState.MISSING: (
        MISSING,
        "was rendered and is missing",
        "run `{render}`, which writes it again, or keep it deleted with `ticketgen keep {path}`",
    ),
    FileState.HAND_EDITED: (
        HAND_EDITED,
        "was edited by hand after it was rendered",
        "move the edit into the spec, keep it with `ticketgen keep {path}`, or discard it with `{render} --force`",
    ),
    FileState.IN_THE_WAY: (
        IN_THE_WAY,
        "is in the place of a rendered file, and ticketgen did not write it",
        "rename or delete it, then run `{render}`",
    ),
    FileState.ORPHANED: (ORPHANED, "is no longer rendered", "run `{render}`, which deletes it"),
    FileState.KEPT: (
        KEPT,
        "is no longer rendered, but was edited by hand, so it stays",
        "delete it unless you need the edit: Terraform still reads it",
    ),
    FileState.PATCH_MISSING: (
        PATCH_MISSING,
        "was written with a patch, and the patch is missing",
        "restore the patch from version control, make it again with `ticketgen keep {path}`, or give the edit up with "
        "`ticketgen keep {path} --drop`",
    ),
}


def change_finding(change: Change, render: str = "ticketgen render") -> Finding:
    """Explain a file that is not as rendered.

    Args:
        change: the file.
        render: the command that brings it up to date.
    """
    kind, what, help = _DRIFT_TEXTS[change.state]
    return kind.found(
        f"the file {what}", help.format(render=render, path=change.path), at=Location(change.path)
    )


def state_of(before: bytes | None, old: ManifestEntry | None, after: str | None) -> FileState | None:
    """Find the state of a file; None if it is no longer rendered and already gone."""
    if before is None:
        if after is None:
            return None
        return FileState.MISSING if old else FileState.CREATED
    if after is not None and before == after.encode():
        return FileState.UNCHANGED
    plain = before.replace(b"\r\n", b"\n")
    ours = old is not None and old.sha256 in {fingerprint(before), fingerprint(plain)}
    if after is None:
        return FileState.ORPHANED if ours else FileState.KEPT
    if ours or plain == after.encode():
        return FileState.CHANGED
    return FileState.HAND_EDITED if old else FileState.IN_THE_WAY
