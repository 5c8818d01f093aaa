"""Kinds of findings of sizing; `sizing.quota_needs` adds one for each quota."""

from __future__ import annotations

from functools import partial
from typing import Final

from ticketgen.findings import FindingKind, Severity, Stage

TITLE: Final = "Capacity and quotas"

_size = partial(FindingKind, stage=Stage.SIZE)

EVENT_TOO_HOT = _size(
    "event-too-hot",
    "The partition keys of one event can be read within objectives.cache_load_s",
    "The busiest event is spread over so many keys that its seat map loads too late.",
    "raise objectives.cache_load_s, or lower event_scale.purchases_per_minute or event_scale.seats_per_order",
)
CACHE_LOAD_TOO_SLOW = _size(
    "cache-load-too-slow",
    "The seats of one event can be loaded into the cache within objectives.cache_load_s",
    "Buyers see no seats while the map loads.",
    "raise objectives.cache_load_s, or sell the event as several events with fewer seats",
)
CACHE_TOO_BIG = _size(
    "cache-too-big",
    "The seat maps of all concurrent events fit into the memory of one cache node",
    "Cluster mode is off, so one node holds everything. A full cache loses seat maps.",
    "lower event_scale.concurrent_events or event_scale.seats_per_event",
)
CACHE_TOO_BUSY = _size(
    "cache-too-busy",
    "One thread of the cache serves the operations of the seat map",
    "Valkey and Redis OSS execute commands in a single thread, so a larger node does not help. Requests would queue.",
    "lower event_scale.purchases_per_minute or event_scale.seats_per_order",
)
FUNCTION_TOO_BIG = _size(
    "function-too-big",
    "No function needs more memory than Lambda offers",
    "The function would end with an out-of-memory error at the load that the spec describes.",
    "lower the values that the finding names",
)
VERIFICATION_TOO_SLOW = _size(
    "verification-too-slow",
    "The sales of one interval can be verified within objectives.verification_s",
    "Verifications would time out, and an oversell would stay unnoticed.",
    "raise objectives.verification_s, or lower objectives.verification_interval_s or event_scale.purchases_per_minute",
)
TOO_MANY_EVENTS = _size(
    "too-many-events",
    "All events on sale can be verified at the same time",
    "A run of the state machine verifies a limited number of events at once. The others would wait for a later run.",
    "lower event_scale.concurrent_events, or sell in several accounts",
)
ANALYTICS_TOO_SLOW = _size(
    "analytics-too-slow",
    "Aurora Serverless v2 can write all sales",
    "The ledger's stream would grow until records expire.",
    "lower event_scale.purchases_per_minute or event_scale.seats_per_order",
)
PREWARM = _size(
    "prewarm",
    "Tables have the throughput of the sale before it begins, and functions their executions",
    "A new on-demand table throttles the opening of a large sale until it has grown, and functions start too late.",
    "run the stack's ops/prewarm.py before the sale",
    severity=Severity.NOTE,
)
LAMBDA_RAMP = _size(
    "lambda-ramp",
    "Concurrency rises no faster than Lambda scales",
    "Lambda adds a limited number of executions in 10 s, which AWS does not raise. Requests beyond it are throttled.",
    "run the stack's ops/prewarm.py before the sale, and admit buyers over the time that the finding names",
    severity=Severity.NOTE,
)

__all__ = ["TITLE"]
__all__ += [name for name, value in globals().items() if isinstance(value, FindingKind)]
