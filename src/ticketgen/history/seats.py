"""Judge seats: none belongs to two orders at the end, and none is charged twice."""

from __future__ import annotations

from collections import defaultdict

from ticketgen.findings.histories import SEAT_SOLD_TWICE
from ticketgen.history.facts import Charge, Facts, Request
from ticketgen.history.notes import Notes, name_seats

__all__ = ["judge_seats"]

_Claim = Charge | Request
"""What gives a seat to an order."""


def judge_seats(facts: Facts, notes: Notes) -> None:
    """Find seats of two orders, and seats that an order is charged for twice."""
    owners: defaultdict[str, dict[str, _Claim]] = defaultdict(dict)
    others: defaultdict[tuple[str, str], list[_Claim]] = defaultdict(list)
    noted: set[tuple[str, str, str]] = set()
    for order, charges in facts.charges.items():
        event = order[0]
        owned = owners[event]
        for charge in charges:
            # Without the final ledger, a refund counts although the entry has none.
            if charge.voided_at is not None or (
                facts.ledger is None and facts.refunded(order, [charge.seat])
            ):
                continue
            if owned.setdefault(charge.seat, charge) is not charge:
                others[event, charge.seat].append(charge)
                noted.add((event, charge.seat, charge.order))
    for (event, _, _), requests in facts.requests.items():
        owned = owners[event]
        for request in requests:
            for seat in request.told:
                first = owned.get(seat)
                if (first and first.order == request.order) or facts.refunded((event, request.order), [seat]):
                    continue
                if first is None:
                    owned[seat] = request
                elif (event, seat, request.order) not in noted:
                    noted.add((event, seat, request.order))
                    others[event, seat].append(request)
    pairs: dict[tuple[str, str, str], tuple[list[str], set[int]]] = {}
    for (event, seat), claims in others.items():
        first = owners[event][seat]
        for other in claims:
            seats, lines = pairs.setdefault((event, first.order, other.order), ([], set()))
            seats.append(seat)
            lines |= {first.line, other.line}
    for (event, one, two), (seats, lines) in pairs.items():
        if one == two:
            text = f"order {one} is charged twice for {name_seats(event, *seats)}"
        else:
            text = f"orders {one} and {two} both have {name_seats(event, *seats)}"
        notes.note(SEAT_SOLD_TWICE, text, *sorted(lines))
