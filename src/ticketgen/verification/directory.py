"""Read directories of Terraform from the disk."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ticketgen.findings import Checked, Finding, Location
from ticketgen.findings.verification import NO_DIRECTORY, NO_TERRAFORM, NOT_CHECKED, UNREADABLE
from ticketgen.hcl.guards import MAX_BYTES
from ticketgen.real_path import real_path
from ticketgen.terraform_file_names import DECLARING
from ticketgen.verification.called_folders import NOTHING_AROUND, Neighbours, read_called_folders
from ticketgen.verification.finding_limits import limit_findings
from ticketgen.verification.listing import MAX_DEPTH, MAX_ENTRIES, DirectoryEntry, EntryKind, Listing
from ticketgen.verification.surroundings import Surroundings

__all__ = ["MAX_READ", "MAX_TOTAL_BYTES", "Directory", "Target", "read_directory", "targets"]

_READ_FILES = re.compile(
    r"(?s:.*)\.(?:(?:tf|tofu|tfvars)(?:\.json)?|(?:tftest|tfmock)\.(?:hcl|json))|(?s:test_.*|.*_test|conftest)\.py"
)
"""Terraform, OpenTofu, and the tests that pytest collects beside it; a name may contain any character. Sources:
https://developer.hashicorp.com/terraform/language/files and
https://docs.pytest.org/en/stable/reference/reference.html#confval-python_files."""

_NOTED_FILES = re.compile(r"(?s:.*)\.(?:tf|tofu)(?:test|mock)\.(?:hcl|json)")
"""Other files that Terraform or OpenTofu reads. `unchecked` yields a note for each, except for links that lead out."""

MAX_TOTAL_BYTES = 20 * 1024 * 1024
"""Limit of the bytes that are read from one directory; they are in memory while it is checked."""
MAX_READ = 10_000
"""Limit of the files that are read from one directory."""

_MAX_FILES = 100_000
"""Limit of the paths that are kept, to know which files exist."""
_MAX_NAMES = 20 * 1024 * 1024
"""Limit of the characters in these paths. A path may have 4,096 bytes, and in deep folders more."""
_CHARACTERS_PER_FINDING = 200
"""Characters that count for the finding about an unread file, in addition to the path."""

_ENCRYPTED = b"\0GITCRYPT\0"
"""The beginning of a file of git-crypt: https://github.com/AGWA/git-crypt/blob/master/commands.cpp"""

_FOLDERS = frozenset({EntryKind.FOLDER, EntryKind.LINKED_UNSEEN})


@dataclass(frozen=True, slots=True)
class Directory:
    """The contents of a directory.

    Attributes:
        texts: the text of every Terraform file and every Python test file, by relative posix path.
        paths: the relative posix paths of all files; None if there are too many to list.
        unread: the files and folders that were not read, and links to folders. Of the files over a limit, it has one
            of each kind in each folder.
        around: what the directory uses of its work tree.
    """

    texts: Mapping[str, str]
    paths: frozenset[str] | None
    unread: frozenset[str] = frozenset()
    around: Neighbours = NOTHING_AROUND


@dataclass(frozen=True, slots=True)
class Target:
    """A directory to verify.

    Attributes:
        folder: the path of the directory.
        files: the files to report, as relative posix paths; None for all.
    """

    folder: Path
    files: frozenset[str] | None = None


def targets(paths: Iterable[Path], shown: Callable[[Path], str] = str) -> Checked[tuple[Target, ...]]:
    """The directories to verify for the given paths, each once.

    For a file, the whole directory is verified, but only the file is reported. A file that is not Terraform, such as a
    test, belongs to the nearest parent directory that contains Terraform. A directory inside another target is verified
    with that one.

    Args:
        paths: paths of directories and files.
        shown: formats a path for a message.
    """
    whole: dict[Path, Path] = {}
    parts: dict[Path, tuple[Path, set[Path]]] = {}
    findings = []
    for path in paths:
        finding = _unusable(path, shown(path))
        if finding:
            findings.append(finding)
        elif path.is_dir():
            whole.setdefault(_resolve(path), path)
        else:
            folder = _directory_of(path)
            _, files = parts.setdefault(_resolve(folder), (folder, set()))
            files.add(_resolve(path.parent) / path.name)
    requested = {**{path: folder for path, (folder, _) in parts.items()}, **whole}
    # If a directory inside another target was named itself, all of its files are reported.
    named: dict[Path, set[Path]] = {}
    for path in requested:
        of_target = named.setdefault(_outermost(path, requested), set())
        if path in parts:
            of_target |= parts[path][1]
    for path in whole:
        target = _outermost(path, requested)
        if target not in whole:
            named[target].update(path / entry.path for entry in Listing(path))
    found = [
        Target(
            folder,
            None if path in whole else frozenset(each.relative_to(path).as_posix() for each in named[path]),
        )
        for path, folder in requested.items()
        if path in named
    ]
    return Checked(tuple(found) if not findings else None, tuple(findings))


