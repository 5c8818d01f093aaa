"""Verify that each seat is sold at most once and that all its records agree.

It runs every few seconds.

Only the Region that the control item names does any work; the other hub answers that it is not active. Runs may
overlap: watermarks move conditionally, and the corrector checks every finding again.

    {"scheduled_at"}  ->  {"active", "findings": [at most 100, for the corrector], "report": {..}}
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import corrections
import dynamo
import ledger
import metrics
import pms
from comparison import Compared, Settings, compare
from corrections import Progress
from events import Event, every_event
from replicas import Replicas, Silent

__all__ = ["handler"]

REGION = os.environ["AWS_REGION"]
REGIONS = tuple(os.environ["REGIONS"].split(","))
PRIMARY_REGION = os.environ["PRIMARY_REGION"]
EVENTS_TABLE = os.environ["EVENTS_TABLE"]
CORRECTIONS_TABLE = os.environ["CORRECTIONS_TABLE"]
METRICS_NAMESPACE = os.environ["METRICS_NAMESPACE"]
PMS_URL = os.environ["PMS_URL"]
TABLES = ledger.Tables(os.environ["INVENTORY_TABLE"], os.environ["SALES_TABLE"])
FUNCTION_TIMEOUT_SECONDS = float(os.environ["FUNCTION_TIMEOUT_SECONDS"])  # of ticket_purchase
REPLICATION_SECONDS = float(os.environ["REPLICATION_SECONDS"])
VERIFICATION_SECONDS = float(os.environ["VERIFICATION_SECONDS"])
dynamo.hurry(VERIFICATION_SECONDS, longest=6.0)  # three attempts of 2 s

SKEW_SECONDS = 2.0  # allowed difference between the clocks of two machines
AFTERCARE_SECONDS = 7 * 86_400  # closed events are verified for a week, because a lost Region may come back
MOST_FINDINGS = 100
MOST_NAMED = 100  # disagreements with the PMS listed in a report


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Verify all events once."""
    started, steady = time.time(), time.monotonic()
    local = dynamo.client(REGION, attempts=3)
    control = dynamo.get(local, EVENTS_TABLE, {"event_id": "control#active"}) or {}
    if control.get("active_region", PRIMARY_REGION) != REGION:
        return {"active": False, "findings": [], "report": {}}

    # An id is created at most one function time-out before its commit, and replicated a moment after it.
    settled = started - FUNCTION_TIMEOUT_SECONDS - max(SKEW_SECONDS, REPLICATION_SECONDS)
    deadline = steady + 0.6 * VERIFICATION_SECONDS
    settings = Settings(REGIONS, int(started * 1000), int(settled * 1000), deadline)
    replicas = Replicas(TABLES)
    events = [
        one
        for one in every_event(local, EVENTS_TABLE)
        if one.state != "closed" or one.closes_at > started - AFTERCARE_SECONDS
    ]
    # Two pools, because an event's task waits for its own reads and would block them in a shared pool.
    with ThreadPoolExecutor(8) as outer, ThreadPoolExecutor(48) as inner:
        looks = list(outer.map(lambda one: _look(one, replicas, settings, inner), events))
        findings = [finding for look in looks for finding in look.compared.findings]
        findings.sort(key=lambda finding: finding["kind"] != "oversold")
        left_out = {(finding["event_id"], finding["seat_id"]) for finding in findings[MOST_FINDINGS:]}
        list(outer.map(lambda look: _note(look, left_out, settings, inner), looks))

    lagging = [one for look in looks for one in look.compared.lagging]
    oldest = max((look.oldest_slice(settings.now) for look in looks), default=0)
    found = Counter(finding["kind"] for finding in findings)
    report = {
        "scheduled_at": event.get("scheduled_at"),
        "events": [look.compared.notes for look in looks],
        "silent_regions": sorted(replicas.silent),
        "lagging": lagging[:MOST_NAMED],
        "pms": _pms_report([look.pms for look in looks]),
        "found": dict(found),
        "oldest_slice_seconds": oldest,
        "seconds": round(time.monotonic() - steady, 3),
    }
    metrics.emit(
        METRICS_NAMESPACE,
        VerificationSeconds=time.monotonic() - steady,
        VerificationAgeSeconds=oldest,
        ReplicationLagSeconds=max((one["seconds"] for one in lagging), default=0),
        Oversold=found["oversold"],
    )
    return {"active": True, "findings": findings[:MOST_FINDINGS], "report": report}


