"""Change moto's classes, and keep a list of every change: `python -m ticketgen.rehearsal.emulator --patches`.

Each change was written against moto 5.2.5, and says whether it could be offered to moto. A member that moto no longer
has is an error at the start, and not a surprise during a rehearsal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["MOTO", "PATCHES", "Patch", "add_actions", "replace"]

MOTO = "5.2.5"
"""The version of moto that the changes were written for."""


@dataclass(frozen=True, slots=True)
class Patch:
    """A change of a class of moto.

    Attributes:
        owner: the class.
        members: the names that are replaced or added.
        added: whether moto lacks them.
        upstream: "yes" or "no", whether the change could be offered to moto, and why.
    """

    owner: str
    members: tuple[str, ...]
    added: bool
    upstream: str


PATCHES: list[Patch] = []


def replace(owner: type[Any], upstream: str, **members: object) -> None:
    """Replace members of a class; callers that need the originals keep them first."""
    for name, member in members.items():
        if not hasattr(owner, name):
            raise AttributeError(f"{owner.__name__} has no {name}: install moto {MOTO}")
        setattr(owner, name, member)
    PATCHES.append(Patch(owner.__name__, tuple(members), False, upstream))


def add_actions(handler: type[Any], actions: type[Any], upstream: str) -> None:
    """Copy the methods of a class to a request handler."""
    copied = {name: action for name, action in vars(actions).items() if callable(action)}
    for name, action in copied.items():
        setattr(handler, name, action)
    PATCHES.append(Patch(handler.__name__, tuple(copied), True, upstream))