def _outermost(path: Path, requested: Collection[Path]) -> Path:
    """The outermost requested directory that is read together with this one.

    Reading a directory includes the folders inside it, except hidden ones.
    """
    found = inner = path
    while inner != inner.parent and not inner.name.startswith("."):
        inner = inner.parent
        if inner in requested:
            found = inner
    return found


def _resolve(path: Path) -> Path:
    """The path without links. `Path.resolve` raises an error for a loop of links."""
    return Path(real_path(path))


def _unusable(path: Path, name: str) -> Finding | None:
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - Path.exists() hides some errors and raises others
    except (FileNotFoundError, NotADirectoryError):
        help = "name a directory of Terraform, or a file in one"
        return NO_DIRECTORY.found(f"{name} does not exist", help)
    except OSError as error:
        help = "name a directory that can be read"
        return NO_DIRECTORY.found(f"{name} cannot be read: {error.strerror}", help)
    if stat.S_ISDIR(mode):
        return None
    if not stat.S_ISREG(mode) or not _READ_FILES.fullmatch(path.name) or path.name.startswith("."):
        message = f"{name} is not a file that ticketgen verifies"
        help = "name a directory, or a file such as main.tf, prod.tfvars, stack.tftest.hcl or test_stack.py"
        return NO_TERRAFORM.found(message, help)
    return None


def _directory_of(file: Path) -> Path:
    """The directory that a file is verified with."""
    above = [file.parent, *_parents(file.parent)]
    return next((each for each in above if _has_terraform(each)), file.parent)


