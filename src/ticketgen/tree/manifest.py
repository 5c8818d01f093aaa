"""The manifest: the files that ticketgen wrote into a stack's folder, with their hashes.

It is committed with the stack. It contains neither a time nor a machine's name, so the same spec gives the same
manifest anywhere.
"""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ticketgen.findings import Checked, Finding, Location
from ticketgen.findings.stacks import MANIFEST_BROKEN
from ticketgen.manifest_name import MANIFEST_NAME
from ticketgen.tree.disk import Disk, open_project
from ticketgen.tree.paths import fingerprint

__all__ = [
    "FIX_OF_LISTING", "HASH_FORM", "VERSION_FORM", "Manifest", "ManifestEntry", "PatchedEntry", "entry_of",
    "kind_of", "load", "read_manifest", "stack_folders", "unclaimable",
]  # fmt: skip

FIX_OF_LISTING = "restore the manifest from version control, or delete the line"
"""The fix for a manifest that lists a file that it cannot have."""

_FORMAT = 1

_MAX_BYTES = 2_000_000
"""Size of the largest manifest; 34 Regions need 30 kB."""

# The kinds of files that ticketgen renders, now or in an older version. Users and Terraform keep other files in a
# stack: state, plugins, values of variables, notes.
_SUFFIXES = (".py", ".sh", ".tf", ".tfmock.hcl", ".tftest.hcl")
_NAMES = frozenset(
    {
        ".tflint.hcl", "Makefile", "README.md", "backend.hcl", "expected.json", "policy.json", "preflight_policy.json",
        "pytest.ini", "requirements.txt", "stack.json",
    }
)  # fmt: skip

# The forms of a version and of a hash in files that ticketgen writes.
VERSION_FORM = re.compile(r"[0-9][0-9A-Za-z.+!_-]{0,63}")
HASH_FORM = re.compile(r"[0-9a-f]{64}")
_KIND = re.compile(r"[a-z]{1,20}")

_KINDS = {
    ".tf": "terraform",
    ".hcl": "terraform",
    ".py": "python",
    ".sh": "shell",
    ".md": "text",
    ".txt": "text",
    ".json": "json",
}


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """A written file.

    Attributes:
        kind: such as ``terraform``.
        sha256: the SHA-256 of its content, in hexadecimal.
        version: of ticketgen that wrote it, if it is not the manifest's. Only templates of a project have one.
    """

    kind: str
    sha256: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class PatchedEntry:
    """A file that was last written, or left out, by a patch of the project.

    Attributes:
        rendering: the SHA-256 of its rendering without the patch, in hexadecimal.
        dropped: whether the patch was dropped on purpose since, so that the next write restores the rendering.
    """

    rendering: str
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class Manifest:
    """The files that ticketgen wrote into one stack's folder.

    Attributes:
        ticketgen: the version that wrote it.
        spec: the SHA-256 of the resolved environment, in hexadecimal.
        files: path relative to the stack's folder, posix → the written file.
        patched: path, likewise → what is known about a file with a patch. A file that its patch deletes is only here.
            Manifests of older versions lack it.
    """

    ticketgen: str = ""
    spec: str = ""
    files: Mapping[str, ManifestEntry] = field(default_factory=dict)
    patched: Mapping[str, PatchedEntry] = field(default_factory=dict)

    def moved_on(self, version: str, files: Mapping[str, ManifestEntry]) -> Manifest:
        """The manifest of another version with these files; those without a version have that of this manifest."""
        versions = {name: each.version or self.ticketgen for name, each in files.items()}
        entries = {
            name: replace(each, version="" if versions[name] == version else versions[name])
            for name, each in files.items()
        }
        return replace(self, ticketgen=version, files=entries)

    def text(self) -> str:
        """The manifest as committed: sorted, one file per line, so that merges stay small."""
        files = {
            path: {
                "kind": each.kind,
                "sha256": each.sha256,
                **({"version": each.version} if each.version else {}),
            }
            for path, each in self.files.items()
        }
        patched = {
            path: {"rendering": each.rendering, **({"dropped": True} if each.dropped else {})}
            for path, each in self.patched.items()
        }
        head = {"format": _FORMAT, "ticketgen": self.ticketgen, "spec": self.spec}
        opening = "".join(f"  {json.dumps(key)}: {json.dumps(value)},\n" for key, value in head.items())
        opening += f'  "patched": {_one_per_line(patched)},\n' if patched else ""
        return "{\n" + opening + f'  "files": {_one_per_line(files)}' + "\n}\n"


def _one_per_line(entries: Mapping[str, object]) -> str:
    lines = [f"    {json.dumps(path)}: {json.dumps(entry)}" for path, entry in sorted(entries.items())]
    return "{\n" + ",\n".join(lines) + "\n  }" if lines else "{}"


def kind_of(path: str) -> str:
    """The kind of a file, from its name."""
    return _KINDS.get(Path(path).suffix, "text")


def entry_of(path: str, text: str) -> ManifestEntry:
    """The manifest's entry for a file with this text."""
    return ManifestEntry(kind_of(path), fingerprint(text.encode()))


