"""The paths through a stack: the path and step of each line, and the columns that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ticketgen.pictures.kinds import NO_WAY, WAY_OF_FUNCTION, Way
from ticketgen.pictures.picture import Line, Node

__all__ = ["in_columns", "numbered", "ways_of"]


def ways_of(
    line: Line, lines: Iterable[Line], nodes: Mapping[str, Node], seen: frozenset[str] = frozenset()
) -> tuple[Way, ...]:
    """Return the paths of a line: that of the function at one of its ends, or those that continue at its end.

    Args:
        line: the line.
        lines: all lines.
        nodes: the boxes by address.
        seen: boxes visited already.
    """
    source, target = nodes[line.source], nodes[line.target]
    if target.kind == "queue" and line.apart and source.kind == "function":
        return (Way.OTHER,)
    for node in (target, source):
        if node.kind == "function" and node.name in WAY_OF_FUNCTION:
            return (WAY_OF_FUNCTION[node.name],)
    if source.kind == "store":
        return (Way.FOLLOWING,)
    if source.kind == "queue":
        return (Way.CORRECTION,)
    if source.type in NO_WAY:
        return (Way.OTHER,)
    passed = seen | {line.source}
    onwards = {
        way
        for each in lines
        if each.source == line.target and each.target not in passed
        for way in ways_of(each, lines, nodes, passed)
    }
    if Way.VERIFICATION in onwards:  # a correction begins where a verification has found something
        onwards.discard(Way.CORRECTION)
    return tuple(sorted(onwards, key=list(Way).index)) or (Way.OTHER,)


def numbered(lines: Iterable[Line], nodes: Mapping[str, Node]) -> Iterator[Line]:
    """Number each line by its distance from the start of its path."""
    found = list(lines)
    for way in Way:
        own = [line for line in found if line.way is way]
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
            yield replace(line, step=0 if way is Way.OTHER else reached.get(line.source, 0) + 1)


def in_columns(nodes: Mapping[str, Node], lines: tuple[Line, ...]) -> Iterator[Node]:
    """Move boxes to the columns that follow from their sources."""
    columns = {key: node.column for key, node in nodes.items()}
    fed = {line.target: line.source for line in lines if line.apart and nodes[line.target].kind == "function"}
    for key, source in fed.items():
        columns[key] = columns[source] + 1
    for line in lines:
        if nodes[line.source].kind == "queue" and nodes[line.target].kind == "queue":
            columns[line.target] = columns[line.source] + 1
        elif nodes[line.target].kind == "queue" and line.way is Way.OTHER:
            columns[line.target] = max(columns[line.target], columns[line.source] + 1)
    for line in lines:
        if nodes[line.source].kind == "clock":
            columns[line.source] = columns[line.target] + (1 if columns[line.target] > 2 else -1)
    for key, node in nodes.items():
        yield replace(node, column=columns[key])
