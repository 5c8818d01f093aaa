"""Judge the final ledger: it charges what was promised and asked for, and knows every refund."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ticketgen.findings.histories import (
    CHARGE_DIFFERS,
    ENTRY_WITHOUT_REQUEST,
    HALF_ORDER,
    REFUND_MISSING,
    SALE_MISSING,
)
from ticketgen.history.facts import Charge, Facts, IdempotencyKey, KeyFacts, Order, Request
from ticketgen.history.notes import Notes, name_key, name_seats
from ticketgen.wording import join_words

__all__ = ["judge_charges", "judge_promises", "judge_refunds"]


def judge_promises(facts: Facts, notes: Notes, known: KeyFacts) -> None:
    """Compare the 201s of a key with the ledger."""
    if facts.ledger is None:
        return
    key = known.key
    by_order: dict[str, dict[str, Charge]] = {}
    for request in known.sold:
        charges = by_order.get(request.order)
        if charges is None:
            charged = facts.charges.get((key[0], request.order), ())
            charges = by_order[request.order] = {charge.seat: charge for charge in charged}
        if request.end <= facts.ledger.begin:
            lost = [seat for seat in request.told if seat not in charges]
            if lost:
                text = f"{name_key(key)} was told 201 for {name_seats(key[0], *lost)}"
                text += (
                    f" in order {request.order}, which {'is' if len(lost) == 1 else 'are'} not in the ledger"
                )
                notes.note(SALE_MISSING, text, request.line)
        _judge_amounts(notes, key, request, charges)


def _judge_amounts(
    notes: Notes, key: IdempotencyKey, request: Request, charges: Mapping[str, Charge]
) -> None:
    event, buyer, name = key
    for place, seat in enumerate(request.told):
        charge = charges.get(seat)
        if charge is None:
            continue
        if charge.buyer != buyer or charge.key != name:
            text = f"{name_key(key)} was told 201 for {name_seats(event, seat)}"
            text += f", but the ledger charges key {charge.key} of {charge.buyer}"
            notes.note(CHARGE_DIFFERS, text, charge.line, request.line)
        elif request.prices and charge.price is not None and request.prices[place] != charge.price:
            text = f"{name_key(key)} was told {request.prices[place]} for {name_seats(event, seat)}"
            text += f", but is charged {charge.price}"
            notes.note(CHARGE_DIFFERS, text, charge.line, request.line)
    if request.prices or request.total is None or not charges.keys() >= set(request.told):
        return
    prices = [charges[seat].price for seat in request.told]
    known = [price for price in prices if price is not None]
    if len(known) == len(prices) and sum(known) != request.total:
        text = f"{name_key(key)} was told a total of {request.total}, but the ledger charges {sum(known)}"
        notes.note(CHARGE_DIFFERS, text, request.line)


def judge_charges(facts: Facts, notes: Notes) -> None:
    """Compare the entries of each order with the requests of its key."""
    key: IdempotencyKey | None = None
    asked: frozenset[str] = frozenset()
    for order, charges in facts.charges.items():
        if order in facts.planted:
            continue
        for charge in charges:
            mine = IdempotencyKey(order[0], charge.buyer, charge.key)
            if mine != key:
                key = mine
                asked = frozenset(seat for each in facts.requests.get(mine, ()) for seat in each.seats)
            if charge.seat not in asked:
                text = f"{name_key(mine)} never asked for {name_seats(order[0], charge.seat)} of order {order[1]}"
                notes.note(ENTRY_WITHOUT_REQUEST, text, charge.line)
        if facts.ledger is not None:
            _judge_half(facts, notes, order, charges)


def _judge_half(facts: Facts, notes: Notes, order: Order, charges: Sequence[Charge]) -> None:
    """Find an order that has only some of the seats of each request of its key."""
    first = charges[0]
    requests = facts.requests.get(IdempotencyKey(order[0], first.buyer, first.key))
    has = {charge.seat for charge in charges}
    if not requests or any(has.issuperset(request.seats) for request in requests):
        return
    closest = max(requests, key=lambda request: len(has & set(request.seats)))
    if not closest.order:  # otherwise the confirmed seats are reported as missing
        lacks = sorted(set(closest.seats) - has)
        text = f"order {order[1]} has {name_seats(order[0], *sorted(has))}, but not {join_words(lacks)}"
        notes.note(HALF_ORDER, text, first.line, closest.line)


def judge_refunds(facts: Facts, notes: Notes) -> None:
    """Find confirmed refunds that the ledger does not have."""
    if facts.ledger is None:
        return
    for order, refunds in facts.refunds.items():
        charges = {charge.seat: charge for charge in reversed(facts.charges.get(order, ()))}
        for seat, refund in refunds.items():
            charge = charges.get(seat)
            if refund.line and charge is not None and charge.voided_at is None:
                text = f"the refund of {name_seats(order[0], seat)} of order {order[1]} was confirmed"
                notes.note(REFUND_MISSING, f"{text}, but is not in the ledger", charge.line, refund.line)
