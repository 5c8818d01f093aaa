"""The bases of three-way merges: the texts as ticketgen wrote them, before the user changed them.

They are committed in ``.ticketgen/``, each text below ``bases/``, and ``project.json`` with the answers that `new` was
given, so that a newer version can render its own text for the same answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from ticketgen.findings import Checked, Finding, Location
from ticketgen.findings.merging import BASE_BROKEN
from ticketgen.safe_open import MAX_TEXT, read_below
from ticketgen.tree.disk import invalid_path
from ticketgen.tree.manifest import HASH_FORM, VERSION_FORM
from ticketgen.tree.paths import fingerprint
from ticketgen.version import VERSION

__all__ = [
    "BASES", "RECORD", "Answers", "BaseEntry", "BaseState", "InstallKind", "ProjectRecord", "base_path", "normalized",
    "parse_record", "read_base", "read_record", "record_files", "settle_record",
]  # fmt: skip

_FOLDER: Final = ".ticketgen"
BASES: Final = f"{_FOLDER}/bases"
RECORD: Final = f"{_FOLDER}/project.json"
_FORMAT: Final = 1
_MAX_RECORD: Final = 1_000_000
_MAX_FILES: Final = 1_000
"""Maximum number of files in a record; `new` writes about ten."""


class BaseState(StrEnum):
    """The state of a file that ticketgen wrote or would write: whether it takes part in merges, or why not."""

    MERGED = "merged"
    DELETED = "deleted"  # by its owner
    NAME_TAKEN = "name-taken"  # by a file of the owner


class InstallKind(StrEnum):
    """The kind of source that a project installs ticketgen from."""

    WHEEL = "wheel"  # in vendor/
    GIT = "git"
    URL = "url"
    INDEX = "index"
    LOCK = "lock"


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers that `new` was given, for its own template.

    Attributes:
        project: the name of the project.
        preset: the preset that the spec extended at first.
        ci: ``github``, ``gitlab`` or ``none``.
        upgrade_workflow: whether a scheduled workflow looks for newer versions.
    """

    project: str
    preset: str
    ci: str
    upgrade_workflow: bool = False


@dataclass(frozen=True, slots=True)
class BaseEntry:
    """A file that `new` wrote.

    Attributes:
        sha256: the hash of its base, with LF line ends; empty if there is no base.
        state: whether the file takes part in merges.
        source: its path in a new project, such as ``README.md``, if that differs from its path here; else empty.
        own_lines: the number of lines at the front that were in the file before `new` appended to it.
        version: the version that wrote the base, if a merge could not update it; empty for the record's version.
    """

    sha256: str = ""
    state: BaseState = BaseState.MERGED
    source: str = ""
    own_lines: int = 0
    version: str = ""


@dataclass(frozen=True, slots=True)
class ProjectRecord:
    """What `new` did, and which files have a base.

    Attributes:
        ticketgen: the version that wrote the bases.
        install: where the project installs ticketgen from.
        answers: the answers to `new`; None if another template created the project, or if they are unknown.
        files: the entries by path in the project; the manifest of ``templates/`` lists the project's templates.
    """

    ticketgen: str = VERSION
    install: InstallKind = InstallKind.LOCK
    answers: Answers | None = None
    files: Mapping[str, BaseEntry] = field(default_factory=lambda: MappingProxyType({}))

    def text(self) -> str:
        """The record as committed: sorted, one file per line, so that merges stay small."""
        answers = self.answers and {name: getattr(self.answers, name) for name in Answers.__slots__}
        head = {
            "format": _FORMAT, "ticketgen": self.ticketgen, "install": self.install, "answers": answers,
        }  # fmt: skip
        opening = "".join(f"  {json.dumps(key)}: {json.dumps(value)},\n" for key, value in head.items())
        lines = [
            f"    {json.dumps(path)}: {json.dumps(_row(each))}" for path, each in sorted(self.files.items())
        ]
        body = "{\n" + ",\n".join(lines) + "\n  }" if lines else "{}"
        return "{\n" + opening + '  "files": ' + body + "\n}\n"

    def with_file(self, path: str, entry: BaseEntry | None) -> ProjectRecord:
        """Return a record with another entry for a file, or without an entry for None."""
        others = {name: each for name, each in self.files.items() if name != path}
        return replace(self, files=others if entry is None else {**others, path: entry})


def _row(entry: BaseEntry) -> dict[str, object]:
    row = {name: getattr(entry, name) for name in BaseEntry.__slots__}
    return {name: value for name, value in row.items() if value and value != BaseState.MERGED}


def base_path(path: str) -> str:
    """The path of a file's base in the project.

    The suffix is needed because git would obey a base named ``.gitignore``, and formatters would change other bases.
    """
    return f"{BASES}/{path}.base"


def normalized(content: bytes) -> bytes:
    """A text with LF line ends, whichever line ends git checked it out with."""
    return content.replace(b"\r\n", b"\n")


