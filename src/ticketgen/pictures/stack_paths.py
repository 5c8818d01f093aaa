"""The paths through a stack, the steps of lines, and the columns of boxes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ticketgen.pictures.kinds import OFF_PATH, PATH_OF_FUNCTION, StackPath
from ticketgen.pictures.picture import Box, Line

__all__ = ["assign_columns", "number_steps", "paths_of"]


def paths_of(
    line: Line, lines: Iterable[Line], nodes: Mapping[str, Box], seen: frozenset[str] = frozenset()
) -> tuple[StackPath, ...]:
    """The paths of a line.

    They are the path of the function at one of its ends, or the paths that continue from its target.

    Args:
        line: the line.
        lines: all lines.
        nodes: the boxes by address.
        seen: the boxes that were already visited.
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
    visited = seen | {line.source}
    continuing = {
        path
        for each in lines
        if each.source == line.target and each.target not in visited
        for path in paths_of(each, lines, nodes, visited)
    }
    if StackPath.VERIFICATION in continuing:  # a correction begins only after a verification found something
        continuing.discard(StackPath.CORRECTION)
    return tuple(sorted(continuing, key=lambda path: path.position)) or (StackPath.OTHER,)


def number_steps(lines: Iterable[Line], nodes: Mapping[str, Box]) -> Iterator[Line]:
    """Number each line by its distance from the start of its path."""
    all_lines = list(lines)
    for path in StackPath:
        own = [line for line in all_lines if line.path is path]
        # A path ends at a store that a function writes to, even if lines begin at the store.
        continuing = [line for line in own if nodes[line.target].kind != "store"]
        starts = {line.source for line in own} - {line.target for line in continuing}
        depths = dict.fromkeys(sorted(starts), 0)
        for depth in range(1, len(own) + 1):
            depths |= {
                line.target: depth
                for line in continuing
                if depths.get(line.source) == depth - 1 and line.target not in depths
            }
        for line in own:
            yield replace(line, step=0 if path is StackPath.OTHER else depths.get(line.source, 0) + 1)


def assign_columns(nodes: Mapping[str, Box], lines: tuple[Line, ...]) -> Iterator[Box]:
    """Move functions, queues and clocks to the columns next to the boxes they serve."""
    columns = {key: node.column for key, node in nodes.items()}
    source_of_function = {
        line.target: line.source for line in lines if line.is_async and nodes[line.target].kind == "function"
    }
    for key, source in source_of_function.items():
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
