"""Carry out a request of a buyer so that its answer stays true, whenever a call that was given up is executed.

A request has a record (see `sale`). The steps:

1. try the transaction, which also writes what was done into the record;
2. if the record is there already, answer with what was done: the request is repeated;
3. if the transaction was refused, write the refusal into the record, and only then tell it: no earlier transaction of
   this request, by this process or another, can commit any more;
4. if step 3 gets no answer, the outcome is unknown.
"""

from __future__ import annotations

import functools
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import dynamo
import sale
from api import Refusal
from dynamo import Item, Step
from events import Event, EventCache
from ledger import Tables

__all__ = ["Attempts", "Request"]

BUDGET_SECONDS = 3.0  # the window in which attempts may start; the last one may take 2 s more
REFUSAL_SECONDS = 2.0  # how much longer attempts to write a refusal may start


@dataclass(frozen=True, slots=True)
class Request:
    """What a buyer asks for.

    Attributes:
        event_id: the event.
        record: the key of the request's record.
        began: when the API received it, in epoch seconds.
        steps: builds the transaction for an event and the refusal that the record has; raises Refusal.
        replay: notes the answer to a request that was carried out before, from its record; raises Refusal.
        repeatable: whether its buyer can repeat it, because it has an Idempotency-Key.
        owned: whether the seats are this request's although it has no record, from the inventory items that were in
            its way, or else, with None, from the table. It notes the answer.
    """

    event_id: str
    record: Item
    began: float
    steps: Callable[[Event, str], list[Step]]
    replay: Callable[[Event, Item], None]
    repeatable: bool = True
    owned: Callable[[Event, Sequence[Item] | None], bool] = lambda event, items: False


class Attempts:
    """The attempts to carry requests out, in the homes of their events.

    Attributes:
        budget: the seconds in which attempts may start.
    """

    def __init__(self, events: EventCache, tables: Tables) -> None:
        self._events = events
        self._tables = tables
        self.budget = BUDGET_SECONDS

    def event(self, event_id: str) -> Event:
        """The event, if it is not moving.

        Raises:
            Refusal: 404 if there is no such event, 503 while it is moving.
            Malformed: its items do not make an event.
        """
        event = self._events.get(event_id)
        if event is None:
            raise Refusal(404, "no-such-event", "there is no such event")
        if event.moving:
            raise Refusal(
                503, "moving", "the event is moving to another home Region: try again", retry_after=5
            )
        return event

    def commit(self, event: Event, steps: Sequence[Step], deadline: float) -> None:
        """Run a transaction in the event's home.

        Raises:
            Refused, Busy, Stale, Unreachable: as `dynamo.transact`.
        """
        fresh = functools.partial(self._events.fresh, event)
        dynamo.transact(dynamo.client(event.home_region), steps, fresh=fresh, deadline=deadline)

    def carry_out(self, request: Request) -> None:
        """Carry a request out, now or before.

        Raises:
            Refusal: it was not carried out, and will not be; or, with 503, that is unknown.
            Busy, Unreachable: whether it was carried out is unknown.
        """
        started = time.monotonic()
        refusal, stale = sale.NEVER, 0
        while True:
            event = self.event(request.event_id)
            try:
                self.commit(event, request.steps(event, refusal), started + self.budget)
                return
            except dynamo.Stale:
                stale += 1
                if time.monotonic() > started + self.budget:
                    raise dynamo.Unreachable from None
            except dynamo.Refused as refused:
                record = _found(refused, "record")
                if record and "refused" not in record[0]:
                    request.replay(event, record[0])
                    return
                if any(step.role not in ("record", "buyer") for step, _ in refused.failed):
                    if not request.owned(event, _found(refused, "inventory")):
                        certain = refused.certain and stale == 0
                        self._refuse(request, event, _taken(refused), started, certain=certain)
                    return
                if not record:  # other orders of this buyer came first: count again, with them
                    if time.monotonic() <= started + self.budget:
                        continue
                    text = "you are ordering other seats of this event at the same time: try again"
                    busy = Refusal(409, "busy", text, retry_after=1)
                    certain = refused.certain and stale == 0
                    self._refuse(request, event, busy, started, certain=certain)
                    return
                if record[0]["refused_at"] >= (request.began - sale.SKEW_SECONDS) * 1000:
                    # It may be later than our beginning: its buyer may have given this request up. Another request may
                    # take it for earlier, so this refusal is recorded, too.
                    text = "a request with this Idempotency-Key was refused a moment ago: try again"
                    again = Refusal(409, "repeated", text, retry_after=sale.SKEW_SECONDS + 1)
                    at = record[0]["refused_at"]
                    self._refuse(request, event, again, started, certain=False, after=at)
                    return
                refusal = record[0]["refused"]
            except dynamo.Busy:
                text = "other buyers are requesting the same seats: try again"
                busy = Refusal(409, "busy", text, retry_after=1)
                self._refuse(request, event, busy, started, certain=stale == 0)
                return
            except Refusal as error:
                if error.status not in (403, 409) or error.final:
                    raise
                if not request.owned(event, None):
                    self._refuse(request, event, error, started, certain=stale == 0)
                return

    def _refuse(
        self,
        request: Request,
        event: Event,
        reason: Refusal,
        started: float,
        *,
        certain: bool,
        after: int = 0,
    ) -> None:
        """Make a refusal final and raise it; return if an earlier transaction of the request has committed.

        If all attempts are `certain`, a request that cannot be repeated needs no record of its refusal. `after` is when
        the request was refused before, in epoch milliseconds.
        """
        if certain and not request.repeatable:
            raise reason
        steps = sale.refusal_steps(self._tables, request.record, secrets.token_hex(8), time.time(), after)
        try:
            self.commit(event, steps, started + self.budget + REFUSAL_SECONDS)
        except dynamo.Stale:
            raise dynamo.Unreachable from None
        except dynamo.Refused as refused:
            record = refused.failed[0][1]
            if "refused" not in record:
                request.replay(event, record)
                return
            # There is a later refusal, which is as good as ours.
        raise reason


def _found(refused: dynamo.Refused, role: str) -> list[Item]:
    return [item for step, item in refused.failed if step.role == role]


def _taken(refused: dynamo.Refused) -> Refusal:
    """The answer for failed conditions: a sold seat takes precedence over a held one."""
    failed = {
        role: sorted(s.seat_id for s, _ in refused.failed if s.role == role) for role in ("inventory", "lock")
    }
    if failed["inventory"]:
        return Refusal(409, "sold", "some of the seats are sold", seats=failed["inventory"])
    if any(step.role == "hold" for step, _ in refused.failed):
        return Refusal(
            409, "hold-ended", "the hold has ended, belongs to another buyer, or is for other seats"
        )
    return Refusal(409, "held", "another buyer holds some of the seats", seats=failed["lock"])
