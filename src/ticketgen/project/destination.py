"""The folder of a new project: check whether it can be used, and move the project into it, all or nothing.

A repository that was just created on a forge contains `.git`, a README and a LICENSE. They are kept; the lines that a
project needs are appended to `.gitignore` and `.gitattributes`.
"""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from ticketgen.findings import Finding, has_errors
from ticketgen.findings.projects import (
    FILE_EXTENDED,
    FILE_KEPT,
    FOLDER_NOT_EMPTY,
    INSIDE_A_PROJECT,
    PROJECT_NAME,
)
from ticketgen.findings.stacks import IN_THE_WAY
from ticketgen.project.bases import settle_record
from ticketgen.project.text_merge import union_of_lines
from ticketgen.safe_open import MAX_TEXT, read_below
from ticketgen.spec.file_names import SPEC_NAMES
from ticketgen.spec.string_types import ProjectName
from ticketgen.tree import write_files
from ticketgen.tree.diff import split_lines

__all__ = ["OWN_README", "git_root", "invalid_name", "move_into_place", "name_of", "unusable_folder"]

_README: Final = "README.md"
OWN_README: Final = "TICKETGEN.md"
"""The name of the project's README if the folder already has a README."""
_EXTENDED: Final = (".gitignore", ".gitattributes")
_MAX_NAMED: Final = 5

# Files that forges and editors create in an empty repository, and a virtual environment for ticketgen.
_IGNORED_FILES: Final = (
    ".git", *_EXTENDED, ".mailmap", "readme*", "license*", "licence*", "copying*", "notice*", "authors*", "codeowners",
    "security.md", "contributing.md", "code_of_conduct.md", ".editorconfig", ".idea", ".vscode", ".ds_store", ".venv",
    "venv", ".python-version", ".envrc", ".ticketgen-new-*",
)  # fmt: skip


def name_of(folder: Path) -> str:
    """The name of a folder, even if it is given as ``.`` or ``..``."""
    return folder.name if folder.name not in {"", ".."} else folder.resolve().name


def git_root(folder: Path) -> Path | None:
    """The top-level folder of the git repository that contains, or would contain, a folder; None if there is none."""
    folder = folder.absolute()
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), None)


def invalid_name(name: str) -> Finding | None:
    """The finding about an invalid project name, with a valid suggestion; None if the name is valid."""
    try:
        TypeAdapter(ProjectName).validate_python(name)
    except ValidationError as error:
        rule = str(error.errors()[0].get("ctx", {}).get("help", "")).partition(", such as")[0]
        return PROJECT_NAME.found(
            f"{name!r} is not a valid project name", f"pass --name {_suggest_name(name)}, or {rule}"
        )
    return None


def _suggest_name(name: str) -> str:
    words = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-0123456789")
    close = words[:20].rstrip("-")
    return close if len(close) >= 3 else "my-shop"


def unusable_folder(folder: Path) -> Finding | None:
    """The finding about a folder in which no project can be created; None if it is usable."""
    exists = folder.is_symlink() or folder.exists()
    if exists and not folder.is_dir():
        return FOLDER_NOT_EMPTY.found(f"{folder} exists and is not a folder", "name another folder")
    for parent in folder.absolute().parents:
        spec = next((parent / name for name in SPEC_NAMES if (parent / name).is_file()), None)
        if spec:
            return INSIDE_A_PROJECT.found(f"{folder} lies inside the project of {spec}")
    if not exists:
        return None
    names = sorted(each.name for each in folder.iterdir())
    if set(names) & set(SPEC_NAMES):
        return FOLDER_NOT_EMPTY.found(f"{folder} is already a project", "run `ticketgen render` there")
    obstacles = [
        name
        for name in names
        if not any(fnmatch.fnmatch(name.lower(), pattern) for pattern in _IGNORED_FILES)
    ]
    if not obstacles:
        return None
    more = len(obstacles) - _MAX_NAMED
    named = ", ".join(obstacles[:_MAX_NAMED]) + (f" and {more} more" if more > 0 else "")
    return FOLDER_NOT_EMPTY.found(f"{folder} is not empty: it holds {named}")


