"""Scheduled work: verifications, and checks of the seat maps."""

from __future__ import annotations

from math import ceil

from ticketgen.figures.model import Amount, DeploymentScope, OutputPlace, figure
from ticketgen.wording import counted, format_number

__all__ = [
    "refresh_executions_per_day",
    "ticker_executions_per_day",
    "ticker_starts_per_minute",
    "verification_executions_per_day",
]

_MINUTES_A_DAY = 24 * 60
_SOURCE = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html"
_UNIT = "executions a day"


@figure(
    unit="starts", source="objectives.verification_interval_s", scope=DeploymentScope.HUB, place=OutputPlace()
)
def ticker_starts_per_minute(verification_interval_s: int) -> Amount[int]:
    """Verifications that start in one minute; no pause is longer than the interval."""
    return Amount(max(1, ceil(60 / verification_interval_s)), f"60 s / {verification_interval_s} s")


@figure(unit=_UNIT, source=_SOURCE, scope=DeploymentScope.HUB, place=OutputPlace())
def ticker_executions_per_day() -> Amount[int]:
    """Executions of the ticker, which runs every minute."""
    return _every_minute()


@figure(unit=_UNIT, source=_SOURCE, scope=DeploymentScope.HUB, place=OutputPlace())
def verification_executions_per_day(ticker_starts_per_minute: int) -> Amount[int]:
    """Verifications that start in one day, in either hub; the standby's end immediately."""
    return _every_minute(
        ticker_starts_per_minute, f"{counted(ticker_starts_per_minute, 'starts')} per minute"
    )


@figure(unit=_UNIT, source=_SOURCE, place=OutputPlace())
def refresh_executions_per_day() -> Amount[int]:
    """Checks for seat maps that are missing or old."""
    return _every_minute()


def _every_minute(times: int = 1, how_often: str = "rate(1 minute)") -> Amount[int]:
    return Amount(times * _MINUTES_A_DAY, f"{how_often} × {format_number(_MINUTES_A_DAY)} minutes")
