"""The folder beside the stacks in which a write stages its files, and the check that it belongs to this user.

The stage must be on the file system of the stacks, so it is in the project, where anybody can plant one. A stage is
only used if this user's ticketgen left it: it has the inode number and the random number of a record in the user's
own folder. Anything else with that name is reported, but not read, moved or deleted.

While a write runs, the file ``N`` is the new file of step N before that step, and the replaced file after it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from ticketgen.atomic_write import create_file
from ticketgen.findings import Finding, Location
from ticketgen.findings.stacks import IN_THE_WAY, INTERFERENCE, JOURNAL_BROKEN
from ticketgen.tree.disk import FOLDER_FLAGS, Disk, read_in
from ticketgen.tree.moves import REPLACED_SUFFIX
from ticketgen.tree.paths import fingerprint
from ticketgen.tree.records import ID, RecordFolder

__all__ = [
    "STAGE",
    "Journal",
    "JournalStep",
    "Phase",
    "StagingFolder",
    "create_stage",
    "digest",
    "find_abandoned",
]

STAGE = ".ticketgen-write"
_FORMAT = 2
_STAGED = re.compile(rf"([0-9]+)(?:{re.escape(REPLACED_SUFFIX)})*")
_OWN = frozenset({"guard", f"guard{REPLACED_SUFFIX}", ".gitignore"})

_NOT_OURS = IN_THE_WAY.found(
    f"{STAGE} is where ticketgen stages its files, and no render of this user on this machine left it",
    "delete it; if a render was killed in a container or as another user, restore the stacks from version control, too",
    at=Location(STAGE),
)


class Phase(StrEnum):
    """The phase of a write: only in the second one can files of the stacks be changed, and must be restored."""

    STAGING = "staging"
    WRITING = "writing"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class JournalStep:
    """One file with the hashes of its content before and after; None means no file."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Journal:
    """A write: its phase, the stacks' folders, the folders that it creates, and the files in order."""

    phase: Phase = Phase.STAGING
    stacks: tuple[str, ...] = ()
    created: tuple[str, ...] = ()
    steps: tuple[JournalStep, ...] = ()


@dataclass(frozen=True, slots=True)
class StagingFolder:
    """An open stage of this user's ticketgen; ``records`` is None if there is no safe place for a record."""

    disk: Disk
    fd: int
    id: str
    records: RecordFolder | None

    def record(self, journal: Journal) -> None:
        """Record the write, so that the next one can restore the files if this one is killed."""
        if self.records is not None:
            steps = [[step.path, step.before, step.after] for step in journal.steps]
            document = {"format": _FORMAT, "phase": journal.phase, **self._identity()}
            document |= {"stacks": journal.stacks, "created": journal.created, "steps": steps}
            self.records.save(self.id, json.dumps(document).encode())

    def read(self) -> Journal | None:
        """The record of this stage; None if there is none, or if it is another stage's.

        Raises:
            ValueError: the record is corrupt; OSError, KeyError and TypeError say the same.
        """
        text = self.records.find(self.id) if self.records is not None else None
        if text is None:
            return None
        data = json.loads(text)
        if data["format"] != _FORMAT:
            raise ValueError(f"its format is {data['format']!r}, but this ticketgen reads format {_FORMAT}")
        if {key: data[key] for key in ("root", "stage")} != self._identity():
            return None
        steps = tuple(JournalStep(*step) for step in data["steps"])
        return Journal(Phase(data["phase"]), tuple(data["stacks"]), tuple(data["created"]), steps)

    def discard(self, journal: Journal) -> tuple[Finding, ...]:
        """Delete the stage with the files of a write; keep and report all other files in it."""
        kept = tuple(
            found
            for name in sorted(os.listdir(self.fd))  # noqa: PTH208 - of a descriptor
            if name not in {".gitignore", self.id} and (found := self._delete(name, journal))
        )
        if kept:
            return kept
        for name in (".gitignore", self.id):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=self.fd)
        os.rmdir(STAGE, dir_fd=self.disk.fd)
        if self.records is not None:
            self.records.delete(self.id)
        return ()

    def _delete(self, name: str, journal: Journal) -> Finding | None:
        staged = _STAGED.fullmatch(name)
        if not staged and name not in _OWN:
            return IN_THE_WAY.found(
                "ticketgen did not write this file", "move it elsewhere", at=Location(f"{STAGE}/{name}")
            )
        if staged and journal.phase is not Phase.STAGING:
            step = journal.steps[int(staged[1])] if int(staged[1]) < len(journal.steps) else None
            if step is None or digest(self.fd, name) not in {step.before, step.after}:
                place = step.path if step else "a file"
                return INTERFERENCE.found(
                    f"{place} was saved by another program while ticketgen replaced it, and this file is what it saved",
                    f"compare it with {place}, and move or delete it",
                    at=Location(f"{STAGE}/{name}"),
                )
        os.unlink(name, dir_fd=self.fd)
        return None

    def _identity(self) -> dict[str, int]:
        return {"root": os.fstat(self.disk.fd).st_ino, "stage": os.fstat(self.fd).st_ino}


