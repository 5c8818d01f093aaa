"""Find out whether a newer ticketgen is out, why it renders differently, and pin it: ``ticketgen upgrade``."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ticketgen.findings import Checked, Finding, Location, has_errors
from ticketgen.findings.merging import NEWEST_UNKNOWN, PIN_NOT_WRITTEN, PIN_UNKNOWN
from ticketgen.findings.projects import INSTALL_SOURCE
from ticketgen.findings.stacks import CANNOT_WRITE
from ticketgen.project.bases import (
    RECORD,
    BaseEntry,
    InstallKind,
    ProjectRecord,
    base_path,
    normalized,
    read_base,
    read_record,
)
from ticketgen.project.newest import MAX_CHANGELOG, NewestRelease, NewestUnknown, find_newest
from ticketgen.project.package_index import IndexFailed, inspect_wheel, published_wheels, read_published
from ticketgen.project.pinned_source import PinnedSource, parse_pin, read_pinned_source, replace_line
from ticketgen.project.scratch import with_temporary_folder
from ticketgen.project.source import (
    DEPENDENCIES,
    REQUIREMENTS,
    SourceError,
    command_of,
    dependencies_text,
    read_source,
)
from ticketgen.project.text_merge import CannotMerge
from ticketgen.project.three_way import resolve_sides
from ticketgen.project.upgrade import rendering_entries
from ticketgen.project.wheel import MAX_BYTES
from ticketgen.safe_open import MAX_TEXT, read_below
from ticketgen.tree import write_files
from ticketgen.tree.paths import fingerprint
from ticketgen.tree.version_order import is_newer
from ticketgen.version import VERSION

__all__ = ["Upgrade", "upgrade_pin"]


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The result of the search for a newer ticketgen.

    Attributes:
        pinned: the version that the project pins.
        newest: the newest version, or the requested one.
        is_newer: whether that is a different version from the pinned one.
        reasons: version and reason of each change of the rendering in between.
        written: the files that were changed.
        command: the command that installs the pinned version, to be run in the project's folder.
    """

    pinned: str
    newest: str
    is_newer: bool
    reasons: tuple[tuple[str, str], ...] = ()
    written: tuple[str, ...] = ()
    command: str = ""


@dataclass(frozen=True, slots=True)
class _Target:
    """The release to upgrade to, and the project's files that pin it: path → content, None for none."""

    release: NewestRelease
    kind: InstallKind
    files: Mapping[str, bytes | None]


def upgrade_pin(
    root: Path, *, to: str | None = None, base: Path = Path(), write: bool = False
) -> Checked[Upgrade]:
    """Find the newest ticketgen where the project's pin points, and pin it on request.

    Args:
        root: the project's folder.
        to: another source, as `new --install-from` takes it, for a pin that does not show newer versions.
        base: the folder that a relative path in ``to`` is relative to.
        write: whether to change the pin.
    """
    pin = read_pinned_source(root)
    if pin is None:
        message = f"{REQUIREMENTS} is missing, or does not pin ticketgen in a way that `ticketgen new` writes"
        return Checked(None, (PIN_UNKNOWN.found(message, at=Location(REQUIREMENTS)),))
    content, recorded = read_record(root)
    if has_errors(recorded.findings):
        return Checked(None, recorded.findings)
    try:
        target = _newest(pin) if to is None else _asked(pin, to, base)
    except NewestUnknown as error:
        return Checked(None, (NEWEST_UNKNOWN.found(f"the newest version is not known: {error}"),))
    except SourceError as error:
        return Checked(None, (INSTALL_SOURCE.found(error.message, error.help),))
    except OSError as error:  # an error of the temporary folder
        return Checked(None, (CANNOT_WRITE.found(f"nothing was fetched: {error.strerror}"),))
    release = target.release
    pinned = release.pinned or pin.version or (recorded.value.ticketgen if recorded.value else VERSION)
    differs = target.files.get(REQUIREMENTS) != pin.text.encode() and (
        to is not None or is_newer(release.version, pinned)
    )
    reasons = tuple(rendering_entries(release.changelog, pinned, release.version)) if differs else ()
    found = Upgrade(pinned, release.version, differs, reasons, (), command_of(target.kind))
    if not (write and differs):
        return Checked(found)
    changes = _changes(root, target, content, recorded.value)
    if isinstance(changes, Finding):
        return Checked(found, (changes,))
    failed = write_files(root, changes)
    if has_errors(failed):
        return Checked(None, failed)
    written = tuple(path for path, (before, after) in changes.items() if before != after)
    return Checked(
        replace(found, written=tuple(each for each in written if not each.startswith("."))), failed
    )


