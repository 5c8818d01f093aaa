"""The spec as a tree of located nodes: every part has its line and column."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from ticketgen.escaping import quoted
from ticketgen.findings import Location

__all__ = [
    "OPTION",
    "KeyPath",
    "Map",
    "Scalar",
    "Sequence",
    "YamlNode",
    "display_text",
    "display_value",
    "dotted_path",
    "find",
    "merge",
    "node_locations",
    "plain_value_of",
    "remove_paths",
]

KeyPath: TypeAlias = tuple[str | int, ...]
"""Keys and positions from the top of a file to a value in it."""

OPTION = "--set "
"""The beginning of the file name of a node that comes from an option."""

_MAX_SHOWN = 60
_PASSWORD = re.compile(r"://[^/\s]{0,500}@")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value.

    Attributes:
        value: as Python has it.
        text: as it was written, without quotes.
        location: where the value is; where its key is if nothing was written.
        path: of the value in its own file.
    """

    value: str | int | float | bool | None
    text: str
    location: Location
    path: KeyPath


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list.

    Attributes:
        items: in order.
        location: where its key is, or where it begins if it has none.
        path: of the list in its own file.
    """

    items: tuple[YamlNode, ...]
    location: Location
    path: KeyPath


@dataclass(frozen=True, slots=True)
class Map:
    """A map.

    Attributes:
        entries: the values by key, in order.
        key_locations: where each key is.
        location: where its own key is, or where it begins if it has none.
        path: of the map in its own file.
    """

    entries: Mapping[str, YamlNode]
    key_locations: Mapping[str, Location]
    location: Location
    path: KeyPath


YamlNode: TypeAlias = Scalar | Sequence | Map


def merge(base: YamlNode, override: YamlNode) -> YamlNode:
    """Merge two nodes: maps key by key; otherwise the second one wins."""
    if not (isinstance(base, Map) and isinstance(override, Map)):
        return override
    entries = dict(base.entries)
    for key, value in override.entries.items():
        entries[key] = merge(entries[key], value) if key in entries else value
    return Map(entries, {**base.key_locations, **override.key_locations}, override.location, override.path)


def remove_paths(node: YamlNode, paths: Collection[KeyPath]) -> YamlNode:
    """The tree without the nodes at these paths of its own file."""
    if not paths:
        return node
    if isinstance(node, Map):
        kept = {
            key: remove_paths(value, paths)
            for key, value in node.entries.items()
            if (*node.path, key) not in paths
        }
        return Map(kept, node.key_locations, node.location, node.path)
    if isinstance(node, Sequence):
        items = tuple(remove_paths(item, paths) for item in node.items if item.path not in paths)
        return Sequence(items, node.location, node.path)
    return node


def find(node: YamlNode, path: KeyPath) -> YamlNode:
    """Find the node at a path below a node, or the last node on the way."""
    for step in path:
        if isinstance(node, Map) and isinstance(step, str) and step in node.entries:
            node = node.entries[step]
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
        else:
            break
    return node


def plain_value_of(node: YamlNode) -> object:
    """The plain values, with lists as tuples, for pydantic."""
    match node:
        case Scalar():
            return node.value
        case Sequence():
            return tuple(plain_value_of(item) for item in node.items)
        case Map():
            return {key: plain_value_of(value) for key, value in node.entries.items()}


def node_locations(node: YamlNode, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Location]]:
    """Every path below a node, beginning with ``path``, with its place."""
    yield path, node.location
    match node:
        case Scalar():
            return
        case Sequence():
            for number, item in enumerate(node.items):
                yield from node_locations(item, (*path, number))
        case Map():
            for key, value in node.entries.items():
                yield from node_locations(value, (*path, key))


def dotted_path(path: KeyPath) -> str:
    """A path as people write it: ``environments.prod.regions[0]``."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += ("." if text else "") + (
                step if step.isprintable() and len(step) < 80 else display_text(step)
            )
    return text


def display_value(node: YamlNode) -> str:
    """A value for a message: text in quotes, shortened to stay on one line."""
    match node:
        case Scalar(value=str(text)):
            return display_text(text)
        case Scalar(value=None):
            return "null"
        case Scalar():
            return node.text
        case Sequence():
            return "a list" if node.items else "an empty list"
        case Map():
            return "a map"


def display_text(text: str) -> str:
    """Text for a message: quoted, shortened, without passwords and control characters."""
    text = _PASSWORD.sub("://…@", text)
    short = text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…"
    return quoted(short)
