"""Kinds of findings about merging a newer ticketgen's texts, and about finding a newer ticketgen."""

from __future__ import annotations

from functools import partial
from typing import Final

from ticketgen.findings import FindingKind, Severity, Stage

TITLE: Final = "Upgrades"

_write = partial(FindingKind, stage=Stage.WRITE)

# Merging

MERGE_CONFLICT = _write(
    "merge-conflict",
    "No file has unresolved conflicts between your changes and ticketgen's",
    "You and ticketgen changed the same lines. Both versions are in the file, between markers, and neither is used.",
    "keep what you need of both sides, remove the lines with markers, then run `ticketgen render` again",
)
MERGE_DUE = _write(
    "merge-due",
    "Every file of the project has the changes of this version of ticketgen",
    "The file lacks what changed in ticketgen's own text since.",
    "run `ticketgen render --upgrade --merge`",
)
FILE_MERGED = _write(
    "file-merged",
    "Each file that `render --upgrade --merge` changed is reported",
    "You can review the changes before you commit them.",
    "review the change with `git diff`",
    severity=Severity.NOTE,
)
STAYS_DELETED = _write(
    "stays-deleted",
    "A file that you deleted stays deleted",
    "ticketgen still writes it into new projects. It reports this once.",
    "restore the file from version control if you need it",
    severity=Severity.NOTE,
)
NO_LONGER_OURS = _write(
    "no-longer-ours",
    "ticketgen still writes every file that it wrote and that you changed",
    "New projects no longer get the file. Yours is kept, and no later version changes it.",
    "delete the file if nothing needs it",
    severity=Severity.WARNING,
)
NAME_TAKEN = _write(
    "name-taken",
    "No file of yours has the name of a file that this version adds to projects",
    "Yours is kept, and ticketgen's is not written.",
    "compare it with the file of a new project, made with `ticketgen new`",
    severity=Severity.WARNING,
)
BASE_MISSING = _write(
    "base-missing",
    "ticketgen knows which text of its own each file of the project came from",
    "Without that text, your changes and ticketgen's cannot be told apart. The file is kept as it is, and every "
    "difference counts as your change from now on.",
    "compare the texts in the difference shown above, and copy what you need",
    severity=Severity.WARNING,
)
BASE_BROKEN = _write(
    "base-broken",
    "The record of ticketgen's own texts in .ticketgen/ is as ticketgen wrote it",
    "A merge with a wrong base would drop changes.",
    "restore .ticketgen/ from version control",
)
NEWER_BASES = _write(
    "newer-bases",
    "No newer ticketgen merged the files of the project",
    "An older version would take the changes of the newer one back.",
    "install the version that the project pins",
)
NOT_MERGEABLE = _write(
    "not-mergeable",
    "Every file that you and ticketgen changed can be merged line by line",
    "The file is kept as it is.",
    "make it a plain text file, then run the command again",
)
SPEC_COMMENTS_KEPT = _write(
    "spec-comments-kept",
    "The comments that ticketgen wrote into the spec are those of this version",
    "A merge changes comments only. Where you changed the same lines, or where a value would change, yours are kept.",
    "compare the spec with that of a new project, made with `ticketgen new`",
    severity=Severity.NOTE,
)
GIT_MISSING = _write(
    "git-missing",
    "The machine has git, which merges files",
    "`git merge-file` merges the changes of both sides.",
    "install git",
)

# Newer versions

NEWEST_UNKNOWN = _write(
    "newest-unknown",
    "ticketgen can see which versions the project's source has",
    "Nothing tells whether a newer version is out.",
    "name the new version's source with `ticketgen upgrade --to SOURCE`",
)
PIN_UNKNOWN = _write(
    "pin-unknown",
    "The project pins ticketgen in requirements-ticketgen.txt, in a way that `ticketgen new` writes",
    "ticketgen cannot change a pin that it cannot read.",
    "write the pin as `ticketgen new --install-from` does",
)
PIN_NOT_WRITTEN = _write(
    "pin-not-written",
    "The pin of a newer ticketgen can be written",
    "The project still installs the old version.",
    "change the pin by hand",
)
UPGRADE_WORKFLOW = _write(
    "upgrade-workflow",
    "The project has the CI that the upgrade workflow is written for",
    "The workflow opens pull requests on GitHub.",
    "run `ticketgen upgrade --write` in a scheduled job of your CI",
)

__all__ = ["TITLE"]
__all__ += [name for name, value in globals().items() if isinstance(value, FindingKind)]
