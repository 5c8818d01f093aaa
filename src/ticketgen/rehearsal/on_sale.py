"""The sequence of a rehearsal of a large sale: many events open at once, and buyers come faster and faster."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from ticketgen.figures import assumptions as assumed
from ticketgen.progress import ProgressCallback
from ticketgen.rehearsal.applying import Applied, Rehearsal, applied, close
from ticketgen.rehearsal.bottleneck import Load, ended_by, load_between
from ticketgen.rehearsal.load_steps import FIRST_RATE, LoadStep, measured, rates, why_not_taken
from ticketgen.rehearsal.map_reads import MapReaders
from ticketgen.rehearsal.on_sale_report import OnSaleReport, Verification
from ticketgen.rehearsal.outcome import (
    count_matching_maps,
    record_final_state,
    valid_entries,
    wait_for_replication,
)
from ticketgen.rehearsal.process_usage import look
from ticketgen.rehearsal.sale import Buyers, SaleEvent
from ticketgen.rehearsal.scoreboard import percentiles
from ticketgen.wording import counted

__all__ = ["rehearse_on_sale", "sale_events"]

_SECTIONS = 5
_WORKERS = 48
"""Orders at the same time: many more than the machine has cores, so that waiting buyers are no limit."""

_SCRIPTS = 2
"""Operator's scripts at the same time."""

_SECONDS_PER_EVENT = 4
"""Seconds that putting an event on sale may take until the opening."""

_LEAD_SECONDS = 2.0
"""Seconds of a step before it is measured."""


