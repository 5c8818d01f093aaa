"""Decide what happens to a file that both its owner and a newer ticketgen may have changed.

Pure functions of three texts. No side is ever lost: a text that cannot be merged stays as its owner left it, or
contains both sides between markers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType
from typing import Final

from ticketgen.conflict_markers import OWN_SIDE, label_of
from ticketgen.project.bases import normalized
from ticketgen.project.text_merge import MergedText, has_windows_lines, merge_texts

__all__ = ["ACTIONS", "FileAction", "Resolution", "Side", "resolve_sides", "side_of"]


class Side(Enum):
    """The change of one side, compared with the base."""

    UNCHANGED = auto()
    CHANGED = auto()
    GONE = auto()  # deleted by the owner, or no longer written by ticketgen


class FileAction(Enum):
    """What happens to a file."""

    KEEP = auto()
    TAKE_NEW = auto()
    MERGE = auto()
    DELETE = auto()
    STAY_DELETED = auto()
    DISOWN = auto()  # from now on ticketgen leaves it to its owner
    FORGET = auto()  # both sides have deleted it


ACTIONS: Final[Mapping[tuple[Side, Side], FileAction]] = MappingProxyType({
    (Side.UNCHANGED, Side.UNCHANGED): FileAction.KEEP,
    (Side.UNCHANGED, Side.CHANGED): FileAction.TAKE_NEW,
    (Side.UNCHANGED, Side.GONE): FileAction.DELETE,
    (Side.CHANGED, Side.UNCHANGED): FileAction.KEEP,
    (Side.CHANGED, Side.CHANGED): FileAction.MERGE,
    (Side.CHANGED, Side.GONE): FileAction.DISOWN,
    (Side.GONE, Side.UNCHANGED): FileAction.STAY_DELETED,
    (Side.GONE, Side.CHANGED): FileAction.STAY_DELETED,
    (Side.GONE, Side.GONE): FileAction.FORGET,
})  # fmt: skip
"""The action for each pair of the owner's side and ticketgen's side."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """What happens to a file, and its new text; None if there is none."""

    action: FileAction
    content: bytes | None
    conflicts: tuple[int, ...] = ()


def side_of(base: bytes, now: bytes | None) -> Side:
    """Compare a side with the base, ignoring line ends."""
    if now is None:
        return Side.GONE
    return Side.UNCHANGED if normalized(now) == normalized(base) else Side.CHANGED


def resolve_sides(
    yours: bytes | None,
    base: bytes,
    ours: bytes | None,
    before: str,
    after: str,
    *,
    favor_yours: bool = False,
) -> Resolution:
    """Resolve the changes of both sides.

    Args:
        yours: the file of the project; None if it is missing.
        base: the text that ticketgen wrote.
        ours: the text of this version; None if it no longer writes the file.
        before: the version that wrote the base.
        after: this version.
        favor_yours: take ``yours`` where the sides conflict.

    Raises:
        CannotMerge: both sides changed a text that cannot be merged.
    """
    action = ACTIONS[side_of(base, yours), side_of(base, ours)]
    if yours is None or action in {FileAction.DELETE, FileAction.FORGET}:
        return Resolution(action, None)
    if ours is None or action is FileAction.KEEP:
        return Resolution(action, yours)
    if normalized(yours) == normalized(ours):
        return Resolution(FileAction.KEEP, yours)
    if action is FileAction.TAKE_NEW:
        return Resolution(action, ours.replace(b"\n", b"\r\n") if has_windows_lines(yours) else ours)
    labels = (OWN_SIDE, label_of(before), label_of(after))
    merged: MergedText = merge_texts(yours, base, ours, labels, favor_yours=favor_yours)
    return Resolution(action, merged.content, merged.conflicts)
