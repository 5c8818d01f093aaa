"""Keep hand edits of rendered files as patches.

A patch leads from the current rendering to the user's file. It is written together with the manifest's new hash, so
that the stack is up to date at once, and only if the patched stack passes verification.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TypeVar

from ticketgen.findings import Checked, Finding, Location, Stage, errors, gather, has_errors
from ticketgen.findings.kept_edits import EDIT_NOT_KEPT, EDIT_OF_OLD_RENDERING, NOT_A_RENDERED_FILE
from ticketgen.findings.verification import UNREADABLE
from ticketgen.guesses import did_you_mean
from ticketgen.patches.patch_folder import MAX_PATCH_BYTES, patch_path, read_patches
from ticketgen.patches.patched_files import PatchedFile, PatchState, patch_all, patch_file
from ticketgen.patches.unified_patch import make_patch
from ticketgen.pipeline import STACKS, read_project, verified_stack
from ticketgen.progress import ProgressCallback, no_progress
from ticketgen.sizing import size
from ticketgen.spec.model import Environment, Project
from ticketgen.stack.render import render
from ticketgen.tree import recover_interrupted, write_files
from ticketgen.tree.disk import Disk, open_project
from ticketgen.tree.manifest import NAME, Manifest, ManifestEntry, entry_of, read_manifest
from ticketgen.tree.paths import fingerprint

__all__ = ["KeepAction", "KeptFile", "keep", "render_without_patches", "split_path"]

_T = TypeVar("_T")
_Pair = tuple[bytes | None, bytes | None]


class KeepAction(StrEnum):
    """What happens to a file's patch."""

    KEPT = "kept"
    DELETED = "kept-deleted"
    UNCHANGED = "unchanged"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A rendered file with its patch, relative to the project's folder; the patch's text is empty if it has none."""

    file: str
    patch: str
    action: KeepAction
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Edit:
    """A file: its patch, its bytes on the disk now and afterwards, and its entry in the manifest afterwards."""

    name: str
    patch: bytes | None
    before: bytes | None
    after: bytes | None
    entry: ManifestEntry | None


@dataclass(frozen=True, slots=True)
class _Plan:
    """What to write: path → the content that must be there, and the content to write."""

    kept: tuple[KeptFile, ...] = ()
    files: Mapping[str, _Pair] = field(default_factory=dict)


def split_path(path: str) -> tuple[str, str] | None:
    """The environment and the path in its stack of ``stacks/ENVIRONMENT/PATH``; None for another path."""
    top, _, rest = path.partition("/")
    environment, _, name = rest.partition("/")
    return (environment, name) if top == STACKS and environment and name else None


def keep(
    spec: Path,
    paths: Sequence[str],
    *,
    force: bool = False,
    dry_run: bool = False,
    progress: ProgressCallback = no_progress,
) -> Checked[tuple[KeptFile, ...]]:
    """Keep the edits and deletions of rendered files: all of them or, with errors, none.

    Args:
        spec: its path, beside which the stacks are.
        paths: of the files, relative to the project's folder, with slashes.
        force: keep the edit of an older rendering; the patch then also undoes what changed since.
        dry_run: write nothing.
        progress: called with each step.
    """
    root = spec.parent
    restored = recover_interrupted(root) if not dry_run and root.is_dir() else ()
    if has_errors(restored):
        return Checked(None, restored)

    def planned(project: Project) -> Checked[_Plan]:
        by_environment: dict[str, list[str]] = {}
        for path in dict.fromkeys(paths):
            parts = split_path(path)
            if parts is None or parts[0] not in {each.name for each in project.environments}:
                return Checked(None, (NOT_A_RENDERED_FILE.found(f"{path} is not a rendered file"),))
            by_environment.setdefault(parts[0], []).append(parts[1])
        plans = []
        for environment in project.environments:
            if environment.name in by_environment:
                progress(f"Rendering and verifying {environment.name}")
                plans.append(
                    _planned(root, project, environment, by_environment[environment.name], force=force)
                )
        return gather(plans).then(_merged)

    plan = read_project(spec).then(planned)
    if plan.value is None or has_errors(plan.findings):
        return Checked(None, plan.findings)
    failures = () if dry_run else write_files(root, plan.value.files)
    return Checked(None if has_errors(failures) else plan.value.kept, plan.findings + failures)


def _merged(plans: Sequence[_Plan]) -> Checked[_Plan]:
    files = {path: pair for plan in plans for path, pair in plan.files.items()}
    return Checked(_Plan(tuple(each for plan in plans for each in plan.kept), files))


def _planned(
    root: Path, project: Project, environment: Environment, names: Sequence[str], *, force: bool
) -> Checked[_Plan]:
    """What to write for the files of one environment."""
    rendered = render_without_patches(project, environment)
    if rendered.value is None:
        return Checked(None, rendered.findings)
    files = rendered.value
    folder = f"{STACKS}/{environment.name}"
    unknown = tuple(_not_rendered(folder, name, files) for name in names if name not in files)
    read = read_patches(root, environment.name, files.keys())
    if unknown or read.value is None:
        return Checked(None, unknown + read.findings)
    old = read.value.patches
    try:
        with open_project(root) as disk:
            text, manifest = read_manifest(disk, folder)
            if manifest.value is None:
                return Checked(None, manifest.findings)
            recorded = manifest.value
            judge = partial(_edit, disk, root, folder, manifest=recorded, force=force)
            edits = gather(judge(name, files[name], old.get(name)) for name in names)
    except OSError as error:
        message = f"the project cannot be read: {error.strerror}"
        return Checked(None, (UNREADABLE.found(message, stage=Stage.WRITE),))
    if edits.value is None:
        return Checked(None, edits.findings)
    patches, entries = dict(old), dict(recorded.files)
    changed: dict[str, _Pair] = {}
    for edit in edits.value:
        _put(patches, edit.name, edit.patch)
        _put(entries, edit.name, edit.entry)
        changed[patch_path(environment.name, edit.name)] = (old.get(edit.name), edit.patch)
        changed[f"{folder}/{edit.name}"] = (edit.before, edit.after)
    if entries != recorded.files:
        changed[f"{folder}/{NAME}"] = (text, replace(recorded, files=entries).text().encode())
    kept = tuple(_kept_file(environment.name, edit, old.get(edit.name), recorded) for edit in edits.value)
    patched = patch_all(root, folder, files, dict(sorted(patches.items())))
    return patched.then(lambda result: verified_stack(environment, result)).then(
        lambda _: Checked(_Plan(kept, changed))
    )


def _put(entries: dict[str, _T], name: str, value: _T | None) -> None:
    if value is None:
        entries.pop(name, None)
    else:
        entries[name] = value


def render_without_patches(project: Project, environment: Environment) -> Checked[Mapping[str, str]]:
    """The files of an environment's stack as ticketgen renders them; no value if there are errors."""
    sized = size(environment)
    return Checked(sized.value, errors(sized.findings)).then(
        lambda sizing: render(environment, sizing, project)
    )