class _Conflict(Exception):
    """Error of a project that conflicts with the files of its folder; says why."""


def move_into_place(project: Path, folder: Path) -> tuple[Finding, ...]:
    """Move a project to its folder: completely or, with errors, not at all.

    Args:
        project: the complete project, on the same file system, in a folder that nobody else can reach.
        folder: a new folder, or one that `unusable_folder` accepts.

    Returns:
        A note for each file of the folder that was kept or extended, or the errors.

    Raises:
        OSError: the project cannot be written.
    """
    if not os.path.lexists(folder):
        os.rename(project, folder)  # noqa: PTH104 - fails if somebody put a file or a link here meanwhile
        return ()
    try:
        list(_files(project))
        notes = tuple(_find_conflicts(project, folder))
        settle_record(project, {OWN_README: _README}, _own_lines(folder))
        names = sorted(_files(project))
        extended = {
            name: _read_existing(folder, name) for name in _EXTENDED if os.path.lexists(folder / name)
        }
        changes = {name: (extended.get(name), (project / name).read_bytes()) for name in names}
    except _Conflict as error:
        return (IN_THE_WAY.found(str(error), "remove it from the template or from the folder"),)
    found = write_files(folder, changes)
    if has_errors(found):
        return found
    for name in names:
        if os.access(project / name, os.X_OK):
            (folder / name).chmod(stat.S_IMODE((project / name).stat().st_mode), follow_symlinks=False)
    return (*found, *notes)


def _read_existing(folder: Path, name: str) -> bytes:
    """The content of an existing file to which lines are appended."""
    try:
        return read_below(folder, name, MAX_TEXT)
    except OSError as error:
        raise _Conflict(f"{folder / name} cannot be read as a plain file: {error.strerror}") from None


def _files(project: Path) -> Iterator[str]:
    """The project's files. Only a hook of the template can have created anything else, such as a link.

    Raises:
        _Conflict: there is something else.
    """
    for place, folders, files in os.walk(project):
        for name in (*folders, *files):
            path = Path(place) / name
            mode = path.lstat().st_mode
            if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
                raise _Conflict(
                    f"the template's hooks created {name!r}, which is neither a file nor a folder"
                )
            if stat.S_ISREG(mode):
                yield path.relative_to(project).as_posix()


def _find_conflicts(project: Path, folder: Path) -> Iterator[Finding]:
    """Decide for each existing name in the folder whether it is kept or extended."""
    existing = {each.name.casefold(): each for each in folder.iterdir()}
    existing_readme = next(
        (each for name, each in sorted(existing.items()) if name.startswith("readme")), None
    )
    readme = project / _README
    if existing_readme and readme.exists():
        readme.rename(project / OWN_README)
        yield _kept_note(existing_readme, f"how to work with the project is described in {OWN_README}")
    for entry in sorted(project.iterdir()):
        conflict = existing.get(entry.name.casefold())
        if conflict is None:
            continue
        if entry.name in _EXTENDED and entry.is_file() and conflict.name == entry.name:
            before = _read_existing(folder, conflict.name)
            extended = union_of_lines(before, entry.read_bytes())
            entry.write_bytes(extended)
            if extended != before:
                yield FILE_EXTENDED.found(f"lines for ticketgen were appended to {conflict}", "")
        elif entry.is_dir() and not entry.is_symlink():
            raise _Conflict(f"{conflict} exists, and the template creates a folder of that name")
        else:
            entry.unlink()
            yield _kept_note(conflict, "")


def _own_lines(folder: Path) -> Mapping[str, int]:
    """The number of lines of each file of the folder to which lines are appended."""
    present = (name for name in _EXTENDED if os.path.lexists(folder / name))
    return {name: len(split_lines(_read_existing(folder, name).decode(errors="replace"))) for name in present}


def _kept_note(there: Path, instead: str) -> Finding:
    return FILE_KEPT.found(f"{there} was kept as it is", instead)
