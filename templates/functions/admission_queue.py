"""Queue for an event that admits its buyers one after the other: `POST /queue`.

    POST /queue  {"event_id", "queue_ticket"?}
                                    -> 202 {"queue_ticket", "state", "opens_at", "admits_at", "expires_at", "ask_in"}

state: waiting, admitted, or drawn: the order is decided at the opening, so ask again then, with the ticket. A ticket
is sent again to keep its place. Buyers who are signed in keep theirs without it. The ticket goes with each hold, and
with a purchase without a hold.

It is a function of its own, so that people who queue cannot take the executions of those who buy.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Mapping
from math import ceil
from typing import Any

import api
import dynamo
import queue_ticket
from admission import Admission, no_key
from admission_keys import Keys, NoKey
from api import Refusal
from events import Event, EventCache, Malformed
from queue_line import Lines
from queue_places import Places
from queue_ticket import MICROSECONDS, Draw, Place

__all__ = ["handler"]

AUTH = os.environ["AUTH"]
REGION = os.environ["AWS_REGION"]
REGIONS = os.environ["REGIONS"].split(",")
LOCKS_TABLE = os.environ["LOCKS_TABLE"]
EVENTS_TABLE = os.environ["EVENTS_TABLE"]
LEASE_SECONDS = float(os.environ["LEASE_SECONDS"])
LOCAL = dynamo.client(REGION)
EVENTS = EventCache(LOCAL, EVENTS_TABLE, LEASE_SECONDS)
KEYS = Keys(LOCAL, EVENTS_TABLE, LEASE_SECONDS)
ADMISSION = Admission(KEYS, int(os.environ["ADMISSION_SECONDS"]))
LINES = Lines(
    LOCAL,
    LOCKS_TABLE,
    REGION,
    REGIONS,
    int(os.environ["QUEUE_LINES"]),
    int(os.environ["ADMITTED_PER_MINUTE"]),
)
PLACES = Places(LOCAL, LOCKS_TABLE, REGION)

# Buyers who came before the opening ask again spread over this time. Their order does not depend on it.
SPREAD_SECONDS = 20


@api.readable_from(os.environ["CORS_ORIGINS"])
def handler(request: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answer one API request."""
    try:
        return _queue(request)
    except Refusal as refusal:
        return api.answer(refusal.status, refusal.body, refusal.headers)
    except NoKey:
        refusal = no_key()
        return api.answer(refusal.status, refusal.body, refusal.headers)
    except Malformed:
        text = "the record of the event cannot be read: its operators have to repair it"
        return api.answer(503, {"reason": "malformed-event", "message": text}, {"Retry-After": "60"})
    except Exception as error:
        if not isinstance(error, dynamo.Unreachable) and not dynamo.unreachable(error):
            raise
        text = "the queue does not answer: repeat the request"
        # People who ask at the same moment must not ask again at the same moment.
        wait = str(random.randint(1, 5))
        return api.answer(503, {"reason": "unavailable", "message": text}, {"Retry-After": wait})


def _queue(request: Mapping[str, Any]) -> dict[str, Any]:
    body = api.body_of(request)
    event_id = api.event_id_in(body)
    buyer = "" if AUTH == "none" else api.buyer_of(request, AUTH, "")
    event = EVENTS.get(event_id)
    if event is None:
        raise Refusal(404, "no-such-event", "there is no such event")
    if not event.admitted_per_minute:
        raise Refusal(409, "no-queue", "the event has no queue: hold seats without a ticket")
    now = time.time()
    if event.state == "draft":
        raise Refusal(409, "not-open", "the queue has not begun", opens_at=event.opens_at)
    if event.state != "on_sale" or now >= event.closes_at:
        raise Refusal(409, "closed", "the sale is closed")
    key = KEYS.signing()
    ticket = _given(event, body.get("queue_ticket"), buyer) or _new(event, buyer)
    return _told(event, ticket, queue_ticket.write(ticket, key, event_id, buyer))


def _given(event: Event, text: object, buyer: str) -> Place | Draw | None:
    """The buyer's ticket; None without one, or if it is no longer valid."""
    if text is None:
        return None
    ticket = ADMISSION.read(event, text, buyer)
    if ticket is None:
        raise Refusal(
            400, "bad-ticket", "queue_ticket is no ticket of this event and buyer: queue without it"
        )
    return _current(event, ticket)


def _new(event: Event, buyer: str) -> Place | Draw:
    """The buyer's place, or a new one; without sign-in, only the ticket knows the place."""
    if not buyer:
        return _take(event)
    return PLACES.of(event, buyer, lambda ticket: _current(event, ticket), lambda: _take(event))


def _current(event: Event, ticket: Place | Draw) -> Place | Draw | None:
    """The current state of a ticket; None if it has expired, or was drawn in another Region."""
    if isinstance(ticket, Draw):
        if _before_opening(event):
            return ticket
        settled = LINES.settle(event, ticket)
        if settled is None:
            return None
        ticket = settled
    return ticket if time.time() <= ADMISSION.expires_at(event, ticket) else None


def _take(event: Event) -> Place | Draw:
    drawn = LINES.draw(event) if _before_opening(event) else None
    return drawn or LINES.take(event)


def _before_opening(event: Event) -> bool:
    return time.time() < event.opens_at


def _told(event: Event, ticket: Place | Draw, text: str) -> dict[str, Any]:
    now = time.time()
    told: dict[str, Any] = {"event_id": event.event_id, "queue_ticket": text, "opens_at": event.opens_at}
    if isinstance(ticket, Draw):
        ask_in = ceil(event.opens_at - now) + random.randint(0, SPREAD_SECONDS)
        told |= {"state": "drawn", "admits_at": None, "expires_at": None}
    else:
        admits_at = ceil(ticket.admits / MICROSECONDS)
        ask_in = max(0, ceil(ticket.admits / MICROSECONDS - now))
        expires_at = ADMISSION.expires_at(event, ticket)
        told |= {
            "state": "waiting" if ask_in else "admitted",
            "admits_at": admits_at,
            "expires_at": expires_at,
        }
    return api.answer(202, {**told, "ask_in": ask_in}, {"Retry-After": str(ask_in)} if ask_in else {})
