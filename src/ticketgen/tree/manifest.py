"""The manifest: which files of a stack ticketgen wrote, and what it wrote into them.

It is committed with the stack. It holds no time and no machine, so the same spec gives the same manifest
anywhere.
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
    """What was written into a file: its kind, such as ``terraform``, and its SHA-256 in hexadecimal."""

    kind: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What ticketgen wrote into one stack's folder.

    Attributes:
        ticketgen: the version that wrote it.
        spec: the SHA-256 of the resolved environment, in hexadecimal.
        files: path relative to the stack's folder, posix → what was written.
    """

    ticketgen: str = ""
    spec: str = ""
    files: Mapping[str, Entry] = field(default_factory=dict)

    def text(self) -> str:
        """The manifest as it is committed: sorted, one file a line, so that merges stay small."""
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
    """What the manifest says of a file with this text."""
    return Entry(kind_of(path), fingerprint(text.encode()))


def load(root: Path, folder: str) -> Checked[Manifest]:
    """The manifest of a stack's folder; an empty one where there is none.

    Findings: ``manifest-broken``, when it is there and no manifest, as after a merge with conflicts.
    """
    path = f"{folder}/{NAME}"
    try:
        content = read(root, path)
        if content is None:
            return Checked(Manifest())
        document = json.loads(content)
        if document["format"] != FORMAT:
            raise ValueError(f"its format is {document['format']!r}, and this ticketgen knows {FORMAT}")
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
                    "take it from version control, either side of a merge; then render again",
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
