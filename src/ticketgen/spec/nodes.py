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
    "Node",
    "Scalar",
    "Sequence",
    "dotted",
    "find",
    "merge",
    "places",
    "plain",
    "shown",
    "shown_text",
    "without",
]

KeyPath: TypeAlias = tuple[str | int, ...]
"""Keys and positions from the top of a file to a value in it."""

OPTION = "--set "
"""The beginning of the file name of a node that comes from an option."""

_LONGEST_SHOWN = 60
_PASSWORD = re.compile(r"://[^/\s]{0,500}@")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value.

    Attributes:
        value: as Python has it.
        text: as it was written, without quotes.
        at: where the value is; where its key is if nothing was written.
        path: of the value in its own file.
    """

    value: str | int | float | bool | None
    text: str
    at: Location
    path: KeyPath


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list.

    Attributes:
        items: in order.
        at: where its key is, or where it begins if it has none.
        path: of the list in its own file.
    """

    items: tuple[Node, ...]
    at: Location
    path: KeyPath


@dataclass(frozen=True, slots=True)
class Map:
    """A map.

    Attributes:
        entries: the values by key, in order.
        keys_at: where each key is.
        at: where its own key is, or where it begins if it has none.
        path: of the map in its own file.
    """

    entries: Mapping[str, Node]
    keys_at: Mapping[str, Location]
    at: Location
    path: KeyPath


Node: TypeAlias = Scalar | Sequence | Map


def merge(under: Node, over: Node) -> Node:
    """Merge two nodes: maps key by key; of other nodes, the second one wins."""
    if not (isinstance(under, Map) and isinstance(over, Map)):
        return over
    entries = dict(under.entries)
    for key, value in over.entries.items():
        entries[key] = merge(entries[key], value) if key in entries else value
    return Map(entries, {**under.keys_at, **over.keys_at}, over.at, over.path)


def without(node: Node, paths: Collection[KeyPath]) -> Node:
    """The tree without the nodes at these paths of its own file."""
    if not paths:
        return node
    if isinstance(node, Map):
        kept = {
            key: without(value, paths)
            for key, value in node.entries.items()
            if (*node.path, key) not in paths
        }
        return Map(kept, node.keys_at, node.at, node.path)
    if isinstance(node, Sequence):
        items = tuple(without(item, paths) for item in node.items if item.path not in paths)
        return Sequence(items, node.at, node.path)
    return node


def find(node: Node, path: KeyPath) -> Node:
    """Find the node at a path below a node, or the last node on the way."""
    for step in path:
        if isinstance(node, Map) and isinstance(step, str) and step in node.entries:
            node = node.entries[step]
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
        else:
            break
    return node


def plain(node: Node) -> object:
    """The plain values, with lists as tuples, for pydantic."""
    match node:
        case Scalar():
            return node.value
        case Sequence():
            return tuple(plain(item) for item in node.items)
        case Map():
            return {key: plain(value) for key, value in node.entries.items()}


def places(node: Node, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Location]]:
    """Every path below a node, beginning with ``path``, with its place."""
    yield path, node.at
    match node:
        case Scalar():
            return
        case Sequence():
            for number, item in enumerate(node.items):
                yield from places(item, (*path, number))
        case Map():
            for key, value in node.entries.items():
                yield from places(value, (*path, key))


def dotted(path: KeyPath) -> str:
    """A path as people write it: ``environments.prod.regions[0]``."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += ("." if text else "") + (
                step if step.isprintable() and len(step) < 80 else shown_text(step)
            )
    return text


def shown(node: Node) -> str:
    """A value for a message: text in quotes and shortened, so that it stays on one line."""
    match node:
        case Scalar(value=str(text)):
            return shown_text(text)
        case Scalar(value=None):
            return "null"
        case Scalar():
            return node.text
        case Sequence():
            return "a list" if node.items else "an empty list"
        case Map():
            return "a map"


def shown_text(text: str) -> str:
    """Text for a message: in quotes, shortened, without passwords and terminal control characters."""
    text = _PASSWORD.sub("://…@", text)
    short = text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"
    return quoted(short)