def unclaimable(folder: str, name: str) -> Finding | None:
    """The reason why a manifest cannot list a file; None if ticketgen renders files of this kind.

    A manifest is in the repository, so anybody can list a file in it. Without this check, a render would delete a
    state file whose hash is listed.
    """
    *folders, base = name.split("/")
    ours = base in _NAMES or (base.endswith(_SUFFIXES) and not base.startswith("."))
    if ours and not any(each.startswith(".") for each in folders):
        return None
    return MANIFEST_BROKEN.found(
        f"the manifest lists {name!r}, and ticketgen renders no such file",
        FIX_OF_LISTING,
        at=Location(f"{folder}/{MANIFEST_NAME}"),
    )


def load(root: Path, folder: str) -> Checked[Manifest]:
    """Read the manifest of a folder; an empty one if there is no file.

    A file that is not a valid manifest, for instance after a merge conflict, is a finding: ``manifest-broken``.
    """
    try:
        with open_project(root) as disk:
            return read_manifest(disk, folder)[1]
    except OSError as error:
        return Checked(None, (_invalid_manifest(folder, error),))


def read_manifest(disk: Disk, folder: str) -> tuple[bytes | None, Checked[Manifest]]:
    """Read the manifest of a folder of an open project, once: its bytes, and the manifest in them."""
    content = None
    try:
        content = disk.read(f"{folder}/{MANIFEST_NAME}", _MAX_BYTES)
        return content, Checked(Manifest() if content is None else _parse(content))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return content, Checked(None, (_invalid_manifest(folder, error),))


def _parse(content: bytes) -> Manifest:
    """Parse a manifest.

    Raises:
        ValueError: the content is not a manifest; KeyError, TypeError, AttributeError and RecursionError say the same.
    """
    document = json.loads(content.decode())
    if document["format"] != _FORMAT:
        raise ValueError(
            f"its format is {_shorten(document['format'])}, but this ticketgen reads format {_FORMAT}"
        )
    version, spec = document["ticketgen"], document["spec"]
    if not (isinstance(version, str) and VERSION_FORM.fullmatch(version)):
        raise ValueError(f"{_shorten(version)} is not a version of ticketgen")
    if not (isinstance(spec, str) and (not spec or HASH_FORM.fullmatch(spec))):
        raise ValueError(f"{_shorten(spec)} is not the hash of a spec")
    files = {}
    for name, entry in document["files"].items():
        kind, sha256 = entry["kind"], entry["sha256"]
        if not (isinstance(kind, str) and _KIND.fullmatch(kind)):
            raise ValueError(f"{_shorten(kind)} is not a kind of file")
        if not (isinstance(sha256, str) and HASH_FORM.fullmatch(sha256)):
            raise ValueError(f"{_shorten(sha256)} is not the hash of a file")
        wrote = entry.get("version", "")
        if not (isinstance(wrote, str) and (not wrote or VERSION_FORM.fullmatch(wrote))):
            raise ValueError(f"{_shorten(wrote)} is not a version of ticketgen")
        files[name] = ManifestEntry(kind, sha256, wrote)
    patched = {name: _parse_patched(**entry) for name, entry in document.get("patched", {}).items()}
    return Manifest(version, spec, files, patched)


def _parse_patched(*, rendering: object, dropped: object = False) -> PatchedEntry:
    if not (isinstance(rendering, str) and HASH_FORM.fullmatch(rendering)):
        raise ValueError(f"{_shorten(rendering)} is not the hash of a rendering")
    if not isinstance(dropped, bool):
        raise ValueError(f"{_shorten(dropped)} is neither true nor false")
    return PatchedEntry(rendering, dropped)


def _shorten(value: object) -> str:
    """Shorten a value of unknown type and size for a message."""
    text = ascii(value)
    return text if len(text) <= 80 else f"{text[:80]}…"


def _invalid_manifest(folder: str, error: Exception) -> Finding:
    reason = error.strerror if isinstance(error, OSError) else str(error)[:200] or type(error).__name__
    return MANIFEST_BROKEN.found(
        f"the manifest cannot be read: {str(reason).splitlines()[0]}",
        "restore it from version control, from either side of a merge, then run `ticketgen render` again",
        at=Location(f"{folder}/{MANIFEST_NAME}"),
    )


def stack_folders(disk: Disk, parent: str) -> tuple[str, ...]:
    """The folders directly below ``parent`` that hold a manifest, sorted.

    Raises:
        OSError: ``parent`` or a folder in it cannot be read.
    """
    return tuple(
        f"{parent}/{child}"
        for child in sorted(disk.list_names(parent))
        if _holds_manifest(disk, f"{parent}/{child}")
    )


def _holds_manifest(disk: Disk, folder: str) -> bool:
    try:
        return disk.exists(f"{folder}/{MANIFEST_NAME}")
    except OSError as error:
        if error.errno in {errno.ENOTDIR, errno.ELOOP}:  # a file or a link
            return False
        raise OSError(error.errno, error.strerror, folder) from error
