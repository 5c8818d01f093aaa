"""How moto's classes are changed: methods replaced by name, actions added that its handlers lack."""

from __future__ import annotations

from typing import Any

__all__ = ["add_actions", "replace"]


def replace(owner: type[Any], **members: object) -> None:
    """Replace members of a class: what they were, whoever calls this has kept."""
    for name, member in members.items():
        if not hasattr(owner, name):
            raise AttributeError(f"{owner.__name__} has no {name}: this moto is another one")
        setattr(owner, name, member)


def add_actions(handler: type[Any], actions: type[Any]) -> None:
    """Give a handler of requests the methods of another class."""
    for name, action in vars(actions).items():
        if callable(action):
            setattr(handler, name, action)
