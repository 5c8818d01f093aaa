"""Taking a template over into the project, and noticing when ticketgen's own has moved on since."""

from __future__ import annotations

import difflib
from dataclasses import replace
from pathlib import Path

from ticketgen.assets import asset_folder
from ticketgen.findings import Checked, Finding, Location, Severity, Stage
from ticketgen.spec.texts import nearest
from ticketgen.stack.overrides import OVERRIDES
from ticketgen.tree.manifest import NAME, Entry, Manifest, load
from ticketgen.tree.paths import fingerprint, unsafe
from ticketgen.version import VERSION

__all__ = ["accept", "difference", "eject", "ejectable", "moved_on"]

_FOLDERS = ("stack", "suites", "ops")  # not functions: roles, time-outs and suites are made for their code


def ejectable() -> tuple[str, ...]:
    """The templates that a project may have of its own."""
    top = asset_folder("templates")
    files = (path for name in _FOLDERS for path in sorted((top / name).rglob("*")) if path.is_file())
    return tuple(path.relative_to(top).as_posix() for path in files if "__pycache__" not in path.parts)


def eject(root: Path, name: str) -> Checked[Path]:
    """Copy a template to where the project's own are, and write down what it was; never over one that is there."""
    refused = _unknown(name) or unsafe(root, f"{OVERRIDES}/{name}")
    if refused:
        return Checked(None, (refused,))
    place = root / OVERRIDES / name
    if place.exists() or place.is_symlink():
        message, way_out = "the project has it already", "--diff shows how it differs from ticketgen's own"
        return Checked(None, (_finding("ejected-already", message, name, way_out),))
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes((asset_folder("templates") / name).read_bytes())
    return _noted(root, name)


def accept(root: Path, name: str) -> Checked[Path]:
    """Write down that the project's template is meant to be as it is beside ticketgen's own of today."""
    refused = _unknown(name) or unsafe(root, f"{OVERRIDES}/{name}") or _missing(root, name)
    return Checked(None, (refused,)) if refused else _noted(root, name)


def difference(root: Path, name: str) -> Checked[str]:
    """From the project's template to ticketgen's own, as a unified diff."""
    refused = _unknown(name) or _missing(root, name)
    if refused:
        return Checked(None, (refused,))
    mine = (root / OVERRIDES / name).read_text(encoding="utf-8")
    theirs = (asset_folder("templates") / name).read_text(encoding="utf-8")
    lines = difflib.unified_diff(
        mine.splitlines(keepends=True),
        theirs.splitlines(keepends=True),
        f"{OVERRIDES}/{name}",
        f"ticketgen/{name}",
    )
    return Checked("".join(lines))


def moved_on(root: Path) -> tuple[Finding, ...]:
    """A warning for every template of the project whose built-in one is another than when it was taken over."""
    folder = root / OVERRIDES
    known = ejectable()
    present = [
        path.relative_to(folder).as_posix()
        for name in _FOLDERS
        for path in sorted((folder / name).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    ]
    if not present:
        return ()
    noted = load(root, OVERRIDES)
    if noted.value is None:
        return noted.findings
    return tuple(found for name in present if (found := _moved(name, known, noted.value)))


def _moved(name: str, known: tuple[str, ...], noted: Manifest) -> Finding | None:
    if name not in known:
        close = nearest(name, known)
        way_out = f"did you mean {close}?" if close else "delete it"
        return _warning("override-unknown", "ticketgen has no such template: nothing reads it", name, way_out)
    entry = noted.files.get(name)
    if entry and entry.sha256 == _built_in(name):
        return None
    since = f"since ticketgen {noted.ticketgen}" if entry else "since it was written here"
    return _warning(
        "template-moved-on",
        f"ticketgen's own has moved on {since}",
        name,
        f"look at `ticketgen eject {name} --diff`, take over what you need, then `ticketgen eject {name} --accept`",
    )


def _noted(root: Path, name: str) -> Checked[Path]:
    noted = load(root, OVERRIDES)
    if noted.value is None:
        return Checked(None, noted.findings)
    files = {**noted.value.files, name: Entry("template", _built_in(name))}
    (root / OVERRIDES / NAME).write_text(
        replace(noted.value, ticketgen=VERSION, files=files).text(), encoding="utf-8"
    )
    return Checked(root / OVERRIDES / name)


def _built_in(name: str) -> str:
    return fingerprint((asset_folder("templates") / name).read_bytes())


def _unknown(name: str) -> Finding | None:
    known = ejectable()
    if name in known:
        return None
    close = nearest(name, known)
    way_out = f"did you mean {close}?" if close else "`ticketgen eject` lists them"
    return Finding("unknown-template", f"ticketgen has no template {name!r}", Stage.WRITE, help=way_out)


def _missing(root: Path, name: str) -> Finding | None:
    if (root / OVERRIDES / name).is_file():
        return None
    return _finding(
        "not-ejected", "the project has none of its own", name, f"`ticketgen eject {name}` makes one"
    )


def _finding(rule: str, message: str, name: str, way_out: str) -> Finding:
    return Finding(rule, message, Stage.WRITE, Location(f"{OVERRIDES}/{name}"), help=way_out)


def _warning(rule: str, message: str, name: str, way_out: str) -> Finding:
    return replace(_finding(rule, message, name, way_out), severity=Severity.WARNING)