def _not_rendered(folder: str, name: str, files: Mapping[str, str]) -> Finding:
    near = did_you_mean(name, files, NOT_A_RENDERED_FILE.fix)
    return NOT_A_RENDERED_FILE.found(f"{folder}/{name} is not a rendered file", near)


def _edit(
    disk: Disk,
    root: Path,
    folder: str,
    name: str,
    rendered: str,
    old: bytes | None,
    *,
    manifest: Manifest,
    force: bool,
) -> Checked[_Edit]:
    """Compare a file on the disk with its rendering.

    Args:
        disk: the project.
        root: its folder.
        folder: that of the stack.
        name: of the file, below that folder.
        rendered: its text without a patch.
        old: the patch that it has.
        manifest: of the stack.
        force: whether to keep an edit of an older rendering.
    """
    path = f"{folder}/{name}"
    read = _read(disk, path)
    if read.value is None:
        return Checked(None, read.findings)
    before, edited = read.value
    entry = manifest.files.get(name)
    now = (
        PatchedFile(rendered, PatchState.APPLIES)
        if old is None
        else patch_file(root, folder, name, rendered, old)
    )
    expected = None if now.state in {PatchState.CONFLICT, PatchState.BROKEN} else now
    was_deleted = expected is not None and expected.text is None and entry is None
    if entry is None and not was_deleted:
        message = f"{path} was never rendered" if before is None else f"ticketgen did not write {path}"
        first = "render it" if before is None else "move it elsewhere, render"
        help = f"{first}, then edit or delete the file, and run `ticketgen keep {path}`"
        return Checked(None, (NOT_A_RENDERED_FILE.found(message, help),))
    is_current = was_deleted or (
        expected is not None
        and expected.text is not None
        and entry is not None
        and entry.sha256 == fingerprint(expected.text.encode())
    )
    if edited is not None and not is_current:
        if entry is not None and entry.sha256 in {fingerprint(before or b""), fingerprint(edited.encode())}:
            return Checked(_Edit(name, old, before, before, entry))  # not edited, only out of date
        if not force:
            message = f"{path} was edited in an older rendering, and the file is rendered differently now"
            return Checked(None, (EDIT_OF_OLD_RENDERING.found(message, at=Location(path)),))
    made = _patch(root, folder, name, rendered, edited)
    if has_errors(made.findings):
        return Checked(None, made.findings)
    same = old is not None and made.value is not None and old.replace(b"\r\n", b"\n") == made.value
    after = None if edited is None else edited.encode()
    now_recorded = None if edited is None else entry_of(name, edited)
    return Checked(_Edit(name, old if same else made.value, before, after, now_recorded))


