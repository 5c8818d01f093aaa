"""Compare the inventory with the seats that the PMS has sold."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

import pms
from comparison import Compared
from events import Event
from replicas import Late, Replicas, Silent

__all__ = ["MOST_NAMED", "Asked", "compare_with_pms", "disagreements", "summary"]

MOST_NAMED = 100  # disagreements listed in a report


class Asked:
    """A call to the PMS, in a thread of its own, which may hang without keeping the run from ending."""

    def __init__(self, url: str, event_id: str, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._answer: Future[frozenset[str]] = Future()

        def ask() -> None:
            try:
                self._answer.set_result(pms.sold_seats(url, event_id, seconds))
            except BaseException as error:
                self._answer.set_exception(error)

        threading.Thread(target=ask, daemon=True).start()

    def sold_seats(self) -> frozenset[str]:
        """The seats that the PMS has sold.

        Raises:
            PmsDown, TimeoutError: it does not answer in time.
        """
        return self._answer.result(timeout=max(0.0, self._until - time.monotonic()))


def compare_with_pms(
    event: Event, asked: Asked | None, compared: Compared, replicas: Replicas, settled: int
) -> dict[str, Any]:
    """Compare the slices of this run with the PMS, or report that it is down.

    `settled` is the epoch millisecond up to which the PMS must know all sales.
    """
    if asked is None:
        return {}
    try:
        theirs = asked.sold_seats()
    except (pms.PmsDown, TimeoutError) as error:
        return {"event_id": event.event_id, "down": str(error) or "no answer in time"}
    ours = {seat: item for items in compared.slices.values() for seat, item in items.items()}
    # The PMS need not know the latest sales yet, and a withheld seat is not sold.
    sold = {seat for seat, item in ours.items() if item.sale_id and item.version <= settled}
    surplus = sorted(seat for seat in theirs - ours.keys() if event.shard_of(seat) in compared.slices)[:100]
    keys = [(event.shard_of(seat), seat) for seat in surplus if event.section_of(seat)]
    try:
        since = replicas.seats(event.home_region, keys) if keys else {}
    except (Late, Silent):
        return {"event_id": event.event_id, "down": "the home did not answer"}
    return {
        "event_id": event.event_id,
        "not_in_pms": sorted(sold - theirs),
        "only_in_pms": [seat for seat in surplus if seat not in since],
    }


def disagreements(said: Mapping[str, Any]) -> int:
    """The number of seats about which the PMS disagrees."""
    return len(said.get("not_in_pms", ())) + len(said.get("only_in_pms", ()))


def summary(said: Mapping[str, Any], *, asked: bool) -> dict[str, Any]:
    """Summarize a comparison, short enough for a state machine's payload."""
    named = [
        {"event_id": said["event_id"], "seat_id": seat, "problem": problem}
        for problem in ("not_in_pms", "only_in_pms")
        for seat in said.get(problem, ())
    ]
    return {
        "asked": asked,
        "down": said.get("down", ""),
        "disagreements": disagreements(said),
        "named": named[:MOST_NAMED],
    }
