"""Replace all files or none, with a journal from which the old tree can be restored.

The new files are first written to a staging folder, and each old file gets a second name there. Then the journal is
written, and the files are moved into place one by one. Deleting the journal commits the write. So a killed process
leaves either a consistent tree without a journal, or a journal from which the next write restores the old tree before
it does anything else.

Swapping the folder as a whole would take one system call, but Terraform keeps its state and plugins in the folder,
and a running Terraform would go on writing into a folder that is about to be deleted. Instead, while the files may be
inconsistent, the folder contains a guard file that Terraform refuses.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ticketgen.findings import Finding
from ticketgen.tree.paths import fingerprint, read, trouble, unsafe

__all__ = ["GUARD", "JOURNAL", "STAGE", "Operation", "apply", "interrupted", "recover"]

STAGE = ".ticketgen-write"
JOURNAL = f"{STAGE}/journal.json"
FORMAT = 1

GUARD = "ticketgen-render-interrupted.tf"
GUARD_TEXT = """# A render of this folder was interrupted, so its files may be inconsistent.
# Run `ticketgen render`: it restores the previous files and deletes this one.
render was interrupted
"""


@dataclass(frozen=True, slots=True)
class Operation:
    """One file to write, or to delete if ``after`` is None.

    ``before`` is the content that the file must have now. ``folder`` is the stack's folder, or empty for a file
    outside of every stack; ``path`` is the file's path; both are relative to the root.
    """

    folder: str
    path: str
    before: bytes | None
    after: bytes | None


@dataclass(frozen=True, slots=True)
class Step:
    """An operation in the journal, with hashes instead of contents."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Journal:
    """A write in progress: the stacks' folders, the folders that it creates, and the files in order."""

    stacks: tuple[str, ...]
    created: tuple[str, ...]
    steps: tuple[Step, ...]


class Interference(Exception):
    """Somebody changed a file between the comparison and the write."""


def interrupted(root: Path) -> bool:
    """Whether a write started here and was neither finished nor undone."""
    return (root / JOURNAL).exists()


def apply(root: Path, operations: Sequence[Operation]) -> tuple[Finding, ...]:
    """Do all operations, or none and return the reasons. The caller holds the lock and has called `recover`."""
    if not operations:
        return ()
    journal = Journal(
        tuple(sorted({operation.folder for operation in operations} - {""})),
        new_folders(root, operations),
        tuple(Step(o.path, digest(o.before), digest(o.after)) for o in operations),
    )
    try:
        stage(root, operations, journal)
    except OSError as error:
        discard(root)
        return (failed(error),)
    except BaseException:
        discard(root)
        raise
    try:
        perform(root, journal)
        (root / JOURNAL).unlink()
    except (OSError, Interference) as error:
        return (failed(error), *undo(root, journal))
    except BaseException:
        undo(root, journal)
        raise
    discard(root)
    return ()


def recover(root: Path) -> tuple[Finding, ...]:
    """Restore the files that an interrupted write changed. The caller holds the lock."""
    if not interrupted(root):
        if (root / STAGE).is_dir() and not (root / STAGE).is_symlink():
            discard(root)
        return ()
    try:
        journal = parse(read(root, JOURNAL) or b"")
        if (root / STAGE).is_symlink():
            raise ValueError("its folder is a symbolic link")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return (
            trouble(
                "journal-broken",
                f"a render was interrupted, and its journal cannot be read: {error}",
                JOURNAL,
                f"restore the stacks from version control and delete {STAGE}",
            ),
        )
    paths = [step.path for step in journal.steps] + [f"{folder}/{GUARD}" for folder in journal.stacks]
    refused = tuple(found for path in [*paths, *journal.created] if (found := unsafe(root, path)))
    return refused or undo(root, journal)


def stage(root: Path, operations: Sequence[Operation], journal: Journal) -> None:
    """Stage the new files and keep the old ones, then write the journal."""
    beside = root / STAGE
    for folder in (beside, beside / "new", beside / "old"):
        folder.mkdir(exist_ok=True)
        if folder.is_symlink():
            raise OSError(0, f"{folder.name} is a symbolic link")
    put(beside / ".gitignore", b"*\n")
    for number, operation in enumerate(operations):
        if operation.after is not None:
            put(beside / "new" / str(number), operation.after)
            if operation.before is not None:
                shutil.copymode(root / operation.path, beside / "new" / str(number), follow_symlinks=False)
        if operation.before is not None:
            keep(root / operation.path, beside / "old" / str(number), operation.before)
    put(beside / "journal.part", document(journal))
    os.replace(beside / "journal.part", root / JOURNAL)  # noqa: PTH105 - consistent with the calls below


