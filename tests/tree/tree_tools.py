"""Two small stacks, snapshots, and a process that is killed at a chosen call."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from killed_processes import in_child

from ticketgen.findings import Checked, Finding
from ticketgen.tree import Changes, Stack, journal, write
from ticketgen.tree.disk import open_project
from ticketgen.tree.stage import STAGE

__all__ = [
    "NEW",
    "OLD",
    "VERSION",
    "dies_at",
    "in_child",
    "recover",
    "render",
    "rules",
    "snapshot",
    "stack",
    "unfinished",
]

VERSION = "1.2.3"

# Every kind of change at once: changed, deleted with its folder, created with its folder, unchanged, retired.
OLD: tuple[Stack, ...]
NEW: tuple[Stack, ...]

NOTED = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "open", "ticketgen.rename"})


def stack(folder: str, **files: str) -> Stack:
    """A stack of Terraform files; ``modules__a`` is ``modules/a.tf``."""
    return Stack(folder, {f"{name.replace('__', '/')}.tf": text for name, text in files.items()}, "0" * 64)


OLD = (
    stack("stacks/dev", main="old dev\n", same="same\n", modules__gone__a="gone\n"),
    stack("stacks/left", main="left\n"),
)
NEW = (
    stack("stacks/dev", main="new dev\n", same="same\n", modules__fresh__b="fresh\n"),
    stack("stacks/prod", main="prod\n", modules__c="c\n"),
)


def render(
    root: Path, stacks: Iterable[Stack], *, force: bool = False, destroyed: bool = False
) -> Checked[Changes]:
    """Write all the project's stacks."""
    return write(root, tuple(stacks), version=VERSION, retire_in="stacks", force=force, destroyed=destroyed)


def rules(checked: Checked[Changes]) -> list[tuple[str, str]]:
    """Rule and file of each finding."""
    return [(found.rule, found.location.file if found.location else "") for found in checked.findings]


def snapshot(root: Path) -> Mapping[str, bytes | None]:
    """Every file with its bytes and every folder, except the staging folder of a write."""
    return {
        str(place.relative_to(root)): place.read_bytes() if place.is_file() else None
        for place in sorted(root.rglob("*"))
        if STAGE not in place.relative_to(root).parts
    }


def writes(arguments: tuple[object, ...]) -> bool:
    """Whether the arguments of an audited ``open`` are those of a call that can change the disk."""
    flags = arguments[2]
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


def recover(root: Path) -> tuple[Finding, ...]:
    """Undo an interrupted write."""
    with open_project(root) as disk:
        return journal.recover(disk)


def unfinished(root: Path) -> Finding | None:
    """The reason why the project cannot be compared or written; None if there is none."""
    with open_project(root) as disk:
        return journal.unfinished_write(disk)


def dies_at(call: int, root: Path, action: Callable[[], object]) -> bool:
    """Run it in a process that is killed just before its n-th call that changes the disk; whether it was."""

    def run() -> int:
        calls = 0

        def hook(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal calls
            if event not in NOTED or (event == "open" and not writes(arguments)):
                return
            if calls == call:
                os.kill(os.getpid(), signal.SIGKILL)
            calls += 1

        sys.addaudithook(hook)
        action()
        return 0

    code = in_child(run)
    assert code in {0, -signal.SIGKILL}
    return code != 0
