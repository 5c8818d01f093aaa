"""Choose the events that a run verifies: each in its own rhythm, those that were not tried for longest first.

An event is due again after a tenth of the time since something last happened to it: a sale, the opening, the close, a
change by an operator. So an event on sale is verified in every run, and one that no longer sells less and less often,
but at least every five minutes. A closed event is verified at least every ten minutes for a week, because a lost
Region may come back with sales, then once a day until it is archived.

A run that fails leaves its event due, but behind those whose turn it is: all events of a lost Region fail, and must not
take the place of the others. An event with a trouble, such as a Region that did not answer once, is also verified again
soon, behind the others, so that an alarm neither begins nor stays because its turn is far away.
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
AGAIN_SECONDS = 60.0  # at most between two verifications of an event with a trouble, if a run has room for it
TROUBLES = ("silent_regions", "pms_down", "pms_disagreements", "undecided")  # figures of an event's health
LATE_PERIODS = 3.0  # an event that was not verified for so many of its periods is overdue
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Due:
    """The events of a run.

    Attributes:
        ids: of the events to verify now, the one that was not tried for longest first.
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
    closed = event.state == "closed" or event.closes_at <= now  # also if nobody closes it
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

    `now` is in epoch seconds. Those that were not tried for most of their periods come first, so that no event waits
    for ever, however many there are, and however many of them fail.
    """
    waited: list[tuple[float, float, str]] = []
    late: list[tuple[float, str]] = []
    for event in events:
        rhythm = rhythms.get(event.event_id, Rhythm())
        usual = period(event, rhythm, interval, now)
        since = rhythm.verified_at or min(event.changed_at / 1000, now - interval)
        tried = max(since, rhythm.began_at)
        # Runs do not begin at even intervals.
        periods, turn = ((now - at + interval / 2) / usual for at in (since, tried))
        if periods > LATE_PERIODS:
            late.append((-periods, event.event_id))
        again = interval if periods >= 1 else max(interval, AGAIN_SECONDS)
        troubled = usual != float("inf") and any(rhythm.health.get(name) for name in TROUBLES)
        if turn >= 1 or ((periods >= 1 or troubled) and now - tried + interval / 2 >= again):
            # Many events that were never verified must not keep those that sell waiting for all of them.
            rank = turn if rhythm.verified_at else min(turn, LATE_PERIODS)
            waited.append((-rank, -periods, event.event_id))
    ids = [event_id for _, _, event_id in sorted(waited)]
    return Due(ids[:most], [event_id for _, event_id in sorted(late)], max(0, len(ids) - most))
