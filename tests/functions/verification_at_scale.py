"""Runs of the verifier with many events: the code that lists them, with the durations that were measured.

Lambda gives each verification a machine of its own; a test machine cannot run thirty of them at the same time. So one
verification of a full event and one listing of all events are measured alone, and time is counted from there: the
listing is the stack's own code, and the lanes are those of the state machine.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from event_items import event_of
from lambda_process import lambda_process
from simulated_regions import World, event_item
from sold_out_event import FAR_SECONDS, HOME, NEAR_SECONDS
from stacks import DEMO_REGIONS, SHAPES, sized

from due_events import due_events, period
from events import Event
from progress import Rhythm

__all__ = ["HOUR", "Hour", "listing_seconds", "mixed_events", "simulated_hour"]

HOUR = 3600
FIRST_RUNS = 30  # in which as many events as a stack ever has are verified for the first time
_ENVIRONMENT = SHAPES["prod"]()
_SIZING = sized(_ENVIRONMENT)
INTERVAL = _ENVIRONMENT.objectives.verification_interval_s
ON_SALE = _ENVIRONMENT.event_scale.concurrent_events
MAX_DUE = int(_SIZING["verifications_per_run"].value)
LANES = int(_SIZING["verification_batches"].value) * int(_SIZING["verifications_per_batch"].value)


@dataclass
class Hour:
    """An hour of runs, after the events were verified once.

    Attributes:
        runs: the longest time of each run, in seconds, until the last event that sells was verified.
        whole: the same until the last event was verified.
        verified: how often each event was verified.
        overdue: the events that were overdue in any run.
        waited: the longest wait of an event, as a multiple of its period.
    """

    runs: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    verified: dict[str, int] = field(default_factory=dict)
    overdue: set[str] = field(default_factory=set)
    waited: float = 0.0


def mixed_events(count: int, now: float) -> tuple[list[Event], set[str]]:
    """So many events, and the ids of those that sell: as many as the spec says, or all of fewer.

    A third of the others are quiet, a third were closed in the last days, and a third long ago.
    """
    events, selling = [], set()
    for number in range(count):
        event_id = f"event-{number:04d}"
        item = event_item(event_id, HOME, opens_at=int(now) - 86_400, closes_at=int(now) + 86_400)
        event = event_of(item)
        if number < ON_SALE:
            selling.add(event_id)
        elif number % 3 == 1:
            event = replace(event, state="closed", closes_at=int(now) - 2 * 86_400)
        elif number % 3 == 2:
            event = replace(event, state="closed", closes_at=int(now) - 30 * 86_400)
        events.append(replace(event, changed_at=int((now - 40 * 86_400) * 1000)))
    return events, selling


def simulated_hour(
    events: Iterable[Event],
    selling: set[str],
    now: float,
    list_seconds: float,
    full_seconds: float,
    quiet_seconds: float,
) -> Hour:
    """Count the time of an hour's runs: a verification is of a full event that sells, or of a full one that is quiet.

    Runs share the lanes, which are the executions that the function may have: what one has not ended when the next one
    begins keeps the next one waiting.
    """
    events = list(events)
    by_id = {event.event_id: event for event in events}
    rhythms: dict[str, Rhythm] = {}
    hour = Hour()
    free = [0.0] * LANES
    for number in range(-FIRST_RUNS, HOUR // INTERVAL):
        began = now + (number + FIRST_RUNS) * INTERVAL
        for event_id in selling:
            rhythms[event_id] = rhythms.get(event_id, Rhythm())._replace(sold_at=int(began) - 5)
        due = due_events(events, rhythms, INTERVAL, MAX_DUE, began)
        if number < 0:  # all events were never verified
            rhythms |= {
                event_id: rhythms.get(event_id, Rhythm())._replace(verified_at=int(began))
                for event_id in due.ids
            }
            continue
        hour.overdue |= set(due.overdue)
        ended = {}
        for event_id in due.ids:
            usual = period(by_id[event_id], rhythms[event_id], INTERVAL, began)
            hour.waited = max(hour.waited, (began - rhythms[event_id].verified_at) / usual)
            took = full_seconds if event_id in selling else quiet_seconds
            end = max(free[0], began + list_seconds) + took
            heapq.heapreplace(free, end)
            ended[event_id] = end - began
            rhythms[event_id] = rhythms[event_id]._replace(verified_at=int(began))
            hour.verified[event_id] = hour.verified.get(event_id, 0) + 1
        assert selling <= ended.keys(), "an event that sells was not verified in this run"
        hour.runs.append(max((ended[event_id] for event_id in selling), default=list_seconds))
        hour.whole.append(max(ended.values(), default=list_seconds))
    return hour


def listing_seconds(port: int, folder: Path, count: int) -> float:
    """Seconds to list the due ones of so many events, each with a rhythm, in a process that is warm."""
    with World.running(port, folder, *DEMO_REGIONS[:2]) as world:
        world.proxy.replication = None
        for number in range(count):
            sections = [{"name": f"S{n}", "first": 1, "last": 11_700, "price": 10_000} for n in range(20)]
            world.put("events", event_item(f"event-{number:04d}", HOME, sections=sections), HOME)
            entry: Mapping[str, Any] = {"event_id": "control#rhythm", "entry_id": f"event-{number:04d}"}
            health = {
                "silent_regions": 0,
                "pms_down": 0,
                "pms_disagreements": 0,
                "undecided": 0,
                "slice_age": 9,
            }
            world.put("corrections", {**entry, "began_at": 1, "verified_at": 1, "health": health}, HOME)
        world.proxy.latency = lambda caller, region: NEAR_SECONDS if caller == region else FAR_SECONDS
        world.proxy.recorded = {}
        environment = world.environment("inventory_verifier", HOME)
        with lambda_process(
            "inventory_verifier", environment, world.proxy.endpoint(HOME), read_timeout=60
        ) as function:
            runs = [function.invoke({}) for _ in range(4)]
    assert all(run["answer"]["active"] and run["answer"]["report"]["due"] for run in runs), runs[0]
    return float(min(run["seconds"] for run in runs[1:]))