@dataclass(frozen=True, slots=True)
class Look:
    """The results of a run for one event."""

    event: Event
    known: Progress
    compared: Compared
    pms: Mapping[str, Any]

    def oldest_slice(self, now: int) -> int:
        """Seconds since the least recently compared shard was compared as a whole."""
        slices = {**self.known.slices, **dict.fromkeys(self.compared.slices, now // 1000)}
        return now // 1000 - min(slices.values(), default=now // 1000)


def _look(event: Event, replicas: Replicas, settings: Settings, pool: ThreadPoolExecutor) -> Look:
    """Compare one event, also with the PMS, which is called in parallel."""
    known = corrections.progress(dynamo.client(REGION, attempts=3), CORRECTIONS_TABLE, event.event_id)
    patience = 0.5 * VERIFICATION_SECONDS
    asked = pool.submit(pms.sold_seats, PMS_URL, event.event_id, patience) if PMS_URL else None
    try:
        compared = compare(event, known, replicas, settings, pool)
    except Silent:
        compared = Compared(notes={"event_id": event.event_id, "home_silent": event.home_region})
    return Look(event, known, compared, _compare_with_pms(event, asked, compared, replicas, settings))


def _note(look: Look, left_out: set[tuple[str, str]], settings: Settings, pool: ThreadPoolExecutor) -> None:
    """Record the run's progress.

    Shards with findings that did not fit into the answer are left out, so that the next run repeats them.
    """
    local, event = dynamo.client(REGION, attempts=3), look.event
    again = {event.shard_of(seat) for event_id, seat in left_out if event_id == event.event_id}
    where = local, CORRECTIONS_TABLE, event.event_id
    noted = [
        pool.submit(corrections.move_watermark, *where, region, shard, old, reached)
        for region, shard, old, reached in look.compared.moves
        if shard not in again
    ]
    now = settings.now // 1000
    noted += [pool.submit(corrections.mark_slice, *where, shard, now) for shard in look.compared.slices]
    for done in noted:
        done.result()


def _compare_with_pms(
    event: Event,
    asked: Future[frozenset[str]] | None,
    compared: Compared,
    replicas: Replicas,
    settings: Settings,
) -> dict[str, Any]:
    """Compare the slices of this run with the PMS, or report that it is down."""
    if asked is None:
        return {}
    try:
        theirs = asked.result()
    except pms.PmsDown as error:
        return {"event_id": event.event_id, "down": str(error)}
    ours = {seat: item for items in compared.slices.values() for seat, item in items.items()}
    # The PMS need not know the latest sales yet, and a withheld seat is not sold.
    sold = {seat for seat, item in ours.items() if item.sale_id and item.version <= settings.settled}
    surplus = sorted(seat for seat in theirs - ours.keys() if event.shard_of(seat) in compared.slices)[:100]
    keys = [(event.shard_of(seat), seat) for seat in surplus]
    try:
        since = replicas.seats(event.home_region, keys) if keys else {}
    except Silent:
        return {"event_id": event.event_id, "down": "the home did not answer"}
    return {
        "event_id": event.event_id,
        "not_in_pms": sorted(sold - theirs),
        "only_in_pms": [seat for seat in surplus if seat not in since],
    }


def _pms_report(events: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Summarize the comparison with the PMS, short enough for a state machine's payload."""
    named = [
        {"event_id": one["event_id"], "seat_id": seat, "problem": problem}
        for one in events
        for problem in ("not_in_pms", "only_in_pms")
        for seat in one.get(problem, ())
    ]
    return {
        "asked": bool(PMS_URL),
        "down": {one["event_id"]: one["down"] for one in events if "down" in one},
        "disagreements": len(named),
        "named": named[:MOST_NAMED],
    }
