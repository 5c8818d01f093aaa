"""Copy a template into the project, and report later changes of ticketgen's own template."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ticketgen.assets import asset_folder
from ticketgen.conflict_markers import any_conflict_lines
from ticketgen.findings import Checked, Finding, Location, Stage, has_errors
from ticketgen.findings.merging import MERGE_CONFLICT
from ticketgen.findings.projects import (
    EJECTED_ALREADY,
    NOT_EJECTED,
    OVERRIDE_UNKNOWN,
    TEMPLATE_MOVED_ON,
    UNKNOWN_TEMPLATE,
)
from ticketgen.findings.stacks import PATH_OUTSIDE
from ticketgen.findings.verification import UNREADABLE
from ticketgen.guesses import did_you_mean
from ticketgen.manifest_name import MANIFEST_NAME
from ticketgen.project.bases import base_path
from ticketgen.safe_open import MAX_TEXT, read_below
from ticketgen.stack.overrides import OVERRIDABLE, OVERRIDES
from ticketgen.tree import write_files
from ticketgen.tree.diff import unified
from ticketgen.tree.manifest import Manifest, ManifestEntry, load
from ticketgen.tree.paths import fingerprint, unsafe_path
from ticketgen.version import VERSION

__all__ = [
    "accept_original", "diff_to_original", "eject", "ejectable_templates", "outdated_copies", "own_template",
    "template_files",
]  # fmt: skip


def ejectable_templates() -> tuple[str, ...]:
    """The templates that a project may copy and change."""
    top = asset_folder("templates")
    files = (path for name in OVERRIDABLE for path in sorted((top / name).rglob("*")) if path.is_file())
    return tuple(path.relative_to(top).as_posix() for path in files if "__pycache__" not in path.parts)


def own_template(name: str) -> bytes:
    """The text of ticketgen's own template."""
    return (asset_folder("templates") / name).read_bytes()


def eject(root: Path, name: str) -> Checked[Path]:
    """Copy a template into the project and record it as the base, both or neither; never overwrite a copy."""
    refused = _unknown(name) or unsafe_path(root, f"{OVERRIDES}/{name}")
    if refused:
        return Checked(None, (refused,))
    if os.path.lexists(root / OVERRIDES / name):
        message = "the project already has this template"
        help = f"run `ticketgen eject {name} --diff` to see how it differs from ticketgen's own"
        return Checked(None, (EJECTED_ALREADY.found(message, help, at=_place(name)),))
    return _record_hash(root, name, copy=True)


def accept_original(root: Path, name: str) -> Checked[Path]:
    """Record that the project keeps its template although ticketgen's own changed."""
    refused = _unknown(name) or _unreadable_copy(root, name) or _conflict(root, name)
    return Checked(None, (refused,)) if refused else _record_hash(root, name, copy=False)


def diff_to_original(root: Path, name: str) -> Checked[str]:
    """A unified diff from ticketgen's own template to the project's."""
    refused = _unknown(name) or _unreadable_copy(root, name)
    if refused:
        return Checked(None, (refused,))
    own = own_template(name).decode()
    projects = read_below(root, f"{OVERRIDES}/{name}", MAX_TEXT).decode("utf-8", "replace")
    return Checked(unified(own, projects, f"ticketgen/{name}", f"{OVERRIDES}/{name}"))


def outdated_copies(root: Path) -> tuple[Finding, ...]:
    """Warn of every template of the project whose original in ticketgen changed after it was copied."""
    known = ejectable_templates()
    present = sorted(template_files(root / OVERRIDES))
    if not present:
        return ()
    recorded = load(root, OVERRIDES)
    if recorded.value is None:
        return recorded.findings
    return tuple(found for name in present if (found := _outdated(root, name, known, recorded.value)))


