"""Verify that each seat is sold at most once and that all its records agree.

It runs every few seconds.

Only the Region that the control item names does any work; the other hub answers that it is not active. Runs may
overlap: watermarks move conditionally, and the corrector checks every finding again. An event that cannot be read or
verified does not keep the others from being verified.

    {"scheduled_at"}  ->  {"active", "findings": [at most 100, for the corrector], "report": {..}}
"""

from __future__ import annotations

import json
import os
import threading
import time
import traceback
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import corrections
import dynamo
import heartbeat
import ledger
import metrics
import pms
from comparison import Compared, Settings, compare
from corrections import Progress
from events import Event, every_event
from pms_comparison import MOST_NAMED, compare_with_pms, summary
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
# Closed events are verified like others for a week, because a lost Region may come back. After that, the runs of one
# minute in ten verify them, until they are archived.
AFTERCARE_SECONDS, RARELY_SECONDS = 7 * 86_400, 600
MOST_FINDINGS = 100


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Verify all events once."""
    started, steady = time.time(), time.monotonic()
    local = dynamo.client(REGION, attempts=3)
    # Both hubs measure it, so that the standby notices when the active one has stopped or is lost.
    age = heartbeat.age_seconds(local, EVENTS_TABLE, started)
    if age is not None:
        metrics.emit(METRICS_NAMESPACE, HeartbeatAgeSeconds=age)
    control = dynamo.get(local, EVENTS_TABLE, heartbeat.ACTIVE) or {}
    if control.get("active_region", PRIMARY_REGION) != REGION:
        return {"active": False, "findings": [], "report": {}}

    # An id is created at most one function time-out before its commit, and replicated a moment after it.
    settled = started - FUNCTION_TIMEOUT_SECONDS - max(SKEW_SECONDS, REPLICATION_SECONDS)
    deadline = steady + 0.6 * VERIFICATION_SECONDS
    settings = Settings(REGIONS, int(started * 1000), int(settled * 1000), deadline)
    replicas = Replicas(TABLES)
    every, malformed = every_event(local, EVENTS_TABLE)
    events = [one for one in every if _due(one, started)]
    # Two pools, because an event's task waits for its own reads and would block them in a shared pool.
    with ThreadPoolExecutor(8) as outer, ThreadPoolExecutor(48) as inner:
        looks = list(outer.map(lambda one: _look(one, replicas, settings, inner), events))
        findings = [finding for look in looks for finding in look.compared.findings]
        findings.sort(key=lambda finding: finding["kind"] != "oversold")
        left_out = {(finding["event_id"], finding["seat_id"]) for finding in findings[MOST_FINDINGS:]}
        list(outer.map(lambda look: _note(look, left_out, settings, inner), looks))

    failed = {look.event.event_id: look.failure for look in looks if look.failure}
    if not failed:
        heartbeat.beat(local, EVENTS_TABLE, REGION, started)
    report = {
        "scheduled_at": event.get("scheduled_at"),
        "events": [look.compared.notes for look in looks],
        "events_not_verified": failed,
        "malformed_events": malformed,
        "silent_regions": sorted(replicas.silent),
        "found": dict(Counter(finding["kind"] for finding in findings)),
        "oldest_slice_seconds": max((look.oldest_slice(settings.now) for look in looks), default=0),
        "seconds": round(time.monotonic() - steady, 3),
        **_problems(looks, replicas),
    }
    _publish(report)
    return {"active": True, "findings": findings[:MOST_FINDINGS], "report": report}


def _due(event: Event, now: float) -> bool:
    """Whether this run verifies the event."""
    if event.state != "closed" or event.closes_at > now - AFTERCARE_SECONDS:
        return event.state != "archived"
    return now % RARELY_SECONDS < 60  # the runs of one minute in ten


def _problems(looks: list[Look], replicas: Replicas) -> dict[str, Any]:
    """What people should know of, each list short enough for a state machine's payload."""

    def named(what: str) -> list[dict[str, Any]]:
        return [
            {"event_id": look.event.event_id, **each}
            for look in looks
            for each in getattr(look.compared, what)
        ]

    unreadable = [{"key": list(key), "fault": fault} for key, fault in sorted(replicas.malformed.items())]
    lists = {
        "lagging": named("lagging"),
        "malformed_items": [*named("malformed"), *unreadable],
        "misplaced": list({(each["shard"], each["seat_id"]): each for each in named("misplaced")}.values()),
    }
    return {
        **{name: found[:MOST_NAMED] for name, found in lists.items()},
        "counts": {name: len(found) for name, found in lists.items()},
        "pms": summary([look.pms for look in looks], asked=bool(PMS_URL)),
    }


