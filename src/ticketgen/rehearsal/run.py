"""The sequence of a rehearsal with faults: apply, open the sale, inject faults, wait for corrections, count."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict

from ticketgen.progress import ProgressCallback
from ticketgen.rehearsal.applying import Applied, Rehearsal, applied, close
from ticketgen.rehearsal.faults import FaultInjector, region_to_disconnect
from ticketgen.rehearsal.outcome import (
    count_matching_maps,
    count_refunds,
    missing_in_analytics,
    record_final_state,
    valid_entries,
    wait_for_replication,
)
from ticketgen.rehearsal.sale import Buyers, SaleEvent
from ticketgen.rehearsal.scoreboard import Goal, Scoreboard, percentiles, timeline
from ticketgen.wording import counted

__all__ = ["rehearse"]


_TIMEOUT_SECONDS = 90.0
"""Time after the sale within which planted oversells must be corrected."""


def rehearse(rehearsal: Rehearsal, progress: ProgressCallback) -> Scoreboard:
    """Run a rehearsal and clean up.

    Raises:
        TerraformFailed: the stack could not be applied.
        ScriptFailed: an event could not be put on sale, closed or archived.
    """
    with applied(rehearsal, progress) as stack:
        return _sale(rehearsal, stack, progress)


def _sale(rehearsal: Rehearsal, done: Applied, progress: ProgressCallback) -> Scoreboard:
    environment, aws, stack, scripts = rehearsal.environment, done.aws, done.stack, done.scripts
    cut_region = region_to_disconnect(environment)
    half = max(1, rehearsal.seats // 2)
    sections, limit = {"A": half, "B": rehearsal.seats - half}, environment.event_scale.seats_per_buyer
    shows = [
        SaleEvent("rehearsal-home", environment.primary_region, sections, limit or 0),
        SaleEvent("rehearsal-away", cut_region, sections, limit or 0),
    ]
    for show in shows:
        scripts.put_on_sale(show)
        if limit and rehearsal.history:
            rehearsal.history.write([{"kind": "limit", "event": show.event_id, "seats": limit}])
    wait_for_replication(aws, 30)
    aws.control("run")  # streams are followed and schedules fire from here on
    rate = environment.event_scale.purchases_per_minute / 60
    buyers = Buyers(
        stack.apis(),
        shows,
        aws.keys,
        rate=rate,
        most_seats=environment.event_scale.seats_per_order,
        history=rehearsal.history,
    )
    progress(f"sale opened: {counted(len(shows), 'events')} with {counted(rehearsal.seats, 'seats')} each, "
             f"target {rate:,.0f} orders/s from {counted(len(stack.regions), 'Regions')}")  # fmt: skip
    opened = time.monotonic()
    injector = FaultInjector(
        aws, stack, shows, cut_region, buyers, rehearsal.seconds, opened, progress, rehearsal.history
    )
    injecting = threading.Thread(target=injector.inject, daemon=True)
    injecting.start()
    buyers.buy(rehearsal.seconds)
    sale_seconds = time.monotonic() - opened
    injecting.join()
    for show in shows:
        close(show, scripts, rehearsal.history)
    orders = sum(attempt.outcome == "sold" for attempt in buyers.attempts)
    progress(f"sale closed: {counted(orders, 'orders')} sold; waiting for corrections")
    caught_after = injector.wait_for_corrections(_TIMEOUT_SECONDS)
    wait_for_replication(aws, 30)
    if rehearsal.history:
        record_final_state(rehearsal.history, stack, shows)
    behind = missing_in_analytics(aws, stack, shows)
    found = aws.control("state", metrics=0, executions=0)
    measured = defaultdict(list)
    for metric in found["metrics"]:
        measured[metric["name"]].append(float(metric["value"]))
    objectives = environment.objectives
    sold = [attempt for attempt in buyers.attempts if attempt.outcome == "sold"]
    ledger = valid_entries(stack)
    live = Counter((entry["event_id"]["S"], entry["seat_id"]["S"]) for entry in ledger.values())
    maps = count_matching_maps(aws, stack, shows, live) if aws.redis else None
    if caught_after and len(caught_after) == len(injector.planted):
        scripts.confirm_refunds(shows[0].event_id, injector.planted)
        scripts.event("archive", shows[0].event_id, "--apply")
    return Scoreboard(
        environment=environment.name,
        regions=tuple(stack.regions),
        resources=done.resources,
        apply_seconds=round(done.seconds, 1),
        sale_seconds=round(sale_seconds, 1),
        rate_asked=round(rate, 1),
        rate_reached=round(len(buyers.attempts) / sale_seconds, 1),
        orders=len(buyers.attempts),
        sold_orders=len(sold),
        sold_seats=len(live),
        seats=rehearsal.seats * len(shows),
        refused=dict(Counter(a.outcome for a in buyers.attempts if a.outcome != "sold")),
        oversold=sum(count > 1 for count in live.values()),
        contradicted=buyers.contradicted,
        repeated=buyers.repeated,
        planted=len(injector.planted),
        caught=len(caught_after),
        caught_after=tuple(round(seconds, 1) for seconds in caught_after),
        refunds=count_refunds(stack),
        maps=maps,
        behind=behind,
        events=scripts.states(),
        goals=(
            Goal("lock", "ms", objectives.lock_ms, percentiles(measured["LockMs"])),
            Goal(
                "replication", "s", objectives.replication_s, percentiles(measured["ReplicationLagSeconds"])
            ),
            Goal("cache load", "s", objectives.cache_load_s, percentiles(measured["CacheLoadSeconds"])),
            Goal(
                "verification", "s", objectives.verification_s, percentiles(measured["VerificationSeconds"])
            ),
            Goal("correction", "s", objectives.correction_s, percentiles(measured["CorrectionSeconds"])),
        ),
        purchases_ms=percentiles(measured["PurchaseMs"]),
        cut_region=cut_region,
        moments=tuple(injector.moments),
        timeline=timeline([(a.at, a.outcome) for a in buyers.attempts], sale_seconds),
    )
