"""How many seats of an event each buyer holds and has bought, where the event limits that.

A limited event has one item for each buyer, `buyer#<event>#<buyer>`, in the lock table of its home:

    bought    how many seats of the ledger are the buyer's
    held      the holds that have not ended: random part of the id -> [seats, expiry_time]
    epoch     of these holds; those of an older epoch ended with it
    version   random, another one with every write

Every transaction that holds, sells or releases seats replaces the item, on the condition that it still has the version
that was read. So two orders of one buyer follow each other, and orders of different buyers never meet. Each shortcut
has a broken interleaving:

- To count first and sell afterwards: two orders of one buyer count at once, each finds room for itself, and both are
  sold.
- A number that a hold adds to and a release subtracts from: a hold that expires has no release, so it would count for
  ever. Nobody can subtract it at the right moment either, because two clocks disagree on it, and its seats can be sold
  meanwhile. So holds are listed with their ends, and each order leaves out those that have ended.
- To subtract a hold when its seats are bought: the hold may have been left out before, by a faster clock, in favour of
  another order. So a purchase either removes its hold from the list, or has to fit in like any other.
- Versions that count up: DynamoDB's TTL deletes an item without bought seats, the next one begins at 1 again, and a
  call that was given up long ago finds the version that it expects.
- To begin with 0 in a new home: the locks are not replicated, so a buyer could buy the limit again. A move of home
  writes the items from the ledger before the new epoch begins.
- A limit for an event that is sold already: the seats that were sold before would not count. `ops/event.py` sets a
  limit before the first sale, and later only raises, lowers or removes it.

A lost home is the exception: what it sold and did not replicate is not counted, and when it returns, its sales of seats
that the new home has not sold stay. A seat that is refunded still counts, because nobody knows later whether its sale
had arrived when the seats were counted; the next move of home counts without it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import dynamo
from dynamo import Item, Step, pack
from events import Event
from ledger import Tables
from sale import REMEMBERED_SECONDS, SKEW_SECONDS

__all__ = ["Account", "OverLimit", "bought_item", "buyer_key", "read"]

KEPT_SECONDS = 366 * 86_400  # after the end of the sale, which may be extended


class OverLimit(Exception):
    """The buyer would hold and have bought more seats than the event allows.

    Attributes:
        left: how many more the buyer may hold or buy.
    """

    def __init__(self, left: int) -> None:
        super().__init__(f"{left} seats are left")
        self.left = left


def buyer_key(event_id: str, buyer: str) -> Item:
    """The key of a buyer's item."""
    return {"lock_key": f"buyer#{event_id}#{buyer}"}


def bought_item(event: Event, buyer: str, bought: int) -> Item:
    """The item of a buyer without holds, for a new home of the event."""
    return _item(event, buyer, bought, {}, 0)


def read(tables: Tables, event: Event, buyer: str) -> Account:
    """Read a buyer's item from the home; events without a limit have none."""
    found = None
    if event.seats_per_buyer:
        key = buyer_key(event.event_id, buyer)
        found = dynamo.get(dynamo.client(event.home_region), tables.locks, key)
    return Account(tables.locks, event, buyer, found)


@dataclass(frozen=True, slots=True)
class Account:
    """A buyer's seats of an event, as read.

    Each method returns the steps that a transaction has to include: one, or none for an event without a limit.

    Attributes:
        table: of the locks.
        found: the item, or None.
    """

    table: str
    event: Event
    buyer: str
    found: Item | None

    def hold(self, hold_id: str, seats: int, now: int, until: int) -> list[Step]:
        """Count a hold.

        Raises:
            OverLimit: there is no room for it.
        """
        held = self._held(now)
        held.pop(_short(hold_id), None)  # the same hold, if this request is repeated
        self._fit(held, seats)
        return self._replaced(self._bought, {**held, _short(hold_id): [seats, until]}, now)

    def buy(self, hold_id: str, seats: int, now: int) -> list[Step]:
        """Count a purchase, of held seats if it names a hold.

        Raises:
            OverLimit: there is no room for it.
        """
        held = self._held(now)
        listed = _short(hold_id) in (self.found or {}).get("held", {})
        # A hold that is listed and has ended needs no room: its own condition refuses the purchase.
        if held.pop(_short(hold_id), None) is None and not listed:
            self._fit(held, seats)
        return self._replaced(self._bought + seats, held, now)

    def release(self, hold_id: str, now: int) -> list[Step]:
        """Stop counting a hold."""
        held = self._held(now)
        if held.pop(_short(hold_id), None) is None:
            return []
        return self._replaced(self._bought, held, now)

    @property
    def _bought(self) -> int:
        return int((self.found or {}).get("bought", 0))

    def _held(self, now: int) -> dict[str, list[int]]:
        """The holds that may still be bought, by the slowest clock."""
        if self.found is None or self.found.get("epoch", 0) < self.event.epoch:
            return {}
        held: dict[str, list[int]] = self.found.get("held", {})
        return {name: hold for name, hold in held.items() if hold[1] >= now - SKEW_SECONDS}

    def _fit(self, held: dict[str, list[int]], seats: int) -> None:
        left = self.event.seats_per_buyer - self._bought - sum(hold[0] for hold in held.values())
        if self.event.seats_per_buyer and seats > left:
            raise OverLimit(max(0, left))

    def _replaced(self, bought: int, held: dict[str, list[int]], now: int) -> list[Step]:
        if not self.event.seats_per_buyer:
            return []
        put = {
            "TableName": self.table,
            "Item": pack(_item(self.event, self.buyer, bought, held, now))["M"],
            "ConditionExpression": "attribute_not_exists(lock_key)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if self.found is not None:
            put["ConditionExpression"] = "version = :version"
            put["ExpressionAttributeValues"] = pack({":version": self.found.get("version", "")})["M"]
        return [Step("buyer", {"Put": put})]


def _item(event: Event, buyer: str, bought: int, held: dict[str, list[int]], now: int) -> Item:
    # Without bought seats, and once all holds have ended, the item means the same as no item.
    ends = max((hold[1] for hold in held.values()), default=now) + REMEMBERED_SECONDS
    return {
        **buyer_key(event.event_id, buyer),
        "bought": bought,
        "held": held,
        "epoch": event.epoch,
        "version": secrets.token_hex(8),
        "expiry_time": max(ends, event.closes_at + KEPT_SECONDS) if bought else ends,
    }


def _short(hold_id: str) -> str:
    return hold_id.rpartition(".")[2]
