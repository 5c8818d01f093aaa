"""Merge changed comments that `new` wrote into the spec, but never values."""

from __future__ import annotations

from dataclasses import replace

import yaml

from ticketgen.findings import Finding, Location, has_errors
from ticketgen.findings.merging import SPEC_COMMENTS_KEPT
from ticketgen.project.text_merge import CannotMerge, GitMissing
from ticketgen.project.three_way import FileAction, Resolution, resolve_sides
from ticketgen.spec.reader import read

__all__ = ["resolve_spec"]


def resolve_spec(
    path: str, yours: bytes | None, base: bytes, ours: bytes | None, before: str, after: str
) -> tuple[Resolution, tuple[Finding, ...]]:
    """Resolve the changes of both sides to the spec; your side wins conflicts, and values never change.

    Arguments are those of `resolve_sides`.

    Raises:
        GitMissing: nothing can be merged on this machine.
    """
    kept = Resolution(FileAction.KEEP, yours)
    if yours is None or ours is None:
        # A project needs its spec, so the spec is never deleted.
        return (kept if yours is not None else Resolution(FileAction.STAY_DELETED, None)), ()
    try:
        strict = resolve_sides(yours, base, ours, before, after)
        found = (
            resolve_sides(yours, base, ours, before, after, favor_yours=True) if strict.conflicts else strict
        )
    except GitMissing:
        raise
    except CannotMerge as error:
        return kept, (_note(path, str(error)),)
    if found.content is None or found.content == yours:
        notes = (_note(path, "you changed the same lines"),) if strict.conflicts else ()
        return replace(found, action=FileAction.KEEP), notes
    if _meaning(path, found.content) != _meaning(path, yours):
        return kept, (_note(path, "merging them would change a value"),)
    return found, (_note(path, "you changed some of the same lines"),) if strict.conflicts else ()


def _note(path: str, why: str) -> Finding:
    return SPEC_COMMENTS_KEPT.found(f"ticketgen's new comments are not in the spec: {why}", at=Location(path))


def _meaning(path: str, content: bytes) -> str:
    """The values of a spec in their order; "" if it cannot be read."""
    checked = read(content, path)  # it refuses aliases, tags and deep nesting
    if checked.value is None or has_errors(checked.findings):
        return ""
    return repr(yaml.safe_load(content))
