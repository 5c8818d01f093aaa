"""The settings of a season: ``ticketgen size --season events=40 --season days=90``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from ticketgen.findings import Category, Checked, Finding, Stage
from ticketgen.findings.spec import INVALID_VALUE, UNKNOWN_KEY
from ticketgen.guesses import did_you_mean
from ticketgen.spec.model import Environment
from ticketgen.spec.nodes import display_text

__all__ = ["SEASON_KEYS", "SeasonPlan", "SeasonWishes", "read_season"]

_MAX_NUMBER = 100_000


@dataclass(frozen=True, slots=True)
class SeasonPlan:
    """A season of one environment.

    Attributes:
        events: how many events are sold out.
        days: for how many days the stack exists, and for how many sold seats are stored.
        sold_out_days: between the sell-out of an event and its close.
        archive_days: between the close of an event and its archive.
    """

    events: int
    days: int
    sold_out_days: int
    archive_days: int


@dataclass(frozen=True, slots=True)
class SeasonWishes:
    """The same before an environment is known: `events` is its number of concurrent events if it is None."""

    events: int | None = None
    days: int = 56
    sold_out_days: int = 28
    archive_days: int = 28

    def plan(self, environment: Environment) -> SeasonPlan:
        """The season of an environment."""
        events = environment.event_scale.concurrent_events if self.events is None else self.events
        return SeasonPlan(events, self.days, self.sold_out_days, self.archive_days)


SEASON_KEYS = tuple(field.name for field in fields(SeasonWishes))
"""The names that ``--season`` takes."""


def read_season(settings: Sequence[str]) -> Checked[SeasonWishes]:
    """Read ``NAME=NUMBER`` settings; all errors are reported at once."""
    values: dict[str, int] = {}
    findings = []
    for setting in settings:
        name, equals, number = setting.partition("=")
        if not equals or name not in SEASON_KEYS:
            help = did_you_mean(name, SEASON_KEYS, f"choose one of {', '.join(SEASON_KEYS)}")
            findings.append(
                _usage(UNKNOWN_KEY.found(f"--season {display_text(setting)}: unknown name", help))
            )
        elif not (
            number.isascii() and number.isdecimal() and len(number) <= 6 and int(number) <= _MAX_NUMBER
        ):
            findings.append(
                _usage(
                    INVALID_VALUE.found(
                        f"--season {display_text(setting)}: not a number from 0 to {_MAX_NUMBER:,}",
                        f"write one, such as {name}=30",
                    )
                )
            )
        else:
            values[name] = int(number)
    return Checked(None if findings else SeasonWishes(**values), tuple(findings))


def _usage(finding: Finding) -> Finding:
    return replace(finding, stage=Stage.LOAD, category=Category.USAGE)