def _has_terraform(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(entry.name.endswith(DECLARING) for entry in entries)
    except OSError:
        return False


def _parents(folder: Path) -> Iterator[Path]:
    """The parents of a folder, as paths in the same form."""
    path = _resolve(folder)
    while path != path.parent:
        path = path.parent
        folder = folder.parent if folder.name not in {"", ".."} else folder / ".."
        yield folder


def _unreadable(file: str, message: str, help: str) -> Finding:
    return UNREADABLE.found(message, help, at=Location(file))


def read_directory(
    root: Path,
    name: str | None = None,
    *,
    work_tree: Path | None = None,
    unsaved: Mapping[str, str] | None = None,
) -> Checked[Directory]:
    """Read a directory, except hidden entries and links that lead out of its work tree.

    Args:
        root: the directory.
        name: the name of the directory in messages; None for ``root``.
        work_tree: the folder that links and local modules may lead to; None for the directory itself.
        unsaved: the texts of files that an editor has open, by absolute path.

    Returns:
        No value if there is nothing to read. A file that cannot be read yields a finding and is left out.
    """
    shown_name = str(root) if name is None else name
    texts: dict[str, str] = {}
    unread: set[str] = set()
    paths: list[str] = []
    findings = []
    left = MAX_TOTAL_BYTES
    room = room_of_unread = _MAX_NAMES
    over_limit: Counter[tuple[str, str]] = Counter()
    around = Surroundings(root, work_tree, unsaved)
    listing = Listing(root, around)
    try:
        for entry in listing:
            if entry.kind is EntryKind.FILE and len(paths) <= _MAX_FILES and room >= 0:
                paths.append(entry.path)
                room -= len(entry.path)
            folder, _, file = entry.path.rpartition("/")
            if entry.kind is EntryKind.LINKED:
                unread.add(entry.path)
                room_of_unread -= len(entry.path) + _CHARACTERS_PER_FINDING
                continue
            is_read = _READ_FILES.fullmatch(file)
            is_other = not is_read and (entry.kind is EntryKind.FILE or not _NOTED_FILES.fullmatch(file))
            if is_other and entry.kind not in _FOLDERS:
                continue
            if room_of_unread < 0:
                listing.is_complete = False
                break
            if entry.kind is EntryKind.FILE and (left <= 0 or len(texts) >= MAX_READ):
                # One of each kind stands for those in its folder, because there may be very many.
                kind = folder, file.partition(".")[2]
                over_limit[kind] += 1
                if over_limit[kind] == 1:
                    unread.add(entry.path)
                    room_of_unread -= len(entry.path) + _CHARACTERS_PER_FINDING
                continue
            content = _content(entry)
            left -= len(entry.path)
            if isinstance(content, Finding):
                findings.append(content)
                unread.add(entry.path)
                room_of_unread -= len(entry.path) + _CHARACTERS_PER_FINDING
            else:
                left -= len(content)
                texts[entry.path] = content
    except OSError as error:
        return Checked(None, (_no_directory(root, shown_name, error),))
    findings += _limits(shown_name, listing, over_limit.total())
    if not any(file.endswith(DECLARING) for file in texts) and not findings:
        return Checked(None, (NO_TERRAFORM.found(f"{shown_name} has no .tf file"),))
    known = frozenset(paths) if len(paths) <= _MAX_FILES and room >= 0 and listing.is_complete else None
    neighbours = read_called_folders(texts, around, left, MAX_READ - len(texts))
    return Checked(Directory(texts, known, frozenset(unread), neighbours), tuple(limit_findings(findings)))


def _no_directory(root: Path, shown_name: str, error: OSError) -> Finding:
    known = {errno.ENOENT: "does not exist", errno.ENOTDIR: "is not a directory"}
    what = known.get(error.errno or 0, f"cannot be read: {error.strerror}")
    return NO_DIRECTORY.found(f"{shown_name} {what}")


def _content(entry: DirectoryEntry) -> str | Finding:
    """The text of a file, or the finding about why it cannot be read."""
    if entry.kind is EntryKind.OUTSIDE:
        message = (
            "not checked: the file is a link that leads out of the work tree, or to a hidden place in it"
        )
        help = "replace the link with the file, or name a folder that contains both with --root"
        return NOT_CHECKED.found(message, help, at=Location(entry.path))
    if entry.kind is EntryKind.LINKED_UNSEEN:
        message = "not checked: the folder is a link that leads out of the work tree, or to a hidden folder"
        help = "replace the link with the folder, or delete it"
        return NOT_CHECKED.found(message, help, at=Location(entry.path))
    if entry.kind is EntryKind.FOLDER:
        return _unreadable(entry.path, f"the folder cannot be read: {entry.error}", "make it readable")
    if entry.kind is not EntryKind.FILE or entry.read is None:
        return _unreadable(entry.path, f"the file is {entry.kind.value}", "replace it with a regular file")
    try:
        content = entry.read(MAX_BYTES)
        if content.startswith(_ENCRYPTED):
            help = "run `git-crypt unlock` before, or check the file on a machine that can"
            return NOT_CHECKED.found(
                "not checked: the file is encrypted with git-crypt", help, at=Location(entry.path)
            )
        # A file over the limit may be cut within a character; no parser gets that text.
        return content.decode("utf-8", "strict" if len(content) <= MAX_BYTES else "replace")
    except OSError as error:
        message = f"the file cannot be read: {error.strerror or error}"
        return _unreadable(entry.path, message, "make it readable")
    except UnicodeDecodeError as error:
        message = f"the file is not UTF-8: {error.reason} at byte {error.start}"
        return _unreadable(entry.path, message, "save it as UTF-8")


def _limits(shown_name: str, listing: Listing, unread: int) -> Iterator[Finding]:
    """Findings about files that were not read because the directory is too large."""
    reasons = []
    if unread:
        what = f"{unread:,} files were" if unread > 1 else "1 file was"
        reasons.append(
            f"{what} not read, because at most {MAX_READ:,} files and {MAX_TOTAL_BYTES // 1024**2} MB are read"
        )
    if not listing.is_complete:
        reasons.append(
            f"it has more than {MAX_ENTRIES:,} files, more than {MAX_DEPTH} levels of folders, or very long names"
        )
    for reason in reasons:
        help = "validate the directories in it one by one"
        yield NOT_CHECKED.found(f"not checked: too large: {shown_name}: {reason}", help)
