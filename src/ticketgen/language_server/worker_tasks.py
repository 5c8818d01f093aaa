"""Tasks that the server runs in a process of its own: checks, definitions, explanations and layout.

Only the main thread of a process can limit its work (`ticketgen.hcl.watchdog`), and the server must answer meanwhile.
The process opens files as ``ticketgen validate`` does, and never writes one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ticketgen.findings import Finding, Location, TextEdit
from ticketgen.hcl.guards import MAX_BYTES
from ticketgen.hcl.second_process import ONE_PROCESS
from ticketgen.hcl.syntax import File
from ticketgen.language_server.open_folders import folder_of, is_spec, is_terraform
from ticketgen.language_server.terraform_definitions import NameDefinition, definition_at
from ticketgen.language_server.utf_16 import column_at, utf_16_units
from ticketgen.real_path import real_path
from ticketgen.safe_open import read_below
from ticketgen.terraform_file_names import DECLARING, SETTING_VARIABLES

if TYPE_CHECKING:
    from ticketgen.language_server.spec_keys import Proposal

__all__ = [
    "DefinedPlace",
    "EditorPlace",
    "TargetCheck",
    "check_target",
    "complete",
    "explain",
    "find_definition",
    "layout_edits",
    "prepare",
]


@dataclass(frozen=True, slots=True)
class TargetCheck:
    """The result of checking a folder or a spec.

    Attributes:
        findings: their paths are absolute.
        texts: the texts of the files with findings, by absolute path.
        reads: the real paths of other files that the result depends on, beyond those in the folder.
    """

    findings: tuple[Finding, ...]
    texts: Mapping[str, str] = field(default_factory=dict)
    reads: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class EditorPlace:
    """A place in a document.

    Attributes:
        file: an absolute path.
        line: counted from 1.
        units: the UTF-16 code units before it in the line.
    """

    file: Path
    line: int
    units: int

    def column_in(self, text: str) -> int:
        """The column in the text of the document, counted from 1."""
        lines = text.split("\n")
        return column_at(self.units, lines[self.line - 1] if self.line <= len(lines) else "")


@dataclass(frozen=True, slots=True)
class DefinedPlace:
    """Where something is defined.

    Attributes:
        location: its path is absolute.
        units: the UTF-16 code units before it in its line.
    """

    location: Location
    units: int = 0


def prepare() -> None:
    """Import what a check needs, so that the first one is as fast as the others.

    Round trips are made in this process, which remembers those of files that do not change.
    """
    os.environ[ONE_PROCESS] = "1"
    import ticketgen.verification.levels  # noqa: F401


def check_target(target: Path, unsaved: Mapping[str, str]) -> TargetCheck:
    """Check a folder as ``ticketgen validate`` does, or a spec as ``ticketgen size`` does.

    Args:
        target: an absolute path.
        unsaved: the texts of open documents, by absolute path.
    """
    return _check_spec(target, unsaved) if is_spec(target) else _check_folder(target, unsaved)


def _check_folder(folder: Path, unsaved: Mapping[str, str]) -> TargetCheck:
    from ticketgen.validation.config import read_config
    from ticketgen.validation.directory_check import check_directory
    from ticketgen.validation.finding_filter import FindingFilter
    from ticketgen.verification.directory import Target

    config = read_config(folder)
    if config.value is None:
        return TargetCheck(config.findings)
    checked = check_directory(Target(folder), FindingFilter().merged_with(config.value), unsaved=unsaved)
    files = {each.location.file for each in checked.findings if each.location}
    texts = {(folder / path).as_posix(): text for path, text in checked.texts.items()}
    links = {path for path in texts if Path(path).is_symlink()}
    outside = {real_path(folder / path) for path in checked.around}
    return TargetCheck(
        checked.findings,
        {path: text for path, text in texts.items() if path in files},
        frozenset(outside | {real_path(path) for path in links}),
    )


def _check_spec(file: Path, unsaved: Mapping[str, str]) -> TargetCheck:
    from ticketgen.pipeline import size_project

    text = unsaved.get(file.as_posix())
    content = None if text is None else text.encode("utf-8", "surrogatepass")
    return TargetCheck(size_project(file, content=content).findings)


def explain(place: EditorPlace, unsaved: Mapping[str, str]) -> str:
    """Markdown about the name at a place: the description of a declaration, or of a key of the spec; "" if none."""
    if is_spec(place.file):
        from ticketgen.language_server.spec_keys import key_at, key_help

        text = _text(place.file, unsaved)
        return key_help(key_at(place.file, text, place.line, place.column_in(text)))
    found = _definition(place, unsaved)
    if found is None or found.definition.address is None:
        return ""
    return f"**{found.definition.address}**\n\n{found.definition.description}".rstrip()


def find_definition(place: EditorPlace, unsaved: Mapping[str, str]) -> DefinedPlace | None:
    """The declaration of the name at a place; in a spec, the preset that it extends."""
    if is_spec(place.file):
        from ticketgen.language_server.spec_keys import preset_at

        preset = preset_at(place.file, _text(place.file, unsaved), place.line)
        return DefinedPlace(Location(preset.as_posix())) if preset else None
    found = _definition(place, unsaved)
    if found is None:
        return None
    at = found.definition.location
    lines = found.texts[at.file].split("\n")
    before = lines[at.line - 1][: at.column - 1] if at.line <= len(lines) else ""
    path = os.path.normpath(found.folder / at.file)
    return DefinedPlace(Location(Path(path).as_posix(), at.line, at.column), utf_16_units(before))


def complete(place: EditorPlace, unsaved: Mapping[str, str]) -> list[Proposal]:
    """What may stand at a place of a spec."""
    from ticketgen.language_server.spec_keys import proposals

    if not is_spec(place.file):
        return []
    text = _text(place.file, unsaved)
    return proposals(text.split("\n"), place.line, place.column_in(text))


def layout_edits(file: Path, unsaved: Mapping[str, str]) -> tuple[TextEdit, ...]:
    """The edits that format a document; none if its syntax is wrong."""
    from ticketgen.verification.format_check import format_edits

    if not is_terraform(file) or file.suffix == ".json":
        return ()
    text = _text(file, unsaved)
    if len(text) > MAX_BYTES or _parsed(file.name, text) is None:
        return ()
    return format_edits(file.name, text)


@dataclass(frozen=True, slots=True)
class _Found:
    definition: NameDefinition
    folder: Path
    texts: Mapping[str, str]


def _definition(place: EditorPlace, unsaved: Mapping[str, str]) -> _Found | None:
    from ticketgen.verification.directory import read_directory
    from ticketgen.verification.surroundings import work_tree_of

    if not is_terraform(place.file):
        return None
    folder = folder_of(place.file)
    read = read_directory(folder, work_tree=work_tree_of(folder), unsaved=unsaved)
    if read.value is None:
        return None
    texts = {**read.value.texts, **read.value.around.texts}
    files = {
        path: parsed
        for path, text in texts.items()
        if path.endswith((DECLARING[0], SETTING_VARIABLES[0])) and (parsed := _parsed(path, text))
    }
    own = place.file.relative_to(folder).as_posix()
    if own not in files:
        return None
    found = definition_at(files, Location(own, place.line, place.column_in(texts[own])))
    return _Found(found, folder, texts) if found else None


@lru_cache(maxsize=2_000)
def _parsed(path: str, text: str) -> File | None:
    from ticketgen.verification.file_checks import check_syntax

    return check_syntax(path, text.removeprefix("\ufeff"), rendered=False).value


def _text(file: Path, unsaved: Mapping[str, str]) -> str:
    """The text of a document, unsaved or not; "" if it cannot be read."""
    text = unsaved.get(file.as_posix())
    if text is not None:
        return text
    try:
        return read_below(file.parent, file.name, MAX_BYTES).decode()
    except (OSError, ValueError):
        return ""