def _newest(pin: PinnedSource) -> _Target:
    release = with_temporary_folder(
        Path(tempfile.gettempdir()), lambda folder: find_newest(pin, folder), keep=lambda: True
    )
    files: dict[str, bytes | None] = {REQUIREMENTS: replace_line(pin, release.line).encode()}
    if release.dependencies is not None and pin.kind is InstallKind.INDEX:
        files[DEPENDENCIES] = dependencies_text(release.dependencies)
    return _Target(release, pin.kind, files)


def _asked(pin: PinnedSource, to: str, base: Path) -> _Target:
    """The release in the source that the user names.

    Raises:
        SourceError: it cannot be used.
        NewestUnknown: its index does not have it.
    """
    source = read_source(to, base, any_version=True)
    files: dict[str, bytes | None] = dict(source.files)
    changelog = ""
    if source.kind is InstallKind.WHEEL:
        (wheel,) = (each for name, each in source.files.items() if name.endswith(".whl"))
        changelog = _changelog_of(wheel)
    if source.kind is InstallKind.INDEX:
        changelog, needed = _of_index(source.files[REQUIREMENTS].decode())
        files[DEPENDENCIES] = dependencies_text(needed)
    if source.kind is pin.kind and source.kind is not InstallKind.LOCK:
        line = source.files[REQUIREMENTS].decode().rstrip("\n").rpartition("\n")[2]
        if source.kind is not InstallKind.INDEX:
            files[REQUIREMENTS] = replace_line(pin, line).encode()
    if pin.kind is InstallKind.WHEEL and pin.address not in files:
        files[pin.address] = None
    return _Target(NewestRelease(source.version, "", "", changelog), source.kind, files)


def _changelog_of(wheel: bytes) -> str:
    try:
        return inspect_wheel(wheel, MAX_CHANGELOG).changelog
    except IndexFailed as error:
        raise SourceError(str(error)) from None


def _of_index(text: str) -> tuple[str, tuple[str, ...]]:
    """The changelog and the dependencies of a pinned version on an index."""
    pin = parse_pin(text)
    try:
        if pin is None:
            raise IndexFailed("the source is not a version with a hash")
        wheels = [each for each in published_wheels(pin.address) if each.sha256 in pin.hashes]
        if not wheels:
            raise IndexFailed(f"{pin.address} has no wheel of ticketgen with this hash")
        content = read_published(wheels[0], MAX_CHANGELOG)
    except IndexFailed as error:
        raise NewestUnknown(str(error)) from None
    return content.changelog, content.dependencies


def _changes(
    root: Path, target: _Target, content: bytes | None, record: ProjectRecord | None
) -> Mapping[str, tuple[bytes | None, bytes | None]] | Finding:
    """The changes of the project's files, as `write_files` takes them, or why they cannot be made."""
    if target.kind is InstallKind.LOCK and target.release.line:
        return PIN_NOT_WRITTEN.found(
            f"{REQUIREMENTS} locks every package with its hash, and ticketgen {target.release.version} may need others",
            "lock the packages again, for example with `uv pip compile --generate-hashes --upgrade-package ticketgen`",
            at=Location(REQUIREMENTS),
        )
    changes: dict[str, tuple[bytes | None, bytes | None]] = {}
    for path, after in target.files.items():
        try:
            before = _present(root, path)
        except OSError as error:
            return PIN_NOT_WRITTEN.found(f"{path} cannot be read: {error.strerror}", at=Location(path))
        if path == DEPENDENCIES and after is not None and before is not None:
            merged = _dependencies(root, before, after, record)
            if isinstance(merged, Finding):
                return merged
            after_merge, entry = merged
            changes[path] = (before, after_merge)
            if record and entry:
                changes[base_path(path)] = (_present(root, base_path(path)), after)
                record = record.with_file(path, entry)
        else:
            changes[path] = (before, after)
    if record and content is not None:
        changes[RECORD] = (content, replace(record, install=target.kind).text().encode())
    return changes


def _dependencies(
    root: Path, yours: bytes, ours: bytes, record: ProjectRecord | None
) -> tuple[bytes, BaseEntry | None] | Finding:
    """The merged list of dependencies, and the entry of its new base."""
    entry = record.files.get(DEPENDENCIES) if record else None
    base = read_base(root, DEPENDENCIES, entry.sha256).value if entry else dependencies_text()
    try:
        if base is None:
            raise CannotMerge("its base was edited")
        found = resolve_sides(yours, base, ours, "before", "after")
        if found.conflicts or found.content is None:
            raise CannotMerge("you changed the same lines")
    except CannotMerge as error:
        return PIN_NOT_WRITTEN.found(
            f"the new version's dependencies are not merged into {DEPENDENCIES}: {error}",
            at=Location(DEPENDENCIES),
        )
    return found.content, entry and replace(entry, sha256=fingerprint(normalized(ours)))


def _present(root: Path, path: str) -> bytes | None:
    try:
        return read_below(root, path, MAX_BYTES if path.endswith(".whl") else MAX_TEXT)
    except FileNotFoundError:
        return None
