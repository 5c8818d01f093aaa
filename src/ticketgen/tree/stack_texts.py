"""The texts of a stack on a disk: files that its manifest lists, and the Terraform of the user's own beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ticketgen.terraform_file_names import DECLARING, SETTING_VARIABLES
from ticketgen.tree.disk import Disk
from ticketgen.tree.manifest import read_manifest

__all__ = ["missing_terraform", "own_terraform", "stack_texts", "text_of"]

_BACKEND, _FACTS = "backend.hcl", "ops/stack.json"
"""The settings of a root module's backend, and the description of the stack for the operator's scripts."""
_MAX_FILE_BYTES = 4_000_000
_MAX_TOTAL_BYTES = 64_000_000
_MAX_FOLDERS = 10_000
"""Limit of the folders, and of files that could be folders, below one stack."""
_MAX_DEPTH = 10


def stack_texts(disk: Disk, folder: str) -> Mapping[str, str]:
    """The texts by path below a stack's folder; what cannot be read is left out."""
    manifest = read_manifest(disk, folder)[1].value
    listed = tuple(manifest.files) if manifest and manifest.files else _without_manifest(disk, folder)
    found: dict[str, str] = {}
    left = _MAX_TOTAL_BYTES
    for name in listed:
        text = _read(disk, f"{folder}/{name}")
        left -= len(text or "")
        if text is not None and left >= 0:
            found[name] = text
    return {**found, **own_terraform(disk, folder, listed)}


def _without_manifest(disk: Disk, folder: str) -> tuple[str, ...]:
    """The paths of what describes a deployment, as far as they can be found without a list of them."""
    terraform = [path for path in _terraform_below(disk, folder) if path.endswith(DECLARING)]
    backends = dict.fromkeys(f"{path.rpartition('/')[0]}/{_BACKEND}".lstrip("/") for path in terraform)
    return (*terraform, *backends, _FACTS)


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
    """The Terraform of the user's own, beside the rendered files and in folders of its own.

    Args:
        disk: the project.
        folder: of the stack.
        listed: the paths of the rendered files below it.
    """
    known = frozenset(listed)
    found = {}
    for path in _terraform_below(disk, folder):
        text = None if path in known else _read(disk, f"{folder}/{path}")
        if text is not None:
            found[path] = text
    return found


def text_of(content: bytes) -> str:
    """The text of a file as Terraform reads it, with LF line ends."""
    return content.decode("utf-8", "replace").replace("\r\n", "\n").removeprefix("\ufeff")


def _terraform_below(disk: Disk, folder: str) -> Iterator[str]:
    """The paths of Terraform's files below a folder, except hidden ones."""
    waiting = [""]
    left = _MAX_FOLDERS
    while waiting and left:
        left -= 1
        place = waiting.pop()
        try:
            names = sorted(disk.list_names(f"{folder}/{place}" if place else folder))
        except OSError:  # a file or a link, or not readable, which Terraform reports
            continue
        for name in names:
            path = f"{place}/{name}" if place else name
            if name.endswith((*DECLARING, *SETTING_VARIABLES)):
                yield path
            elif not name.startswith(".") and path.count("/") < _MAX_DEPTH:
                waiting.append(path)


def _read(disk: Disk, path: str) -> str | None:
    try:
        content = None if disk.unsafe_path(path) else disk.read(path, _MAX_FILE_BYTES)
    except OSError:
        return None  # Terraform reports it
    return None if content is None else text_of(content)
