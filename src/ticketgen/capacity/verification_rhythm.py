"""How often an event is verified in each part of its life, and what one verification and one map load cost.

Every quantity of the verification that a season's costs depend on is here, and only here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from math import ceil
from types import MappingProxyType

from ticketgen.aws import limits
from ticketgen.capacity.billed_units import GIB, TRACED_SHARE, Usage
from ticketgen.figures import assumptions as assumed
from ticketgen.sizing import Sizing, demand, hot_partitions
from ticketgen.spec.model import Environment
from ticketgen.stack.functions import FUNCTIONS
from ticketgen.wording import counted, format_number

__all__ = [
    "AFTERCARE_DAYS",
    "BASE_SECONDS",
    "EMPTY_QUERY_UNITS",
    "EXPRESS_MIB",
    "HOURS_PER_DAY",
    "EventLife",
    "EventUnits",
    "aftercare_formula",
    "aftercare_verifications",
    "verifications_per_hour",
    "with_an_event",
]

EXPRESS_MIB = 64
"""The minimum memory that Express workflows are billed for."""

HOURS_PER_DAY = 24

AFTERCARE_DAYS = 7
"""After these days, a closed event is verified once a day, until it is archived."""

EMPTY_QUERY_UNITS = 1
"""Read units of a query that finds nothing."""

# Queries for the first items of shards in each other Region, and, in both tables, of keys where no seat belongs.
_LAG_PROBES, _PLACEMENT_PROBES = 2, 16

BASE_SECONDS = 0.1
"""Seconds of a verification that compares nothing."""


class EventLife(StrEnum):
    """A part of an event's life with a rhythm of its own."""

    SELLING = "selling"
    SOLD_OUT = "sold_out"
    CLOSED = "closed"


def verifications_per_hour(life: EventLife, environment: Environment) -> float:
    """Verifications of one event in an hour."""
    return (
        3600
        / {
            EventLife.SELLING: environment.objectives.verification_interval_s,
            EventLife.SOLD_OUT: assumed.QUIET_SECONDS,
            EventLife.CLOSED: assumed.AFTERCARE_SECONDS,
        }[life]
    )


def aftercare_verifications(days: int, environment: Environment) -> float:
    """Verifications of one event from its end until it is archived, that many days later."""
    often = min(days, AFTERCARE_DAYS) * HOURS_PER_DAY * verifications_per_hour(EventLife.CLOSED, environment)
    return often + max(0, days - AFTERCARE_DAYS)


def aftercare_formula(days: int, environment: Environment) -> str:
    """How `aftercare_verifications` are computed."""
    daily = HOURS_PER_DAY * verifications_per_hour(EventLife.CLOSED, environment)
    often = f"{counted(min(days, AFTERCARE_DAYS), 'days')} × {format_number(int(daily))}"
    rare = f" + {counted(days - AFTERCARE_DAYS, 'days')} × 1" if days > AFTERCARE_DAYS else ""
    return f"{often}{rare}"


class EventUnits:
    """The units of one verification of a sold-out event, and of an hour in which its maps are kept, by price key."""

    def __init__(self, environment: Environment, sizing: Sizing) -> None:
        scale = environment.event_scale
        shards = sizing[hot_partitions.event_shards].value
        self.slices = min(shards, max(assumed.SLICES_PER_RUN, ceil(shards / assumed.RUNS_PER_ROUND)))
        self.regions_read = min(len(environment.regions), assumed.REGIONS_PER_RUN)
        self.items = self.slices / shards * scale.seats_per_event * 2  # of the inventory and of the ledger
        self.queries = shards * self.regions_read
        self.probes = _LAG_PROBES * (len(environment.regions) - 1) + _PLACEMENT_PROBES
        self.writes = (
            self.regions_read + 2
        )  # a watermark for each Region, the turns of the shards, and the rhythm
        self.seconds = (
            BASE_SECONDS
            + self.items * assumed.CPU_SECONDS_PER_VERIFIED_ITEM
            + (self.queries + self.probes) * assumed.CPU_SECONDS_PER_CALL
        )
        hubs = 2 if environment.secondary_region else 1
        written = "dynamodb.replicated_write_request_units" if hubs > 1 else "dynamodb.write_request_units"
        self.loads = 3600 / assumed.MAP_RELOAD_SECONDS * len(environment.regions)
        item_units = assumed.item_bytes(scale.seats_per_order) / limits.DYNAMODB_READ_UNIT_BYTES.value
        verifier, syncer = (
            sizing[FUNCTIONS[name].capacity.memory].value / 1024
            for name in ("inventory_verifier", "seat_cache_sync")
        )
        self.verification: Mapping[str, float] = MappingProxyType({
            "dynamodb.read_request_units": self.items * item_units
            + (self.queries + self.probes) * EMPTY_QUERY_UNITS,
            written: self.writes * hubs,
            "lambda.gib_seconds": self.seconds * verifier,
            "lambda.requests": 1,
            "logs.ingested": assumed.LOG_BYTES_PER_REQUEST / GIB,
            "states.express_gib_seconds": self.seconds * EXPRESS_MIB / 1024,
            "states.express_requests": 1,
            "xray.traces": TRACED_SHARE,
        })  # fmt: skip
        self.map_hour: Mapping[str, float] = MappingProxyType({
            "dynamodb.read_request_units": self.loads
            * demand.map_read_units(scale.seats_per_event, scale.seats_per_order),
            "lambda.gib_seconds": self.loads
            * scale.seats_per_event
            * assumed.CPU_SECONDS_PER_CACHED_SEAT
            * syncer,
        })  # fmt: skip

    def shown(self, key: str, verifications: float) -> float:
        """The units under a key in an hour with that many verifications of one event whose map is kept."""
        return self.map_hour.get(key, 0.0) + verifications * self.verification.get(key, 0.0)

    @property
    def formula(self) -> str:
        """What one verification reads and writes."""
        return (
            f"{counted(round(self.items), 'items')} compared and {counted(self.queries, 'queries')} of new entries in "
            f"{counted(self.regions_read, 'Regions')}, {counted(self.probes, 'probes')}, "
            f"{counted(self.writes, 'writes')} of its progress, {format_number(round(self.seconds, 2))} s"
        )


def with_an_event(usage: Usage, event: EventUnits, environment: Environment) -> Usage:
    """The same with the units of a sold-out event: its verification, and its map in every Region."""
    verifications = verifications_per_hour(EventLife.SOLD_OUT, environment)
    units = event.shown(usage.key, verifications)
    if not units:
        return usage
    parts = [f"{counted(round(verifications), 'verifications')} per hour"] * (usage.key in event.verification)
    parts += [f"its map {counted(round(event.loads), 'times')} per hour"] * (usage.key in event.map_hour)
    if usage.key == "dynamodb.read_request_units":
        parts.append(f"a verification: {event.formula}")
    return replace(usage, event_hour=units, formula=f"{usage.formula}; a sold-out event: {', '.join(parts)}")
