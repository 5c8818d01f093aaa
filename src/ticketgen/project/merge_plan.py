"""Plan the three-way merge of a project's files: what is written, and what is reported.

Nothing here writes. The plan has every change together with its base, so that both are written or neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ticketgen.conflict_markers import conflict_lines
from ticketgen.findings import Finding, Location
from ticketgen.findings.merging import (
    BASE_MISSING,
    FILE_MERGED,
    GIT_MISSING,
    MERGE_CONFLICT,
    NAME_TAKEN,
    NO_LONGER_OURS,
    NOT_MERGEABLE,
    STAYS_DELETED,
)
from ticketgen.project.bases import (
    RECORD,
    BaseEntry,
    BaseState,
    ProjectRecord,
    base_path,
    normalized,
    read_base,
)
from ticketgen.project.spec_merge import resolve_spec
from ticketgen.project.text_merge import CannotMerge, GitMissing, union_of_lines
from ticketgen.project.three_way import FileAction, Resolution, resolve_sides
from ticketgen.safe_open import MAX_TEXT, read_below
from ticketgen.spec.file_names import SPEC_NAMES
from ticketgen.tree.diff import split_lines
from ticketgen.tree.paths import fingerprint
from ticketgen.version import VERSION

__all__ = ["MergePlan", "conflicts_in", "plan_files", "record_change"]

_MAX_SHOWN = 20
"""Number of conflicts of one file that are reported one by one."""


@dataclass(slots=True)
class MergePlan:
    """What a merge changes.

    Attributes:
        root: the project's folder.
        changes: path → the current and the new content, as `write_files` takes them.
        merged: the paths of the user's files among them, including files with conflicts.
        compared: files without a base → ticketgen's own text, to be shown as a difference.
        findings: the findings, except conflicts, which are reported from the files.
        dry_run: whether nothing is written, so that findings say "would be".
    """

    root: Path
    changes: dict[str, tuple[bytes | None, bytes | None]] = field(default_factory=dict)
    merged: list[str] = field(default_factory=list)
    compared: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    dry_run: bool = False

    def put(self, path: str, before: bytes | None, after: bytes | None) -> None:
        """Change a file, or delete it."""
        if before != after:
            self.changes[path] = (before, after)

    def put_base(self, path: str, base: bytes | None) -> None:
        """Record the base of a file, or forget it."""
        place = base_path(path)
        try:
            before = read_below(self.root, place, MAX_TEXT)
        except OSError:
            before = None  # if something else is there, the write is refused
        self.put(place, before, base)

    def apply(self, path: str, yours: bytes | None, found: Resolution, ours: bytes | None) -> None:
        """Change a file as it was resolved, and update its base; the caller updates the file's entry."""
        self.put(path, yours, found.content)
        if found.content != yours:
            self.merged.append(path)
        if found.action is not FileAction.STAY_DELETED:
            self.put_base(
                path,
                None if found.action in {FileAction.DELETE, FileAction.DISOWN, FileAction.FORGET} else ours,
            )
        at = Location(path)
        if found.conflicts:
            return
        if found.action is FileAction.TAKE_NEW:
            verb = "would be" if self.dry_run else "is now"
            self.findings.append(FILE_MERGED.found(f"this {verb} the text of ticketgen {VERSION}", "", at=at))
        elif found.action is FileAction.MERGE:
            verb, help = ("would have", "") if self.dry_run else ("has", None)
            message = f"it {verb} your changes and those of ticketgen {VERSION}"
            self.findings.append(FILE_MERGED.found(message, help, at=at))
        elif found.action is FileAction.DELETE:
            verb = "would be deleted" if self.dry_run else "deleted"
            message = f"{verb}: ticketgen {VERSION} no longer writes it, and you had not changed it"
            self.findings.append(FILE_MERGED.found(message, "", at=at))
        elif found.action is FileAction.DISOWN:
            message = (
                f"ticketgen {VERSION} no longer writes it, and you have changed it: it is kept, and is now "
                "yours alone"
            )
            self.findings.append(NO_LONGER_OURS.found(message, at=at))

    def read(self, path: str) -> tuple[bool, bytes | None]:
        """Whether a file can take part in a merge, and its content; None if it is missing."""
        try:
            content = read_below(self.root, path, MAX_TEXT)
        except FileNotFoundError:
            return True, None
        except OSError as error:
            self.findings.append(
                NOT_MERGEABLE.found(f"the file cannot be read: {error.strerror}", at=Location(path))
            )
            return False, None
        return not any(True for _ in conflicts_in(path, content)), content

    def resolve(
        self, path: str, yours: bytes | None, base: bytes, ours: bytes | None, before: str
    ) -> Resolution | None:
        """Resolve both sides' changes to a file; None, with a finding, if the file has to stay as it is."""
        try:
            return resolve_sides(yours, base, ours, before, VERSION)
        except CannotMerge as error:
            self.not_merged(path, error)
            return None

    def not_merged(self, path: str, error: CannotMerge) -> None:
        """Report a file that stays as it is."""
        kind = GIT_MISSING if isinstance(error, GitMissing) else NOT_MERGEABLE
        message = f"your changes and ticketgen's are not merged: {error}"
        self.findings.append(kind.found(message, at=Location(path)))


