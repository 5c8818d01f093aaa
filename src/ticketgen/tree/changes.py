"""Compare the disk, the manifests and the rendering: every file of the stacks, and the manifests after a write."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from ticketgen.findings import Checked, Finding, Location, Stage, has_errors
from ticketgen.findings.spec import TOO_LARGE
from ticketgen.findings.stacks import IN_THE_WAY, MANIFEST_BROKEN
from ticketgen.findings.verification import UNREADABLE
from ticketgen.manifest_name import MANIFEST_NAME
from ticketgen.tree.disk import Disk, open_project
from ticketgen.tree.file_states import Change, FileState, state_of
from ticketgen.tree.guard import GUARD
from ticketgen.tree.journal import unfinished_write
from ticketgen.tree.manifest import (
    FIX_OF_LISTING,
    Manifest,
    PatchedEntry,
    entry_of,
    read_manifest,
    stack_folders,
    unclaimable,
)
from ticketgen.tree.paths import case_clashes, fingerprint
from ticketgen.tree.stage import STAGE
from ticketgen.tree.states import lost_states
from ticketgen.tree.version_order import is_newer

__all__ = [
    "Changes",
    "Stack",
    "WriteJudge",
    "no_judge",
    "plan_open_project",
    "plan_write",
]

_MAX_FILES = 50_000
"""The maximum number of files in all stacks together; 34 Regions in 20 environments have 2,500."""

_MAX_BYTES = 64_000_000
"""The maximum size of these files together, which are in memory at once; 20 environments have 15 MB."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A rendering to write.

    Attributes:
        folder: relative to the root, posix: ``stacks/prod``.
        files: path relative to the folder, posix → text with LF line ends.
        spec: the SHA-256 of the resolved environment, in hexadecimal.
        renderings: path, likewise, of each file with a patch → its text without the patch.
    """

    folder: str
    files: Mapping[str, str]
    spec: str = ""
    renderings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Changes:
    """Every file of the stacks, sorted by path, and their manifests after a write.

    Attributes:
        files: the rendered files, and the files that only a manifest lists.
        manifests: the manifests themselves. A manifest that differs only in the version of ticketgen or in the hash
            of the spec is ``unchanged``: an upgrade that renders the same is not drift. A write updates it.
        retired: folders of stacks that are no longer rendered.
        versions: folder → the version of ticketgen that last wrote it; folders without a manifest are left out.
        version: the version of ticketgen that rendered the stacks.
        lost_states: findings about root modules whose files a write would delete, and whose states may not be empty.
    """

    files: tuple[Change, ...]
    manifests: tuple[Change, ...]
    retired: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    lost_states: tuple[Finding, ...] = ()

    def count(self, state: FileState, folder: str | None = None) -> int:
        """Count the files in a state, in one folder or in all."""
        return sum(change.state is state and folder in {None, change.folder} for change in self.files)


WriteJudge: TypeAlias = Callable[[Disk, Changes], tuple[Finding, ...]]
"""Decides whether changes may be written: not if it finds an error."""


def no_judge(disk: Disk, changes: Changes) -> tuple[Finding, ...]:
    """Let everything pass."""
    return ()


_LOSES_PATCH = frozenset({FileState.CREATED, FileState.CHANGED, FileState.MISSING, FileState.HAND_EDITED})
"""States of files that a write, or one with force, gives their rendering."""


def plan_write(
    root: Path,
    stacks: Sequence[Stack],
    *,
    version: str,
    retire_in: str | None = None,
    judge: WriteJudge = no_judge,
) -> Checked[Changes]:
    """Compare, and change nothing.

    Args:
        root: the project's folder.
        stacks: the renderings.
        version: ticketgen's own, for the manifests.
        retire_in: a folder such as ``stacks``: stacks in it with a manifest but without a rendering are retired.
            None if only some of the project's stacks were rendered.
        judge: adds its findings about the changes.

    Returns:
        The changes, or findings if a path is unsafe or a manifest or file cannot be read.
    """
    try:
        with open_project(root) as disk:
            planned = plan_open_project(disk, stacks, version=version, retire_in=retire_in)
            judged = () if planned.value is None else judge(disk, planned.value)
            return Checked(planned.value, planned.findings + judged)
    except OSError as error:
        return Checked(None, (_unreadable("", error),))


def plan_open_project(
    disk: Disk, stacks: Sequence[Stack], *, version: str, retire_in: str | None
) -> Checked[Changes]:
    """Compare an open project."""
    try:
        blocked = unfinished_write(disk)
    except OSError as error:
        blocked = _unreadable(STAGE, error)
    if blocked:
        return Checked(None, (blocked,))
    rendered = {stack.folder: stack for stack in stacks}
    known: tuple[str, ...] = ()
    if retire_in:
        blocked = disk.unsafe_path(f"{retire_in}/{MANIFEST_NAME}")
        if blocked:
            return Checked(None, (blocked,))
        try:
            known = stack_folders(disk, retire_in)
        except OSError as error:
            return Checked(None, (_unreadable(error.filename or retire_in, error),))
    retired = tuple(folder for folder in known if folder not in rendered)
    files: list[Change] = []
    manifests: list[Change] = []
    versions: dict[str, str] = {}
    findings: list[Finding] = []
    listed = size = 0
    for folder in sorted([*rendered, *retired]):
        blocked = disk.unsafe_path(f"{folder}/{MANIFEST_NAME}") or _guard_finding(disk, folder)
        text: bytes | None = None
        old: Checked[Manifest] = Checked(None, (blocked,) if blocked else ())
        if not blocked:
            text, old = read_manifest(disk, folder)
        findings += old.findings
        if old.value is None:
            continue
        if old.value.ticketgen:
            versions[folder] = old.value.ticketgen
        listed += len(old.value.files)
        if listed > _MAX_FILES:
            message = f"the manifests list more than {_MAX_FILES} files"
            help = "restore them from version control"
            return Checked(
                None, (MANIFEST_BROKEN.found(message, help, at=Location(f"{folder}/{MANIFEST_NAME}")),)
            )
        compared = _compare(disk, folder, rendered.get(folder), old.value)
        findings += compared.findings
        size += sum(len(change.before or b"") for change in compared.value or ())
        if size > _MAX_BYTES:
            return Checked(None, (*findings, _too_large(folder)))
        files += compared.value or ()
        manifests.append(
            _manifest_change(text, folder, rendered.get(folder), old.value, compared.value or (), version)
        )
    findings += case_clashes(disk, [change.path for change in files if change.after is not None])
    if has_errors(findings):
        return Checked(None, tuple(findings))
    try:
        lost = tuple(
            lost_states(
                disk,
                [
                    (change.path, change.before or b"")
                    for change in files
                    if change.state is FileState.ORPHANED
                ],
                [change.path for change in files if change.after is not None],
            )
        )
    except OSError as error:
        return Checked(None, (*findings, _unreadable(error.filename or "", error)))
    return Checked(Changes(tuple(files), tuple(manifests), retired, versions, version, lost), tuple(findings))


def _compare(disk: Disk, folder: str, stack: Stack | None, old: Manifest) -> Checked[tuple[Change, ...]]:
    """Find the state of every file of one folder."""
    new = stack.files if stack else {}
    known = stack.renderings if stack else {}
    lost = {
        name for name, each in old.patched.items() if name in new and name not in known and not each.dropped
    }
    changes, findings = [], []
    left = _MAX_BYTES
    for name in sorted({*new, *old.files}):
        path, after = f"{folder}/{name}", new.get(name)
        if after is not None and "\r" in after:
            raise ValueError(f"{path} was rendered with a carriage return")
        blocked = disk.unsafe_path(path) or (None if name in new else unclaimable(folder, name))
        if blocked and not blocked.location and name not in new:
            blocked = replace(blocked, location=Location(f"{folder}/{MANIFEST_NAME}"), help=FIX_OF_LISTING)
        try:
            before = None if blocked else disk.read(path)
        except OSError as error:
            blocked = IN_THE_WAY.found(
                f"cannot be read as a file: {error.strerror}",
                "move it elsewhere, then run `ticketgen render`",
                at=Location(path),
            )
            before = None
        if blocked:
            findings.append(blocked)
            continue
        left -= len(before or b"")
        if left < 0:
            return Checked(None, (*findings, _too_large(folder)))
        state = state_of(before, old.files.get(name), after)
        if name in lost and state in _LOSES_PATCH and not _is_rendered(before, after):
            state = FileState.PATCH_MISSING
        if state:
            changes.append(Change(path, folder, state, before, after))
    return Checked(tuple(changes), tuple(findings))


def _is_rendered(before: bytes | None, after: str | None) -> bool:
    """Whether a file is as rendered, apart from its line ends."""
    return before is not None and after is not None and before.replace(b"\r\n", b"\n") == after.encode()


def _manifest_change(
    before: bytes | None,
    folder: str,
    stack: Stack | None,
    old: Manifest,
    changes: Iterable[Change],
    version: str,
) -> Change:
    """Find the state of the folder's manifest, which lists the rendered files and the kept ones.

    Its entries about patches alone are no drift: manifests of older versions lack them. A write adds them.
    """
    start = len(folder) + 1
    kept = {c.path[start:]: old.files[c.path[start:]] for c in changes if c.state is FileState.KEPT}
    path = f"{folder}/{MANIFEST_NAME}"
    if stack is None and not kept:
        return Change(path, folder, FileState.ORPHANED, before, None)
    new = {name: entry_of(name, text) for name, text in stack.files.items()} if stack else {}
    same = {**kept, **new} == old.files
    # An older ticketgen may render the same files; the next one needs the newest version that wrote them.
    written_by = old.ticketgen if same and is_newer(old.ticketgen, version) else version
    patched = {
        name: PatchedEntry(fingerprint(text.encode()))
        for name, text in (stack.renderings if stack else {}).items()
    }
    after = Manifest(written_by, stack.spec if stack else old.spec, {**kept, **new}, patched)
    unchanged = FileState.UNCHANGED if same else FileState.CHANGED
    state = FileState.CREATED if before is None else unchanged
    return Change(path, folder, state, before, after.text())


def _guard_finding(disk: Disk, folder: str) -> Finding | None:
    """The finding about a guard file whose journal is missing; None if there is no guard file."""
    path = f"{folder}/{GUARD}"
    try:
        if not disk.exists(path):
            return None
    except OSError as error:
        return _unreadable(path, error)
    return IN_THE_WAY.found(
        "it marks an interrupted render, and no render of this user on this machine was interrupted",
        f"restore {folder} from version control, delete the file, then run `ticketgen render`",
        at=Location(path),
    )


def _too_large(folder: str) -> Finding:
    return TOO_LARGE.found(
        f"its files and those of the stacks before it have more than {_MAX_BYTES // 1_000_000} MB, and rendered ones "
        "have less",
        "restore the stacks from version control",
        at=Location(folder),
        stage=Stage.WRITE,
    )


def _unreadable(path: str, error: OSError) -> Finding:
    return UNREADABLE.found(
        f"it cannot be read: {error.strerror}",
        "check its permissions and the disk",
        at=Location(path),
        stage=Stage.WRITE,
    )
