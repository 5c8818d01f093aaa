"""The texts of a stack on a disk: files that its manifest lists, and the Terraform of the user's own beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ticketgen.terraform_file_names import DECLARING, SETTING_VARIABLES
from ticketgen.tree.disk import Disk
from ticketgen.tree.manifest import read_manifest

__all__ = ["missing_terraform", "own_terraform", "stack_texts", "text_of"]

_MAX_FILE_BYTES = 4_000_000
_MAX_TOTAL_BYTES = 64_000_000


def stack_texts(disk: Disk, folder: str) -> Mapping[str, str]:
    """The texts by path below a stack's folder; what cannot be read is left out."""
    manifest = read_manifest(disk, folder)[1].value
    listed = tuple(manifest.files) if manifest else ()
    found: dict[str, str] = {}
    left = _MAX_TOTAL_BYTES
    for name in listed:
        text = _read(disk, f"{folder}/{name}")
        left -= len(text or "")
        if text is not None and left >= 0:
            found[name] = text
    return {**found, **own_terraform(disk, folder, listed)}


def missing_terraform(disk: Disk, folder: str, texts: Iterable[str]) -> Mapping[str, str]:
    """The Terraform that a stack's manifest lists and of which no text is known, with its SHA-256.

    Args:
        disk: the project.
        folder: of the stack.
        texts: the paths of the known texts below it.
    """
    manifest = read_manifest(disk, folder)[1].value
    known = frozenset(texts)
    listed = manifest.files if manifest else {}
    return {
        name: entry.sha256 for name, entry in listed.items() if name.endswith(".tf") and name not in known
    }


def own_terraform(disk: Disk, folder: str, listed: Iterable[str]) -> Mapping[str, str]:
    """The Terraform of the user's own: Terraform reads it together with the rendered files in the same folder.

    Args:
        disk: the project.
        folder: of the stack.
        listed: the paths of the rendered files below it.
    """
    known = frozenset(listed)
    found = {}
    for place in sorted({name.rpartition("/")[0] for name in known if name.endswith(".tf")}):
        for name in _terraform_in(disk, f"{folder}/{place}" if place else folder):
            path = f"{place}/{name}" if place else name
            text = None if path in known else _read(disk, f"{folder}/{path}")
            if text is not None:
                found[path] = text
    return found


def text_of(content: bytes) -> str:
    """The text of a file as Terraform reads it, with LF line ends."""
    return content.decode("utf-8", "replace").replace("\r\n", "\n").removeprefix("\ufeff")


def _terraform_in(disk: Disk, folder: str) -> list[str]:
    try:
        return sorted(
            name for name in disk.list_names(folder) if name.endswith((*DECLARING, *SETTING_VARIABLES))
        )
    except OSError:
        return []


def _read(disk: Disk, path: str) -> str | None:
    try:
        content = None if disk.unsafe_path(path) else disk.read(path, _MAX_FILE_BYTES)
    except OSError:
        return None  # Terraform reports it
    return None if content is None else text_of(content)
