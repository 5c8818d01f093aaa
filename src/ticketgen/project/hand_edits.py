"""Compare a rendered file on the disk with its rendering, and make the patch of a hand edit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ticketgen.findings import Checked, Location, has_errors
from ticketgen.findings.kept_edits import EDIT_NOT_KEPT, EDIT_OF_OLD_RENDERING, NOT_A_RENDERED_FILE
from ticketgen.patches.patch_folder import MAX_PATCH_BYTES
from ticketgen.patches.patched_files import PatchedFile, PatchState, patch_file
from ticketgen.patches.unified_patch import make_patch
from ticketgen.tree.disk import Disk
from ticketgen.tree.manifest import Manifest, ManifestEntry, PatchedEntry, entry_of
from ticketgen.tree.paths import fingerprint

__all__ = ["HandEdit", "read_hand_edit"]


@dataclass(frozen=True, slots=True)
class HandEdit:
    """A file: its patch, its bytes on the disk before and after, and its new entries in the manifest."""

    name: str
    patch: bytes | None
    before: bytes | None
    after: bytes | None
    entry: ManifestEntry | None
    patched: PatchedEntry | None


def read_hand_edit(
    disk: Disk,
    root: Path,
    folder: str,
    name: str,
    rendered: str,
    old: bytes | None,
    *,
    manifest: Manifest,
    force: bool,
) -> Checked[HandEdit]:
    """Compare a file on the disk with its rendering.

    Args:
        disk: the project.
        root: the project's folder.
        folder: the folder of the stack.
        name: the path of the file, below that folder.
        rendered: its text without a patch.
        old: its current patch; None if it has none.
        manifest: the manifest of the stack.
        force: whether to keep an edit of an older rendering.
    """
    path = f"{folder}/{name}"
    read = _read(disk, path)
    if read.value is None:
        return Checked(None, read.findings)
    before, edited = read.value
    entry, patched = manifest.files.get(name), manifest.patched.get(name)
    lost = old is None and patched is not None  # its patch was dropped, or is missing
    now = (
        PatchedFile(rendered, PatchState.APPLIES)
        if old is None
        else patch_file(root, folder, name, rendered, old)
    )
    expected = None if now.state in {PatchState.CONFLICT, PatchState.BROKEN} else now
    was_deleted = entry is None and (lost or (expected is not None and expected.text is None))
    if entry is None and not was_deleted:
        message = f"{path} was never rendered" if before is None else f"ticketgen did not write {path}"
        first = "render it" if before is None else "move it elsewhere, render"
        help = f"{first}, then edit or delete the file, and run `ticketgen keep {path}`"
        return Checked(None, (NOT_A_RENDERED_FILE.found(message, help),))
    is_current = was_deleted or (
        patched.rendering == fingerprint(rendered.encode())
        if lost and patched is not None
        else expected is not None
        and expected.text is not None
        and entry is not None
        and entry.sha256 == fingerprint(expected.text.encode())
    )
    if edited is not None and not is_current:
        written = {fingerprint(before or b""), fingerprint(edited.encode())}
        if entry is not None and entry.sha256 in written and not lost:
            return Checked(HandEdit(name, old, before, before, entry, patched))  # not edited
        if not force:
            message = f"{path} was edited in an older rendering, and the file is rendered differently now"
            return Checked(None, (EDIT_OF_OLD_RENDERING.found(message, at=Location(path)),))
    made = _patch(root, folder, name, rendered, edited)
    if has_errors(made.findings):
        return Checked(None, made.findings)
    same = old is not None and made.value is not None and old.replace(b"\r\n", b"\n") == made.value
    after = None if edited is None else edited.encode()
    now_recorded = None if edited is None else entry_of(name, edited)
    now_patched = None if made.value is None else PatchedEntry(fingerprint(rendered.encode()))
    return Checked(HandEdit(name, old if same else made.value, before, after, now_recorded, now_patched))


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