def conflicts_in(path: str, content: bytes) -> Iterator[Finding]:
    """The conflicts in a file of the project that nobody has resolved."""
    lines = conflict_lines(content.decode("utf-8", "replace"))
    for line in lines[:_MAX_SHOWN]:
        more = f"; the file has {len(lines):,}" if len(lines) > 1 else ""
        yield MERGE_CONFLICT.found(
            f"your change and ticketgen's conflict, and the markers are still there{more}",
            at=Location(path, line),
        )


def plan_files(
    plan: MergePlan, record: ProjectRecord, texts: Mapping[str, bytes], *, adopted: bool
) -> ProjectRecord:
    """Plan the files that `new` wrote, and return their new record.

    Args:
        plan: gets the changes.
        record: the record of the project.
        texts: the texts of this version, by path in a new project.
        adopted: whether the project had no record yet, so that the bases are unknown.
    """
    places = {entry.source or path: path for path, entry in record.files.items()}
    for source in sorted({*places, *texts}):
        path, ours = places.get(source, source), texts.get(source)
        entry = record.files.get(path)
        if entry is None:
            after = _first(plan, path, ours or b"", adopted=adopted)
        else:
            after = _next(plan, path, entry, ours, entry.version or record.ticketgen)
        if after is not entry:
            record = record.with_file(path, after)
    return replace(record, ticketgen=VERSION)


def _first(plan: MergePlan, path: str, ours: bytes, *, adopted: bool) -> BaseEntry | None:
    """The entry of a file that had none: the file is new, or the project is older than the bases."""
    known, yours = plan.read(path)
    if not known:
        return None
    same = yours is not None and normalized(yours) == normalized(ours)
    entry = BaseEntry(fingerprint(normalized(ours)))
    if same or (yours is None and not adopted):
        plan.put_base(path, ours)
        if yours is None:
            plan.put(path, None, ours)
            plan.merged.append(path)
            message = f"new in ticketgen {VERSION}"
            plan.findings.append(FILE_MERGED.found(message, "", at=Location(path)))
        return entry
    if yours is None:
        plan.put_base(path, ours)
        return _deleted(plan, path, entry)
    if not adopted:
        message = f"ticketgen {VERSION} writes a file of this name into projects, and yours is kept"
        plan.findings.append(NAME_TAKEN.found(message, at=Location(path)))
        return BaseEntry(state=BaseState.NAME_TAKEN)
    plan.put_base(path, ours)
    plan.compared[path] = (yours, ours)
    message = f"it differs from the text of ticketgen {VERSION}, and ticketgen does not know which changes are yours"
    plan.findings.append(BASE_MISSING.found(message, at=Location(path)))
    return entry


def _next(plan: MergePlan, path: str, entry: BaseEntry, ours: bytes | None, before: str) -> BaseEntry | None:
    """The new entry of a file that had one; None to forget the file.

    Args:
        plan: gets the changes.
        path: the path of the file.
        entry: the entry before the merge.
        ours: the text of this version; None if it no longer writes the file.
        before: the version that wrote the base.
    """
    known, yours = plan.read(path)
    if not known:
        return _waiting(entry, before)
    if entry.state is BaseState.NAME_TAKEN:
        return None if ours is None else entry
    base = read_base(plan.root, path, entry.sha256)
    if base.value is None:
        plan.findings += base.findings
        return _waiting(entry, before)
    if ours is not None and entry.own_lines:
        own = b"".join(
            line.encode() for line in split_lines(base.value.decode(errors="replace"))[: entry.own_lines]
        )
        ours = union_of_lines(own, ours)
    if path in SPEC_NAMES:
        try:
            found, notes = resolve_spec(path, yours, base.value, ours, before, VERSION)
        except GitMissing as error:
            plan.not_merged(path, error)
            return _waiting(entry, before)
        plan.findings += notes
    else:
        resolved = plan.resolve(path, yours, base.value, ours, before)
        if resolved is None:
            return _waiting(entry, before)
        found = resolved
    plan.apply(path, yours, found, ours)
    if found.action is FileAction.STAY_DELETED:
        moved = ours is None or fingerprint(normalized(ours)) != entry.sha256
        return _deleted(plan, path, _waiting(entry, before) if moved else entry)
    if ours is None:
        return None
    return replace(entry, sha256=fingerprint(normalized(ours)), state=BaseState.MERGED, version="")


def _waiting(entry: BaseEntry, before: str) -> BaseEntry:
    """The entry of a file that keeps the base of an older version, although the record is updated."""
    return replace(entry, version="" if before == VERSION or not entry.sha256 else before)


def _deleted(plan: MergePlan, path: str, entry: BaseEntry) -> BaseEntry:
    if entry.state is not BaseState.DELETED:
        plan.findings.append(
            STAYS_DELETED.found("the file is missing, and it stays deleted", at=Location(path))
        )
    return replace(entry, state=BaseState.DELETED)


def record_change(plan: MergePlan, before: bytes | None, record: ProjectRecord) -> None:
    """Plan the record's own change."""
    plan.put(RECORD, before, record.text().encode())
