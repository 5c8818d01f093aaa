"""A deterministic layout of boxes in columns and of lines, with few crossings.

Boxes start in the order of their paths and move towards their neighbours, in a fixed number of sweeps. Each line has
its own ports, so no line hides another, and crosses other columns in a gap between boxes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

from ticketgen.pictures.kinds import StackPath
from ticketgen.pictures.picture import Box, Line
from ticketgen.pictures.shapes import widest, width_of

__all__ = ["Layout", "PlacedBox", "Route", "lay_out"]

_MIN_WIDTH = 184.0  # of a column
_BESIDE = 26.0  # in a box, left and right of the text together
_VPC = 48.0  # the VPC badge beside the description of a box
_GAP = 124.0  # between columns, for the lines
_SPACE = 26.0  # between boxes of a column
_PORT = 17.0  # between lines at a box
_HEADING = 44.0  # name and description in a box
_NOTE = 14.0  # a note in a box
_STUB = 34.0  # the horizontal end of a line
_SWEEPS = 24


@dataclass(frozen=True, slots=True)
class PlacedBox:
    """A box with its upper left corner and its size; the width is that of the column."""

    node: Box
    notes: tuple[str, ...]
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Route:
    """A line with the points that it passes; it is horizontal at each point.

    An upright line is straight and vertical.
    """

    line: Line
    points: tuple[tuple[float, float], ...]
    upright: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """The positions of all boxes and lines, and the total size."""

    boxes: tuple[PlacedBox, ...]
    routes: tuple[Route, ...]
    width: float
    height: float


def lay_out(nodes: Iterable[Box], lines: tuple[Line, ...]) -> Layout:
    """Compute the positions of boxes and lines."""
    columns: dict[int, list[Box]] = {}
    for node in sorted(nodes, key=lambda node: (_mean_path(node, lines), node.key)):
        columns.setdefault(node.column, []).append(node)
    notes = {node.key: _notes(node, lines) for nodes in columns.values() for node in nodes}
    heights = {
        node.key: max(_HEADING + _NOTE * len(notes[node.key]), _PORT * (_ports(node, lines) + 1))
        for nodes in columns.values()
        for node in nodes
    }
    tops = _relaxed_tops(columns, heights, lines)
    placed = {}
    x = 0.0
    for column in range(min(columns, default=0), max(columns, default=0) + 1):
        nodes_here = columns.get(column, [])
        column_width = max((_width(node, notes[node.key]) for node in nodes_here), default=_MIN_WIDTH)
        for node in nodes_here:
            placed[node.key] = PlacedBox(
                node, notes[node.key], x, tops[node.key], column_width, heights[node.key]
            )
        x += column_width + _GAP
    width = max((box.x + box.width for box in placed.values()), default=0)
    height = max((box.y + box.height for box in placed.values()), default=0)
    return Layout(tuple(placed.values()), tuple(_routes(placed, lines)), width, height + _SPACE)


def _width(node: Box, notes: tuple[str, ...]) -> float:
    """The width that the text of a box needs, rounded up to whole pixels."""
    kind = width_of(node.description, "what") + (_VPC if node.in_vpc else 0)
    longest = max(width_of(node.name, "name"), kind, widest(notes, "note"))
    return max(_MIN_WIDTH, float(ceil(longest + _BESIDE)))


def _mean_path(node: Box, lines: tuple[Line, ...]) -> float:
    """The mean position of the paths of a box, in the order of `StackPath`."""
    positions = [line.path.position for line in lines if node.key in {line.source, line.target}]
    return sum(positions) / len(positions) if positions else len(StackPath)


def _notes(node: Box, lines: tuple[Line, ...]) -> tuple[str, ...]:
    """The labels of the lines that end at a box, which are drawn in the box."""
    labels = [
        label for line in lines if line.target == node.key and line.label for label in line.label.split(", ")
    ]
    return tuple(dict.fromkeys(labels))


def _ports(node: Box, lines: tuple[Line, ...]) -> int:
    """Estimate the maximum number of lines at one side of a box by direction."""
    out = sum(line.source == node.key for line in lines)
    into = sum(line.target == node.key for line in lines)
    return max(out, into)


def _relaxed_tops(
    columns: Mapping[int, list[Box]], heights: Mapping[str, float], lines: tuple[Line, ...]
) -> dict[str, float]:
    tops: dict[str, float] = {}
    for nodes in columns.values():
        y = 0.0
        for node in nodes:
            tops[node.key] = y
            y += heights[node.key] + _SPACE
    neighbours: dict[str, list[str]] = {key: [] for key in tops}
    for line in lines:
        neighbours[line.source].append(line.target)
        neighbours[line.target].append(line.source)
    ordered = sorted(columns)
    for sweep in range(_SWEEPS):
        for column in ordered if sweep % 2 == 0 else reversed(ordered):
            preferred = {}
            for key in (node.key for node in columns[column]):
                centres = [tops[other] + heights[other] / 2 for other in neighbours[key]]
                preferred[key] = (sum(centres) / len(centres) if centres else tops[key]) - heights[key] / 2
            keys = sorted(preferred, key=lambda key: (round(preferred[key], 3), key))
            tops |= _spaced(keys, preferred, heights)
    minimum = min(tops.values(), default=0)
    return {key: round(top - minimum, 1) for key, top in tops.items()}


def _spaced(
    keys: list[str], preferred: Mapping[str, float], heights: Mapping[str, float]
) -> dict[str, float]:
    """Place boxes as close to the preferred tops as their order and spacing allow."""
    blocks: list[tuple[list[str], float]] = []  # keys that touch, and the top of the first
    for key in keys:
        blocks.append(([key], preferred[key]))
        while len(blocks) > 1 and blocks[-2][1] + _extent(blocks[-2][0], heights) > blocks[-1][1]:
            (upper, _), (lower, _) = blocks[-2], blocks[-1]
            both = [*upper, *lower]
            offsets = _offsets(both, heights)
            top = sum(preferred[each] - offset for each, offset in zip(both, offsets, strict=True)) / len(
                both
            )
            blocks[-2:] = [(both, top)]
    return {
        key: top + offset
        for members, top in blocks
        for key, offset in zip(members, _offsets(members, heights), strict=True)
    }


def _extent(keys: list[str], heights: Mapping[str, float]) -> float:
    return sum(heights[key] + _SPACE for key in keys)


def _offsets(keys: list[str], heights: Mapping[str, float]) -> list[float]:
    return [_extent(keys[:number], heights) for number in range(len(keys))]


def _routes(placed: Mapping[str, PlacedBox], lines: tuple[Line, ...]) -> list[Route]:
    sides: dict[tuple[str, str], list[tuple[float, int, bool]]] = {}
    upright: set[int] = set()
    for number, line in enumerate(lines):
        source, target = placed[line.source], placed[line.target]
        if source.x == target.x and _adjacent(source, target, placed):
            upright.add(number)
            continue
        for box, other, begins in ((source, target, True), (target, source, False)):
            side = "right" if other.x >= box.x else "left"
            sides.setdefault((box.node.key, side), []).append((other.y + other.height / 2, number, begins))
    ports: dict[tuple[int, bool], tuple[float, float]] = {}
    for (key, side), ends in sides.items():
        box = placed[key]
        x = box.x + (box.width if side == "right" else 0)
        start = box.y + box.height / 2 - _PORT * (len(ends) - 1) / 2
        for index, (_, number, begins) in enumerate(
            sorted(ends, key=lambda end: (end[0], lines[end[1]].path.position, end[1]))
        ):
            ports[number, begins] = (x, round(start + _PORT * index, 1))
    routes = []
    for number, line in enumerate(lines):
        source, target = placed[line.source], placed[line.target]
        if number in upright:
            down = target.y > source.y
            x = source.x + source.width / 2
            y1, y2 = (source.y + source.height, target.y) if down else (source.y, target.y + target.height)
            routes.append(Route(line, ((x, y1), (x, y2)), upright=True))
            continue
        begin, finish = ports[number, True], ports[number, False]
        # Horizontal at the end, where the number is drawn.
        stub = (finish[0] + (_STUB if finish[0] > target.x else -_STUB), finish[1])
        routes.append(Route(line, (begin, *_detours(begin, stub, placed), stub, finish)))
    return routes


def _adjacent(one: PlacedBox, other: PlacedBox, placed: Mapping[str, PlacedBox]) -> bool:
    low, high = sorted((one.y, other.y))
    return not any(box.x == one.x and low < box.y < high for box in placed.values())


def _detours(
    start: tuple[float, float], end: tuple[float, float], placed: Mapping[str, PlacedBox]
) -> list[tuple[float, float]]:
    """Points before and after each column between two boxes, in the nearest gap."""
    left, right = sorted((start[0], end[0]))
    columns = sorted(
        {(box.x, box.width) for box in placed.values() if box.x > left and box.x + box.width < right}
    )
    if start[0] > end[0]:
        columns.reverse()
    points = []
    for x, width in columns:
        boxes = sorted((box.y, box.y + box.height) for box in placed.values() if box.x == x)
        gaps = [boxes[0][0] - _SPACE / 2, boxes[-1][1] + _SPACE / 2]
        gaps += [(upper[1] + lower[0]) / 2 for upper, lower in pairwise(boxes)]
        share = (x + width / 2 - start[0]) / (end[0] - start[0])
        preferred = start[1] + (end[1] - start[1]) * share
        y = min(gaps, key=lambda gap: (abs(gap - preferred), gap))
        edges = [(x - 8, y), (x + width + 8, y)]
        points += edges if start[0] < end[0] else edges[::-1]
    return points
