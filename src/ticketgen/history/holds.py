"""Judge holds: nobody gets a seat while somebody else surely holds it.

A hold binds from its answer to its end: the end that was told, the beginning of its release or of its purchase, or of a
move of the event. A sale binds from its first answer to its refund. Two of these of different buyers that overlap, of
which one is a hold, are a fault.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from ticketgen.findings.histories import HOLD_BROKEN
from ticketgen.history.facts import Facts, Held, Request
from ticketgen.history.intervals import Span, overlaps
from ticketgen.history.notes import Notes, name_seats

__all__ = ["judge_holds"]

_Claims = dict[str, list[Held | Request]]
"""Holds and sales of the seats of an event that were held."""


def judge_holds(facts: Facts, notes: Notes) -> None:
    """Find seats that were held by one buyer, and held or bought by another."""
    claims: defaultdict[str, _Claims] = defaultdict(dict)
    for held in facts.holds.values():
        for seat in held.seats:
            claims[held.event].setdefault(seat, []).append(held)
    for (event, _, _), requests in facts.requests.items():
        if event in claims:
            for request in _first_answers(requests):
                for seat in request.told:
                    if seat in claims[event]:
                        claims[event][seat].append(request)
    for event, seats in claims.items():
        for seat, claimed in seats.items():
            if any(each.buyer != claimed[0].buyer for each in claimed):
                spans = [_span(facts, event, seat, each) for each in claimed]
                _judge_spans(notes, name_seats(event, seat), spans)


def _first_answers(requests: Sequence[Request]) -> Iterable[Request]:
    """The first confirmation of each order."""
    first: dict[str, Request] = {}
    for request in requests:
        if request.order and (request.order not in first or request.end < first[request.order].end):
            first[request.order] = request
    return first.values()


def _span(facts: Facts, event: str, seat: str, claim: Held | Request) -> Span:
    if isinstance(claim, Held):
        return Span(claim.begin, claim.end, claim.buyer, claim.line, held=True)
    refund = facts.refund((event, claim.order), seat).earliest - facts.allowances.skew
    return Span(claim.end, min(refund, facts.life(event).lost_at), claim.buyer, claim.line, held=False)


def _judge_spans(notes: Notes, seat: str, spans: Sequence[Span]) -> None:
    for one, other in overlaps(spans):
        kept, got = (one, other) if one.held else (other, one)
        text = f"{seat} was held for {kept.buyer} until {kept.end:.3f}, and {got.buyer} "
        text += f"{'holds' if got.held else 'bought'} it since {got.begin:.3f}"
        notes.note(HOLD_BROKEN, text, got.line, kept.line)
