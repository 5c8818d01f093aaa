"""The result of a rehearsal: measured values beside their objectives, as text and as plain data."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ticketgen.wording import counted

__all__ = ["Fault", "Goal", "Percentiles", "Scoreboard", "percentiles", "text", "timeline"]


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Percentiles of a measured value in its own unit; all zero if nothing was measured."""

    count: int
    p50: float
    p95: float
    p99: float
    most: float


def percentiles(values: Sequence[float]) -> Percentiles:
    """Compute nearest-rank percentiles."""
    ranked = sorted(values)
    if not ranked:
        return Percentiles(0, 0.0, 0.0, 0.0, 0.0)

    def at(share: float) -> float:
        return round(ranked[max(0, math.ceil(share * len(ranked)) - 1)], 3)

    return Percentiles(len(ranked), at(0.5), at(0.95), at(0.99), round(ranked[-1], 3))


@dataclass(frozen=True, slots=True)
class Goal:
    """An objective and the values measured for it on this machine.

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
        """Whether the 99th percentile is within the objective; False if nothing was measured."""
        return self.measured.count > 0 and self.measured.p99 <= self.objective


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault injected into the stack, with the seconds since the sale opened."""

    at: float
    what: str


@dataclass(frozen=True, slots=True)
class Scoreboard:
    """A finished rehearsal.

    Attributes:
        rate_asked, rate_reached: orders per second.
        refused: number of refused orders by the API's reason.
        oversold: seats with more than one unvoided sale in the ledgers of all Regions together; must be 0.
        contradicted: retries whose answer differs from the first answer for the same key; must be 0.
        repeated: retries with the same key.
        planted, caught: planted oversells, and how many of them were corrected.
        caught_after: seconds from planting an oversell to its void.
        refunds: messages on the refund queues.
        maps: Regions whose seat map matches the ledger; None without Valkey.
        behind: sales of the ledger that are missing in analytics, by Region.
        events: the states of the events at the end, by event id.
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
    events: Mapping[str, str]
    goals: tuple[Goal, ...]
    purchases_ms: Percentiles
    cut_region: str
    moments: tuple[Fault, ...]
    timeline: tuple[Mapping[str, int], ...] = field(default=())

    @property
    def passed(self) -> bool:
        """Whether no seat is oversold, no retry differs, every oversell was corrected and all copies agree."""
        consistent = self.maps in (None, len(self.regions)) and not any(self.behind.values())
        return not self.oversold and not self.contradicted and self.caught == self.planted > 0 and consistent

    def data(self) -> dict[str, Any]:
        """Return everything as plain data, for `--format json`."""
        goals = [asdict(goal) | {"met": goal.met} for goal in self.goals]
        return asdict(self) | {"goals": goals, "passed": self.passed}


def timeline(attempts: Sequence[tuple[float, str]], seconds: float) -> tuple[Mapping[str, int], ...]:
    """Count the orders of each second of the sale by outcome: `sold`, `taken` or `unavailable`."""
    columns = [Counter[str]() for _ in range(int(seconds) + 1)]
    for at, outcome in attempts:
        columns[min(int(at), len(columns) - 1)][_outcome_category(outcome)] += 1
    return tuple(dict(column) for column in columns)


def _outcome_category(outcome: str) -> str:
    """Return the category that the picture shows for an outcome."""
    if outcome == "sold":
        return "sold"
    return (
        "taken" if outcome in {"sold-to-others", "held", "busy", "repeated", "hold-ended"} else "unavailable"
    )


def text(board: Scoreboard) -> str:
    """Format the scoreboard for a terminal."""
    regions = counted(len(board.regions), "Regions")
    refused = ", ".join(f"{count} {reason}" for reason, count in sorted(board.refused.items())) or "none"
    caught = ", ".join(f"{seconds:.1f} s" for seconds in board.caught_after)
    events = ", ".join(f"{event_id} {state}" for event_id, state in board.events.items())
    analytics = ", ".join(f"{counted(n, 'sales')} missing in {region}" for region, n in board.behind.items())
    lines = [
        f"{board.environment}: {regions}, {counted(board.resources, 'resources')} applied in "
        f"{board.apply_seconds:.0f} s, sale of {board.sale_seconds:.0f} s",
        "",
        f"  orders        {board.orders} at {board.rate_reached:.1f}/s (target {board.rate_asked:.1f}/s)",
        f"  sold          {board.sold_orders} orders, {board.sold_seats} of {board.seats} seats",
        f"  refused       {refused}",
        f"  oversold      {counted(board.oversold, 'seats')} (must be 0)",
        f"  retries       {board.repeated}, {board.contradicted} with a different answer (must be 0)",
        f"  planted       {counted(board.planted, 'oversells')}, {board.caught} corrected"
        + (f" after {caught}" if caught else ""),
        f"  refunds       {board.refunds} published",
        f"  cut off       {board.cut_region}",
        "  seat maps     "
        + (
            "not rehearsed: Valkey is not installed"
            if board.maps is None
            else f"{board.maps} of {regions} match the ledger"
        ),
        f"  analytics     {analytics or 'not rehearsed'}",
        f"  events        {events}",
        "",
        f"  {'':<14}{'p50':>9}{'p95':>9}{'p99':>9}{'max':>9}{'objective':>11}",
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
