"""Judge buyers: none holds and has bought more seats of an event than the event allows.

A hold counts from its answer to its end, by the earliest clock, and a seat that was bought from its first answer, or
from the reading of the ledger, to its refund. What a lost home sold counts until the event was moved without it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from ticketgen.findings.histories import BUYER_OVER_LIMIT
from ticketgen.history.facts import NEVER, Facts
from ticketgen.history.notes import Notes

__all__ = ["judge_buyers"]


class _Change(NamedTuple):
    """A number of seats that a buyer has more, or less, from a moment on; ends come before beginnings."""

    at: float
    seats: int
    line: int


_Changes = defaultdict[tuple[str, str], list[_Change]]
"""By event and buyer."""


def judge_buyers(facts: Facts, notes: Notes) -> None:
    """Find buyers who certainly had, at some moment, more seats than their event ever allowed."""
    changes: _Changes = defaultdict(list)
    _add_holds(facts, changes)
    _add_sales(facts, changes)
    for (event, buyer), found in changes.items():
        most, has, lines = facts.limits[event], 0, list[int]()
        for change in sorted(found):
            has += change.seats
            lines += [change.line] if change.seats > 0 else []
            if has > most:
                text = f"{buyer} holds and has bought {has} seats of {event}, which allows {most}"
                notes.note(BUYER_OVER_LIMIT, text, change.line, *lines)
                break


def _add(changes: _Changes, place: tuple[str, str], begin: float, end: float, seats: int, line: int) -> None:
    if begin < end:
        changes[place] += [_Change(begin, seats, line), _Change(end, -seats, line)]


def _add_holds(facts: Facts, changes: _Changes) -> None:
    for held in facts.holds.values():
        if held.event in facts.limits:
            end = held.end - facts.allowances.skew
            _add(changes, (held.event, held.buyer), held.begin, end, len(held.seats), held.line)


def _add_sales(facts: Facts, changes: _Changes) -> None:
    """Add each seat of each order: from the first answer, or else from the reading of the ledger."""
    sold: dict[
        tuple[str, str, str], tuple[float, str, int]
    ] = {}  # event, order and seat -> since when, buyer, line
    for (event, buyer, _), requests in facts.requests.items():
        for request in requests if event in facts.limits else ():
            for seat in request.told:
                place = event, request.order, seat
                if place not in sold or request.end < sold[place][0]:
                    sold[place] = request.end, buyer, request.line
    for (event, order), charges in facts.charges.items():
        if event in facts.limits and facts.ledger is not None and (event, order) not in facts.planted:
            for charge in charges:
                sold.setdefault((event, order, charge.seat), (facts.ledger.begin, charge.buyer, charge.line))
    for (event, order, seat), (begin, buyer, line) in sold.items():
        end = facts.refund((event, order), seat).earliest - facts.allowances.skew
        lost = facts.life(event).lost_at
        _add(changes, (event, buyer), begin, min(end, lost if begin < lost else NEVER), 1, line)
