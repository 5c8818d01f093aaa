"""Root modules whose files a write would delete, although their states may hold resources.

Terraform destroys only what a root module still describes. Once its files are gone, whatever its state holds stays in
the account, and costs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from ticketgen.findings import Finding, Location
from ticketgen.findings.stacks import STATE_NOT_EMPTY, STATE_UNKNOWN
from ticketgen.terraform_file_names import DECLARING
from ticketgen.tree.disk import Disk
from ticketgen.wording import counted

__all__ = ["emptied_roots", "held_states", "lost_states"]

_REMOTE = re.compile(
    rb'^[ \t]*+(?:backend\s+"(?!local")(\w+)"|cloud\s*\{)|"backend"\s*:\s*\{\s*"(?!local")\w+"|"cloud"\s*:\s*\{',
    re.MULTILINE,
)
"""A backend other than files in the folder, in HCL or in JSON.

Source: https://developer.hashicorp.com/terraform/language/backend
"""
_INITIALIZED = ".terraform/terraform.tfstate"
"""What `terraform init` records about the backend."""

_STATE = ".tfstate"
_WORKSPACES = "terraform.tfstate.d"  # https://developer.hashicorp.com/terraform/cli/workspaces
_MAX_STATE_BYTES = 64_000_000


def lost_states(
    disk: Disk, deleted: Iterable[tuple[str, bytes]], rendered: Iterable[str]
) -> Iterator[Finding]:
    """Find the root modules that a write deletes and that may not be empty.

    Args:
        disk: the project.
        deleted: the path and content of each file to delete.
        rendered: the paths of the files that stay or are written.
    """
    kept = {path.rpartition("/")[0] for path in rendered if path.endswith(".tf")}
    folders: dict[str, list[tuple[str, bytes]]] = {}
    for path, content in deleted:
        folder = path.rpartition("/")[0]
        if path.endswith(".tf") and folder not in kept:
            folders.setdefault(folder, []).append((path, content))
    for folder, files in sorted(folders.items()):
        held = [found for path in _states(disk, folder) if (found := _held(disk, path))]
        remote = None if held else _remote(disk, folder, files)
        if remote:
            yield STATE_UNKNOWN.found(
                f"{folder} is no longer rendered, and its remote state may hold resources",
                at=Location(remote),
            )
        yield from held


def _remote(disk: Disk, folder: str, deleted: Iterable[tuple[str, bytes]]) -> str | None:
    """The file that says that the state is not in the folder: one to delete, or any other that Terraform reads."""
    for path, content in deleted:
        if _REMOTE.search(content):
            return path
    known = {path for path, _ in deleted}
    others = (f"{folder}/{name}" for name in sorted(disk.list_names(folder)) if name.endswith(DECLARING))
    for path in (*others, f"{folder}/{_INITIALIZED}"):
        if path not in known and not disk.unsafe_path(path) and _is_remote(disk, path):
            return path
    return None


def _is_remote(disk: Disk, path: str) -> bool:
    try:
        content = disk.read(path, _MAX_STATE_BYTES) or b""
    except OSError:
        return False
    if not path.endswith(_INITIALIZED):
        return _REMOTE.search(content) is not None
    try:
        return bool(json.loads(content)["backend"]["type"] != "local")
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


def _states(disk: Disk, folder: str) -> Iterator[str]:
    for name in sorted(disk.list_names(folder)):
        if name.endswith(_STATE):
            yield f"{folder}/{name}"
    workspaces = f"{folder}/{_WORKSPACES}"
    if disk.exists(workspaces) and not disk.unsafe_path(f"{workspaces}/state"):
        for name in sorted(disk.list_names(workspaces)):
            yield f"{workspaces}/{name}/terraform{_STATE}"


def _held(disk: Disk, path: str) -> Finding | None:
    """The finding about a local state that holds resources or cannot be read; None if it is empty."""
    try:
        text = disk.read(path, _MAX_STATE_BYTES)
        if text is None or not text.strip():
            return None
        resources = json.loads(text)["resources"]
        count = sum(len(each["instances"]) for each in resources if each["mode"] == "managed")
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return STATE_NOT_EMPTY.found(
            "the state of a root module that is no longer rendered cannot be read", at=Location(path)
        )
    if not count:
        return None
    folder = path.rpartition("/")[0]
    return STATE_NOT_EMPTY.found(
        f"{folder} is no longer rendered, and its state holds {counted(count, 'resources')}",
        at=Location(path),
    )


def emptied_roots(disk: Disk, stack: str, folders: Iterable[str], texts: Mapping[str, str]) -> frozenset[str]:
    """The folders of root modules whose states are in files that are there and hold nothing.

    Args:
        disk: the project.
        stack: the folder of the stack.
        folders: of root modules, below it.
        texts: the deployed files by path below it. A file beside a remote backend is not the state.
    """
    remote = {path.rpartition("/")[0] for path, text in texts.items() if _REMOTE.search(text.encode())}
    local = (each for each in folders if each not in remote)
    return frozenset(each for each in local if _is_emptied(disk, f"{stack}/{each}" if each else stack))


def held_states(disk: Disk, stack: str, folders: Iterable[str]) -> tuple[str, ...]:
    """The paths of local states that hold resources or cannot be read, below a stack's folder.

    Args:
        disk: the project.
        stack: the folder of the stack.
        folders: of root modules, below it.
    """
    found = []
    for each in sorted(folders):
        try:
            states = [
                path for path in _states(disk, f"{stack}/{each}" if each else stack) if _held(disk, path)
            ]
        except OSError:
            continue
        found += [path.removeprefix(f"{stack}/") for path in states]
    return tuple(found)


def _is_emptied(disk: Disk, folder: str) -> bool:
    try:
        states = list(_states(disk, folder))
        return bool(states) and not any(_held(disk, path) for path in states)
    except OSError:
        return False
