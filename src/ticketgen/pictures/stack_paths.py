"""The paths through a stack: the path and step of each line, and the columns that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ticketgen.pictures.kinds import OFF_PATH, PATH_OF_FUNCTION, StackPath
from ticketgen.pictures.picture import Line, Node

__all__ = ["assign_columns", "number_steps", "paths_of"]


def paths_of(
    line: Line, lines: Iterable[Line], nodes: Mapping[str, Node], seen: frozenset[str] = frozenset()
) -> tuple[StackPath, ...]:
    """Return the paths of a line: that of the function at one of its ends, or those that continue at its end.

    Args:
        line: the line.
        lines: all lines.
        nodes: the boxes by address.
        seen: boxes visited already.
    """
    source, target = nodes[line.source], nodes[line.target]
    if target.kind == "queue" and line.is_async and source.kind == "function":
        return (StackPath.OTHER,)
    for node in (target, source):
        if node.kind == "function" and node.name in PATH_OF_FUNCTION:
            return (PATH_OF_FUNCTION[node.name],)
    if source.kind == "store":
        return (StackPath.FOLLOWING,)
    if source.kind == "queue":
        return (StackPath.CORRECTION,)
    if source.type in OFF_PATH:
        return (StackPath.OTHER,)
    passed = seen | {line.source}
    onwards = {
        way
        for each in lines
        if each.source == line.target and each.target not in passed
        for way in paths_of(each, lines, nodes, passed)
    }
    if StackPath.VERIFICATION in onwards:  # a correction begins where a verification has found something
        onwards.discard(StackPath.CORRECTION)
    return tuple(sorted(onwards, key=list(StackPath).index)) or (StackPath.OTHER,)


def number_steps(lines: Iterable[Line], nodes: Mapping[str, Node]) -> Iterator[Line]:
    """Number each line by its distance from the start of its path."""
    found = list(lines)
    for way in StackPath:
        own = [line for line in found if line.path is way]
        # A path ends at a store that a function writes, even if something else follows from it.
        onwards = [line for line in own if nodes[line.target].kind != "store"]
        begun = {line.source for line in own} - {line.target for line in onwards}
        reached = dict.fromkeys(sorted(begun), 0)
        for depth in range(1, len(own) + 1):
            reached |= {
                line.target: depth
                for line in onwards
                if reached.get(line.source) == depth - 1 and line.target not in reached
            }
        for line in own:
            yield replace(line, step=0 if way is StackPath.OTHER else reached.get(line.source, 0) + 1)


def assign_columns(nodes: Mapping[str, Node], lines: tuple[Line, ...]) -> Iterator[Node]:
    """Move boxes to the columns that follow from their sources."""
    columns = {key: node.column for key, node in nodes.items()}
    fed = {
        line.target: line.source for line in lines if line.is_async and nodes[line.target].kind == "function"
    }
    for key, source in fed.items():
        columns[key] = columns[source] + 1
    for line in lines:
        if nodes[line.source].kind == "queue" and nodes[line.target].kind == "queue":
            columns[line.target] = columns[line.source] + 1
        elif nodes[line.target].kind == "queue" and line.path is StackPath.OTHER:
            columns[line.target] = max(columns[line.target], columns[line.source] + 1)
    for line in lines:
        if nodes[line.source].kind == "clock":
            columns[line.source] = columns[line.target] + (1 if columns[line.target] > 2 else -1)
    for key, node in nodes.items():
        yield replace(node, column=columns[key])
