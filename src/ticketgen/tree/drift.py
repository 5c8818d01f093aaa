"""Report drift: one finding per cause, not one per file.

A stack that another version of ticketgen wrote gets one finding for all files that this version renders differently. A
whole stack or folder of files in the same state gets one finding, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from ticketgen.findings import Finding, Location
from ticketgen.findings.stacks import CREATED, DOWNGRADE, MISSING, ORPHANED, UPGRADE
from ticketgen.manifest_name import MANIFEST_NAME
from ticketgen.tree.changes import Changes
from ticketgen.tree.file_states import Change, FileState, change_finding
from ticketgen.tree.version_order import is_newer
from ticketgen.wording import counted

__all__ = ["downgrades", "drift", "upgrades"]

_DIFFERENT = frozenset({FileState.CREATED, FileState.CHANGED, FileState.ORPHANED})

# FileState → its kind, what is wrong with all files of a folder, and the fix.
_WHOLE_FOLDER_TEXTS = {
    FileState.CREATED: (CREATED, "was never rendered, or was deleted: {files} are missing", "run `{render}`"),
    FileState.MISSING: (
        MISSING,
        "was deleted: {files} are missing",
        "run `{render}`, which writes them again, or keep each one deleted with `ticketgen keep FILE`",
    ),
    FileState.ORPHANED: (
        ORPHANED,
        "is no longer rendered: {files} are left over",
        "run `{render}`, which deletes them",
    ),
}


def drift(changes: Changes) -> tuple[Finding, ...]:
    """Find all drift; the rule of a finding is the name of the state.

    A manifest is reported only if no file of its folder is: it follows from them.
    """
    older, newer = upgrades(changes), downgrades(changes)
    rewritten = {*_upgraded_folders(older), *_upgraded_folders(newer)}
    reported = {change.folder for change in changes.files if change.state is not FileState.UNCHANGED}
    stale = [change for change in changes.manifests if change.folder not in reported]
    files = [
        change for change in changes.files if not (change.folder in rewritten and change.state in _DIFFERENT)
    ]
    return (*older, *newer, *_findings(changes, files), *_findings(changes, stale))


def upgrades(changes: Changes, version: str = "") -> tuple[Finding, ...]:
    """Find the stacks of an older version of ticketgen that this version renders differently."""
    version = version or changes.version
    return tuple(
        UPGRADE.found(
            f"ticketgen {before} wrote this stack, and {version} renders {count} of its files differently",
            at=Location(f"{folder}/{MANIFEST_NAME}"),
        )
        for folder, before, count in _version_differences(changes, version)
        if not is_newer(before, version)
    )


def downgrades(changes: Changes, version: str = "") -> tuple[Finding, ...]:
    """Find the stacks of a newer version of ticketgen that this version renders differently."""
    version = version or changes.version
    return tuple(
        DOWNGRADE.found(
            f"ticketgen {before} wrote this stack, and {version}, which is older, renders {count} of its files "
            "differently",
            f"install ticketgen {before} or newer; only `ticketgen render --force` writes the older rendering",
            at=Location(f"{folder}/{MANIFEST_NAME}"),
        )
        for folder, before, count in _version_differences(changes, version)
        if is_newer(before, version)
    )


def _version_differences(changes: Changes, version: str) -> Iterator[tuple[str, str, int]]:
    """Stacks of another version: the folder, the version, and the number of files that now render differently."""
    for folder, before in changes.versions.items():
        if before == version or folder in changes.retired:
            continue
        count = sum(change.folder == folder and change.state in _DIFFERENT for change in changes.files)
        if count:
            yield folder, before, count


def _findings(changes: Changes, files: Sequence[Change]) -> Iterator[Finding]:
    """Findings for files, with the command that brings their stack up to date."""
    options = dict.fromkeys(_upgraded_folders(upgrades(changes)), " --upgrade")
    options |= dict.fromkeys(_upgraded_folders(downgrades(changes)), " --force")
    wholes = _uniform_folders(files)
    reported: set[str] = set()
    for change in files:
        if change.state is FileState.UNCHANGED:
            continue
        render = f"ticketgen render{options.get(change.folder, '')}"
        whole = next((place for place in _folders(change) if place in wholes), None)
        if whole is None:
            yield change_finding(change, render)
        elif whole not in reported:
            reported.add(whole)
            kind, what, help = _WHOLE_FOLDER_TEXTS[change.state]
            subject = "the stack" if whole == change.folder else "the folder"
            number = f"all {counted(wholes[whole], 'files')}"
            message = f"{subject} {what.format(files=number)}"
            yield kind.found(message, help.format(render=render), at=Location(whole))


def _upgraded_folders(findings: Sequence[Finding]) -> Iterator[str]:
    """The folders of stacks that another version of ticketgen wrote."""
    return (found.location.file.removesuffix(f"/{MANIFEST_NAME}") for found in findings if found.location)


def _uniform_folders(files: Sequence[Change]) -> dict[str, int]:
    """Folders with at least two files that are all created, all missing or all orphaned, with the number of files."""
    inside: dict[str, list[FileState]] = {}
    for change in files:
        for place in _folders(change):
            inside.setdefault(place, []).append(change.state)
    return {
        place: len(states)
        for place, states in inside.items()
        if len(states) > 1 and len({*states}) == 1 and states[0] in _WHOLE_FOLDER_TEXTS
    }


def _folders(change: Change) -> Iterator[str]:
    """The folders from the stack's folder down to a file."""
    top = PurePosixPath(change.folder)
    for parent in reversed(PurePosixPath(change.path).parents):
        if parent == top or top in parent.parents:
            yield parent.as_posix()
