"""Verify that each seat is sold at most once and that all its records agree.

A state machine calls it every few seconds: first for the events that are due (see `due_events`), and then for each of
them. Only the Region that the control item names does any work; the other hub answers that it is not active. Runs may
overlap: watermarks move conditionally, and the corrector checks every finding again.

    {"scheduled_at"}              ->  {"active", "batches": [[event id, ..], ..], "report": {..}}
    {"scheduled_at", "event_id"}  ->  {"findings": [at most 100, for the corrector], "report": {..}}
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import dynamo
import heartbeat
import ledger
import metrics
from comparison import Settings
from due_events import due_events
from event_verification import Place, Verified, verify_event
from events import every_event
from pms_comparison import MOST_NAMED, summary
from progress import rhythms
from replicas import Replicas

__all__ = ["handler"]

REGION = os.environ["AWS_REGION"]
REGIONS = tuple(os.environ["REGIONS"].split(","))
PRIMARY_REGION = os.environ["PRIMARY_REGION"]
METRICS_NAMESPACE = os.environ["METRICS_NAMESPACE"]
PMS_URL = os.environ["PMS_URL"]
TABLES = ledger.Tables(os.environ["INVENTORY_TABLE"], os.environ["SALES_TABLE"])
FUNCTION_TIMEOUT_SECONDS = float(os.environ["FUNCTION_TIMEOUT_SECONDS"])  # of ticket_purchase
REPLICATION_SECONDS = float(os.environ["REPLICATION_SECONDS"])
VERIFICATION_SECONDS = float(os.environ["VERIFICATION_SECONDS"])
INTERVAL_SECONDS = float(os.environ["VERIFICATION_INTERVAL_SECONDS"])
MOST_EVENTS = int(os.environ["MOST_EVENTS"])  # that a run verifies
EVENTS_AT_ONCE = int(os.environ["EVENTS_AT_ONCE"])  # of a batch
dynamo.hurry(VERIFICATION_SECONDS, longest=6.0)  # three attempts of 2 s
LOCAL = dynamo.client(REGION, attempts=3)
PLACE = Place(
    LOCAL, os.environ["EVENTS_TABLE"], os.environ["CORRECTIONS_TABLE"], PMS_URL, 0.5 * VERIFICATION_SECONDS
)

SKEW_SECONDS = 2.0  # allowed difference between the clocks of two machines
MOST_FINDINGS = 100  # in an answer, which is a state machine's payload
# An item by hand may say anything at any length, and a run has the IDs of its events in each of its states, which have
# at most 256 KiB: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
MOST_TEXT, MOST_ID_TEXT = 200, 140_000
# Shares of the objective, from the time for which a run was scheduled: no page is read after the first of them, and no
# seat is read again after the second. An event that had to wait for others has a share of its own at least.
READING_SHARE, JUDGING_SHARE, LEAST_SHARE = 0.6, 0.75, 0.3


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """List the events that are due, or verify one of them."""
    scheduled_at = event.get("scheduled_at")
    return _verify(event["event_id"], scheduled_at) if "event_id" in event else _list(scheduled_at)


def _list(scheduled_at: Any) -> dict[str, Any]:
    """List the events to verify now, and measure how far verification is behind."""
    now = time.time()
    # Both hubs measure it, so that the standby notices when the active one has stopped or is lost.
    age = heartbeat.age_seconds(LOCAL, PLACE.events, now)
    if age is not None:
        metrics.emit(METRICS_NAMESPACE, HeartbeatAgeSeconds=age)
    control = dynamo.get(LOCAL, PLACE.events, heartbeat.ACTIVE) or {}
    if control.get("active_region", PRIMARY_REGION) != REGION:
        return {"active": False, "batches": [], "report": {}}
    every, malformed = every_event(LOCAL, PLACE.events)
    known = rhythms(LOCAL, PLACE.corrections)
    longest = max((len(event.event_id) for event in every), default=0) + 3  # with quotes and a comma
    due = due_events(every, known, INTERVAL_SECONDS, min(MOST_EVENTS, MOST_ID_TEXT // longest), now)
    if not due.overdue:
        heartbeat.beat(LOCAL, PLACE.events, REGION, now)
    report = {
        "scheduled_at": scheduled_at,
        "due": len(due.ids),
        "waiting": due.waiting,
        "events_not_verified": due.overdue[:MOST_NAMED],
        "malformed_events": {
            name[:MOST_TEXT]: why[:MOST_TEXT] for name, why in [*malformed.items()][:MOST_NAMED]
        },
        "seconds": round(_since(scheduled_at, now) + time.time() - now, 3),
    }
    if due.overdue or malformed:
        print(json.dumps({"message": "events are not verified", "report": report}))
    live = {event.event_id for event in every if event.state != "archived"}
    health = [rhythm.health for event_id, rhythm in known.items() if event_id in live]
    # The last figures of every event, in every run: an event that is verified rarely is still in its last state.
    metrics.emit(
        METRICS_NAMESPACE,
        EventsNotVerified=len(due.overdue),
        MalformedEvents=len(malformed),
        PmsDisagreements=sum(each.get("pms_disagreements", 0) for each in health),
        PmsDown=sum(each.get("pms_down", 0) for each in health),
        RegionsNotVerified=max((each.get("silent_regions", 0) for each in health), default=0),
        SliceAgeRuns=max((each.get("slice_age", 0) for each in health), default=0),
        Undecided=sum(each.get("undecided", 0) for each in health),
    )
    batches = -(-len(due.ids) // EVENTS_AT_ONCE)
    # Dealt, so that those that have waited longest are verified first in every batch.
    return {"active": True, "batches": [due.ids[one::batches] for one in range(batches)], "report": report}


def _verify(event_id: str, scheduled_at: Any) -> dict[str, Any]:
    """Verify one event."""
    started, steady = time.time(), time.monotonic()
    waited = _since(scheduled_at, started)
    deadline, last = (
        steady + max(LEAST_SHARE * VERIFICATION_SECONDS, share * VERIFICATION_SECONDS - waited)
        for share in (READING_SHARE, JUDGING_SHARE)
    )
    # An id is created at most one function time-out before its commit, and replicated a moment after it.
    settled = started - FUNCTION_TIMEOUT_SECONDS - max(SKEW_SECONDS, REPLICATION_SECONDS)
    settings = Settings(REGIONS, int(started * 1000), int(settled * 1000))
    replicas = Replicas(TABLES, deadline, last)
    done = verify_event(event_id, PLACE, replicas, settings)
    findings = sorted(done.compared.findings.values(), key=lambda finding: finding["kind"] != "oversold")
    report = {"scheduled_at": scheduled_at, "event_id": event_id, **_report(done, replicas)}
    report["seconds"] = round(waited + time.monotonic() - steady, 3)
    _publish(report)
    return {"findings": findings[:MOST_FINDINGS], "report": report}


def _since(scheduled_at: Any, now: float) -> float:
    """Seconds since the run was scheduled, as Step Functions writes the time; 0 if it does not say when."""
    try:
        return max(0.0, now - datetime.fromisoformat(str(scheduled_at)).timestamp())
    except ValueError:
        return 0.0


def _report(done: Verified, replicas: Replicas) -> dict[str, Any]:
    """What people should know of, each list short enough for a state machine's payload."""
    compared = done.compared
    entries = [{"entry_id": entry, "fault": fault} for entry, fault in done.progress.malformed.items()]
    items = [{"key": list(key), "fault": fault} for key, fault in sorted(replicas.malformed.items())]
    lists: dict[str, Sequence[Any]] = {
        "lagging": done.lagging,
        "malformed_items": [*compared.malformed, *entries, *items],
        "misplaced": list({(each["shard"], each["seat_id"]): each for each in compared.misplaced}.values()),
        "undecided_seats": sorted(set(compared.undecided)),
        "sold_and_withheld_seats": sorted(set(compared.withheld)),
    }
    report = {
        "not_verified": done.failure,
        "gone": done.gone,
        "complete": done.complete,
        "new_entries": len(compared.new_entries),
        "unfinished_shards": len(compared.unfinished),
        "oldest_slice_runs": compared.turns.oldest,
        "silent_regions": sorted(replicas.silent),
        "found": dict(Counter(finding["kind"] for finding in compared.findings.values())),
        **{name: found[:MOST_NAMED] for name, found in lists.items()},
        "counts": {name: len(found) for name, found in lists.items()},
        "pms": summary(done.pms, asked=bool(PMS_URL)),
    }
    short: dict[str, Any] = _shortened(report)
    return short


def _shortened(told: Any) -> Any:
    """The same with every text cut to what a payload has room for."""
    if isinstance(told, str):
        return told[:MOST_TEXT]
    if isinstance(told, list):
        return [_shortened(part) for part in told]
    return {name: _shortened(part) for name, part in told.items()} if isinstance(told, dict) else told


def _publish(report: Mapping[str, Any]) -> None:
    """Log the report if something is wrong, and emit the metrics that the alarms watch."""
    counts, pms_report, silent = report["counts"], report["pms"], len(report["silent_regions"])
    wrong = (
        report["not_verified"],
        silent,
        *counts.values(),
        *report["found"].values(),
        pms_report["disagreements"],
    )
    if any(wrong) or pms_report["down"]:
        print(json.dumps({"message": "verification found problems", "report": report}))
    metrics.emit(
        METRICS_NAMESPACE,
        MalformedItems=counts["malformed_items"],
        Misplaced=counts["misplaced"],
        Oversold=report["found"].get("oversold", 0),
        ReplicationLagSeconds=max((one["seconds"] for one in report["lagging"]), default=0),
        VerificationSeconds=report["seconds"],
    )