def record_files(record: ProjectRecord, bases: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """The files of a new record: ``project.json`` and the bases of the files."""
    entries = {path: BaseEntry(fingerprint(normalized(content))) for path, content in bases.items()}
    whole = replace(record, files={**entries, **record.files})
    return {RECORD: whole.text().encode(), **{base_path(path): content for path, content in bases.items()}}


def settle_record(project: Path, moved: Mapping[str, str], own_lines: Mapping[str, int]) -> None:
    """Adapt the record of a new project to a folder that had files already.

    Args:
        project: the project in its private temporary folder, without the files that the final folder keeps.
        moved: files that may have another path now → their paths in a new project.
        own_lines: files to which lines were appended → the number of lines that were there before.
    """
    content, record = read_record(project)
    if content is None or record.value is None:
        return
    entries = dict(record.value.files)
    for path, source in moved.items():
        if source in entries and path not in entries and (project / path).is_file():
            entries[path] = replace(entries.pop(source), source=source)
            (project / base_path(source)).rename(project / base_path(path))
    for path, entry in list(entries.items()):
        if not (project / path).is_file():
            (project / base_path(path)).unlink()
            entries[path] = BaseEntry(state=BaseState.NAME_TAKEN, source=entry.source)
        elif path in own_lines:
            now = (project / path).read_bytes()
            (project / base_path(path)).write_bytes(now)
            entries[path] = replace(entry, sha256=fingerprint(normalized(now)), own_lines=own_lines[path])
    (project / RECORD).write_text(replace(record.value, files=entries).text(), "utf-8")


def read_record(root: Path) -> tuple[bytes | None, Checked[ProjectRecord]]:
    """The record's bytes and the parsed record; both None if an older ticketgen created the project."""
    try:
        content = read_below(root, RECORD, _MAX_RECORD)
    except FileNotFoundError:
        return None, Checked(None)
    except OSError as error:
        return None, Checked(None, (_broken(f"it cannot be read: {error.strerror}"),))
    return content, parse_record(content)


def parse_record(content: bytes) -> Checked[ProjectRecord]:
    """Parse a record, which may be untrusted."""
    try:
        return Checked(_parse(json.loads(content.decode())))
    except KeyError as error:
        return Checked(None, (_broken(f"it lacks {error}"),))
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        return Checked(None, (_broken(str(error).split("\n")[0][:200] or type(error).__name__),))


def _parse(document: Any) -> ProjectRecord:
    if document["format"] != _FORMAT:
        raise ValueError(
            f"its format is {ascii(document['format'])[:40]}, and this ticketgen reads {_FORMAT}"
        )
    version, answers = _text(document["ticketgen"], VERSION_FORM), document["answers"]
    if len(document["files"]) > _MAX_FILES:
        raise ValueError(f"it lists more than {_MAX_FILES:,} files")
    return ProjectRecord(
        version,
        InstallKind(document["install"]),
        None if answers is None else _answers(**answers),
        {_path(path): _entry(**entry) for path, entry in document["files"].items()},
    )


def _answers(project: object, preset: object, ci: object, upgrade_workflow: object) -> Answers:
    if not isinstance(upgrade_workflow, bool):
        raise TypeError("upgrade_workflow is neither true nor false")
    return Answers(_text(project), _text(preset), _text(ci), upgrade_workflow)


def _entry(
    sha256: object = "",
    state: object = "merged",
    source: object = "",
    own_lines: object = 0,
    version: object = "",
) -> BaseEntry:
    if not isinstance(own_lines, int) or isinstance(own_lines, bool) or own_lines < 0:
        raise TypeError("own_lines is not a number of lines")
    found = _text(sha256, HASH_FORM) if sha256 else ""
    wrote = _text(version, VERSION_FORM) if version else ""
    return BaseEntry(found, BaseState(_text(state)), _path(_text(source)) if source else "", own_lines, wrote)


def _text(value: object, form: re.Pattern[str] | None = None) -> str:
    if not isinstance(value, str) or len(value) > 1000 or (form and not form.fullmatch(value)):
        raise ValueError(f"{ascii(value)[:80]} is not a valid value")
    return value


def _path(path: str) -> str:
    if invalid_path(path) or path.partition("/")[0] == _FOLDER:
        raise ValueError(f"{ascii(path)[:80]} is not the path of a file of the project")
    return path


def _broken(why: str, path: str = RECORD) -> Finding:
    return BASE_BROKEN.found(f"the record of ticketgen's own texts is broken: {why}", at=Location(path))


def read_base(root: Path, path: str, sha256: str) -> Checked[bytes]:
    """Read the base of a file; a finding if its hash is not the recorded one."""
    place = base_path(path)
    try:
        content = read_below(root, place, MAX_TEXT)
    except OSError as error:
        reason = "it is missing" if isinstance(error, FileNotFoundError) else error.strerror
        return Checked(None, (_broken(f"the base cannot be read: {reason}", place),))
    if fingerprint(normalized(content)) != sha256:
        return Checked(None, (_broken("the base was edited", place),))
    return Checked(content)
