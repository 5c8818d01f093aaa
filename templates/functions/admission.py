"""Admit buyers whose ticket says that it is their turn, without a call, because the keys are in memory.

A request without a ticket of this event and buyer gets 429, which costs nothing, and says nothing about earlier
requests with the same Idempotency-Key. A ticket that has expired is genuine, so its request may repeat one that was
carried out: its refusal, 403, becomes final like any other (see `attempts`).
"""

from __future__ import annotations

import time
from math import ceil

import queue_ticket
from admission_keys import Keys, NoKey
from api import Refusal
from events import Event
from queue_ticket import MICROSECONDS, Draw, Place
from sale import SKEW_SECONDS

__all__ = ["QUEUE_ROUTE", "Admission", "no_key"]

QUEUE_ROUTE = "POST /queue"


class Admission:
    """The check of tickets.

    Attributes:
        seconds: for how long a ticket is valid from its moment on, or from the opening, if that is later.
    """

    def __init__(self, keys: Keys, seconds: int) -> None:
        self._keys = keys
        self.seconds = seconds

    def read(self, event: Event, ticket: object, buyer: str) -> Place | Draw | None:
        """Read a ticket; None if it is not a ticket of this event and buyer.

        Raises:
            NoKey: there is no key to check it with.
        """
        return queue_ticket.read(ticket, self._keys.verifying(), event.event_id, buyer)

    def expires_at(self, event: Event, place: Place) -> int:
        """The last second of a place, in epoch seconds."""
        return max(ceil(place.admits / MICROSECONDS), event.opens_at) + self.seconds

    def check(self, event: Event, ticket: object, buyer: str) -> None:
        """Admit a buyer.

        Raises:
            Refusal: 429 without a ticket or before its moment, 403 after it has expired, 503 without a key.
        """
        try:
            found = self.read(event, ticket, buyer)
        except NoKey:
            raise no_key() from None
        if found is None:
            text = "queue first, and send the ticket as queue_ticket"
            raise Refusal(429, "queue", text, queue=QUEUE_ROUTE)
        now = time.time()
        if isinstance(found, Draw):
            wait, text = max(1, event.opens_at - now), "queue again when the sale opens, with this ticket"
            raise Refusal(429, "queue", text, retry_after=ceil(wait), queue=QUEUE_ROUTE)
        wait = found.admits / MICROSECONDS - now
        if wait > 0:
            admits_at = ceil(found.admits / MICROSECONDS)
            text = "it is not your turn yet"
            raise Refusal(429, "queue", text, retry_after=ceil(wait), queue=QUEUE_ROUTE, admits_at=admits_at)
        # A slower clock may have told the buyer the end: accept the ticket until the end has passed everywhere.
        if now > self.expires_at(event, found) + SKEW_SECONDS:
            text = "the ticket has expired: queue for a new one"
            raise Refusal(403, "queue", text, queue=QUEUE_ROUTE)


def no_key() -> Refusal:
    """The answer as long as there is no key that signs or verifies."""
    text = "the queue has no key: its operators have to create one"
    return Refusal(503, "no-admission-key", text, retry_after=60)
