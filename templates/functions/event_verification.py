"""Verify one event, within its share of the run's time."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import dynamo
import ledger
from comparison import Compared, Comparison, Settings
from events import Event, Malformed, read_event
from lag import lagging
from pms_comparison import Asked, compare_with_pms, disagreements
from progress import Progress, Rhythm, mark_verified, read_progress
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
        complete: whether the verification was finished, with all new entries of the home.
        progress: as it was when the run began.
        compared: what was compared, as far as it went.
        lagging: replicas that lack sales which have had enough time to arrive.
        pms: how the PMS answered.
    """

    failure: str = ""
    gone: bool = False
    complete: bool = False
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
        try:
            _verify(event, place, replicas, settings, done)
        finally:
            _note(event, place, replicas, settings, done)
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
    done.progress = progress = read_progress(place.local, place.corrections, event.event_id)
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
            if replicas.late():  # it keeps its turn
                break
            comparison.elsewhere(region)
            keeper.write(region)
        comparison.slices()
    done.pms = compare_with_pms(event, asked, compared, replicas, settings.settled)
    compared.turns = compared.turns.found(len(set(compared.undecided)), disagreements(done.pms))
    keeper.turns(compared.turns)
    done.complete = compared.complete


def _note(event: Event, place: Place, replicas: Replicas, settings: Settings, done: Verified) -> None:
    """Record when the event was verified, and what is wrong with it, for the runs that list the events."""
    began, turns = settings.now // 1000, done.compared.turns
    sold = [entry for entries in done.compared.fresh.values() for entry in entries if not entry.voids]
    minted = (ledger.minted_at(entry.sale_id) // 1000 for entry in sold)
    sold_at = max((at for at in minted if at <= began), default=0)  # an ID by hand may be of any time
    health = {
        "silent_regions": len(replicas.silent),
        "pms_down": int("down" in done.pms),
        "pms_disagreements": max(turns.disagreements, turns.disagreements_before),
        "undecided": max(turns.undecided, turns.undecided_before),
        "slice_age": turns.oldest,
    }
    rhythm = Rhythm(began if done.complete else 0, sold_at, health)
    mark_verified(place.local, place.corrections, event.event_id, began, rhythm)


def _to_read(event: Event, progress: Progress, others: Sequence[str]) -> list[str]:
    """The Regions to read besides the home: all that were its home, and some others; the least recently read first."""
    turn = sorted(others, key=lambda region: (progress.watermark(region).asked_at, region))
    former = [region for region in turn if region in event.homes]
    return [*former, *[region for region in turn if region not in former][:REGIONS_IN_TURN]]
