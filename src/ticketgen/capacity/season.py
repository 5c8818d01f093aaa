"""The units of a season: the idle stack, an hour on sale at the full rate, and the days after a sale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ticketgen.aws import limits
from ticketgen.capacity.billed_units import SALES, Usage
from ticketgen.capacity.season_plan import SeasonPlan
from ticketgen.capacity.verification_rhythm import (
    HOURS_PER_DAY,
    EventLife,
    EventUnits,
    aftercare_formula,
    aftercare_verifications,
    verifications_per_hour,
)
from ticketgen.figures import assumptions as assumed
from ticketgen.sizing import Sizing, database, demand
from ticketgen.spec.model import Environment
from ticketgen.stack.functions import functions_of
from ticketgen.stack.operations import stack_facts
from ticketgen.wording import counted, format_number, join_words

__all__ = ["HOURS_PER_MONTH", "PhaseFormula", "Season", "SeasonPhase", "SeasonUsage", "season"]

HOURS_PER_MONTH = 730
"""A twelfth of a year, as in AWS's price calculator."""

_WARM_SOURCE = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html"
_PROVISIONED_SOURCE = "https://aws.amazon.com/lambda/pricing"


class SeasonPhase(StrEnum):
    """A part of a season that has a cost of its own."""

    IDLE_HOUR = "idle_hour"
    IDLE_DAY = "idle_day"
    IDLE_MONTH = "idle_month"
    ON_SALE_HOUR = "on_sale_hour"
    PROVISIONED_HOUR = "provisioned_hour"
    AFTERCARE = "aftercare"
    SEASON = "season"


@dataclass(frozen=True, slots=True)
class PhaseFormula:
    """What a phase is.

    Attributes:
        title: for people.
        formula: how its units follow from those of an idle hour, a sale and an event.
        source: where the numbers in it come from.
    """

    title: str
    formula: str
    source: str


@dataclass(frozen=True, slots=True)
class SeasonUsage:
    """The units under one price, in each phase.

    Attributes:
        usage: the units of an idle hour, a sale and an event, with their key and formula.
        units: by phase, where there are any.
    """

    usage: Usage
    units: Mapping[SeasonPhase, float]


@dataclass(frozen=True, slots=True)
class Season:
    """A season.

    Attributes:
        plan: its settings.
        phases: in reading order.
        usage: the units, in the order of the billed units.
    """

    plan: SeasonPlan
    phases: Mapping[SeasonPhase, PhaseFormula]
    usage: tuple[SeasonUsage, ...]


def season(environment: Environment, sizing: Sizing, usage: tuple[Usage, ...], plan: SeasonPlan) -> Season:
    """The units of a season in an environment."""
    count = _SeasonCounter(environment, sizing, plan)
    every = (*usage, *count.once_a_season(), *count.provisioned(usage))
    return Season(plan, count.phases(), tuple(SeasonUsage(each, count.units(each)) for each in every))


