"""Judge closes: nothing is sold or held for a request that began after the close and the quiet time."""

from __future__ import annotations

from ticketgen.findings.histories import SALE_AFTER_CLOSE
from ticketgen.history.facts import Facts, KeyFacts
from ticketgen.history.notes import Notes, name_key
from ticketgen.wording import join_words

__all__ = ["judge_late_holds", "judge_sale"]


def judge_sale(facts: Facts, notes: Notes, known: KeyFacts) -> None:
    """Find the sale of a key whose first request that may have sold anything came too late."""
    key = known.key
    first = next((each for each in known.requests if each.order or not each.status), None)
    close = facts.closed_before(key[0], first.begin) if first else None
    if first and close:
        order, line = next(iter(known.orders.items()))
        text = f"{name_key(key)} asked {first.begin - close.end:.1f} s after the close of {key[0]}"
        notes.note(SALE_AFTER_CLOSE, f"{text}, and has order {order}", first.line, line, close.line)


def judge_late_holds(facts: Facts, notes: Notes) -> None:
    """Find holds that were asked for too late."""
    for held in facts.holds.values():
        close = facts.closed_before(held.event, held.asked)
        if close:
            text = f"{held.buyer} asked {held.asked - close.end:.1f} s after the close of {held.event}"
            notes.note(SALE_AFTER_CLOSE, f"{text}, and holds {join_words(held.seats)}", held.line, close.line)
