"""Questions about intervals of time, each answered in logarithmic time after one sort."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

__all__ = ["LifeStep", "Span", "Steps", "overlaps"]


class LifeStep(NamedTuple):
    """A step of an event's life: its beginning, its end, infinite if it is not known, and its line."""

    begin: float
    end: float
    line: int


class Steps:
    """All steps of one kind."""

    def __init__(self, steps: Iterable[LifeStep]) -> None:
        by_begin = sorted(steps)
        self._begins = [step.begin for step in by_begin]
        self._latest_ends = [*accumulate((step.end for step in by_begin), max)]
        self._soonest = [*accumulate(reversed(by_begin), _sooner)][::-1]
        by_end = sorted(by_begin, key=_end)
        self._ends = [step.end for step in by_end]
        self._first_begins = [*accumulate((step.begin for step in reversed(by_end)), min)][::-1]

    def first_begin(self, ending_after: float) -> float:
        """The first beginning of the steps that end after a moment."""
        place = bisect_right(self._ends, ending_after)
        return self._first_begins[place] if place < len(self._ends) else math.inf

    def latest_end(self, begun_by: float) -> float:
        """The latest end of the steps that began until a moment."""
        place = bisect_right(self._begins, begun_by)
        return self._latest_ends[place - 1] if place else -math.inf

    def soonest(self, begun_after: float) -> LifeStep | None:
        """Of the steps that began after a moment, the one that ended first."""
        place = bisect_right(self._begins, begun_after)
        return self._soonest[place] if place < len(self._begins) else None


def _end(step: LifeStep) -> float:
    return step.end


def _sooner(one: LifeStep, two: LifeStep) -> LifeStep:
    return min(one, two, key=_end)


class Span(NamedTuple):
    """A time in which a buyer surely has a seat: held, or sold."""

    begin: float
    end: float
    buyer: str
    line: int
    held: bool


def overlaps(spans: Sequence[Span]) -> Iterator[tuple[Span, Span]]:
    """Each span with an earlier one of another buyer that it overlaps, unless both are sales."""
    # Of the earlier spans, the one that ends last and the one of another buyer that ends last, held and sold apart: if
    # none of these overlaps, no other one does.
    latest: dict[bool, list[Span]] = {True: [], False: []}
    for span in sorted(spans, key=lambda each: (each.begin, each.end)):
        if span.begin >= span.end:
            continue
        for held in (True, False) if span.held else (True,):
            met = next(
                (each for each in latest[held] if each.buyer != span.buyer and each.end > span.begin), None
            )
            if met:
                yield met, span
                break
        mine = [each for each in latest[span.held] if each.buyer == span.buyer]
        others = [each for each in latest[span.held] if each.buyer != span.buyer]
        best = max([span, *mine], key=lambda each: each.end)
        latest[span.held] = sorted([best, *others], key=lambda each: -each.end)[:2]