def _publish(report: Mapping[str, Any]) -> None:
    """Log the report if something is wrong, and emit the metrics that the alarms watch."""
    not_verified, malformed = len(report["events_not_verified"]), len(report["malformed_events"])
    undecided = sum(len(notes.get("undecided_seats", ())) for notes in report["events"])
    counts, pms_report, silent = report["counts"], report["pms"], len(report["silent_regions"])
    wrong = (
        not_verified, malformed, undecided, silent, *counts.values(), *report["found"].values(),
        pms_report["disagreements"], len(pms_report["down"]),
    )  # fmt: skip
    if any(wrong):
        print(json.dumps({"message": "verification found problems", "report": report}))
    metrics.emit(
        METRICS_NAMESPACE,
        EventsNotVerified=not_verified,
        MalformedEvents=malformed,
        MalformedItems=counts["malformed_items"],
        Misplaced=counts["misplaced"],
        Oversold=report["found"].get("oversold", 0),
        PmsDisagreements=pms_report["disagreements"],
        PmsDown=len(pms_report["down"]),
        RegionsNotVerified=silent,
        ReplicationLagSeconds=max((one["seconds"] for one in report["lagging"]), default=0),
        Undecided=undecided,
        VerificationAgeSeconds=report["oldest_slice_seconds"],
        VerificationSeconds=report["seconds"],
    )


@dataclass(frozen=True, slots=True)
class Look:
    """The results of a run for one event; `failure` tells why it was not verified."""

    event: Event
    known: Progress
    compared: Compared
    pms: Mapping[str, Any] = field(default_factory=dict)
    failure: str = ""

    def oldest_slice(self, now: int) -> int:
        """Seconds since the least recently compared shard was compared as a whole."""
        slices = {**self.known.slices, **dict.fromkeys(self.compared.slices, now // 1000)}
        return now // 1000 - min(slices.values(), default=now // 1000)


def _look(event: Event, replicas: Replicas, settings: Settings, pool: ThreadPoolExecutor) -> Look:
    """Compare one event, also with the PMS, which is called in parallel. Whatever fails concerns this event only."""
    known, patience = Progress({}, {}, {}, {}), 0.5 * VERIFICATION_SECONDS
    began = time.monotonic()
    try:
        known = corrections.progress(dynamo.client(REGION, attempts=3), CORRECTIONS_TABLE, event.event_id)
        asked = _ask_pms(event.event_id, patience) if PMS_URL else None
        compared = compare(event, known, replicas, settings, pool)
        left = began + patience - time.monotonic()
        said = compare_with_pms(event, asked, left, compared, replicas, settings.settled)
    except Silent:
        notes = {"event_id": event.event_id, "home_silent": event.home_region}
        return Look(event, known, Compared(notes=notes), failure=f"{event.home_region} does not answer")
    except Exception as error:
        traceback.print_exc()
        return Look(event, known, Compared(notes={"event_id": event.event_id}), failure=repr(error))
    compared.malformed += [{"entry_id": entry, "fault": fault} for entry, fault in known.malformed.items()]
    return Look(event, known, compared, said)


def _ask_pms(event_id: str, seconds: float) -> Future[frozenset[str]]:
    """Ask the PMS in a thread of its own, which may hang without keeping the run from ending."""
    asked: Future[frozenset[str]] = Future()

    def ask() -> None:
        try:
            asked.set_result(pms.sold_seats(PMS_URL, event_id, seconds))
        except BaseException as error:
            asked.set_exception(error)

    threading.Thread(target=ask, daemon=True).start()
    return asked


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
