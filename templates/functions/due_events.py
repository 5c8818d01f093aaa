"""Choose the events that a run verifies: each in its own rhythm, those that have waited longest first.

An event is due again after a tenth of the time since something last happened to it: a sale, the opening, the close, a
change by an operator. So an event on sale is verified in every run, and one that no longer sells less and less often,
but at least every five minutes. A closed event is verified at least every ten minutes for a week, because a lost
Region may come back with sales, then once a day until it is archived. A run that fails leaves its event due.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from events import Event
from progress import Rhythm

__all__ = ["Due", "due_events", "period"]

SHARE = 0.1  # of the time since something happened, between two verifications
QUIET_SECONDS = 300.0  # at most between two verifications of an event that may sell
AFTERCARE_SECONDS = 600.0  # at most between two verifications of a closed one, for so long:
AFTERCARE_DAYS = 7
REST_SECONDS = 86_400.0  # between two verifications of one that was closed before
LATE_PERIODS = 3.0  # an event that was not verified for so many of its periods is overdue
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Due:
    """The events of a run.

    Attributes:
        ids: of the events to verify now, the one that has waited longest first.
        overdue: the ids of those that have waited for too long, also the longest first.
        waiting: how many events are due, but have to wait for a later run.
    """

    ids: list[str]
    overdue: list[str]
    waiting: int


def period(event: Event, rhythm: Rhythm, interval: float, now: float) -> float:
    """Seconds between two verifications of an event; infinite if it is never verified again.

    Args:
        event: the event.
        rhythm: when it was verified, and sold a seat.
        interval: seconds between two runs.
        now: in epoch seconds.
    """
    if event.state == "archived":
        return float("inf")
    closed = event.state == "closed"
    moments = [rhythm.sold_at, event.changed_at / 1000, event.opens_at, event.closes_at if closed else 0]
    silence = now - max(moment for moment in moments if moment <= now)
    if event.moving:
        return interval
    if closed and silence > AFTERCARE_DAYS * DAY:
        return REST_SECONDS
    return max(interval, min(AFTERCARE_SECONDS if closed else QUIET_SECONDS, SHARE * silence))


def due_events(
    events: Iterable[Event], rhythms: Mapping[str, Rhythm], interval: float, most: int, now: float
) -> Due:
    """The events that are due, `most` at most.

    `now` is in epoch seconds. Those that have waited for most of their periods come first, so that no event waits for
    ever, however many there are.
    """
    waited: list[tuple[float, float, str]] = []
    for event in events:
        rhythm = rhythms.get(event.event_id, Rhythm())
        usual = period(event, rhythm, interval, now)
        since = rhythm.verified_at or min(event.changed_at / 1000, now - interval)
        # Runs do not begin at even intervals.
        periods = (now - since + interval / 2) / usual
        if periods >= 1:
            # Many events that were never verified must not keep those that sell waiting for all of them.
            rank = periods if rhythm.verified_at else min(periods, LATE_PERIODS)
            waited.append((rank, periods, event.event_id))
    waited.sort(key=lambda each: (-each[0], -each[1], each[2]))
    overdue = [event_id for _, periods, event_id in waited if periods > LATE_PERIODS]
    return Due([event_id for _, _, event_id in waited[:most]], overdue, max(0, len(waited) - most))
