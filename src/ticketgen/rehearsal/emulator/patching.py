"""Helpers to change moto's classes: replace methods by name, and add actions to its handlers."""

from __future__ import annotations

from typing import Any

__all__ = ["add_actions", "replace"]


def replace(owner: type[Any], **members: object) -> None:
    """Replace members of a class; callers that need the originals keep them first."""
    for name, member in members.items():
        if not hasattr(owner, name):
            raise AttributeError(
                f"{owner.__name__} has no {name}: install the version of moto that ticketgen requires"
            )
        setattr(owner, name, member)


def add_actions(handler: type[Any], actions: type[Any]) -> None:
    """Copy the methods of a class to a request handler."""
    for name, action in vars(actions).items():
        if callable(action):
            setattr(handler, name, action)