def perform(root: Path, journal: Journal) -> None:
    """Move all files into place; the guard is written first and deleted last."""
    for folder in journal.created:
        (root / folder).mkdir(exist_ok=True)
    guard(root, journal)
    for number, step in enumerate(journal.steps):
        place = root / step.path
        if digest(read(root, step.path)) != step.before:
            raise Interference(f"{step.path} was changed while ticketgen was rendering")
        if step.after is None:
            place.unlink()
        else:
            os.replace(root / STAGE / "new" / str(number), place)  # noqa: PTH105
    for folder in journal.stacks:
        (root / folder / GUARD).unlink()
    for step in journal.steps:
        if step.after is None:
            prune(root, step.path, journal.stacks)


def undo(root: Path, journal: Journal) -> tuple[Finding, ...]:
    """Restore every file that nobody else changed since, then delete the journal."""
    with contextlib.suppress(OSError):  # a folder that refuses the guard has refused every other file too
        guard(root, journal)
    try:
        for number, step in reversed(list(enumerate(journal.steps))):
            now = digest(read(root, step.path))
            if now == step.before or now not in {None, step.after}:
                continue  # not changed by this write, or changed by somebody else since
            place = root / step.path
            if step.before is None:
                place.unlink(missing_ok=True)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                os.replace(root / STAGE / "old" / str(number), place)  # noqa: PTH105
        for folder in journal.stacks:
            (root / folder / GUARD).unlink(missing_ok=True)
        for folder in reversed(journal.created):
            with contextlib.suppress(OSError):
                (root / folder).rmdir()
        (root / JOURNAL).unlink()
    except OSError as error:
        return (
            trouble(
                "render-interrupted",
                f"not all previous files could be restored: {error.strerror}",
                JOURNAL,
                "fix the cause, then run `ticketgen render` again to restore the rest",
            ),
        )
    discard(root)
    return ()


def guard(root: Path, journal: Journal) -> None:
    """Write the guard file, which Terraform refuses, into each stack."""
    for folder in journal.stacks:
        (root / folder).mkdir(parents=True, exist_ok=True)
        put(root / STAGE / "guard", GUARD_TEXT.encode())
        os.replace(root / STAGE / "guard", root / folder / GUARD)  # noqa: PTH105


def discard(root: Path) -> None:
    """Delete the staging folder with the files of a write, but no other files in it."""
    beside = root / STAGE
    with contextlib.suppress(OSError):
        for folder in (beside / "new", beside / "old"):
            if folder.is_dir():
                for file in folder.iterdir():
                    if file.name.isdigit():
                        file.unlink()
                folder.rmdir()
        for name in ("guard", "journal.part", ".gitignore"):
            (beside / name).unlink(missing_ok=True)
        beside.rmdir()


def prune(root: Path, path: str, stacks: Sequence[str]) -> None:
    """Remove folders that became empty with a deleted file, up to the stack's folder."""
    folder = path.rpartition("/")[0]
    with contextlib.suppress(OSError):
        while folder.startswith(tuple(stacks)):
            (root / folder).rmdir()
            folder = folder.rpartition("/")[0]


def new_folders(root: Path, operations: Sequence[Operation]) -> tuple[str, ...]:
    """The folders to create, outer ones first."""
    missing = set()
    for operation in operations:
        parts = operation.path.split("/")[:-1]
        missing |= {"/".join(parts[:depth]) for depth in range(1, len(parts) + 1)}
    return tuple(sorted(folder for folder in missing if not (root / folder).exists()))


def keep(place: Path, copy: Path, content: bytes) -> None:
    """Hard-link the old file, or copy it if the file system has no hard links."""
    copy.unlink(missing_ok=True)
    try:
        copy.hardlink_to(place)
    except OSError:
        put(copy, content)


def put(place: Path, content: bytes) -> None:
    """Write a file and flush it to the disk."""
    with place.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def digest(content: bytes | None) -> str | None:
    return None if content is None else fingerprint(content)


def failed(error: OSError | Interference) -> Finding:
    """The finding that nothing was written, with the reason."""
    if isinstance(error, Interference):
        return trouble("interference", f"nothing was written: {error}", "", "run `ticketgen render` again")
    where = f" ({error.filename})" if error.filename else ""
    return trouble(
        "cannot-write",
        f"nothing was written: {error.strerror}{where}",
        "",
        "fix the folder's permissions or free some space, then run `ticketgen render` again",
    )


def document(journal: Journal) -> bytes:
    return json.dumps(
        {
            "format": FORMAT,
            "stacks": journal.stacks,
            "created": journal.created,
            "steps": [[step.path, step.before, step.after] for step in journal.steps],
        }
    ).encode()


def parse(content: bytes) -> Journal:
    """Parse a journal.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: the content is not a journal.
    """
    data = json.loads(content)
    if data["format"] != FORMAT:
        raise ValueError(f"its format is {data['format']!r}, but this ticketgen reads format {FORMAT}")
    texts = [
        *data["stacks"],
        *data["created"],
        *(part for step in data["steps"] for part in step if part is not None),
    ]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("it contains a value that is not a string")
    return Journal(
        tuple(data["stacks"]), tuple(data["created"]), tuple(Step(*step) for step in data["steps"])
    )
