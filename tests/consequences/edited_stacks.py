"""Stacks that are not rendered again: the files on the disk, edited, stand for a new rendering."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ticketgen.consequences.stack_plan import StackPlan
from ticketgen.findings import Finding
from ticketgen.manifest_name import MANIFEST_NAME
from ticketgen.pipeline import STACKS, Guarding, read_project
from ticketgen.tree import Stack, plan_write

__all__ = ["LOCKS", "RENAMED", "Edits", "found", "judged", "stack"]

Edits = Mapping[str, tuple[str, str] | None]

RENAMED: Edits = {"modules/data/locks.tf": ("-distributed-locks-", "-locks-")}
"""The table of locks gets another name, in every Region."""
LOCKS = "module.data.aws_dynamodb_table.distributed_locks"
"""The address of that table."""


def stack(environment: str, edits: Edits = {}) -> Stack:  # noqa: B006 - read only
    """A stack as on the disk, with edits: texts that are replaced in a file, or None to leave the file out."""
    folder = Path(STACKS, environment)
    files = {
        str(path.relative_to(folder)): path.read_bytes().decode()
        for path in folder.rglob("*")
        if path.is_file() and path.name != MANIFEST_NAME and not path.name.startswith("mine")
    }
    for path, pair in edits.items():
        if pair is None:
            del files[path]
        else:
            assert pair[0] in files[path], path
            files[path] = files[path].replace(*pair)
    return Stack(str(folder), files)


def judged(
    *stacks: Stack,
    accept: tuple[str, ...] = (),
    against: str | None = None,
    destroyed: bool = False,
    others_gone: bool = False,
) -> tuple[Mapping[str, StackPlan], tuple[Finding, ...]]:
    """The plans and findings of the guard for new renderings.

    Args:
        stacks: the renderings.
        accept: as `--accept`.
        against: as `--against`.
        destroyed: as `--destroyed`.
        others_gone: whether the others are no longer rendered.
    """
    project = read_project(Path("ticketgen.yaml"))
    assert project.value is not None, project.findings
    guarding = Guarding(accept, destroyed, Path(against) if against else None)
    guard = guarding.guard(project.value, Path("ticketgen.yaml"))
    planned = plan_write(
        Path(), stacks, version="0.0.1", retire_in=STACKS if others_gone else None, judge=guard.judge
    )
    assert planned.value is not None, planned.findings
    return guard.plans, planned.findings


def found(findings: tuple[Finding, ...]) -> list[str]:
    """Severity and rule of each finding."""
    return [f"{each.severity.value} {each.rule}" for each in findings]
