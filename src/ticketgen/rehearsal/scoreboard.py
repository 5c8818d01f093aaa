"""What a rehearsal found: figures, each against its objective, as text and as plain data."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["Goal", "Moment", "Percentiles", "Scoreboard", "percentiles", "text"]


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Of a measured value, in its own unit; all zero when nothing was measured."""

    count: int
    p50: float
    p95: float
    p99: float
    most: float


def percentiles(values: Sequence[float]) -> Percentiles:
    """The nearest-rank percentiles of some values."""
    ranked = sorted(values)
    if not ranked:
        return Percentiles(0, 0.0, 0.0, 0.0, 0.0)

    def at(share: float) -> float:
        return round(ranked[max(0, math.ceil(share * len(ranked)) - 1)], 3)

    return Percentiles(len(ranked), at(0.5), at(0.95), at(0.99), round(ranked[-1], 3))


@dataclass(frozen=True, slots=True)
class Goal:
    """An objective, and what was measured of it on this machine.

    Attributes:
        name: such as `lock`.
        unit: `ms` or `s`.
        objective: in that unit.
        measured: in that unit.
    """

    name: str
    unit: str
    objective: float
    measured: Percentiles

    @property
    def met(self) -> bool:
        """Whether the 99th percentile is within the objective; nothing measured is nothing met."""
        return self.measured.count > 0 and self.measured.p99 <= self.objective


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that was done to the stack, at so many seconds after the sale opened."""

    at: float
    what: str


@dataclass(frozen=True, slots=True)
class Scoreboard:
    """A finished rehearsal.

    Attributes:
        rate_asked, rate_reached: orders a second.
        refused: how many orders, by the API's reason.
        oversold: seats with more than one unvoided sale, in all Regions' ledgers together: must be 0.
        contradicted: retries with the same key that got another answer: must be 0.
        planted, caught: oversold seats that were planted, and how many of them were settled.
        caught_after: seconds from planting to the end of the run that settled it.
        refunds: messages on the refund queues.
        maps: Regions whose seat map says the same as the ledger; None where there is no Redis.
        behind: what analytics lacks of the ledger's sales, by cluster.
    """

    environment: str
    regions: tuple[str, ...]
    resources: int
    apply_seconds: float
    sale_seconds: float
    rate_asked: float
    rate_reached: float
    orders: int
    sold_orders: int
    sold_seats: int
    seats: int
    refused: Mapping[str, int]
    oversold: int
    contradicted: int
    repeated: int
    planted: int
    caught: int
    caught_after: tuple[float, ...]
    refunds: int
    maps: int | None
    behind: Mapping[str, int]
    goals: tuple[Goal, ...]
    purchases_ms: Percentiles
    cut_region: str
    moments: tuple[Moment, ...]
    timeline: tuple[Mapping[str, int], ...] = field(default=())

    @property
    def passed(self) -> bool:
        """Whether it is fit for a sale: nothing oversold, nothing contradicted, all that was planted was caught."""
        consistent = self.maps in (None, len(self.regions)) and not any(self.behind.values())
        return not self.oversold and not self.contradicted and self.caught == self.planted > 0 and consistent

    def data(self) -> dict[str, Any]:
        """All of it, for `--format json`."""
        goals = [asdict(goal) | {"met": goal.met} for goal in self.goals]
        return asdict(self) | {"goals": goals, "passed": self.passed}


def timeline(attempts: Sequence[tuple[float, str]], seconds: float) -> tuple[Mapping[str, int], ...]:
    """For each second of the sale, how many orders ended how: `sold`, `taken` or `unavailable`."""
    columns = [Counter[str]() for _ in range(int(seconds) + 1)]
    for at, outcome in attempts:
        columns[min(int(at), len(columns) - 1)][kind_of(outcome)] += 1
    return tuple(dict(column) for column in columns)


def kind_of(outcome: str) -> str:
    """An outcome as the picture shows it."""
    if outcome == "sold":
        return "sold"
    return "taken" if outcome in {"sold-to-others", "held", "busy", "hold-ended"} else "unavailable"


def text(board: Scoreboard) -> str:
    """The scoreboard for people."""
    refused = ", ".join(f"{count} {reason}" for reason, count in sorted(board.refused.items())) or "none"
    caught = ", ".join(f"{seconds:.1f} s" for seconds in board.caught_after)
    lines = [
        f"{board.environment}: {len(board.regions)} Regions, {board.resources} resources applied in "
        f"{board.apply_seconds:.0f} s, a sale of {board.sale_seconds:.0f} s",
        "",
        f"  orders        {board.orders} at {board.rate_reached:.1f}/s (asked: {board.rate_asked:.1f}/s)",
        f"  sold          {board.sold_orders} orders, {board.sold_seats} of {board.seats} seats",
        f"  refused       {refused}",
        f"  oversold      {board.oversold} (must be 0)",
        f"  retries       {board.repeated}, {board.contradicted} with another answer (must be 0)",
        f"  planted       {board.planted} oversold, {board.caught} caught"
        + (f" after {caught}" if caught else ""),
        f"  refunds       {board.refunds} published",
        f"  cut off       {board.cut_region}",
        "  seat maps     "
        + (
            "not rehearsed: no Redis here"
            if board.maps is None
            else f"{board.maps} of {len(board.regions)} agree"
        ),
        f"  analytics     {', '.join(f'{arn}: {n} behind' for arn, n in board.behind.items()) or 'not rehearsed'}",
        "",
        f"  {'':<14}{'p50':>9}{'p95':>9}{'p99':>9}{'most':>9}{'objective':>11}",
    ]
    for goal in board.goals:
        m = goal.measured
        verdict = "met" if goal.met else "NOT MET" if m.count else "not measured"
        lines.append(
            f"  {goal.name:<14}{m.p50:>9.1f}{m.p95:>9.1f}{m.p99:>9.1f}{m.most:>9.1f}"
            f"{goal.objective:>9g} {goal.unit:<3}{verdict}"
        )
    m = board.purchases_ms
    lines.append(f"  {'purchase':<14}{m.p50:>9.1f}{m.p95:>9.1f}{m.p99:>9.1f}{m.most:>9.1f}{'ms':>12}")
    lines += ["", "  Passed." if board.passed else "  FAILED."]
    return "\n".join(lines)