@contextmanager
def create_stage(disk: Disk, records: RecordFolder | None) -> Iterator[StagingFolder]:
    """Create the stage. Killed at any call in here, it leaves an empty folder or a stage with a record.

    Raises:
        OSError: it cannot be created, for instance because something has its name.
    """
    os.mkdir(STAGE, 0o700, dir_fd=disk.fd)
    try:
        fd = os.open(STAGE, FOLDER_FLAGS, dir_fd=disk.fd)
    except BaseException:
        os.rmdir(STAGE, dir_fd=disk.fd)
        raise
    stage = StagingFolder(disk, fd, secrets.token_hex(16), records)
    try:
        try:
            stage.record(Journal())
            create_file(stage.id, b"", folder=fd, durable=True)
            create_file(".gitignore", b"*\n", folder=fd, durable=True)
        except BaseException:
            with contextlib.suppress(OSError):
                stage.discard(Journal())
            raise
        yield stage
    finally:
        os.close(fd)


@contextmanager
def find_abandoned(
    disk: Disk, records: RecordFolder | None
) -> Iterator[tuple[StagingFolder, Journal] | Finding | None]:
    """Find the stage of an unfinished write of this user, or a finding about anything else; None if there is none."""
    try:
        found = os.stat(STAGE, dir_fd=disk.fd, follow_symlinks=False)
        fd = os.open(STAGE, FOLDER_FLAGS, dir_fd=disk.fd) if stat.S_ISDIR(found.st_mode) else None
    except FileNotFoundError:
        yield None
        return
    except OSError:
        fd = None
    if fd is None:
        yield _NOT_OURS
        return
    try:
        yield _recognize(disk, fd, records)
    finally:
        os.close(fd)


def _recognize(
    disk: Disk, fd: int, records: RecordFolder | None
) -> tuple[StagingFolder, Journal] | Finding | None:
    try:
        names = os.listdir(fd)
        numbers = [name for name in names if ID.fullmatch(name)]
        if not names:
            return None
        if len(numbers) == 1 and os.fstat(fd).st_uid == os.geteuid():
            stage = StagingFolder(disk, fd, numbers[0], records)
            journal = stage.read()
            if journal is not None:
                return stage, journal
            os.stat(stage.id, dir_fd=fd, follow_symlinks=False)
    except FileNotFoundError:
        return None  # another process is just deleting it
    except (OSError, ValueError, KeyError, TypeError) as error:
        return JOURNAL_BROKEN.found(
            f"a render was interrupted, and its journal cannot be read: {error}",
            f"restore the stacks from version control and delete {STAGE}",
            at=Location(STAGE),
        )
    return _NOT_OURS


def digest(folder: int, name: str) -> str | None:
    """The hash of a file in an open folder; None if there is no file, and empty if it is not a regular one.

    Raises:
        OSError: the file cannot be read. A file with unknown content must not count as changed.
    """
    try:
        read = read_in(folder, name)
    except OSError as error:
        if error.errno:
            raise
        return ""
    return None if read is None else fingerprint(read)
