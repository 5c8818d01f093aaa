"""Apply the project's patches to the rendered files of an environment, before they are verified."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from ticketgen.findings import Checked, Finding, Location, errors
from ticketgen.findings.kept_edits import (
    DELETED_FILE_CHANGED,
    PATCH_BROKEN,
    PATCH_CONFLICT,
    PATCH_EMPTIES_ROOT,
    PATCH_NOT_NEEDED,
    PATCH_UNUSED,
)
from ticketgen.patches.apply_hunks import apply_hunks
from ticketgen.patches.patch_folder import PATCHES, patch_path, patched_environments, read_patches
from ticketgen.patches.patched_syntax import syntax_error
from ticketgen.patches.unified_patch import FilePatch, PatchSyntaxError, parse_patch
from ticketgen.wording import counted

__all__ = [
    "PatchState",
    "PatchedFile",
    "PatchedFiles",
    "patch_all",
    "patch_file",
    "patch_files",
    "patches_without_environment",
]

_MAX_SEARCHED: Final = 200_000_000
"""Maximum number of characters to search for the hunks of an environment; takes about a second."""

_MAX_REJECTIONS: Final = 5
"""Number of hunks of one patch that are reported one by one."""


class PatchState(StrEnum):
    """What a patch does to the rendering."""

    APPLIES = "applies"
    DELETES = "deletes"
    NOT_NEEDED = "not-needed"
    CONFLICT = "conflict"
    BROKEN = "broken"
    UNUSED = "unused"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class PatchedFile:
    """A rendered file after its patch: its text (None if it is deleted), and findings about the patch."""

    text: str | None
    state: PatchState
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class PatchedFiles:
    """The files of a stack after its patches, and the unpatched text of each file that has a patch."""

    files: Mapping[str, str]
    renderings: Mapping[str, str] = field(default_factory=dict)


def patch_files(root: str | None, folder: str, files: Mapping[str, str]) -> Checked[PatchedFiles]:
    """Apply the patches of an environment.

    Args:
        root: the project's folder; None for a project without one.
        folder: the folder of its stack, such as ``stacks/prod``; the last part is the environment's name.
        files: the rendered files.

    Returns:
        All files but the deleted ones, with warnings and notes; no value if a patch does not apply.
    """
    if root is None:
        return Checked(PatchedFiles(files))
    environment = folder.rpartition("/")[2]
    read = read_patches(Path(root), environment, files.keys())
    if read.value is None:
        return Checked(None, read.findings)
    unused = tuple(_unused(Path(root), folder, name) for name in read.value.unused)
    patched = patch_all(Path(root), folder, files, read.value.patches)
    return Checked(patched.value, patched.findings + unused)


def patch_all(
    root: Path, folder: str, files: Mapping[str, str], patches: Mapping[str, bytes]
) -> Checked[PatchedFiles]:
    """Apply patches; see `patch_files`.

    Args:
        root: the project's folder, for the places of findings.
        folder: the folder of the stack.
        files: the rendered files.
        patches: path of a rendered file → content of its patch.
    """
    findings: list[Finding] = []
    result = dict(files)
    left = _MAX_SEARCHED
    for name, content in patches.items():
        left -= (1 + content.count(b"\n@@")) * len(files[name])
        if left < 0:
            at = Location(str(root / PATCHES / folder.rpartition("/")[2]))
            help = "drop patches that are no longer needed; `ticketgen keep --list` lists all patches"
            return Checked(
                None, (*findings, PATCH_BROKEN.found("its patches have too many hunks", help, at=at))
            )
        done = patch_file(root, folder, name, files[name], content)
        findings += done.findings
        if done.text is None:
            del result[name]
        else:
            result[name] = done.text
            invalid = (
                syntax_error(f"{folder}/{name}", done.text) if done.state is PatchState.APPLIES else None
            )
            findings += [invalid] if invalid else []
    findings += _emptied(root, folder, files, result)
    renderings = {name: files[name] for name in patches}
    return Checked(None if errors(findings) else PatchedFiles(result, renderings), tuple(findings))


def patch_file(root: Path, folder: str, name: str, text: str, content: bytes) -> PatchedFile:
    """Apply one patch to one rendered file."""
    path = patch_path(folder.rpartition("/")[2], name)
    file = f"{folder}/{name}"

    def place(line: int = 1) -> Location:
        return Location(str(root / path), line)

    drop = f"`ticketgen keep {file} --drop`"
    try:
        patch = _parse(content, file)
    except PatchSyntaxError as error:
        help = f"restore it from version control, or drop it with {drop}"
        broken = PATCH_BROKEN.found(
            f"it is not a patch of {file}: {error.reason}", help, at=place(error.line)
        )
        return PatchedFile(text, PatchState.BROKEN, (broken,))
    if patch.deletes:
        if not patch.base or patch.is_made_from(text):
            return PatchedFile(None, PatchState.DELETES)
        changed = DELETED_FILE_CHANGED.found(
            f"{file} was deleted on purpose, and its rendering has changed since",
            f"run `ticketgen keep {file}` to keep it deleted, or {drop} and `ticketgen render` to restore it",
            at=place(),
        )
        return PatchedFile(None, PatchState.DELETES, (changed,))
    result = apply_hunks(patch, text)
    if not isinstance(result, str):
        shown = result[:_MAX_REJECTIONS]
        more = f"; {counted(len(result) - len(shown), 'more hunks')} do not apply either"
        help = (
            f"correct the patch; or copy it elsewhere unless it is in version control, run {drop} and "
            f"`ticketgen render`, make the edit again, and run `ticketgen keep {file}`"
        )
        return PatchedFile(
            text,
            PatchState.CONFLICT,
            tuple(
                PATCH_CONFLICT.found(
                    f"hunk {each.hunk.number} of {len(patch.hunks)} {each.reason}"
                    f"{more if each is shown[-1] and len(result) > len(shown) else ''}",
                    help,
                    at=place(each.hunk.line),
                )
                for each in shown
            ),
        )
    if result == text:
        note = PATCH_NOT_NEEDED.found(
            f"{file} is rendered with this edit, so the patch changes nothing",
            f"drop it with {drop}",
            at=place(),
        )
        return PatchedFile(text, PatchState.NOT_NEEDED, (note,))
    return PatchedFile(result, PatchState.APPLIES)


def _parse(content: bytes, file: str) -> FilePatch:
    """Parse a patch; CR LF becomes LF, because a checkout may have converted the line ends."""
    try:
        text = content.replace(b"\r\n", b"\n").decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise PatchSyntaxError(f"it is not UTF-8: {error.reason}", line) from None
    for character, what in (("\r", "a carriage return"), ("\0", "a NUL character")):
        before, found, _ = text.partition(character)
        if found:
            raise PatchSyntaxError(f"it contains {what}", before.count("\n") + 1)
    return parse_patch(text, file)


def _emptied(root: Path, folder: str, before: Mapping[str, str], after: Collection[str]) -> Iterator[Finding]:
    """Find folders from which patches delete all Terraform files."""
    for module in sorted(_terraform_folders(before) - _terraform_folders(after)):
        deleted = sorted(
            name for name in before if name.endswith(".tf") and name.rpartition("/")[0] == module
        )
        yield PATCH_EMPTIES_ROOT.found(
            f"patches delete every .tf file of {folder}/{module}",
            f"run `ticketgen keep {folder}/{deleted[0]} --drop`; remove a Region with `ticketgen remove-region`",
            at=Location(str(root / patch_path(folder.rpartition("/")[2], deleted[0]))),
        )


def _terraform_folders(names: Collection[str]) -> set[str]:
    return {name.rpartition("/")[0] for name in names if name.endswith(".tf")}


def _unused(root: Path, folder: str, name: str) -> Finding:
    return PATCH_UNUSED.found(
        f"{folder}/{name} is not rendered, so its patch has no effect",
        f"drop it with `ticketgen keep {folder}/{name} --drop`, unless the file comes back",
        at=Location(str(root / patch_path(folder.rpartition("/")[2], name))),
    )


def patches_without_environment(root: str | None, environments: Collection[str]) -> tuple[Finding, ...]:
    """Warn of folders of patches whose environment is not in the spec."""
    names = patched_environments(Path(root)) if root is not None else ()
    return tuple(
        PATCH_UNUSED.found(
            f"the spec has no environment {name!r}, so its patches have no effect",
            "delete the folder, unless the environment comes back",
            at=Location(str(Path(root or "") / PATCHES / name)),
        )
        for name in names
        if name not in environments
    )
