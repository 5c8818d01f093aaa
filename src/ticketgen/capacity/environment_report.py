"""The report of an environment as data: capacities, quotas and billed units."""

from __future__ import annotations

from dataclasses import dataclass

from ticketgen.capacity.billed_units import Usage
from ticketgen.capacity.billing import usage
from ticketgen.capacity.season import Season, season
from ticketgen.capacity.season_plan import SeasonWishes
from ticketgen.sizing import Sizing
from ticketgen.sizing.quota_needs import Need, needs
from ticketgen.spec.model import Environment

__all__ = ["Report", "report"]


@dataclass(frozen=True, slots=True)
class Report:
    """The capacities, quotas and billed units of an environment.

    Attributes:
        environment: the environment.
        sizing: its capacities.
        needs: its needs of every quota, Region by Region.
        usage: the units that AWS bills.
        season: the same over a season.
        before: the same without the values set on the command line; None if none was set.
    """

    environment: Environment
    sizing: Sizing
    needs: tuple[Need, ...]
    usage: tuple[Usage, ...]
    season: Season
    before: Report | None = None

    @property
    def hubs(self) -> tuple[str, ...]:
        """The Regions with analytics and verification, the primary first."""
        primary, secondary = self.environment.primary_region, self.environment.secondary_region
        return (primary, secondary) if secondary else (primary,)

    def role(self, region: str) -> str:
        """``primary``, ``secondary`` or nothing."""
        return dict(zip(self.hubs, ("primary", "secondary"), strict=False)).get(region, "")


def report(
    environment: Environment,
    sizing: Sizing,
    before: Report | None = None,
    wishes: SeasonWishes | None = None,
) -> Report:
    """The report of an environment."""
    billed = usage(environment, sizing)
    plan = (wishes or SeasonWishes()).plan(environment)
    return Report(
        environment,
        sizing,
        needs(environment, sizing),
        billed,
        season(environment, sizing, billed, plan),
        before,
    )
