"""Verify one event, within its share of the run's time."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import corrections
import dynamo
import ledger
from comparison import Compared, Comparison, Settings
from corrections import Progress
from events import Event, Malformed, read_event
from lag import lagging
from pms_comparison import Asked, compare_with_pms
from progress_keeper import Keeper
from replicas import Replicas, Silent

__all__ = ["Place", "Verified", "verify_event"]

THREADS = 48
REGIONS_IN_TURN = 1  # Regions that were never the event's home and that one run reads


@dataclass(frozen=True, slots=True)
class Place:
    """Where events are verified: the client and the tables of the Region that verifies, and what it asks."""

    local: dynamo.Client
    events: str
    corrections: str
    pms_url: str
    pms_seconds: float


@dataclass(slots=True)
class Verified:
    """The result of a verification.

    Attributes:
        failure: why the event could not be verified; "" if it could.
        gone: whether the event does not exist any more.
        progress: as it was when the run began.
        compared: what was compared, as far as it went.
        lagging: replicas that lack sales which have had enough time to arrive.
        pms: how the PMS answered.
    """

    failure: str = ""
    gone: bool = False
    progress: Progress = field(default_factory=Progress)
    compared: Compared = field(default_factory=Compared)
    lagging: list[dict[str, Any]] = field(default_factory=list)
    pms: Mapping[str, Any] = field(default_factory=dict)


def verify_event(event_id: str, place: Place, replicas: Replicas, settings: Settings) -> Verified:
    """Verify an event; whatever fails is in the result, with everything found before."""
    done = Verified()
    try:
        event = read_event(place.local, place.events, event_id, whole=True)
        if event is None:
            done.gone = True
            return done
        _verify(event, place, replicas, settings, done)
    except Silent as error:
        done.failure = f"{error} does not answer"
    except Malformed as error:
        done.failure = f"it is malformed: {error}"
    except Exception as error:
        traceback.print_exc()
        done.failure = repr(error)
    return done


def _verify(event: Event, place: Place, replicas: Replicas, settings: Settings, done: Verified) -> None:
    asked = Asked(place.pms_url, event.event_id, place.pms_seconds) if place.pms_url else None
    done.progress = progress = corrections.progress(place.local, place.corrections, event.event_id)
    began, home = settings.now // 1000, event.home_region
    keeper = Keeper(place.local, place.corrections, event, progress, began)
    with ThreadPoolExecutor(THREADS) as pool:
        comparison = Comparison(event, progress, replicas, settings, pool, keeper.keep)
        done.compared = compared = comparison.compared
        comparison.home()
        keeper.write(home)
        others = [region for region in settings.regions if region != home]
        mark = progress.watermark(home)
        done.lagging = lagging(event, compared.fresh, mark, replicas, others, settings, pool)
        for region in _to_read(event, progress, others):
            comparison.elsewhere(region)
            keeper.write(region)
        comparison.slices()
    keeper.turns(compared.turns)
    if compared.complete:
        sold = [entry for entries in compared.fresh.values() for entry in entries if not entry.voids]
        sold_at = max((ledger.minted_at(entry.sale_id) // 1000 for entry in sold), default=0)
        corrections.mark_verified(place.local, place.corrections, event.event_id, began, sold_at)
    done.pms = compare_with_pms(event, asked, compared, replicas, settings.settled)


def _to_read(event: Event, progress: Progress, others: Sequence[str]) -> list[str]:
    """The Regions to read besides the home: all that were its home, and some others; the least recently read first."""
    turn = sorted(others, key=lambda region: (progress.watermark(region).asked_at, region))
    former = [region for region in turn if region in event.homes]
    return [*former, *[region for region in turn if region not in former][:REGIONS_IN_TURN]]
