"""Judge refusals: a 409 is final unless its key asks again, and a 201 is never refused later."""

from __future__ import annotations

from ticketgen.findings.histories import REFUSAL_TAKEN_BACK, SALE_TAKEN_BACK
from ticketgen.history.facts import Facts, KeyFacts
from ticketgen.history.notes import Notes, name_key, name_seats

__all__ = ["judge_refusals"]


def judge_refusals(facts: Facts, notes: Notes, known: KeyFacts, gone: float) -> bool:
    """Find refusals that were not final; return whether any was taken back. All orders may be refunded at `gone`."""
    key, event, last = known.key, known.key[0], known.requests[-1].begin
    lost, skew = facts.life(event).lost_at, facts.allowances.skew
    first = known.sold[0] if known.sold else None
    taken_back = False
    for refusal in known.requests:
        if refusal.status != 409 or refusal.end >= lost or gone <= refusal.end + skew:
            continue  # the lost home may have sold the seats; or all that was sold has been refunded
        if first is not None and first.end <= refusal.begin:
            if not facts.refunded((event, first.order), first.told, refusal.end):
                text = f"{name_key(key)} was told 201 for {name_seats(event, *first.told)}, and then 409 "
                notes.note(SALE_TAKEN_BACK, (text + refusal.reason).rstrip(), refusal.line, first.line)
        elif last < refusal.end:
            taken_back = True
            order, line = next(iter(known.orders.items()))
            text = f"{name_key(key)} was told 409 {refusal.reason}".rstrip()
            text += f", did not ask again, and has order {order} of {event}"
            notes.note(REFUSAL_TAKEN_BACK, text, refusal.line, line)
    return taken_back
