"""Judge each Idempotency-Key: all of its answers, with one another and with the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from ticketgen.findings.histories import CHARGE_WITHOUT_ANSWER, KEY_WITH_TWO_ORDERS
from ticketgen.history.charges import judge_promises
from ticketgen.history.closes import judge_sale
from ticketgen.history.confirmations import judge_confirmations
from ticketgen.history.facts import NEVER, Facts, IdempotencyKey, KeyFacts
from ticketgen.history.notes import Notes, name_key
from ticketgen.history.refusals import judge_refusals
from ticketgen.wording import counted, join_words

__all__ = ["judge_keys"]


def judge_keys(facts: Facts, notes: Notes) -> None:
    """Find keys whose answers disagree, or that have another order than they were told."""
    charged_orders = _charged_orders(facts)
    for key, requests in facts.requests.items():
        charged = charged_orders(key)
        if len(requests) > 1:
            requests.sort(key=lambda request: (request.begin, request.end))
        sold = [request for request in requests if request.order]
        if not sold and not charged:
            continue  # it was refused, or never answered, and has nothing
        sold.sort(key=lambda request: request.end)
        orders = {request.order: request.line for request in reversed(sold)}
        for order in charged:
            orders.setdefault(order, facts.charges[key[0], order][0].line)
        _judge_key(facts, notes, KeyFacts(key, requests, sold, charged, orders))


def _judge_key(facts: Facts, notes: Notes, known: KeyFacts) -> None:
    gone = _gone(facts, known)
    live = [order for order, moment in gone.items() if moment == NEVER]
    if len(live) > 1:
        text = f"{name_key(known.key)} for {known.key[0]} has {counted(len(live), 'orders')}"
        notes.note(
            KEY_WITH_TWO_ORDERS, f"{text}: {join_words(live)}", *(known.orders[order] for order in live)
        )
    taken_back = judge_refusals(facts, notes, known, max(gone.values()))
    if known.sold:
        judge_confirmations(facts, notes, known)
        judge_promises(facts, notes, known)
    elif not taken_back and all(request.status for request in known.requests):
        _judge_refused(facts, notes, known)
    judge_sale(facts, notes, known)


def _charged_orders(facts: Facts) -> Callable[[IdempotencyKey], Sequence[str]]:
    """A function for the orders that a key has in the ledger."""
    first: dict[IdempotencyKey, str] = {}  # almost always the only one
    more: defaultdict[IdempotencyKey, list[str]] = defaultdict(list)
    for (event, _), charges in facts.charges.items():
        order = charges[0].order
        for key in {IdempotencyKey(event, charge.buyer, charge.key) for charge in charges}:
            if first.setdefault(key, order) is not order:
                more[key].append(order)
    return lambda key: [first[key], *more.get(key, ())] if key in first else ()


def _gone(facts: Facts, known: KeyFacts) -> dict[str, float]:
    """For each order, when all of its seats may have been refunded."""
    event = known.key[0]
    if not any((event, order) in facts.refunds for order in known.orders):
        return dict.fromkeys(known.orders, NEVER)
    seats = {order: {each.seat for each in facts.charges.get((event, order), ())} for order in known.orders}
    for request in known.sold:
        seats[request.order].update(request.told)
    return {
        order: max(facts.refund((event, order), seat).earliest for seat in every)
        for order, every in seats.items()
    }


def _judge_refused(facts: Facts, notes: Notes, known: KeyFacts) -> None:
    """Find what a key is charged for that was refused every time."""
    for order in known.charged:
        valid = [charge.line for charge in facts.charges[known.key[0], order] if charge.voided_at is None]
        if valid:
            text = f"{name_key(known.key)} is charged for order {order}, but was refused every time"
            notes.note(CHARGE_WITHOUT_ANSWER, text, valid[0], *(request.line for request in known.requests))