def sale_events(count: int, regions: tuple[str, ...], seats: int, seats_per_buyer: int) -> list[SaleEvent]:
    """So many events, with their homes in all Regions in turn."""
    sections = {
        chr(ord("A") + number): size
        for number in range(_SECTIONS)
        if (size := seats // _SECTIONS + (number < seats % _SECTIONS))
    }
    return [
        SaleEvent(f"on-sale-{number + 1:03d}", regions[number % len(regions)], sections, seats_per_buyer)
        for number in range(count)
    ]


def rehearse_on_sale(rehearsal: Rehearsal, events: int, progress: ProgressCallback) -> OnSaleReport:
    """Run a rehearsal of a large sale and clean up.

    Raises:
        TerraformFailed: the stack could not be applied.
        ScriptFailed: an event could not be put on sale or closed.
    """
    with applied(rehearsal, progress) as stack:
        limit = rehearsal.environment.event_scale.seats_per_buyer or 0
        shows = sale_events(events, tuple(stack.stack.regions), rehearsal.seats, limit)
        _open(rehearsal, stack, shows, progress)
        return _Sale(rehearsal, stack, shows, progress).run()


def _open(rehearsal: Rehearsal, done: Applied, shows: list[SaleEvent], progress: ProgressCallback) -> None:
    """Put the events on sale, and wait for the opening that they share."""
    opens_at = int(time.time()) + _SECONDS_PER_EVENT * len(shows)
    progress(f"putting {counted(len(shows), 'events')} on sale")
    with ThreadPoolExecutor(_SCRIPTS) as pool:
        list(pool.map(lambda show: done.scripts.put_on_sale(show, opens_at), shows))
    history = rehearsal.history
    if history:
        limited = [show for show in shows if show.seats_per_buyer]
        history.write(
            [{"kind": "limit", "event": show.event_id, "seats": show.seats_per_buyer} for show in limited]
        )
    wait_for_replication(done.aws, 30)
    done.aws.control("run")  # streams are followed and schedules fire from here on
    time.sleep(max(0.0, opens_at - time.time()))


class _Sale:
    """The sale of all events, in steps."""

    def __init__(
        self, rehearsal: Rehearsal, done: Applied, shows: list[SaleEvent], progress: ProgressCallback
    ) -> None:
        self._rehearsal, self._done, self._shows, self._progress = rehearsal, done, shows, progress
        scale = rehearsal.environment.event_scale
        self._rate = scale.purchases_per_minute / 60
        apis, keys = done.stack.apis(), done.aws.keys
        self._buyers = Buyers(
            apis,
            shows,
            keys,
            rate=FIRST_RATE,
            most_seats=scale.seats_per_order,
            history=rehearsal.history,
            workers=_WORKERS,
        )
        self._readers = MapReaders(apis, shows, keys)
        self._step_seconds = min(20.0, max(6.0, rehearsal.seconds / 6))

    def run(self) -> OnSaleReport:
        """Raise the rate until the machine takes no more, hold the best rate, and count."""
        self._progress("sale opened; first orders, which start the functions")
        self._step(min(FIRST_RATE, self._rate), self._step_seconds)
        steps: list[LoadStep] = []
        not_taken, load = "", Load(cores=os.cpu_count() or 1)
        for rate in rates(self._rate):
            step, load = self._step(rate, self._step_seconds)
            steps.append(step)
            sold_out = self._buyers.share_sold() >= 1
            not_taken = why_not_taken(step, steps[0])
            self._progress(not_taken or f"{step.reached:.1f} of {rate:.1f} orders/s")
            if not_taken or sold_out:
                break
        taken = steps[:-1] if not_taken and len(steps) > 1 else steps
        best = max(taken, key=lambda step: step.reached).offered
        ended = ended_by(load, at_rate=not not_taken and not sold_out, sold_out=sold_out)
        held = steps[-1]
        if not sold_out:
            self._progress(f"holding {best:.1f} orders/s for {self._rehearsal.seconds:.0f} s")
            held, _ = self._step(best, self._rehearsal.seconds)
        return replace(
            self._count(), steps=tuple(steps), not_taken=not_taken, held=held, ended=ended, load=load
        )

    def _step(self, rate: float, seconds: float) -> tuple[LoadStep, Load]:
        """Buy and read at a rate; return what buyers saw, and which resources that took.

        What ends in the measured seconds counts: orders that began before them make up for those that end after them.
        """
        aws, buyers, readers = self._done.aws, self._buyers, self._readers
        whole = _LEAD_SECONDS + seconds
        work = [
            threading.Thread(target=buyers.buy, args=(whole, rate), daemon=True),
            threading.Thread(
                target=readers.read, args=(rate * assumed.AVAILABILITY_READS_PER_ORDER, whole), daemon=True
            ),
        ]
        for each in work:
            each.start()
        work[0].join(_LEAD_SECONDS)
        before, first = aws.control("state")["usage"], look(aws.process.pid)
        work[0].join(seconds)  # it ends earlier if all seats are sold
        last, after = look(aws.process.pid), aws.control("state")["usage"]
        for each in work:
            each.join()
        opened, attempts, reads = buyers.opened, list(buyers.attempts), list(readers.took)
        step = measured(
            rate,
            (first.at, last.at),
            [replace(attempt, at=opened + attempt.at) for attempt in attempts],
            reads,
        )
        return step, load_between(
            first, last, before, after, os.cpu_count() or 1, step.in_flight / buyers.workers
        )

    def _count(self) -> OnSaleReport:
        """Close the events and count; what the steps found is added to it."""
        rehearsal, done, shows, buyers = self._rehearsal, self._done, self._shows, self._buyers
        found = done.aws.control("state", metrics=0, executions=0)
        for show in shows:
            close(show, done.scripts, rehearsal.history)
        self._progress("sale closed; counting")
        wait_for_replication(done.aws, 30)
        if rehearsal.history:
            record_final_state(rehearsal.history, done.stack, shows)
        live = Counter(
            (entry["event_id"]["S"], entry["seat_id"]["S"]) for entry in valid_entries(done.stack).values()
        )
        environment = rehearsal.environment
        nothing = measured(0, (0, 1), [], [])
        return OnSaleReport(
            environment=environment.name,
            regions=tuple(done.stack.regions),
            resources=done.resources,
            apply_seconds=round(done.seconds, 1),
            events=len(shows),
            seats=rehearsal.seats,
            homes=dict(Counter(show.home for show in shows)),
            rate_of_spec=round(self._rate, 2),
            steps=(),
            not_taken="",
            held=nothing,
            ended=ended_by(Load(1)),
            load=Load(1),
            refused=dict(Counter(each.outcome for each in buyers.attempts if each.outcome != "sold")),
            sold_orders=sum(each.outcome == "sold" for each in buyers.attempts),
            sold_seats=len(live),
            oversold=sum(count > 1 for count in live.values()),
            repeated=buyers.repeated,
            contradicted=buyers.contradicted,
            reads=dict(self._readers.answers),
            maps=count_matching_maps(done.aws, done.stack, shows, live) if done.aws.redis else None,
            verification=_verification(found["executions"], found["metrics"]),
            objective_s=environment.objectives.verification_s,
        )


def _verification(executions: list[Mapping[str, Any]], metrics: list[Mapping[str, Any]]) -> Verification:
    runs = [each for each in executions if "-verification-" in each["machine"]]
    listed = [each["output"]["listed"] for each in runs if each["output"] and "listed" in each["output"]]
    active = [each["report"] for each in listed if each["active"]]
    failed = [each for each in runs if each["status"] != "SUCCEEDED"]
    took = [float(each["value"]) for each in metrics if each["name"] == "VerificationSeconds"]
    overdue = [int(each["value"]) for each in metrics if each["name"] == "EventsNotVerified"]
    return Verification(
        runs=len(active) + len(failed),
        failed=len(failed),
        verified=len(took),
        seconds=percentiles(took),
        waiting=max((int(each["waiting"]) for each in active), default=0),
        overdue=max(overdue, default=0),
    )