def _outdated(root: Path, name: str, known: tuple[str, ...], recorded: Manifest) -> Finding | None:
    if name not in known:
        help = did_you_mean(name, known, OVERRIDE_UNKNOWN.fix)
        return OVERRIDE_UNKNOWN.found(
            "this file has no effect: ticketgen has no such template", help, at=_place(name)
        )
    entry = recorded.files.get(name)
    if entry and entry.sha256 == fingerprint(own_template(name)):
        return None
    if entry is None:
        return TEMPLATE_MOVED_ON.found(
            f"{OVERRIDES}/{MANIFEST_NAME} does not list the template, so changes to ticketgen's own go unnoticed",
            f"restore {OVERRIDES}/{MANIFEST_NAME} from version control; or run `ticketgen eject {name} --diff`, copy "
            f"the changes that you need, then run `ticketgen eject {name} --accept`",
            at=_place(name),
        )
    changed = f"ticketgen's own template has changed since ticketgen {entry.version or recorded.ticketgen}"
    if os.path.lexists(root / base_path(f"{OVERRIDES}/{name}")):
        return TEMPLATE_MOVED_ON.found(
            changed,
            "run `ticketgen render --upgrade --merge`, which merges the changes into yours",
            at=_place(name),
        )
    return TEMPLATE_MOVED_ON.found(
        changed,
        f"run `ticketgen eject {name} --diff`, copy the changes that you need, then run "
        f"`ticketgen eject {name} --accept`",
        at=_place(name),
    )


def template_files(folder: Path) -> Iterator[str]:
    """The files below the folders of templates, relative to the project's folder of templates."""
    for name in OVERRIDABLE:
        if folder.is_symlink() or (folder / name).is_symlink():
            continue  # rendering refuses it
        for place, folders, files in os.walk(folder / name):  # follows no links
            folders[:] = [each for each in folders if each != "__pycache__"]
            yield from ((Path(place) / each).relative_to(folder).as_posix() for each in files)


def _record_hash(root: Path, name: str, *, copy: bool) -> Checked[Path]:
    """Record the template's hash and text; with ``copy``, write the template in the same step."""
    own, manifest, base = own_template(name), f"{OVERRIDES}/{MANIFEST_NAME}", base_path(f"{OVERRIDES}/{name}")
    # Read the file before parsing it: if it changes in between, the write is refused.
    before = _present(root, manifest)
    recorded = load(root, OVERRIDES)
    if recorded.value is None:
        return Checked(None, recorded.findings)
    files = {**recorded.value.files, name: ManifestEntry("template", fingerprint(own), VERSION)}
    after = recorded.value.moved_on(VERSION, files).text().encode()
    changed = {manifest: (before, after), base: (_present(root, base), own)}
    found = write_files(root, {f"{OVERRIDES}/{name}": (None, own), **changed} if copy else changed)
    return Checked(None if has_errors(found) else root / OVERRIDES / name, found)


def _present(root: Path, path: str) -> bytes | None:
    """The content of the file to replace; None if it is missing, or is not a file, which the write refuses."""
    try:
        return read_below(root, path, MAX_TEXT)
    except OSError:
        return None


def _unknown(name: str) -> Finding | None:
    known = ejectable_templates()
    if name in known:
        return None
    help = did_you_mean(name, known, UNKNOWN_TEMPLATE.fix)
    return UNKNOWN_TEMPLATE.found(f"ticketgen has no template {name!r}", help)


def _unreadable_copy(root: Path, name: str) -> Finding | None:
    """The reason why the project's copy cannot be read; None if it can."""
    path = f"{OVERRIDES}/{name}"
    outside = unsafe_path(root, path)
    if outside:
        return outside
    try:
        read_below(root, path, MAX_TEXT)
    except FileNotFoundError:
        return NOT_EJECTED.found(
            "the project has no copy of this template", f"run `ticketgen eject {name}` first", at=_place(name)
        )
    except OSError as error:
        if os.path.islink(root / path):  # noqa: PTH114
            return PATH_OUTSIDE.found(
                "the project's copy is a symbolic link, which ticketgen does not follow",
                "replace the link with a copy of the file",
                at=_place(name),
            )
        message = f"the project's copy cannot be read: {error.strerror}"
        return UNREADABLE.found(
            message, "make it a plain file that you may read", at=_place(name), stage=Stage.WRITE
        )
    return None


def _conflict(root: Path, name: str) -> Finding | None:
    """The first conflict in the project's copy, which a render would refuse."""
    text = read_below(root, f"{OVERRIDES}/{name}", MAX_TEXT).decode("utf-8", "replace")
    lines = any_conflict_lines(text)
    if not lines:
        return None
    return MERGE_CONFLICT.found(
        "the template has conflict markers",
        f"keep what you need of both sides, remove the lines with markers, then run `ticketgen eject {name} --accept`",
        at=replace(_place(name), line=lines[0]),
    )


def _place(name: str) -> Location:
    return Location(f"{OVERRIDES}/{name}")
