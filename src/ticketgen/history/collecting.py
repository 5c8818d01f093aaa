"""Collect the facts of a sale from the lines of its history, in any order."""

from __future__ import annotations

from sys import intern

from ticketgen.findings.histories import ANSWER_CHANGED, INCOMPLETE_HISTORY, SEAT_SOLD_TWICE
from ticketgen.history.facts import NEVER, Charge, Facts, Held, IdempotencyKey, Request
from ticketgen.history.intervals import LifeStep
from ticketgen.history.line_model import (
    BuyerLimit,
    Entry,
    EventChange,
    HistoryLine,
    Hold,
    InventoryItem,
    Planted,
    Purchase,
    Read,
    Release,
    Void,
)
from ticketgen.history.notes import Notes, name_key, name_seats

__all__ = ["Collector"]


class Collector:
    """Takes lines, and keeps what the rules need of each.

    Attributes:
        operations: the number of operations so far, without the lines of ledger and inventory.
        asked: how many of them are holds and purchases.
        entries: the number of the ledger's entries so far.
    """

    def __init__(self, facts: Facts, notes: Notes) -> None:
        self._facts, self._notes = facts, notes
        self.operations = self.asked = self.entries = 0
        self._hold_keys: dict[tuple[str, str, str], tuple[str, int]] = {}
        self._prices: dict[tuple[int, ...], tuple[int, ...]] = {}  # equal ones once in memory

    def add(self, line: int, operation: HistoryLine) -> None:
        """Take the operation of a line, counted from 1."""
        match operation:  # the most frequent kinds first
            case Entry():
                self._add_entry(line, operation)
                return
            case InventoryItem():
                self._add_item(line, operation)
                return
            case Read():
                self._add_read(line, operation)
                return
            case Purchase():
                self.asked += 1
                self._add_purchase(line, operation)
            case Hold():
                self.asked += 1
                self._add_hold(line, operation)
            case Release():
                if not operation.refused:
                    self._end(operation.hold_id, operation.begin)
            case Void():
                self._add_void(line, operation)
            case EventChange():
                self._add_change(line, operation)
            case BuyerLimit():
                known = self._facts.limits.get(operation.event, 0)
                self._facts.limits[intern(operation.event)] = max(known, operation.seats)
            case Planted():
                self._facts.planted.add((operation.event, operation.order_id))
        self.operations += 1

    def _add_item(self, line: int, item: InventoryItem) -> None:
        place = intern(item.event), intern(item.seat)
        if place in self._facts.items:
            text = f"the inventory has {name_seats(*place)} twice"
            self._notes.note(SEAT_SOLD_TWICE, text, line, self._facts.items[place][1])
        self._facts.items[place] = (item.order_id, line)

    def _add_read(self, line: int, read: Read) -> None:
        reads = self._facts.reads
        if read.kind in reads:
            text = f"the history has two final states of the {read.kind}"
            self._notes.note(INCOMPLETE_HISTORY, text, line, reads[read.kind][0])
        reads[read.kind] = (line, read)

    def _add_purchase(self, line: int, asked: Purchase) -> None:
        answer, buyer = asked.answer, intern(asked.buyer)
        final = answer is not None and answer.final
        request = Request(
            buyer,
            line,
            asked.begin,
            NEVER if asked.end is None else asked.end,
            tuple(map(intern, asked.seats)),
            answer.status if answer and final else 0,
            intern(answer.body.reason) if answer else "",
        )
        if answer and asked.confirmed:
            told = answer.body
            request.order = str(told.order_id)
            seats = tuple(intern(seat if isinstance(seat, str) else seat.seat_id) for seat in told.seats)
            request.told = request.seats if seats == request.seats else seats  # once in memory
            prices = tuple(
                seat.price for seat in told.seats if not isinstance(seat, str) and seat.price is not None
            )
            if len(prices) == len(seats):
                request.prices = self._prices.setdefault(prices, prices)
            request.total = sum(prices) if told.total is None and request.prices else told.total
        if asked.hold_id and not asked.refused:
            self._end(asked.hold_id, asked.begin)
        self._facts.requests[IdempotencyKey(intern(asked.event), buyer, asked.key)].append(request)

    def _add_entry(self, line: int, entry: Entry) -> None:
        self.entries += 1
        facts, order = self._facts, (intern(entry.event), entry.order_id)
        seat, charges = intern(entry.seat), facts.charges[order]
        order_id, key = (charges[0].order, charges[0].key) if charges else (entry.order_id, entry.key)
        key = key if key == entry.key else entry.key  # once in memory
        charges.append(Charge(order_id, line, seat, intern(entry.buyer), key, entry.price, entry.voided_at))
        if entry.voided_at is not None:
            refund = facts.refunds[order][seat]
            refund.earliest = min(refund.earliest, entry.voided_at)
            refund.surely = min(refund.surely, entry.voided_at + facts.allowances.quiet)

    def _add_hold(self, line: int, hold: Hold) -> None:
        answer = hold.answer
        if answer is None or not hold.confirmed or hold.end is None:
            return
        hold_id, expires = str(answer.body.hold_id), float(answer.body.expires_at or 0)
        event, buyer, seats = intern(hold.event), intern(hold.buyer), tuple(map(intern, hold.seats))
        if hold.key is not None:
            key = event, buyer, hold.key
            first = self._hold_keys.setdefault(key, (hold_id, line))
            if first[0] != hold_id:
                text = f"{name_key(key)} was told the hold {first[0]}, and the hold {hold_id}"
                self._notes.note(ANSWER_CHANGED, text, line, first[1])
        known = self._facts.holds.get(hold_id)
        if known is None:
            self._facts.holds[hold_id] = Held(line, event, buyer, seats, hold.begin, hold.end, expires)
            return
        # A repeated key is the same hold. It binds from the first answer, until the latest end that was told.
        if (known.buyer, known.event, set(known.seats)) != (buyer, event, set(seats)):
            text = f"the hold {hold_id} was confirmed for {name_seats(known.event, *known.seats)} of {known.buyer}"
            text += f" and for {name_seats(event, *seats)} of {buyer}"
            self._notes.note(ANSWER_CHANGED, text, line, known.line)
        known.asked = min(known.asked, hold.begin)
        known.begin = min(known.begin, hold.end)
        known.end = max(known.end, expires)

    def _end(self, hold_id: str, at: float) -> None:
        ended = self._facts.ended
        ended[hold_id] = min(at, ended.get(hold_id, NEVER))

    def _add_void(self, line: int, void: Void) -> None:
        if void.refused:
            return
        refunds = self._facts.refunds[intern(void.event), void.order_id]
        for seat in void.seats:
            refund = refunds[intern(seat)]
            refund.earliest = min(refund.earliest, void.begin)
            if void.confirmed and void.end is not None:
                refund.surely = min(refund.surely, void.end)
                refund.line = line

    def _add_change(self, line: int, change: EventChange) -> None:
        if change.refused:
            return
        life = self._facts.lives[intern(change.event)]
        end = change.end if change.confirmed and change.end is not None else NEVER
        life.steps[change.kind].append(LifeStep(change.begin, end, line))
        if change.kind == "move" and change.lost:
            life.lost_at = min(life.lost_at, change.begin)
