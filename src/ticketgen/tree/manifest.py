"""The manifest: the files that ticketgen wrote into a stack's folder, with their hashes.

It is committed with the stack. It contains neither a time nor a machine's name, so the same spec gives the same
manifest anywhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ticketgen.findings import Checked
from ticketgen.tree.paths import fingerprint, read, trouble

__all__ = ["NAME", "Entry", "Manifest", "folders", "kind_of", "load"]

NAME = ".ticketgen.json"
FORMAT = 1

KINDS = {
    ".tf": "terraform",
    ".hcl": "terraform",
    ".py": "python",
    ".md": "text",
    ".txt": "text",
    ".json": "json",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A written file: its kind, such as ``terraform``, and the SHA-256 of its content in hexadecimal."""

    kind: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The files that ticketgen wrote into one stack's folder.

    Attributes:
        ticketgen: the version that wrote it.
        spec: the SHA-256 of the resolved environment, in hexadecimal.
        files: path relative to the stack's folder, posix → the written file.
    """

    ticketgen: str = ""
    spec: str = ""
    files: Mapping[str, Entry] = field(default_factory=dict)

    def text(self) -> str:
        """The manifest as committed: sorted, one file per line, so that merges stay small."""
        lines = [
            f"    {json.dumps(path)}: "
            + json.dumps({"kind": entry.kind, "sha256": entry.sha256}, ensure_ascii=True)
            for path, entry in sorted(self.files.items())
        ]
        head = {"format": FORMAT, "ticketgen": self.ticketgen, "spec": self.spec}
        opening = "".join(f"  {json.dumps(key)}: {json.dumps(value)},\n" for key, value in head.items())
        body = "{\n" + ",\n".join(lines) + "\n  }" if lines else "{}"
        return "{\n" + opening + '  "files": ' + body + "\n}\n"


def kind_of(path: str) -> str:
    """The kind of a file, from its name."""
    return KINDS.get(Path(path).suffix, "text")


def entry_of(path: str, text: str) -> Entry:
    """The manifest's entry for a file with this text."""
    return Entry(kind_of(path), fingerprint(text.encode()))


def load(root: Path, folder: str) -> Checked[Manifest]:
    """Read the manifest of a stack's folder; an empty one if there is no file.

    A file that is not a valid manifest, as after a merge with conflicts, is a finding: ``manifest-broken``.
    """
    path = f"{folder}/{NAME}"
    try:
        content = read(root, path)
        if content is None:
            return Checked(Manifest())
        document = json.loads(content)
        if document["format"] != FORMAT:
            raise ValueError(
                f"its format is {document['format']!r}, but this ticketgen reads format {FORMAT}"
            )
        files = {str(name): Entry(str(e["kind"]), str(e["sha256"])) for name, e in document["files"].items()}
        if not re.match(r"\d", str(document["ticketgen"])):
            raise ValueError(f"{document['ticketgen']!r} is not a version of ticketgen")
        return Checked(Manifest(str(document["ticketgen"]), str(document["spec"]), files))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error).splitlines()[0][:200]
        return Checked(
            None,
            (
                trouble(
                    "manifest-broken",
                    f"the manifest cannot be read: {reason}",
                    path,
                    "restore it from version control, from either side of a merge, then run `ticketgen render` again",
                ),
            ),
        )


def folders(root: Path, parent: str) -> tuple[str, ...]:
    """The folders directly below ``parent`` that hold a manifest, sorted."""
    place = root / parent
    if not place.is_dir() or place.is_symlink():
        return ()
    return tuple(
        f"{parent}/{child.name}"
        for child in sorted(place.iterdir())
        if child.is_dir() and not child.is_symlink() and (child / NAME).is_file()
    )
