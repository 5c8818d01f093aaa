"""Keep hand edits of rendered files as patches.

A patch describes the difference from the current rendering to the user's file. It is written together with the
manifest's new hash, so that the stack is up to date at once, and only if the patched stack passes verification.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TypeVar

from ticketgen.findings import Checked, Finding, Stage, errors, gather, has_errors
from ticketgen.findings.kept_edits import NOT_A_RENDERED_FILE
from ticketgen.findings.verification import UNREADABLE
from ticketgen.guesses import did_you_mean
from ticketgen.manifest_name import MANIFEST_NAME
from ticketgen.patches.patch_folder import patch_path, read_patches
from ticketgen.patches.patched_files import patch_all, patch_file
from ticketgen.pipeline import STACKS, Guarding, read_project, verified_stack
from ticketgen.progress import ProgressCallback, no_progress
from ticketgen.project.hand_edits import HandEdit, read_hand_edit
from ticketgen.sizing import size
from ticketgen.spec.model import Environment, Project
from ticketgen.stack.render import render
from ticketgen.tree import Change, Changes, FileState, recover_interrupted, write_files
from ticketgen.tree.disk import open_project
from ticketgen.tree.manifest import Manifest, load, read_manifest

__all__ = ["KeepAction", "KeptFile", "keep", "render_without_patches", "split_path"]

_T = TypeVar("_T")
_Pair = tuple[bytes | None, bytes | None]
_GUARDING = Guarding()


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
class _Plan:
    """What to write.

    Attributes:
        kept: the files and their patches.
        files: path → the content that must be there, and the content to write.
        changes: what the patches change, compared with the last rendering, for the destruction guard.
    """

    kept: tuple[KeptFile, ...]
    files: Mapping[str, _Pair]
    changes: Changes


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
    guarding: Guarding = _GUARDING,
    dry_run: bool = False,
    progress: ProgressCallback = no_progress,
) -> Checked[tuple[KeptFile, ...]]:
    """Keep the edits and deletions of rendered files: all of them or, with errors, none.

    Args:
        spec: the path of the spec; the stacks are beside it.
        paths: the paths of the files, relative to the project's folder, with slashes.
        force: keep the edit of an older rendering; the patch then also undoes what changed since.
        guarding: how the destruction guard judges what the edits remove from the last rendering.
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
        return gather(plans).then(_merged).then(lambda plan: _judged(plan, guarding, project, spec))

    plan = read_project(spec).then(planned)
    if plan.value is None or has_errors(plan.findings):
        return Checked(None, plan.findings)
    failures = () if dry_run else write_files(root, plan.value.files)
    return Checked(None if has_errors(failures) else plan.value.kept, plan.findings + failures)


def _merged(plans: Sequence[_Plan]) -> Checked[_Plan]:
    files = {path: pair for plan in plans for path, pair in plan.files.items()}
    changes = tuple(change for plan in plans for change in plan.changes.files)
    versions = {folder: version for plan in plans for folder, version in plan.changes.versions.items()}
    kept = tuple(each for plan in plans for each in plan.kept)
    return Checked(_Plan(kept, files, Changes(changes, (), versions=versions)))


def _judged(plan: _Plan, guarding: Guarding, project: Project, spec: Path) -> Checked[_Plan]:
    """Refuse patches that lose data, compared with the last rendering, because the disk already has the edit."""
    try:
        with open_project(spec.parent) as disk:
            return Checked(plan, guarding.guard(project, spec).judge(disk, plan.changes))
    except OSError as error:
        return Checked(None, (_unreadable(error),))


def _unreadable(error: OSError) -> Finding:
    return UNREADABLE.found(f"the project cannot be read: {error.strerror}", stage=Stage.WRITE)


def _planned(
    root: Path, project: Project, environment: Environment, names: Sequence[str], *, force: bool
) -> Checked[_Plan]:
    """What to write for the files of one environment."""
    rendered = render_without_patches(project, environment)
    if rendered.value is None:
        return Checked(None, rendered.findings)
    files = rendered.value
    folder = f"{STACKS}/{environment.name}"
    unknown = tuple(_not_rendered(root, folder, name, files) for name in names if name not in files)
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
            judge = partial(read_hand_edit, disk, root, folder, manifest=recorded, force=force)
            edits = gather(judge(name, files[name], old.get(name)) for name in names)
    except OSError as error:
        return Checked(None, (_unreadable(error),))
    if edits.value is None:
        return Checked(None, edits.findings)
    patches, entries, patched_entries = dict(old), dict(recorded.files), dict(recorded.patched)
    changed: dict[str, _Pair] = {}
    for edit in edits.value:
        _put(patches, edit.name, edit.patch)
        _put(entries, edit.name, edit.entry)
        _put(patched_entries, edit.name, edit.patched)
        changed[patch_path(environment.name, edit.name)] = (old.get(edit.name), edit.patch)
        changed[f"{folder}/{edit.name}"] = (edit.before, edit.after)
    manifest_after = replace(recorded, files=entries, patched=patched_entries)
    if manifest_after != recorded:
        changed[f"{folder}/{MANIFEST_NAME}"] = (text, manifest_after.text().encode())
    kept = tuple(_kept_file(environment.name, edit, old.get(edit.name), recorded) for edit in edits.value)
    before = {name: patch_file(root, folder, name, files[name], patch).text for name, patch in old.items()}
    patched = patch_all(root, folder, files, dict(sorted(patches.items())))
    return patched.then(lambda result: verified_stack(environment, result)).then(
        lambda stack: Checked(
            _Plan(
                kept,
                changed,
                Changes(
                    tuple(_changes(folder, {**files, **before}, stack.files)),
                    (),
                    versions={folder: recorded.ticketgen},
                ),
            )
        )
    )


def _changes(folder: str, before: Mapping[str, str | None], after: Mapping[str, str]) -> Iterator[Change]:
    """What a stack's patches change, from its last rendering."""
    for name, text in before.items():
        content = None if text is None else text.encode()
        yield Change(f"{folder}/{name}", folder, FileState.CHANGED, content, after.get(name))


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


def _not_rendered(root: Path, folder: str, name: str, files: Mapping[str, str]) -> Finding:
    help = did_you_mean(name, files, NOT_A_RENDERED_FILE.fix)
    recorded = load(root, folder).value
    if (
        name != MANIFEST_NAME
        and recorded is not None
        and name not in recorded.files
        and _exists(root, f"{folder}/{name}")
    ):
        help = "leave it as it is: ticketgen does not touch files that it did not write, so nothing needs to be kept"
    return NOT_A_RENDERED_FILE.found(f"{folder}/{name} is not a rendered file", help)


def _exists(root: Path, path: str) -> bool:
    try:
        with open_project(root) as disk:
            return disk.read(path) is not None
    except OSError:
        return False


def _kept_file(environment: str, edit: HandEdit, old: bytes | None, manifest: Manifest) -> KeptFile:
    action = KeepAction.KEPT if edit.after is not None else KeepAction.DELETED
    if edit.patch is None and (old is not None or edit.name in manifest.patched):
        action = KeepAction.DROPPED
    elif edit.patch == old and (
        edit.patch is None or (edit.before == edit.after and edit.entry == manifest.files.get(edit.name))
    ):
        action = KeepAction.UNCHANGED
    text = (edit.patch or b"").decode("utf-8", "replace")
    return KeptFile(f"{STACKS}/{environment}/{edit.name}", patch_path(environment, edit.name), action, text)
