"""What a history says about a sale, in the form in which the rules ask for it.

A judge works on what is certain: an operation happened at some moment between its beginning and its end.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ticketgen.history.allowances import Allowances
from ticketgen.history.intervals import LifeStep, Steps
from ticketgen.history.line_model import Read

__all__ = [
    "NEVER",
    "Charge",
    "Facts",
    "Held",
    "IdempotencyKey",
    "KeyFacts",
    "Life",
    "Order",
    "Refund",
    "Request",
]

NEVER: Final = math.inf
_NO_STEPS: Final = Steps(())


class IdempotencyKey(NamedTuple):
    """The Idempotency-Key of an order or of a hold: a buyer's, for an event."""

    event: str
    buyer: str
    key: str


Order = tuple[str, str]
"""Event and id of an order."""


@dataclass(slots=True)
class Request:
    """A purchase's request and its answer; `told` has the confirmed seats, `prices` the prices of all, or of none."""

    buyer: str
    line: int
    begin: float
    end: float
    seats: tuple[str, ...]
    status: int  # 0 without a final answer
    reason: str
    order: str = ""  # if it was confirmed
    told: tuple[str, ...] = ()
    prices: tuple[int, ...] = ()
    total: int | None = None

    def price_of(self, seat: str) -> int | None:
        """The price that was told for a seat, if any."""
        return self.prices[self.told.index(seat)] if self.prices and seat in self.told else None


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """A key that has at least one order.

    Attributes:
        requests: all of them, by their beginnings.
        sold: those that were confirmed, by their ends.
        charged: the orders in the ledger.
        orders: the lines of all orders, told or charged.
    """

    key: IdempotencyKey
    requests: Sequence[Request]
    sold: Sequence[Request]
    charged: Sequence[str]
    orders: Mapping[str, int]


@dataclass(slots=True)
class Charge:
    """An entry of the ledger."""

    order: str
    line: int
    seat: str
    buyer: str
    key: str
    price: int | None
    voided_at: float | None


@dataclass(slots=True)
class Held:
    """A hold that was confirmed: when it was first asked for, and from when to when it binds."""

    line: int
    event: str
    buyer: str
    seats: tuple[str, ...]
    asked: float
    begin: float
    end: float


@dataclass(slots=True)
class Refund:
    """When an order's seat was refunded: at the earliest, and surely; and the line that confirms it."""

    earliest: float = NEVER
    surely: float = NEVER
    line: int = 0


_NOT_REFUNDED: Final = Refund()
_NO_REFUNDS: Final[Mapping[str, Refund]] = {}


@dataclass(slots=True)
class Life:
    """The steps of an event, and the beginning of the first move that did not wait for a lost home."""

    steps: dict[str, list[LifeStep]] = field(default_factory=lambda: {"open": [], "close": [], "move": []})
    lost_at: float = NEVER
    opened: Steps = _NO_STEPS
    closed: Steps = _NO_STEPS
    moved: Steps = _NO_STEPS

    def sort(self) -> None:
        """Prepare the steps for questions."""
        self.opened, self.closed, self.moved = (Steps(self.steps[kind]) for kind in ("open", "close", "move"))


_NO_LIFE: Final = Life()


class Facts:
    """All that is known of a sale.

    Attributes:
        requests: the purchases of each key.
        charges: the entries of each order.
        refunds: of each order, by seat.
        holds: the confirmed holds by their ids.
        ended: when holds may have ended early, by their ids.
        lives: what happened to each event.
        limits: how many seats an event allows a buyer; events without a limit are missing.
        planted: orders that a test wrote.
        items: order and line of each seat in the inventory, by event and seat.
        reads: the line `ledger` and the line `inventory`, with their numbers.
        ledger: the line `ledger`, if the history has all entries that it counts; only after `settle`.
    """

    def __init__(self, allowances: Allowances) -> None:
        self.allowances = allowances
        self.requests: defaultdict[IdempotencyKey, list[Request]] = defaultdict(list)
        self.charges: defaultdict[Order, list[Charge]] = defaultdict(list)
        self.refunds: defaultdict[Order, defaultdict[str, Refund]] = defaultdict(lambda: defaultdict(Refund))
        self.holds: dict[str, Held] = {}
        self.ended: dict[str, float] = {}
        self.lives: defaultdict[str, Life] = defaultdict(Life)
        self.limits: dict[str, int] = {}
        self.planted: set[Order] = set()
        self.items: dict[tuple[str, str], tuple[str, int]] = {}
        self.reads: dict[str, tuple[int, Read]] = {}
        self.ledger: Read | None = None

    def settle(self, entries: int) -> None:
        """Prepare for questions, after the last line; `entries` is the number of the ledger's entries."""
        for life in self.lives.values():
            life.sort()
        for hold_id, held in self.holds.items():
            # It may have been held in the event's old home.
            moved = self.life(held.event).moved.first_begin(ending_after=held.asked)
            held.end = min(held.end, self.ended.get(hold_id, NEVER), moved)
        read = self.reads.get("ledger")
        self.ledger = read[1] if read and read[1].count == entries else None

    def life(self, event: str) -> Life:
        """What happened to an event."""
        return self.lives.get(event, _NO_LIFE)

    def refund(self, order: Order, seat: str) -> Refund:
        """The refund of an order's seat; of one that was not refunded, all moments are never."""
        return self.refunds.get(order, _NO_REFUNDS).get(seat, _NOT_REFUNDED)

    def refunded(self, order: Order, seats: Iterable[str], by: float = NEVER) -> bool:
        """Whether all of these seats of an order may have been refunded by then."""
        known = self.refunds.get(order, _NO_REFUNDS)
        latest = by + self.allowances.skew
        return all((refund := known.get(seat)) is not None and refund.earliest <= latest for seat in seats)

    def closed_before(self, event: str, moment: float) -> LifeStep | None:
        """The close after which nothing that began at a moment may be sold, if any."""
        life = self.lives.get(event)
        if life is None:
            return None
        close = life.closed.soonest(begun_after=life.opened.latest_end(begun_by=moment))
        return close if close and close.end + self.allowances.quiet < moment else None