def _read(disk: Disk, path: str) -> Checked[tuple[bytes | None, str | None]]:
    """A file of the project: its bytes, and its text with LF line ends; None if there is none."""
    unsafe = disk.unsafe_path(path)
    if unsafe:
        return Checked(None, (unsafe,))
    try:
        before = disk.read(path)
        text = None if before is None else before.replace(b"\r\n", b"\n").decode()
    except OSError as error:
        return Checked(
            None, (EDIT_NOT_KEPT.found(f"it cannot be read: {error.strerror}", at=Location(path)),)
        )
    except UnicodeDecodeError as error:
        message = f"it is not UTF-8: {error.reason} at byte {error.start:,}"
        return Checked(None, (EDIT_NOT_KEPT.found(message, at=Location(path)),))
    return Checked((before, text))


def _patch(root: Path, folder: str, name: str, rendered: str, edited: str | None) -> Checked[bytes]:
    """The patch from a rendering to an edited file; no value and no finding if they are the same."""
    if edited == rendered:
        return Checked(None)
    path = f"{folder}/{name}"
    patch = make_patch(path, rendered, edited).encode()
    reason = f"its patch has more than {MAX_PATCH_BYTES // 1_000_000} MB"
    if len(patch) <= MAX_PATCH_BYTES:
        done = patch_file(root, folder, name, rendered, patch)
        if done.text == edited and not has_errors(done.findings):
            return Checked(patch)
        reason = done.findings[0].message if done.findings else "its patch does not give the same text"
    return Checked(None, (EDIT_NOT_KEPT.found(f"the edit cannot be kept: {reason}", at=Location(path)),))


def _kept_file(environment: str, edit: _Edit, old: bytes | None, manifest: Manifest) -> KeptFile:
    action = KeepAction.KEPT if edit.after is not None else KeepAction.DELETED
    if edit.patch is None and old is not None:
        action = KeepAction.DROPPED
    elif edit.patch == old and edit.before == edit.after and edit.entry == manifest.files.get(edit.name):
        action = KeepAction.UNCHANGED
    text = (edit.patch or b"").decode("utf-8", "replace")
    return KeptFile(f"{STACKS}/{environment}/{edit.name}", patch_path(environment, edit.name), action, text)