class _SeasonCounter:
    """Counts the units, and keeps quantities that several keys share."""

    def __init__(self, environment: Environment, sizing: Sizing, plan: SeasonPlan) -> None:
        self.environment, self.sizing, self.plan = environment, sizing, plan
        self.scale = environment.event_scale
        self.event = EventUnits(environment, sizing)
        self.seats_per_hour = sizing[demand.seats_per_second].value * 3600
        self.seats = plan.events * self.scale.seats_per_event
        self.hours = self.seats / self.seats_per_hour
        self.selling = verifications_per_hour(EventLife.SELLING, environment)
        self.aftercare = aftercare_verifications(plan.archive_days, environment)
        least, most = sizing[database.aurora_min_acu].value, sizing[database.aurora_max_acu].value
        hubs = 2 if environment.secondary_region else 1
        self.more_acu = (most - least) * sizing[database.aurora_instances].value * hubs
        functions = functions_of(environment)
        ready = {
            name: figure for name, function in functions.items() if (figure := function.capacity.provisioned)
        }
        gib = {name: sizing[functions[name].capacity.memory].value / 1024 for name in ready}
        self.ready = join_words(list(ready))
        self.provisioned_gib = sum(sizing[ready[name]].value * gib[name] for name in ready) * len(
            environment.regions
        )
        orders = self.seats_per_hour / self.scale.seats_per_order
        self.duration = (
            orders * assumed.sales_requests_per_second(1) * assumed.PURCHASE_SECONDS * gib["ticket_purchase"]
            + orders * assumed.reads_per_second(1) * assumed.AVAILABILITY_SECONDS * gib["seat_availability"]
            + assumed.queue_joins_per_second(orders) * assumed.QUEUE_SECONDS * gib.get("admission_queue", 0)
        )

    def units(self, usage: Usage) -> Mapping[SeasonPhase, float]:
        """The units under one key in each phase."""
        if usage.key in {"dynamodb.warm_write_units", "dynamodb.warm_read_units"}:
            return {SeasonPhase.SEASON: usage.sales}
        if usage.key.startswith("lambda.provisioned"):
            return {SeasonPhase.PROVISIONED_HOUR: usage.sales}
        plan, verification = self.plan, self.event.verification.get(usage.key, 0.0)
        sold = usage.sales * self.seats_per_hour / SALES
        selling = self.scale.concurrent_events * self.event.shown(usage.key, self.selling)
        more = sold + selling + (self.more_acu if usage.key == "rds.acu_hours" else 0)
        kept = plan.days * HOURS_PER_DAY / HOURS_PER_MONTH if usage.key == "dynamodb.storage" else 1
        sold_out = plan.sold_out_days * HOURS_PER_DAY * usage.event_hour + self.aftercare * verification
        found = {
            SeasonPhase.IDLE_HOUR: usage.idle_hour,
            SeasonPhase.IDLE_DAY: usage.idle_hour * HOURS_PER_DAY,
            SeasonPhase.IDLE_MONTH: usage.idle_hour * HOURS_PER_MONTH,
            SeasonPhase.ON_SALE_HOUR: usage.idle_hour + more,
            SeasonPhase.PROVISIONED_HOUR: -self.duration if usage.key == "lambda.gib_seconds" else 0,
            SeasonPhase.AFTERCARE: self.scale.concurrent_events * self.aftercare * verification,
            SeasonPhase.SEASON: plan.days * HOURS_PER_DAY * usage.idle_hour
            + self.hours * more * kept
            + plan.events * sold_out,
        }
        return {phase: units for phase, units in found.items() if units}

    def once_a_season(self) -> Iterator[Usage]:
        """The single charge for warming tables up."""
        cold = (limits.DYNAMODB_COLD_WRITE_UNITS, limits.DYNAMODB_COLD_READ_UNITS)
        warm = stack_facts(self.environment, self.sizing)["warm_throughput"]
        assert isinstance(warm, dict)
        regions = len(self.environment.regions)
        for number, (what, limit) in enumerate(zip(("write", "read"), cold, strict=True)):
            raised = sum(max(0, units[number] - limit.value) for units in warm.values())
            yield Usage(
                f"dynamodb.warm_{what}_units",
                f"warm {what} units",
                raised * regions,
                0,
                0,
                f"once: {', '.join(f'{table} {format_number(units[number])}' for table, units in warm.items())}, less "
                f"the {format_number(limit.value)} of a new table each, × {counted(regions, 'Regions')}",
                _WARM_SOURCE,
            )

    def provisioned(self, usage: tuple[Usage, ...]) -> Iterator[Usage]:
        """Provisioned concurrency for one hour, which the stack does not order by itself."""
        yield Usage(
            "lambda.provisioned_gib_seconds",
            "GiB seconds on arm64",
            self.provisioned_gib * 3600,
            0,
            0,
            f"the provisioned concurrency of {self.ready} × their memory × 3,600 s × "
            f"{counted(len(self.environment.regions), 'Regions')}",
            _PROVISIONED_SOURCE,
        )
        yield Usage(
            "lambda.provisioned_duration_gib_seconds",
            "GiB seconds on arm64",
            self.duration,
            0,
            0,
            f"the duration of {self.ready} in an hour at the full rate, instead of as lambda.gib_seconds",
            _PROVISIONED_SOURCE,
        )

    def phases(self) -> Mapping[SeasonPhase, PhaseFormula]:
        """Every phase, with its formula."""
        plan, scale = self.plan, self.scale
        events = counted(scale.concurrent_events, "events")
        rhythm, billed = "ticketgen.capacity.verification_rhythm", "the billed units"
        verified = format_number(round(self.selling, 2))
        hours = format_number(round(self.hours, 4))
        closed = aftercare_formula(plan.archive_days, self.environment)
        return {
            SeasonPhase.IDLE_HOUR: PhaseFormula("an idle hour", "no event exists", billed),
            SeasonPhase.IDLE_DAY: PhaseFormula("an idle day", f"{HOURS_PER_DAY} idle hours", billed),
            SeasonPhase.IDLE_MONTH: PhaseFormula("an idle month", f"{HOURS_PER_MONTH} idle hours", billed),
            SeasonPhase.ON_SALE_HOUR: PhaseFormula(
                "an hour on sale",
                f"an idle hour + {counted(self.seats_per_hour, 'sales')} at the full rate + {events}, each verified "
                f"{verified} times and with its maps kept + Aurora at its maximum; stored items count for a month",
                f"{billed}; {rhythm}",
            ),
            SeasonPhase.PROVISIONED_HOUR: PhaseFormula(
                "+ provisioned concurrency",
                f"for that hour, by ops/prewarm.py: the executions of {self.ready} in every "
                "Region, less their duration at the normal price",
                _PROVISIONED_SOURCE,
            ),
            SeasonPhase.AFTERCARE: PhaseFormula(
                f"aftercare of {events}",
                f"{events} × ({closed}) verifications from the close until the archive",
                rhythm,
            ),
            SeasonPhase.SEASON: PhaseFormula(
                f"the season: {counted(plan.events, 'events')} in {counted(plan.days, 'days')}",
                f"{counted(plan.days, 'days')} × {HOURS_PER_DAY} idle hours + {hours} hours on sale at the full rate "
                f"({counted(self.seats, 'seats')} / {format_number(self.seats_per_hour)} per hour), less their idle "
                f"hours + {counted(plan.events, 'events')} × ({counted(plan.sold_out_days, 'days')} × "
                f"{HOURS_PER_DAY} hours sold out + aftercare) + warming the tables up once; items are stored for "
                f"{counted(plan.days, 'days')}, and provisioned concurrency is not included",
                f"{billed}; {rhythm}",
            ),
        }
