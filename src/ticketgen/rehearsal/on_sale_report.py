"""The result of a rehearsal of a large sale, as text and as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ticketgen.rehearsal.bottleneck import End, Load
from ticketgen.rehearsal.load_steps import LoadStep
from ticketgen.rehearsal.process_usage import BUYERS, CACHE, EMULATOR, FUNCTIONS
from ticketgen.rehearsal.scoreboard import Percentiles
from ticketgen.wording import counted

__all__ = ["OnSaleReport", "Verification", "text"]


@dataclass(frozen=True, slots=True)
class Verification:
    """The verification of all events during the sale.

    Attributes:
        runs, failed: runs of the state machine, and those that failed.
        verified: verifications of single events.
        seconds: from the scheduled time of a run to the end of an event's verification.
        waiting: the most events of a run that were due and had to wait for a later run.
        overdue: the most events at any time that were not verified for three of their periods.
    """

    runs: int
    failed: int
    verified: int
    seconds: Percentiles
    waiting: int
    overdue: int


@dataclass(frozen=True, slots=True)
class OnSaleReport:
    """A finished rehearsal of a large sale.

    Attributes:
        events, seats: on sale, and the seats of each.
        homes: the number of events by home Region.
        rate_of_spec: orders per second.
        steps: the rates that were tried, one after the other.
        not_taken: why the machine did not take the last of them; "" if it took all.
        held: the best rate, held for a while.
        ended: which resource ended the rise.
        load: of the step that ended it.
        refused: number of refused orders by the API's reason, over all steps.
        sold_seats: in the ledgers of all Regions together.
        oversold: seats with more than one unvoided sale; must be 0.
        repeated, contradicted: retries, and those whose answer differs from the first one; must be 0.
        reads: answers to reads of seat maps by status; 0 for no answer.
        maps: Regions whose seat maps match the ledger; None without Valkey.
        objective_s: the objective of a verification.
    """

    environment: str
    regions: tuple[str, ...]
    resources: int
    apply_seconds: float
    events: int
    seats: int
    homes: Mapping[str, int]
    rate_of_spec: float
    steps: tuple[LoadStep, ...]
    not_taken: str
    held: LoadStep
    ended: End
    load: Load
    refused: Mapping[str, int]
    sold_orders: int
    sold_seats: int
    oversold: int
    repeated: int
    contradicted: int
    reads: Mapping[int, int]
    maps: int | None
    verification: Verification
    objective_s: float

    @property
    def share_of_spec(self) -> float:
        """The held rate as a share of the spec's."""
        return self.held.reached / self.rate_of_spec

    @property
    def passed(self) -> bool:
        """Whether no seat is oversold, no retry differs, and all seat maps agree with the ledger."""
        return not self.oversold and not self.contradicted and self.maps in (None, len(self.regions))

    def data(self) -> dict[str, Any]:
        """Return everything as plain data, for `--format json`."""
        return {
            "profile": "on-sale",
            **asdict(self),
            "share_of_spec": self.share_of_spec,
            "passed": self.passed,
        }


def text(report: OnSaleReport) -> str:
    """Format the report for a terminal."""
    regions = counted(len(report.regions), "Regions")
    held, verified, load = report.held, report.verification, report.load
    refused = ", ".join(f"{count} {reason}" for reason, count in sorted(report.refused.items())) or "none"
    reads = ", ".join(
        f"{count} {status or 'without an answer'}" for status, count in sorted(report.reads.items())
    )
    homes = ", ".join(f"{region} {count}" for region, count in report.homes.items())
    lines = [
        f"{report.environment}: {regions}, {counted(report.resources, 'resources')} applied in "
        f"{report.apply_seconds:.0f} s; {counted(report.events, 'events')} with {counted(report.seats, 'seats')} each",
        "",
        f"  homes         {homes}",
        f"  reached       {held.reached:.1f} of the spec's {report.rate_of_spec:,.1f} orders/s: "
        f"{report.share_of_spec:.1%}, held for {held.seconds:.0f} s",
        f"  ended by      {report.ended.resource}: {report.ended.why}",
        f"  sold          {report.sold_orders} orders, {counted(report.sold_seats, 'seats')}",
        f"  refused       {refused}",
        f"  oversold      {counted(report.oversold, 'seats')} (must be 0)",
        f"  retries       {report.repeated}, {report.contradicted} with a different answer (must be 0)",
        f"  map reads     {reads or 'none'}",
        "  seat maps     "
        + (
            "not rehearsed: Valkey is not installed"
            if report.maps is None
            else f"{report.maps} of {regions} match the ledger"
        ),
        f"  verification  {counted(verified.runs, 'runs')} ({verified.failed} failed), "
        f"{counted(verified.verified, 'events')} verified; p50 {verified.seconds.p50:.1f} s, "
        f"p99 {verified.seconds.p99:.1f} s, objective {report.objective_s:g} s; at most {verified.waiting} waiting, "
        f"{verified.overdue} overdue",
        "",
        f"  {'orders/s':<14}{'offered':>9}{'reached':>9}{'failed':>9}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}"
        f"{'reads/s':>9}{'p95 ms':>9}",
    ]
    for number, step in enumerate((*report.steps, held), 1):
        name = f"step {number}" if number <= len(report.steps) else "held"
        lines.append(
            f"  {name:<14}{step.offered:>9.1f}{step.reached:>9.1f}{step.failed:>9.1%}{step.orders_ms.p50:>9.0f}"
            f"{step.orders_ms.p95:>9.0f}{step.orders_ms.p99:>9.0f}{step.reads:>9.1f}{step.reads_ms.p95:>9.0f}"
        )
    if report.not_taken:
        lines.append(f"  step {len(report.steps)} was not taken: {report.not_taken}.")
    lines += [
        "",
        f"  {'at the end':<14}{'cores':>9}{'busiest':>9}{'MiB':>9}",
        *(
            f"  {role:<14}{load.processors.get(role, 0):>9.2f}{load.busiest.get(role, 0):>9.2f}"
            f"{load.memory_mib.get(role, 0):>9.0f}"
            for role in (EMULATOR, FUNCTIONS, CACHE, BUYERS)
        ),
        f"  {'machine':<14}"
        + (f"{load.machine:>9.2f}" if load.machine is not None else f"{'unknown':>9}")
        + f" of {load.cores}"
        + (f"; {load.available:.0%} of the memory is available" if load.available is not None else ""),
        f"  DynamoDB      {load.dynamodb:.2f} cores of the emulator, {load.answer_ms:.1f} ms per call, "
        f"{load.waited:.0%} of it waiting for other calls",
        f"  workers       {_busiest(load)}, {counted(load.refused, 'calls')} without one",
        f"  connections   {load.connections:.0%} of the buyers' wait for an answer",
        "",
        "  Passed." if report.passed else "  FAILED.",
    ]
    return "\n".join(lines)


def _busiest(load: Load) -> str:
    name, share = max(load.workers.items(), key=lambda each: each[1], default=("", 0.0))
    return f"{share:.0%} of those of {name} busy" if name else "none busy"
